"""Builders of feeds for reports: what the steps hand over, one feed, and the feeds of a realistic day."""

from __future__ import annotations

from typing import Any

from edye_delivery.catalog.digest import digest_of
from edye_delivery.catalog.feed_records import (
    FeedDraft,
    FeedPage,
    ItemChanges,
    LintedFeed,
    PublishedFeed,
    RuleCount,
)
from edye_delivery.reports.feed_model import FeedReport, feed_report

ADDRESS = "https://feeds.edye.example/roku_premium_subs_mx/search/feed.json"
GENRE_UNKNOWN = RuleCount(
    code="FEED013",
    name="genre-unknown",
    severity="error",
    owner="Content Operations",
    count=3,
    examples=(
        "EDYE_OLA_S03E02: genre 'noir' is not one of Roku's",
        "EDYE_OLA_S03E03: genre 'noir' is not one of Roku's",
        "EDYE_ROBOTS: genre 'cartón' is not one of Roku's",
    ),
)
POSTER_LARGE = RuleCount(
    code="FEED507",
    name="poster-large",
    severity="warning",
    owner="Design",
    count=1_234,
    examples=tuple(f"EDYE_LUMA_S02E{number:02}: the poster has 4.1 MB" for number in range(1, 11)),
)
TITLE_LEFT_OUT = RuleCount(
    code="FEED604",
    name="title-left-out",
    severity="error",
    owner="Content Operations",
    count=1,
    examples=("EDYE_MOV_000124_ES: it has neither a short nor a long description",),
)
VALUE_UNMAPPED = RuleCount(
    code="FEED601",
    name="value-unmapped",
    severity="warning",
    owner="Content Operations",
    count=2,
    examples=("EDYE_PLANETA: the role 'titiritero' has no counterpart", "EDYE_OLA: the language 'nah' has none"),
)
LAST_CHANGES = ItemChanges(
    added=3,
    changed=2,
    removed=60,
    first_added=("EDYE_LUMA_S02E05", "EDYE_LUMA_S02E06", "EDYE_MOV_000127"),
    first_changed=("EDYE_PLANETA", "EDYE_PLANETA_S01E03"),
    first_removed=tuple(f"EDYE_ROBOTS_S01E{number:02}" for number in range(1, 51)),
)


def page_name(number: int) -> str:
    """The name of the n-th page, by content as the writer makes it."""
    return f"{digest_of(number)[:32]}.json"


def a_draft(pages: int = 2, *notes: RuleCount, **changes: Any) -> FeedDraft:
    """A draft of so many pages."""
    listed = tuple(
        FeedPage(
            name=page_name(number),
            sha256=digest_of(number),
            body_digest=digest_of(number, "body"),
            size_bytes=18_700_000 + 1_000 * number,
            items=400,
        )
        for number in range(pages)
    )
    kinds = {"episode": 380 * pages, "season": 12 * pages, "series": 8 * pages}
    values = {"feed": "search", "pages": listed, "kinds": kinds, "notes": notes, "profile": "search-vod"}
    return FeedDraft(**(values | changes))


def linted(*rules: RuleCount) -> LintedFeed:
    """What the linter said, counted as the rules say."""
    errors = sum(rule.count for rule in rules if rule.severity == "error")
    return LintedFeed(errors=errors, warnings=sum(rule.count for rule in rules) - errors, rules=rules)


def published(*uploaded: str, **changes: Any) -> PublishedFeed:
    """A publication that switched readers to a feed of which these pages were new."""
    values = {"url": ADDRESS, "uploaded": uploaded, "switched": True, "changes": LAST_CHANGES}
    return PublishedFeed(**(values | changes))


def a_feed(**changes: Any) -> FeedReport:
    """A published feed of two pages, one of them new, unless told otherwise."""
    known = feed_report(
        "search",
        "roku_search",
        False,
        a_draft(2, TITLE_LEFT_OUT, VALUE_UNMAPPED),
        linted(POSTER_LARGE),
        published(page_name(0)),
    )
    return known.model_copy(update=changes)


def a_refused_feed(*rules: RuleCount) -> FeedReport:
    """A feed in which the linter found errors."""
    found = linted(*(rules or (GENRE_UNKNOWN, POSTER_LARGE)))
    return feed_report("search", "roku_search", False, a_draft(), found, None)


def feeds_of_a_day() -> tuple[FeedReport, ...]:
    """One feed of every outcome; the unchanged one has 200 pages."""
    unchanged = published(switched=False, changes=ItemChanges(), url=ADDRESS.replace("search/", "catalogue/"))
    return (
        a_feed(),
        a_refused_feed().model_copy(update={"name": "search_us"}),
        feed_report("catalogue", "roku_search", False, a_draft(200), linted(), unchanged),
        feed_report("direct", "roku_direct", False, a_draft(1), linted(), None),
        feed_report("live", "roku_search_live", True, None, None, None),
    )
