"""Which defects of an asset are only what another one brings about, and are not told beside it."""

from __future__ import annotations

from collections.abc import Iterator

from edye_delivery.feeds.lint.search import rules as search
from edye_delivery.feeds.lint.search import schema_rules as schema
from edye_delivery.feeds.lint.search.live_rules import STATION_ID_MISSING
from edye_delivery.feeds.lint.value_rules import COUNTRY_RATING_MISSING
from edye_delivery.rules.feed_rule import FeedRule, Hit, pointer

BY_LANGUAGE = frozenset({
    search.DESCRIPTION_LANGUAGE_MISSING, search.IMAGE_LANGUAGE_MISSING, search.TITLE_LANGUAGE_MISSING,
    search.LANGUAGE_TWICE,
})  # fmt: skip
BY_IMAGE = frozenset({search.MAIN_IMAGE_MISSING, search.IMAGE_LANGUAGE_MISSING})
BROUGHT_ABOUT: dict[FeedRule, frozenset[FeedRule]] = {
    schema.LANGUAGE_UNKNOWN: BY_LANGUAGE,
    search.DEFAULT_LANGUAGE_MISSING: BY_LANGUAGE,
    schema.IMAGE_INCOMPLETE: BY_IMAGE,
    schema.IMAGE_TYPE_UNKNOWN: BY_IMAGE,
    schema.RATING_SOURCE_MISSING: frozenset({COUNTRY_RATING_MISSING}),
    schema.RATING_SOURCE_UNKNOWN: frozenset({COUNTRY_RATING_MISSING}),
    schema.EXTERNAL_SOURCE_UNKNOWN: frozenset({STATION_ID_MISSING}),
    schema.EXTERNAL_ID_INCOMPLETE: frozenset({STATION_ID_MISSING}),
}
"""What a defect makes the asset look like."""
BROUGHT_ABOUT_BY_TYPE: dict[str, frozenset[FeedRule]] = {
    **dict.fromkeys(("titles", "shortDescriptions", "longDescriptions", "images"), BY_LANGUAGE),
    "advisoryRatings": frozenset({COUNTRY_RATING_MISSING}),
    "releaseYear": frozenset({search.RELEASE_MISSING}),
    "durationInSeconds": frozenset({search.DURATION_MISSING}),
}
"""The same for a value of a wrong type in this part of the asset."""


def without_consequences(causes: list[Hit], hits: list[Hit]) -> list[Hit]:
    """The causes that the schema gave, and of the other hits those that are more than their consequence."""
    if not hits:
        return causes
    known = {(hit.rule.code, hit.path, hit.about) for hit in causes}
    mistyped = {hit.path for hit in causes if hit.rule is schema.WRONG_TYPE}
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
