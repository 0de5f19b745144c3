"""The real cause behind a message of a JSON Schema validator on a Search feed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from jsonschema import ValidationError

from edye_delivery.feeds.lint.keys import WRONG_TYPE
from edye_delivery.feeds.lint.search import (
    content,
    genres_and_credits,
    identity,
    images,
    numbering,
    play_options,
    ratings,
    root,
    stations,
    texts,
)
from edye_delivery.feeds.lint.search.content import (
    CONTENT_SHAPE,
    MEDIA_INCOMPLETE,
    MEDIA_LISTS_SWAPPED,
    MEDIA_VALUE_UNKNOWN,
)
from edye_delivery.feeds.lint.search.play_options import PRICE_NOT_ALLOWED
from edye_delivery.feeds.lint.search.release import RELEASE_DATE_MALFORMED
from edye_delivery.feeds.lint.search.texts import LANGUAGE_UNKNOWN, TEXT_TOO_LONG
from edye_delivery.feeds.lint.urls import URL_NOT_HTTP
from edye_delivery.feeds.rule import FeedRule, Hit, excerpt, pointer

REQUIRED: dict[str, dict[str, FeedRule]] = {}
"""For every part, the rule for each key that the part must have; each file of checks has its own."""
for _checks in (root, identity, texts, images, ratings, numbering, play_options, stations):
    for _part, _rules in _checks.REQUIRED.items():
        REQUIRED.setdefault(_part, {}).update(_rules)
LISTED: dict[str, FeedRule] = {
    key: rule
    for checks in (identity, genres_and_credits, texts, images, ratings, content, play_options)
    for key, rule in checks.LISTED.items()
}
"""For every key, the rule for a value that is not in the schema's list."""


def explain_defects(defects: Iterable[ValidationError]) -> list[Hit]:
    """The real causes behind a validator's defects, each once: a cause is one rule at one spot."""
    found: dict[tuple[str, str, str], Hit] = {}
    all_defects = list(defects)
    mistyped = {tuple(defect.absolute_path) for defect in all_defects if defect.validator == "type"}
    sourceless = {tuple(defect.absolute_path) for defect in all_defects if _lacks_rating_source(defect)}
    for defect in all_defects:
        path = tuple(defect.absolute_path)
        if defect.validator != "type" and path in mistyped:
            continue
        if defect.validator == "enum" and path[:2] in sourceless:
            continue
        for hit in EXPLANATIONS[str(defect.validator)](defect, path, _kind_of(path)):
            found.setdefault((hit.rule.code, hit.path, hit.about), hit)
    return list(found.values())


def _lacks_rating_source(defect: ValidationError) -> bool:
    """Whether a rating has no source: the schema then checks every authority's list, and blames the first of them."""
    return (
        defect.validator == "required"
        and _kind_of(tuple(defect.absolute_path)) == "advisoryRatings"
        and "source" not in defect.instance
    )


def _kind_of(path: tuple[str | int, ...]) -> str:
    return "/".join(part for part in path if isinstance(part, str))


def _explain_type(defect: ValidationError, path: tuple[str | int, ...], kind: str) -> Iterator[Hit]:
    value = defect.instance
    text = "an infinite number" if isinstance(value, float) and math.isinf(value) else excerpt(value)
    yield WRONG_TYPE.at(pointer(*path), f"{text} is not of type {defect.validator_value}")


def _explain_unlisted(defect: ValidationError, path: tuple[str | int, ...], kind: str) -> Iterator[Hit]:
    last = str(path[-1]) if isinstance(path[-1], str) else kind.rpartition("/")[2]
    if last in ("language", "languages", "originalProductionLanguage", "secondaryAudioLanguages"):
        rule = LANGUAGE_UNKNOWN
    else:
        rule = LISTED.get(kind, MEDIA_VALUE_UNKNOWN)
    if kind in ("content/media/videos/quality", "content/media/videos/videoType"):
        other = {"quality": "videoType", "videoType": "quality"}[last]
        if defect.instance in SWAPPED[last]:
            message = f"{last} {excerpt(defect.instance)} is right, but the schema has the list of {other} here"
            yield MEDIA_LISTS_SWAPPED.at(pointer(*path), message)
            return
    hint = _hint(defect.instance, defect.validator_value)
    yield rule.at(pointer(*path), f"{excerpt(defect.instance)} is not in the list{hint}")


SWAPPED = {
    "quality": frozenset({"sd", "hd", "hd+", "fhd", "uhd"}),
    "videoType": frozenset({"hls", "smooth", "dash", "mp4", "mov", "m4v"}),
}


def _hint(value: Any, allowed: Any) -> str:
    """The value of the list that was probably meant."""
    if not isinstance(value, str) or not isinstance(allowed, list):
        return ""
    if len(allowed) <= 12:
        return f": {', '.join(str(entry) for entry in allowed)}"
    lowered = value.lower()
    same = [entry for entry in allowed if isinstance(entry, str) and entry.lower() == lowered]
    return f"; did you mean {same[0]}?" if same else ""


def _explain_required(defect: ValidationError, path: tuple[str | int, ...], kind: str) -> Iterator[Hit]:
    rules = REQUIRED.get(kind, {})
    for key in defect.validator_value:
        if key in defect.instance or (key == "price" and "license" not in defect.instance):
            continue
        yield rules.get(key, MEDIA_INCOMPLETE).at(pointer(*path), f"{key} is missing", key)


def _explain_length(defect: ValidationError, path: tuple[str | int, ...], kind: str) -> Iterator[Hit]:
    yield TEXT_TOO_LONG.at(
        pointer(*path), f"{len(defect.instance)} characters, at most {defect.validator_value} are allowed"
    )


def _explain_pattern(defect: ValidationError, path: tuple[str | int, ...], kind: str) -> Iterator[Hit]:
    rule = RELEASE_DATE_MALFORMED if kind == "releaseDate" else URL_NOT_HTTP
    yield rule.at(pointer(*path), f"{excerpt(defect.instance)} does not have the required form")


def _explain_one_of(defect: ValidationError, path: tuple[str | int, ...], kind: str) -> Iterator[Hit]:
    both = "media" in defect.instance
    yield CONTENT_SHAPE.at(pointer(*path), f"content has {'both' if both else 'neither'} of media and playOptions")


def _explain_any_of(defect: ValidationError, path: tuple[str | int, ...], kind: str) -> Iterator[Hit]:
    yield MEDIA_VALUE_UNKNOWN.at(pointer(*path), f"{excerpt(defect.instance)} is not in the list")


def _explain_not(defect: ValidationError, path: tuple[str | int, ...], kind: str) -> Iterator[Hit]:
    if "license" in defect.instance:
        yield PRICE_NOT_ALLOWED.at(pointer(*path, "price"), f"{defect.instance['license']} with a price")


EXPLANATIONS: dict[str, Callable[[ValidationError, tuple[str | int, ...], str], Iterator[Hit]]] = {
    "type": _explain_type,
    "enum": _explain_unlisted,
    "required": _explain_required,
    "maxLength": _explain_length,
    "pattern": _explain_pattern,
    "oneOf": _explain_one_of,
    "anyOf": _explain_any_of,
    "not": _explain_not,
}
