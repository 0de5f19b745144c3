"""The real cause behind what a JSON Schema validator says of a Direct Publisher feed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from jsonschema import ValidationError

from edye_delivery.feeds.lint.direct_publisher import rules as prose
from edye_delivery.feeds.lint.direct_publisher import schema_rules as rules
from edye_delivery.feeds.lint.search.schema_rules import URL_NOT_HTTP, WRONG_TYPE
from edye_delivery.rules.feed_rule import FeedRule, Hit, pointer, shown

ITEM_KEYS = {
    "id": rules.DIRECT_ID_MISSING,
    "title": rules.DIRECT_TITLE_MISSING,
    "content": rules.DIRECT_CONTENT_MISSING,
    "genres": rules.DIRECT_GENRES_MISSING,
    "thumbnail": rules.THUMBNAIL_MISSING,
    "releaseDate": rules.DIRECT_RELEASE_MISSING,
    "shortDescription": rules.DIRECT_DESCRIPTION_MISSING,
    "episodeNumber": rules.EPISODE_NUMBER_MISSING,
}
PART_KEYS: dict[str, FeedRule] = {
    "": rules.ROOT_INCOMPLETE,
    "seasons": rules.SEASON_INCOMPLETE,
    "content": rules.CONTENT_INCOMPLETE,
    "videos": rules.VIDEO_INCOMPLETE,
    "captions": rules.CAPTION_INCOMPLETE,
    "trickPlayFiles": rules.TRICK_PLAY_INCOMPLETE,
    "externalIds": rules.DIRECT_EXTERNAL_ID_INCOMPLETE,
    "rating": rules.RATING_INCOMPLETE,
    "credits": rules.DIRECT_CREDIT_INCOMPLETE,
    "categories": rules.CATEGORY_INCOMPLETE,
    "playlists": rules.PLAYLIST_INCOMPLETE,
}
ENUMS = {
    "genres": rules.DIRECT_GENRE_UNKNOWN,
    "rating": rules.RATING_UNKNOWN,
    "ratingSource": rules.DIRECT_RATING_SOURCE_UNKNOWN,
    "videoType": rules.VIDEO_TYPE_UNKNOWN,
    "captionType": rules.CAPTION_TYPE_UNKNOWN,
    "idType": rules.ID_TYPE_UNKNOWN,
    "role": rules.ROLE_UNKNOWN,
    "order": rules.ORDER_UNKNOWN,
}
QUALITIES = {"videos": rules.VIDEO_QUALITY_UNKNOWN, "trickPlayFiles": rules.TRICK_PLAY_QUALITY_UNKNOWN}
FORMS = {
    "url": URL_NOT_HTTP,
    "thumbnail": URL_NOT_HTTP,
    "language": prose.LANGUAGE_MALFORMED,
    "releaseDate": prose.DATE_MALFORMED,
    "birthDate": prose.DATE_MALFORMED,
    "adBreaks": prose.AD_BREAK_MALFORMED,
}
LISTED_MAX = 12
Path = tuple[str | int, ...]


def explained(defects: Iterator[ValidationError], list_key: str = "") -> list[Hit]:
    """The real causes behind a validator's defects of the root or of an entry of a list, each once."""
    found: dict[tuple[str, str, str], Hit] = {}
    listed = list(defects)
    mistyped = {tuple(defect.absolute_path) for defect in listed if defect.validator == "type"}
    for defect in listed:
        path = tuple(defect.absolute_path)
        if defect.validator == "type" or path not in mistyped:
            keys = ("", list_key, *(part for part in path if isinstance(part, str)))
            for hit in EXPLANATIONS[str(defect.validator)](defect, path, keys):
                found.setdefault((hit.rule.code, hit.path, hit.about), hit)
    return list(found.values())


def without_mistyped(item: dict[str, Any], hits: list[Hit]) -> dict[str, Any]:
    """A copy without the values of a wrong type; in lists None stands for them, so that the indexes still hold."""
    paths = [hit.path for hit in hits if hit.rule is WRONG_TYPE]
    if not paths:
        return item
    kept = copy.deepcopy(item)
    for path in paths:
        *parents, last = [part.replace("~1", "/").replace("~0", "~") for part in path.split("/")[1:]]
        parent: Any = kept
        for part in parents:
            parent = parent[int(part) if isinstance(parent, list) else part]
        if isinstance(parent, list):
            parent[int(last)] = None
        else:
            del parent[last]
    return kept


def _wrong_type(defect: ValidationError, path: Path, keys: tuple[str, ...]) -> Iterator[Hit]:
    yield WRONG_TYPE.at(pointer(*path), f"{shown(defect.instance)} is not of type {defect.validator_value}")


def _required(defect: ValidationError, path: Path, keys: tuple[str, ...]) -> Iterator[Hit]:
    for key in defect.validator_value:
        if key not in defect.instance:
            yield _missing(keys[-1], key).at(pointer(*path), f"{key} is missing", key)


def _too_few(defect: ValidationError, path: Path, keys: tuple[str, ...]) -> Iterator[Hit]:
    rule = _missing(*keys[-2:])
    about = "" if rule is rules.SERIES_SHAPE else keys[-1]  # so that it is one with what oneOf says of the series
    yield rule.at(pointer(*path[:-1]), f"{keys[-1]} is empty", about)


def _missing(part: str, key: str) -> FeedRule:
    """The rule for a key without which `part` is not complete."""
    if part == "series" and key in ("seasons", "episodes"):
        return rules.SERIES_SHAPE
    if part == "content" and key == "videos":
        return rules.VIDEOS_MISSING
    return PART_KEYS[part] if part in PART_KEYS else ITEM_KEYS[key]


def _unknown(defect: ValidationError, path: Path, keys: tuple[str, ...]) -> Iterator[Hit]:
    *_, part, key = keys
    value, allowed = defect.instance, defect.validator_value
    if key == "rating" and (plain := value.upper().replace("-", "")) in allowed and "-" in value:
        yield rules.RATING_HYPHENATED.at(pointer(*path), f"{shown(value)}: here it is {plain}")
        return
    hint = f": {', '.join(allowed)}" if len(allowed) <= LISTED_MAX else ""
    for entry in allowed:
        if entry.lower() == value.lower():
            hint = f"; did you mean {entry}?"
    rule = QUALITIES[part] if key == "quality" else ENUMS[key]
    yield rule.at(pointer(*path), f"{shown(value)} is not in the list{hint}")


def _pattern(defect: ValidationError, path: Path, keys: tuple[str, ...]) -> Iterator[Hit]:
    rule = FORMS.get(keys[-1], prose.TIMESTAMP_MALFORMED)
    yield rule.at(pointer(*path), f"{shown(defect.instance)} has not the form that is asked for")


def _one_of(defect: ValidationError, path: Path, keys: tuple[str, ...]) -> Iterator[Hit]:
    first, second = (choice["required"][0] for choice in defect.validator_value)
    has = "both" if first in defect.instance else "neither"
    rule = rules.SERIES_SHAPE if keys[-1] == "series" else rules.CATEGORY_SHAPE
    yield rule.at(pointer(*path), f"it has {has} of {first} and {second}")


def _any_of(defect: ValidationError, path: Path, keys: tuple[str, ...]) -> Iterator[Hit]:
    choices = ", ".join(choice["required"][0] for choice in defect.validator_value)
    rule, about = (rules.VIDEOS_MISSING, "videos") if keys[-1] == "content" else (rules.CONTENT_LISTS_MISSING, "")
    yield rule.at(pointer(*path), f"there is none of {choices}", about)


EXPLANATIONS: dict[str, Callable[[ValidationError, Path, tuple[str, ...]], Iterator[Hit]]] = {
    "type": _wrong_type,
    "required": _required,
    "minItems": _too_few,
    "enum": _unknown,
    "pattern": _pattern,
    "oneOf": _one_of,
    "anyOf": _any_of,
}
