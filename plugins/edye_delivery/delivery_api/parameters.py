"""The parameters of a call: parsed once, every defect named; unknown, doubled and contradictory ones are refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote, unquote_to_bytes

from edye_delivery.annex.pull import PageSize
from edye_delivery.catalog.api_call import Endpoint
from edye_delivery.catalog.printable import printable
from edye_delivery.delivery_api.generations.values import NO_FILTERS, Filters
from edye_delivery.delivery_api.problems import ParameterError, Problem, ProblemType

PAGE_MAX = 1_000_000
SEASON_MAX = 999_999_999
FILTERS_MAX_BYTES = 200
"""Together in UTF-8: a cursor names them, and has at most 512 characters."""
SHOWN_MAX_CHARS = 60
CURSOR = re.compile(r"[A-Za-z0-9_-]{1,512}", re.ASCII)
INTEGER = re.compile(r"[0-9]{1,10}", re.ASCII)
COUNTRY = re.compile(r"[a-z]{2}", re.ASCII)
MOMENT = re.compile(r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(\.\d{1,9})?([Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII)
FILTER_NAMES = ("tag", "geo", "lang", "show_id", "season_number")
IMAGE_SIZES = ("small", "medium", "large")


def given(filters: Filters) -> dict[str, str | int]:
    """The filters that there are, by the parameter's name."""
    return {name: value for name in FILTER_NAMES if (value := getattr(filters, name)) not in ("", None)}


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a call says after the question mark; None is what it does not say.

    `known` has the known parameters as text, sorted, for the log of calls.
    """

    filters: Filters = NO_FILTERS
    cursor: str | None = None
    page: int | None = None
    page_size: int | None = None
    since_ms: int | None = None
    image_size: str | None = None
    known: str = ""


def _cursor(text: str) -> str:
    if not CURSOR.fullmatch(text):
        raise ValueError("is no cursor: give it as a page's `next` or `checkpoint` has it")
    return text


def _integer(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not INTEGER.fullmatch(text) or not least <= int(text) <= most:
            raise ValueError(f"is {_quote(text)}, and has to be a number from {least} to {most}")
        return int(text)

    return parse


def _text(max_chars: int) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if not text:
            raise ValueError("is empty")
        if len(text) > max_chars:
            raise ValueError(f"has {len(text)} characters, and may have {max_chars}")
        return text

    return parse


def _country(text: str) -> str:
    if not COUNTRY.fullmatch(text):
        raise ValueError(f"is {_quote(text)}, and has to be two small letters, such as mx")
    return text


def _moment(text: str) -> int:
    """The moment in milliseconds, rounded down; a plus sign that arrived as a space is taken for one."""
    found = MOMENT.fullmatch(text.replace(" ", "+"))
    if found is None:
        raise ValueError(f"is {_quote(text)}, and has to be a moment with a time zone, such as 2026-03-01T06:00:00Z")
    day, time_of_day, fraction, zone = found.groups()
    leap = time_of_day.endswith(":60")
    try:
        whole = datetime.fromisoformat(f"{day}T{time_of_day[:-2] + '59' if leap else time_of_day}{zone.upper()}")
        seconds = (whole - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()
    except (ValueError, OverflowError):
        raise ValueError(f"is {_quote(text)}, which is not in the calendar") from None
    return max(0, int(seconds) * 1000 + int((fraction or ".0")[1:4].ljust(3, "0")) + leap * 1000)


def _image_size(text: str) -> str:
    if text not in IMAGE_SIZES:
        raise ValueError(f"is {_quote(text)}, and has to be one of {', '.join(IMAGE_SIZES)}")
    return text


def _quote(text: str) -> str:
    return repr(printable(text, SHOWN_MAX_CHARS))


OF_LISTS: dict[str, Callable[[str], Any]] = {
    "cursor": _cursor,
    "page": _integer(1, PAGE_MAX),
    "page_size": _integer(1, 1000),
    "updated_since": _moment,
}
FILTERS: dict[str, Callable[[str], Any]] = {"tag": _text(100), "geo": _country, "lang": _text(35)}
KNOWN: dict[Endpoint, dict[str, Callable[[str], Any]]] = {
    Endpoint.SHOW_LIST: {**OF_LISTS, **FILTERS},
    Endpoint.EPISODE_LIST: {
        **OF_LISTS,
        **FILTERS,
        "show_id": _text(64),
        "season_number": _integer(0, SEASON_MAX),
    },
    Endpoint.FEED: OF_LISTS,
    Endpoint.MEDIA_IMAGES: {"size": _image_size},
}
"""The parameters of each endpoint, each with the function that reads it; the others have none."""


def parse(endpoint: Endpoint, query: bytes, page_size: PageSize) -> Parameters:
    """The parameters of a call; Problem with every defect."""
    known = KNOWN.get(endpoint, {})
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    errors: list[ParameterError] = []
    for name, text in _pairs(query):
        if name not in known:
            errors.append(ParameterError(printable(name, SHOWN_MAX_CHARS), "is not a parameter of this endpoint"))
        elif name in texts:
            errors.append(ParameterError(name, "is given twice"))
        else:
            texts[name] = text
            try:
                values[name] = known[name](text)
            except ValueError as error:
                errors.append(ParameterError(name, str(error)))
    errors += _contradictions(values, page_size)
    if errors:
        raise bad_parameters(errors)
    shown = "&".join(f"{name}={quote(texts[name], safe=':')}" for name in sorted(texts))
    return Parameters(
        filters=Filters(**{name: values[name] for name in FILTER_NAMES if name in values}),
        cursor=values.get("cursor"),
        page=values.get("page"),
        page_size=values.get("page_size"),
        since_ms=values.get("updated_since"),
        image_size=values.get("size"),
        known=shown,
    )


def with_cursor(known: str, filters: Filters, since: str | None) -> str:
    """The known parameters of a call by cursor with what the cursor says: its filters, and since when of a delta."""
    said = dict(pair.split("=", 1) for pair in known.split("&") if pair)
    said |= {name: quote(str(value), safe=":") for name, value in given(filters).items()}
    said |= {} if since is None else {"updated_since": since}
    return "&".join(f"{name}={said[name]}" for name in sorted(said))


def known_texts(endpoint: Endpoint, query: bytes) -> str:
    """The known parameters of a call that is refused, for the log: sorted, without those that nobody asked for."""
    known = KNOWN.get(endpoint, {})
    try:
        told = sorted((name, text) for name, text in _pairs(query) if name in known)
    except Problem:
        return ""
    return "&".join(f"{name}={quote(text[:512], safe=':')}" for name, text in told)


def bad_parameters(errors: list[ParameterError]) -> Problem:
    """The problem of these defects; its sentence names each."""
    sentences = "; ".join(f"{error.parameter} {error.detail}" for error in errors[:3])
    more = f"; and {len(errors) - 3} more" if len(errors) > 3 else ""
    return Problem(ProblemType.BAD_PARAMETER, sentences + more, tuple(errors))


def _contradictions(values: dict[str, Any], page_size: PageSize) -> list[ParameterError]:
    errors = []
    for name in ("page", "updated_since"):
        if "cursor" in values and name in values:
            errors.append(ParameterError(name, "contradicts cursor: a cursor says by itself where it is"))
    if values.get("page_size", 0) > page_size.most:
        errors.append(ParameterError("page_size", f"may be {page_size.most} at most"))
    size = sum(len(str(values.get(name, "")).encode()) for name in ("tag", "lang", "show_id"))
    if size > FILTERS_MAX_BYTES:
        errors.append(ParameterError("tag", f"and the other filters may have {FILTERS_MAX_BYTES} bytes together"))
    return errors


def _pairs(query: bytes) -> list[tuple[str, str]]:
    """Names and values; Problem where one is not UTF-8."""
    pairs = []
    for part in query.split(b"&") if query else ():
        name, _, value = part.partition(b"=")
        try:
            pairs.append((_decode(name), _decode(value)))
        except UnicodeDecodeError:
            shown = printable(name.decode("latin-1"), SHOWN_MAX_CHARS)
            raise bad_parameters([ParameterError(shown, "is not UTF-8 text")]) from None
    return pairs


def _decode(text: bytes) -> str:
    return unquote_to_bytes(text.replace(b"+", b" ")).decode("utf-8")
