"""Says in sentences what is wrong with an annex: the place, the value that is there, and what was probably meant."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

KEY = "[key]"
RENAMED_KEYS = {"patience": "retry", "judge_s": "check_s"}
"""Keys of older annexes, and their names now."""
QUOTED = re.compile(r"'([^']*)'")
SHOWN_MAX_CHARS = 60
DEFECTS_MAX = 100


def defects_of(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """A sentence for every defect, in the model's order; one sentence for a place that may have several types."""
    found: dict[tuple[str, str], list[str]] = {}
    details = error.errors(include_url=False)
    for detail in details[:DEFECTS_MAX]:  # to find similar words takes long, and a DAG file has half a minute
        place, keys = _place_of(detail["loc"], model)
        what, shown = _sentence_of(detail, keys)
        found.setdefault((place, shown), []).extend(what.splitlines())
    sentences = [
        f"{place}: {sentence}{shown}" if place else f"{sentence}{shown}"
        for (place, shown), parts in found.items()
        for sentence in (_join(parts) if shown else dict.fromkeys(parts))
    ]
    return [*sentences, f"and {len(details) - DEFECTS_MAX} more"] if len(details) > DEFECTS_MAX else sentences


def probably_meant(word: str, known: Iterable[str]) -> str:
    """The known word that is most like it, as an end of a sentence; empty where none is."""
    close = difflib.get_close_matches(word, list(known), n=1)
    return f"; {close[0]} was probably meant" if close else ""


def _join(parts: list[str]) -> list[str]:
    first, *others = dict.fromkeys(parts)
    return [" or ".join([first, *(other.removeprefix("has to be ") for other in others)])]


def _sentence_of(detail: ErrorDetails, keys: Mapping[str, Any]) -> tuple[str, str]:
    """What is wrong, and the value that is there, where the sentence needs it."""
    kind, context, given = detail["type"], detail.get("ctx", {}), detail["input"]
    if kind == "missing":
        return "is missing", ""
    if kind == "extra_forbidden":
        name = str(detail["loc"][-1])
        if RENAMED_KEYS.get(name) in keys:
            return f"there is no such key any more; it is called {RENAMED_KEYS[name]} now", ""
        hint = probably_meant(name, keys) or f"; the keys here are {', '.join(keys)}"
        return f"there is no such key{hint}", ""
    if kind in ("literal_error", "enum"):
        return _choice(given, QUOTED.findall(str(context["expected"]))), ""
    if kind == "union_tag_invalid":
        choice = _choice(context["tag"], QUOTED.findall(str(context["expected_tags"])))
        return f"{QUOTED.findall(str(context['discriminator']))[0]} {choice}", ""
    if kind == "union_tag_not_found":
        return f"needs the key {context['discriminator']}", ""
    if kind in ("model_type", "dict_type"):
        return ("has" if detail["loc"] else "an annex has") + " to be a section of keys and values", _text_of_input(
            given
        )
    message = detail["msg"].removeprefix("Value error, ").replace("valid tuple", "list")
    if kind == "value_error":
        return message, ""
    subject = "the key has to" if detail["loc"][-1:] == (KEY,) else "has to"
    return re.sub(r"^\w+ should", subject, message), _text_of_input(given)


def _choice(given: Any, choices: list[str]) -> str:
    return f"is {_clip(given)}; it is one of {', '.join(choices)}{probably_meant(str(given), choices)}"


def _text_of_input(given: Any) -> str:
    return f", and is {_clip(given)}"


def _clip(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN_MAX_CHARS else f"{text[:SHOWN_MAX_CHARS]}..."


def _place_of(location: tuple[int | str, ...], model: type[BaseModel]) -> tuple[str, Mapping[str, Any]]:
    """The dotted path as it is in the file, and the keys of the section that the last part stands in."""
    words: list[str] = []
    annotation: Any = model
    keys: Mapping[str, Any] = model.model_fields
    for part in location:
        annotation = _bare(annotation)
        if part == KEY:
            continue
        if get_origin(annotation) in (Union, UnionType):  # the part names the arm, which the file does not
            annotation = _arm_of(annotation, part)
            keys = _keys_of(annotation)
            continue
        words.append(str(part))
        keys = _keys_of(annotation)
        annotation = _next_of(annotation, part)
    return ".".join(words), keys


def _bare(annotation: Any) -> Any:
    """The annotation without Annotated and without None."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
            continue
        arms = [arm for arm in get_args(annotation) if arm is not type(None)]
        if get_origin(annotation) in (Union, UnionType) and len(arms) == 1:
            annotation = arms[0]
            continue
        return annotation


def _keys_of(annotation: Any) -> Mapping[str, Any]:
    is_section = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    return annotation.model_fields if is_section else {}


def _next_of(annotation: Any, part: int | str) -> Any:
    fields = _keys_of(annotation)
    if str(part) in fields:
        return fields[str(part)].annotation
    arguments = get_args(annotation)
    return arguments[-1 if get_origin(annotation) is dict else 0] if arguments else Any


def _arm_of(annotation: Any, tag: int | str) -> Any:
    """The arm of a union of sections that the tag is of."""
    for arm in _sections_of(annotation):
        for field in arm.model_fields.values():
            if get_origin(field.annotation) is Literal and tag in get_args(field.annotation):
                return arm
    return Any


def _sections_of(annotation: Any) -> Iterator[type[BaseModel]]:
    for arm in get_args(annotation):
        if _keys_of(arm):
            yield arm
