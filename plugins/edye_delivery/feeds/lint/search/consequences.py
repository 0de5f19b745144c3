"""Which defects of an asset are only the consequence of another one, and are not reported beside it."""

from __future__ import annotations

from collections.abc import Iterator

from edye_delivery.feeds.lint.keys import WRONG_TYPE
from edye_delivery.feeds.lint.search.durations import DURATION_MISSING
from edye_delivery.feeds.lint.search.identity import EXTERNAL_ID_INCOMPLETE, EXTERNAL_SOURCE_UNKNOWN
from edye_delivery.feeds.lint.search.images import (
    IMAGE_INCOMPLETE,
    IMAGE_LANGUAGE_MISSING,
    IMAGE_TYPE_UNKNOWN,
    MAIN_IMAGE_MISSING,
)
from edye_delivery.feeds.lint.search.ratings import COUNTRY_RATING_MISSING, RATING_SOURCE_MISSING, RATING_SOURCE_UNKNOWN
from edye_delivery.feeds.lint.search.release import RELEASE_MISSING
from edye_delivery.feeds.lint.search.stations import STATION_ID_MISSING
from edye_delivery.feeds.lint.search.texts import (
    DEFAULT_LANGUAGE_MISSING,
    DESCRIPTION_LANGUAGE_MISSING,
    LANGUAGE_TWICE,
    LANGUAGE_UNKNOWN,
    TITLE_LANGUAGE_MISSING,
)
from edye_delivery.feeds.rule import FeedRule, Hit, pointer

BY_LANGUAGE = frozenset({
    DESCRIPTION_LANGUAGE_MISSING, IMAGE_LANGUAGE_MISSING, TITLE_LANGUAGE_MISSING,
    LANGUAGE_TWICE,
})  # fmt: skip
BY_IMAGE = frozenset({MAIN_IMAGE_MISSING, IMAGE_LANGUAGE_MISSING})
CONSEQUENCES: dict[FeedRule, frozenset[FeedRule]] = {
    LANGUAGE_UNKNOWN: BY_LANGUAGE,
    DEFAULT_LANGUAGE_MISSING: BY_LANGUAGE,
    IMAGE_INCOMPLETE: BY_IMAGE,
    IMAGE_TYPE_UNKNOWN: BY_IMAGE,
    RATING_SOURCE_MISSING: frozenset({COUNTRY_RATING_MISSING}),
    RATING_SOURCE_UNKNOWN: frozenset({COUNTRY_RATING_MISSING}),
    EXTERNAL_SOURCE_UNKNOWN: frozenset({STATION_ID_MISSING}),
    EXTERNAL_ID_INCOMPLETE: frozenset({STATION_ID_MISSING}),
}
"""For a defect, the other defects that it also causes."""
CONSEQUENCES_OF_TYPE: dict[str, frozenset[FeedRule]] = {
    **dict.fromkeys(("titles", "shortDescriptions", "longDescriptions", "images"), BY_LANGUAGE),
    "advisoryRatings": frozenset({COUNTRY_RATING_MISSING}),
    "releaseYear": frozenset({RELEASE_MISSING}),
    "durationInSeconds": frozenset({DURATION_MISSING}),
}
"""The same, for a value of a wrong type in this part of the asset."""


def remove_consequences(causes: list[Hit], hits: list[Hit]) -> list[Hit]:
    """The causes that the schema gave, and those of the other hits that are not a consequence of them."""
    if not hits:
        return causes
    known = {(hit.rule.code, hit.path, hit.about) for hit in causes}
    mistyped = {hit.path for hit in causes if hit.rule is WRONG_TYPE}
    # An entry of a wrong type was removed, so the entries after it have moved up: their places are wrong.
    mistyped |= {path.rpartition("/")[0] for path in mistyped if path.rpartition("/")[2].isdecimal()}
    spots_around = {above for path in mistyped for above in _spots_around(path)}
    consequences: set[FeedRule] = set()
    for hit in (*causes, *hits):
        consequences |= CONSEQUENCES.get(hit.rule, frozenset())
    for path in mistyped:
        consequences |= CONSEQUENCES_OF_TYPE.get(path.split("/")[1] if path else "", frozenset())
    return causes + [
        hit for hit in hits if hit.rule not in consequences and _is_independent(hit, known, mistyped, spots_around)
    ]


def _is_independent(hit: Hit, known: set[tuple[str, str, str]], mistyped: set[str], spots_around: set[str]) -> bool:
    """Whether the defect is new, and is neither inside a value of a wrong type nor around one."""
    if (hit.rule.code, hit.path, hit.about) in known:
        return False
    spot = hit.path + (pointer(hit.about) if hit.about else "")
    return not mistyped or (spot not in spots_around and mistyped.isdisjoint(_spots_around(spot)))


def _spots_around(path: str) -> Iterator[str]:
    """The spot and every part that contains it."""
    while path:
        yield path
        path = path.rpartition("/")[0]
    yield ""
