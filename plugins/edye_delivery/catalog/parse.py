"""Parses one item of the EDYE API into a Series or a Title; a malformed item is reported and stops no other one."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, ValidationError

from edye_delivery.catalog.title import Described, Series, Title
from edye_delivery.catalog.vocabulary import ImageKind

Item = TypeVar("Item", bound=Described)
NUL, ESCAPED_NUL = b"\\u0000", re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
LANG_MAX_CHARS = 35
NUMBER_MAX = 2**53
"""Beyond it, JSON readers disagree on a number's digits."""
INHERITED_IMAGES = {ImageKind.KEY_ART, ImageKind.POSTER, ImageKind.BACKGROUND, ImageKind.LOGO}


class MalformedItem(BaseModel):
    """An item of the catalogue that does not have the contract's shape."""

    model_config = ConfigDict(frozen=True)

    edye_id: str
    reason: str


def parse_show(item: Any) -> Series | Title | MalformedItem:
    """A Show item: a Series, or the Title that a movie, special or short is."""
    if isinstance(item, dict) and item.get("kind") == "series":
        return _parse(Series, item)
    if isinstance(item, dict) and item.get("kind") == "episode":
        return MalformedItem(edye_id=id_of(item), reason="kind: an episode is in the list of shows")
    return _parse(Title, item)


def parse_episode(item: Any) -> Title | MalformedItem:
    """An Episode item; `add_series` adds what it inherits from its series."""
    parsed = _parse(Title, {**item, "kind": "episode"} if isinstance(item, dict) else item)
    if isinstance(parsed, Title):
        for field in ("show_id", "episode_number"):
            if getattr(parsed, field) is None:
                return MalformedItem(edye_id=parsed.id, reason=f"{field}: missing")
    return parsed


def add_series(episode: Title, series: Series) -> Title:
    """The episode with its series, inheriting genres, ratings, tags, geo and artwork that it does not have itself."""
    own = {image.kind for image in episode.images}
    inherited = [image for image in series.images if image.kind in INHERITED_IMAGES - own]
    return episode.model_copy(
        update={
            "series": series,
            "genres": episode.genres or series.genres,
            "ratings": episode.ratings or series.ratings,
            "tags": tuple(dict.fromkeys(episode.tags + series.tags)),
            "geo": episode.geo or series.geo,
            "images": (*episode.images, *inherited),
        }
    )


def _parse(model: type[Item], item: Any) -> Item | MalformedItem:
    try:
        # Refuses text that UTF-8 cannot encode, and numbers beyond 64 bits: no later step could write them to a file.
        packed = orjson.dumps(item)
        parsed = model.model_validate(item)
        reason = _unwritable(packed, parsed)
        return MalformedItem(edye_id=id_of(item), reason=reason) if reason else parsed
    except TypeError as error:
        return MalformedItem(edye_id=id_of(item), reason=f"item: {error}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "item"
        more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
        return MalformedItem(edye_id=id_of(item), reason=f"{place}: {_sentence(first['msg'])}{more}"[:500])


def _sentence(message: str) -> str:
    return message.removeprefix("Value error, ")


def _unwritable(packed: bytes, parsed: Described) -> str:
    """Why the item cannot be stored in the ledger or in a file between steps; empty where it can."""
    if NUL in packed and ESCAPED_NUL.search(packed):
        return "item: a text has a NUL character, which databases do not take"
    if not _has_utc(parsed.updated_at):
        return "updated_at: the moment is outside the calendar, whose years in UTC are 1 to 9999"
    lang = parsed.lang if isinstance(parsed, Title) else None
    if lang is not None and len(lang) > LANG_MAX_CHARS:
        return f"lang: {len(lang)} characters, a language has {LANG_MAX_CHARS} or less"
    numbers = [number for image in parsed.images for number in (image.width, image.height)]
    if isinstance(parsed, Title):
        numbers += [parsed.season_number, parsed.episode_number, parsed.duration_ms]
        for source in parsed.sources:
            numbers += [source.width, source.height, source.bitrate, source.filesize]
        numbers += [number for image in parsed.custom_thumbnails for number in (image.width, image.height)]
    too_large = next((number for number in numbers if number is not None and abs(number) > NUMBER_MAX), None)
    return f"item: a number is beyond {NUMBER_MAX} or -{NUMBER_MAX}" if too_large is not None else ""


def _has_utc(at: datetime) -> bool:
    """Whether the moment is within the years 1 to 9999 in UTC too."""
    try:
        at.astimezone(UTC)
    except OverflowError:
        return False
    return True


def id_of(item: Any) -> str:
    """The item's id for people, whatever the item is."""
    value = item.get("id") if isinstance(item, dict) else None
    value = value if isinstance(value, str | int) else None
    return str(value)[:200].encode("utf-8", "replace").decode() if value else "(no id)"
