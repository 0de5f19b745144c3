"""Which defects of an asset are only what another one brings about, and are not told beside it."""

from __future__ import annotations

from collections.abc import Iterator

from edye_delivery.feeds.lint.keys import WRONG_TYPE
from edye_delivery.feeds.lint.search.channels import STATION_ID_MISSING
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
BROUGHT_ABOUT: dict[FeedRule, frozenset[FeedRule]] = {
    LANGUAGE_UNKNOWN: BY_LANGUAGE,
    DEFAULT_LANGUAGE_MISSING: BY_LANGUAGE,
    IMAGE_INCOMPLETE: BY_IMAGE,
    IMAGE_TYPE_UNKNOWN: BY_IMAGE,
    RATING_SOURCE_MISSING: frozenset({COUNTRY_RATING_MISSING}),
    RATING_SOURCE_UNKNOWN: frozenset({COUNTRY_RATING_MISSING}),
    EXTERNAL_SOURCE_UNKNOWN: frozenset({STATION_ID_MISSING}),
    EXTERNAL_ID_INCOMPLETE: frozenset({STATION_ID_MISSING}),
}
"""What a defect makes the asset look like."""
BROUGHT_ABOUT_BY_TYPE: dict[str, frozenset[FeedRule]] = {
    **dict.fromkeys(("titles", "shortDescriptions", "longDescriptions", "images"), BY_LANGUAGE),
    "advisoryRatings": frozenset({COUNTRY_RATING_MISSING}),
    "releaseYear": frozenset({RELEASE_MISSING}),
    "durationInSeconds": frozenset({DURATION_MISSING}),
}
"""The same for a value of a wrong type in this part of the asset."""


def remove_consequences(causes: list[Hit], hits: list[Hit]) -> list[Hit]:
    """The causes that the schema gave, and of the other hits those that are more than their consequence."""
    if not hits:
        return causes
    known = {(hit.rule.code, hit.path, hit.about) for hit in causes}
    mistyped = {hit.path for hit in causes if hit.rule is WRONG_TYPE}
    # Without the entry of a wrong type those behind it have moved up: nothing true can be told of their places.
    mistyped |= {path.rpartition("/")[0] for path in mistyped if path.rpartition("/")[2].isdecimal()}
    around = {above for path in mistyped for above in _upwards(path)}
    idle: set[FeedRule] = set()
    for hit in (*causes, *hits):
        idle |= BROUGHT_ABOUT.get(hit.rule, frozenset())
    for path in mistyped:
        idle |= BROUGHT_ABOUT_BY_TYPE.get(path.split("/")[1] if path else "", frozenset())
    return causes + [hit for hit in hits if hit.rule not in idle and _is_news(hit, known, mistyped, around)]


def _is_news(hit: Hit, known: set[tuple[str, str, str]], mistyped: set[str], around: set[str]) -> bool:
    """Whether it is no defect that is known, and lies neither in a value of a wrong type nor around one."""
    if (hit.rule.code, hit.path, hit.about) in known:
        return False
    spot = hit.path + (pointer(hit.about) if hit.about else "")
    return not mistyped or (spot not in around and mistyped.isdisjoint(_upwards(spot)))


def _upwards(path: str) -> Iterator[str]:
    """The spot and all that it lies in."""
    while path:
        yield path
        path = path.rpartition("/")[0]
    yield ""
