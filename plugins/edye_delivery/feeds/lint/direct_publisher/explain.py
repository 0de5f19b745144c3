"""The real cause behind a message of a JSON Schema validator on a Direct Publisher feed."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

from jsonschema import ValidationError

from edye_delivery.feeds.lint.direct_publisher.content import (
    AD_BREAK_MALFORMED,
    CONTENT_INCOMPLETE,
    TIMESTAMP_MALFORMED,
)
from edye_delivery.feeds.lint.direct_publisher.files import (
    CAPTION_INCOMPLETE,
    CAPTION_TYPE_UNKNOWN,
    TRICK_PLAY_INCOMPLETE,
    TRICK_PLAY_QUALITY_UNKNOWN,
    VIDEO_INCOMPLETE,
    VIDEO_QUALITY_UNKNOWN,
    VIDEO_TYPE_UNKNOWN,
    VIDEOS_MISSING,
)
from edye_delivery.feeds.lint.direct_publisher.items import (
    DATE_MALFORMED,
    DIRECT_CONTENT_MISSING,
    DIRECT_CREDIT_INCOMPLETE,
    DIRECT_DESCRIPTION_MISSING,
    DIRECT_EXTERNAL_ID_INCOMPLETE,
    DIRECT_GENRE_UNKNOWN,
    DIRECT_GENRES_MISSING,
    DIRECT_ID_MISSING,
    DIRECT_RELEASE_MISSING,
    DIRECT_TITLE_MISSING,
    ID_TYPE_UNKNOWN,
    ROLE_UNKNOWN,
    THUMBNAIL_MISSING,
)
from edye_delivery.feeds.lint.direct_publisher.ratings import (
    DIRECT_RATING_SOURCE_UNKNOWN,
    RATING_HYPHENATED,
    RATING_INCOMPLETE,
    RATING_UNKNOWN,
)
from edye_delivery.feeds.lint.direct_publisher.root import CONTENT_LISTS_MISSING, LANGUAGE_MALFORMED, ROOT_INCOMPLETE
from edye_delivery.feeds.lint.direct_publisher.rows import (
    CATEGORY_INCOMPLETE,
    CATEGORY_SHAPE,
    ORDER_UNKNOWN,
    PLAYLIST_INCOMPLETE,
)
from edye_delivery.feeds.lint.direct_publisher.series import EPISODE_NUMBER_MISSING, SEASON_INCOMPLETE, SERIES_SHAPE
from edye_delivery.feeds.lint.keys import WRONG_TYPE
from edye_delivery.feeds.lint.urls import URL_NOT_HTTP
from edye_delivery.feeds.rule import FeedRule, Hit, excerpt, parent_at, pointer

ITEM_KEYS = {
    "id": DIRECT_ID_MISSING,
    "title": DIRECT_TITLE_MISSING,
    "content": DIRECT_CONTENT_MISSING,
    "genres": DIRECT_GENRES_MISSING,
    "thumbnail": THUMBNAIL_MISSING,
    "releaseDate": DIRECT_RELEASE_MISSING,
    "shortDescription": DIRECT_DESCRIPTION_MISSING,
    "episodeNumber": EPISODE_NUMBER_MISSING,
}
PART_KEYS: dict[str, FeedRule] = {
    "": ROOT_INCOMPLETE,
    "seasons": SEASON_INCOMPLETE,
    "content": CONTENT_INCOMPLETE,
    "videos": VIDEO_INCOMPLETE,
    "captions": CAPTION_INCOMPLETE,
    "trickPlayFiles": TRICK_PLAY_INCOMPLETE,
    "externalIds": DIRECT_EXTERNAL_ID_INCOMPLETE,
    "rating": RATING_INCOMPLETE,
    "credits": DIRECT_CREDIT_INCOMPLETE,
    "categories": CATEGORY_INCOMPLETE,
    "playlists": PLAYLIST_INCOMPLETE,
}
ENUMS = {
    "genres": DIRECT_GENRE_UNKNOWN,
    "rating": RATING_UNKNOWN,
    "ratingSource": DIRECT_RATING_SOURCE_UNKNOWN,
    "videoType": VIDEO_TYPE_UNKNOWN,
    "captionType": CAPTION_TYPE_UNKNOWN,
    "idType": ID_TYPE_UNKNOWN,
    "role": ROLE_UNKNOWN,
    "order": ORDER_UNKNOWN,
}
QUALITIES = {"videos": VIDEO_QUALITY_UNKNOWN, "trickPlayFiles": TRICK_PLAY_QUALITY_UNKNOWN}
FORMS = {
    "url": URL_NOT_HTTP,
    "thumbnail": URL_NOT_HTTP,
    "language": LANGUAGE_MALFORMED,
    "releaseDate": DATE_MALFORMED,
    "birthDate": DATE_MALFORMED,
    "adBreaks": AD_BREAK_MALFORMED,
}
LISTED_MAX = 12
Path = tuple[str | int, ...]


def explain_defects(defects: Iterator[ValidationError], list_key: str = "") -> list[Hit]:
    """The real causes behind a validator's defects of the root or of an entry of a list, each once."""
    found: dict[tuple[str, str, str], Hit] = {}
    all_defects = list(defects)
    mistyped = {tuple(defect.absolute_path) for defect in all_defects if defect.validator == "type"}
    for defect in all_defects:
        path = tuple(defect.absolute_path)
        if defect.validator == "type" or path not in mistyped:
            keys = ("", list_key, *(part for part in path if isinstance(part, str)))
            for hit in EXPLANATIONS[str(defect.validator)](defect, path, keys):
                found.setdefault((hit.rule.code, hit.path, hit.about), hit)
    return list(found.values())


def remove_mistyped(item: dict[str, Any], hits: list[Hit]) -> dict[str, Any]:
    """A copy without the values of a wrong type; in lists None replaces them, so that the indexes stay right."""
    paths = [hit.path for hit in hits if hit.rule is WRONG_TYPE]
    if not paths:
        return item
    result = copy.deepcopy(item)
    for path in paths:
        parent, last = parent_at(result, path)
        if isinstance(parent, list):
            parent[last] = None
        else:
            del parent[last]
    return result


def _explain_type(defect: ValidationError, path: Path, keys: tuple[str, ...]) -> Iterator[Hit]:
    yield WRONG_TYPE.at(pointer(*path), f"{excerpt(defect.instance)} is not of type {defect.validator_value}")


def _explain_required(defect: ValidationError, path: Path, keys: tuple[str, ...]) -> Iterator[Hit]:
    for key in defect.validator_value:
        if key not in defect.instance:
            yield _rule_for_missing(keys[-1], key).at(pointer(*path), f"{key} is missing", key)


def _explain_too_few(defect: ValidationError, path: Path, keys: tuple[str, ...]) -> Iterator[Hit]:
    rule = _rule_for_missing(*keys[-2:])
    about = "" if rule is SERIES_SHAPE else keys[-1]  # the same hit as that of oneOf on the series
    yield rule.at(pointer(*path[:-1]), f"{keys[-1]} is empty", about)


def _rule_for_missing(part: str, key: str) -> FeedRule:
    """The rule for a key that `part` must have."""
    if part == "series" and key in ("seasons", "episodes"):
        return SERIES_SHAPE
    if part == "content" and key == "videos":
        return VIDEOS_MISSING
    return PART_KEYS[part] if part in PART_KEYS else ITEM_KEYS[key]


def _explain_unlisted(defect: ValidationError, path: Path, keys: tuple[str, ...]) -> Iterator[Hit]:
    *_, part, key = keys
    value, allowed = defect.instance, defect.validator_value
    if key == "rating" and (plain := value.upper().replace("-", "")) in allowed and "-" in value:
        yield RATING_HYPHENATED.at(pointer(*path), f"{excerpt(value)}: here it is {plain}")
        return
    hint = f": {', '.join(allowed)}" if len(allowed) <= LISTED_MAX else ""
    for entry in allowed:
        if entry.lower() == value.lower():
            hint = f"; did you mean {entry}?"
    rule = QUALITIES[part] if key == "quality" else ENUMS[key]
    yield rule.at(pointer(*path), f"{excerpt(value)} is not in the list{hint}")


def _explain_pattern(defect: ValidationError, path: Path, keys: tuple[str, ...]) -> Iterator[Hit]:
    rule = FORMS.get(keys[-1], TIMESTAMP_MALFORMED)
    yield rule.at(pointer(*path), f"{excerpt(defect.instance)} does not have the required form")


def _explain_one_of(defect: ValidationError, path: Path, keys: tuple[str, ...]) -> Iterator[Hit]:
    first, second = (choice["required"][0] for choice in defect.validator_value)
    has = "both" if first in defect.instance else "neither"
    rule = SERIES_SHAPE if keys[-1] == "series" else CATEGORY_SHAPE
    yield rule.at(pointer(*path), f"it has {has} of {first} and {second}")


def _explain_any_of(defect: ValidationError, path: Path, keys: tuple[str, ...]) -> Iterator[Hit]:
    choices = ", ".join(choice["required"][0] for choice in defect.validator_value)
    rule, about = (VIDEOS_MISSING, "videos") if keys[-1] == "content" else (CONTENT_LISTS_MISSING, "")
    yield rule.at(pointer(*path), f"there is none of {choices}", about)


EXPLANATIONS: dict[str, Callable[[ValidationError, Path, tuple[str, ...]], Iterator[Hit]]] = {
    "type": _explain_type,
    "required": _explain_required,
    "minItems": _explain_too_few,
    "enum": _explain_unlisted,
    "pattern": _explain_pattern,
    "oneOf": _explain_one_of,
    "anyOf": _explain_any_of,
}
