"""The feeds on the page: a card each, harmless, complete, long lists folded."""

from __future__ import annotations

import re

import pytest

from edye_delivery.reports.feed_model import FeedReport, ReportedFeedChanges, ReportedFeedPage
from edye_delivery.reports.feed_page import FeedCard
from edye_delivery.reports.html_report import as_html
from tests.unit.reports.builders import a_report, a_title
from tests.unit.reports.feed_builders import (
    ADDRESS,
    GENRE_UNKNOWN,
    POSTER_LARGE,
    a_feed,
    a_refused_feed,
    feeds_of_a_day,
    page_name,
)
from tests.unit.reports.tags import Tags

HOSTILE = "</script></style></details><img src=x onerror=alert(1)>\"'><svg onload=alert(2)>{{ 7*7 }}\u202e\x00\u200b"


def page_with(*feeds: FeedReport) -> Tags:
    return Tags(as_html(a_report(a_title(), feeds=feeds), {}))


def hostile_feed() -> FeedReport:
    rule = a_refused_feed().findings[0]
    rules = (rule.model_copy(update={"code": HOSTILE, "name": HOSTILE, "examples": (HOSTILE,)}),)
    return a_feed(
        **dict.fromkeys(("name", "writer", "url", "detail"), HOSTILE),
        pages=(ReportedFeedPage(name=HOSTILE, size_bytes=1, items=1, uploaded=True),),
        kinds={HOSTILE: 1},
        findings=rules,
        left_out=rules,
        changes=ReportedFeedChanges(added=1, first_added=(HOSTILE,), removed=2, first_removed=(HOSTILE,)),
    )


def a_long_feed(pages: int) -> FeedReport:
    listed = tuple(
        ReportedFeedPage(name=page_name(number), size_bytes=1, items=1, uploaded=True) for number in range(pages)
    )
    return a_feed(pages=listed)


def test_no_foreign_text_of_a_feed_becomes_markup() -> None:
    refused = hostile_feed().model_copy(update={"outcome": a_refused_feed().outcome})
    for feed in (hostile_feed(), refused):
        tags = page_with(feed)
        assert [len(tags.named(tag)) for tag in ("script", "style", "img", "svg")] == [1, 1, 0, 0]
        assert not [name for _, attributes in tags.found for name in attributes if name.startswith("on")]
        assert tags.open == []


def test_hidden_characters_of_a_feed_are_named() -> None:
    page = as_html(a_report(a_title(), feeds=(hostile_feed(),)), {}).decode()
    assert Tags(page.encode()).text.count("{{ 7*7 }}⟨U+202E⟩⟨U+0000⟩⟨U+200B⟩") >= 13
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00]", page)


def test_a_feeds_address_is_shown_but_not_linked_or_loaded() -> None:
    tags = page_with(a_feed())
    assert ADDRESS in tags.text
    addresses = [a[key] for _, a in tags.found for key in ("src", "href", "action", "srcset") if a.get(key)]
    assert all(str(address).startswith(("data:", "#")) for address in addresses)


def test_every_feed_has_a_card_with_its_outcome_between_the_work_and_the_titles() -> None:
    tags = page_with(*feeds_of_a_day())
    cards = [str(card["class"]) for card in tags.named("article")]
    assert cards == ["feed published", "feed refused", "feed unchanged", "feed failed", "feed not_run"]
    assert [str(card["id"]) for card in tags.named("article")] == [f"feed{number}" for number in range(1, 6)]
    headings = [part["id"] for part in tags.named("h2")]
    assert headings.index("feeds") == headings.index("all") - 1


def test_elements_of_the_cards_are_closed_in_order() -> None:
    assert page_with(*feeds_of_a_day()).open == []


def test_a_partner_without_feeds_has_no_such_section() -> None:
    tags = page_with()
    assert "feeds" not in [part["id"] for part in tags.named("h2")]
    assert tags.named("article") == []


def test_a_card_tells_counts_changes_findings_and_what_could_not_be_carried() -> None:
    text = re.sub(r"\s+", " ", page_with(a_feed()).text)
    for told in (
        "800 items in all",
        "16 series",
        "+3 added ~2 changed \u221260 removed",
        "EDYE_ROBOTS_S01E50 and 10 more",
        "What the linter found 1,234 warnings",
        "FEED507 poster-large warning · Design · 1,234 times 10 examples of 1,234",
        "What the writer left out 1 error, 2 warnings",
        "FEED604 title-left-out error · Content Operations · 1 time 1 example",
        "it has neither a short nor a long description",
        "Pages 2, 37.4 MB, 1 uploaded",
    ):
        assert told in text


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        (ReportedFeedChanges(), "No item was added, changed or removed."),
        (None, "Not known: the pages of the last publication no longer exist."),
    ],
    ids=["none", "unknown"],
)
def test_no_change_and_no_knowledge_of_changes_read_differently(changes, sentence: str) -> None:
    assert sentence in page_with(a_feed(changes=changes)).text


def test_errors_stand_above_warnings() -> None:
    text = page_with(a_refused_feed(POSTER_LARGE, GENRE_UNKNOWN)).text
    assert text.index("genre-unknown") < text.index("poster-large")


def test_more_than_eight_broken_rules_are_folded_but_complete() -> None:
    rules = [GENRE_UNKNOWN.model_copy(update={"code": f"FEED{number:03}"}) for number in range(20)]
    tags = page_with(a_refused_feed(*rules))
    assert "12 more rules" in tags.text
    assert len([part for part in tags.named("div") if part.get("class") == "finding"]) == 20
    assert all(rule.code in tags.text for rule in rules)


@pytest.mark.parametrize(("pages", "is_folded"), [(5, False), (6, True), (200, True)])
def test_a_page_list_is_folded_from_six_pages_on(pages: int, is_folded: bool) -> None:
    tags = page_with(a_long_feed(pages))
    assert (f"All {pages} pages" in tags.text) == is_folded
    assert all(page_name(number) in tags.text for number in range(pages))


@pytest.mark.parametrize(
    ("outcome", "uploaded", "word"),
    [
        ("published", True, "uploaded"),
        ("published", False, "kept"),
        ("unchanged", False, "kept"),
        ("refused", False, "not published"),
        ("failed", False, "not confirmed"),
    ],
)
def test_a_page_is_called_kept_only_where_readers_have_it(outcome: str, uploaded: bool, word: str) -> None:
    page = ReportedFeedPage(name="a.json", size_bytes=1, items=1, uploaded=uploaded)
    feed = FeedReport(name="search", writer="roku_search", outcome=outcome, pages=(page,))
    assert FeedCard(1, feed).page_status(page) == word


def test_the_head_of_the_page_names_feeds_that_need_somebody_and_links_to_them() -> None:
    tags = page_with(*feeds_of_a_day())
    text = re.sub(r"\s+", " ", tags.text)
    assert "Feed search_us is refused, the last good one stays: Content Operations 3." in text
    assert "Feed direct failed: publish_feed did not end; see its log." in text
    assert [link["href"] for link in tags.named("a")] == ["#feed2", "#feed4"]


def test_a_refused_feed_without_findings_still_reads_as_a_sentence() -> None:
    feed = FeedReport(name="search", writer="roku_search", outcome="refused")
    assert "Feed search is refused, the last good one stays: no rule named." in page_with(feed).text


def test_tables_of_pages_name_their_columns() -> None:
    headings = [cell.get("scope") for cell in page_with(a_feed()).named("th")]
    assert headings == ["col"] * 4 + ["col"] * 5 + ["row"]
