"""A feed's report from what its steps left behind, and its place in the window report."""

from __future__ import annotations

import json

import pytest
from pydantic import ValidationError

from edye_delivery.catalog.feed_records import FeedDraft, LintedFeed, PublishedFeed
from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.reports.csv_report import as_csv
from edye_delivery.reports.feed_model import FeedOutcome, FeedReport, errors_first, feed_report
from edye_delivery.reports.json_report import as_json
from edye_delivery.reports.model import WindowReport
from tests.unit.reports.builders import a_report, a_title
from tests.unit.reports.feed_builders import (
    ADDRESS,
    GENRE_UNKNOWN,
    LAST_CHANGES,
    POSTER_LARGE,
    TITLE_LEFT_OUT,
    a_draft,
    a_feed,
    a_refused_feed,
    feeds_of_a_day,
    linted,
    page_name,
    published,
)


def reported(
    draft: FeedDraft | None = None,
    found: LintedFeed | None = None,
    sent: PublishedFeed | None = None,
    dry_run: bool = False,
) -> FeedReport:
    return feed_report("search", "roku_search", dry_run, draft, found, sent)


@pytest.mark.parametrize(
    ("records", "outcome", "needs_work"),
    [
        ((a_draft(), linted(), published()), FeedOutcome.PUBLISHED, False),
        ((a_draft(), linted(POSTER_LARGE), published()), FeedOutcome.PUBLISHED, False),
        ((a_draft(), linted(), published(switched=False)), FeedOutcome.UNCHANGED, False),
        ((a_draft(), linted(GENRE_UNKNOWN), None), FeedOutcome.REFUSED, True),
        ((a_draft(), linted(), None), FeedOutcome.FAILED, True),
        ((a_draft(), None, None), FeedOutcome.FAILED, True),
        ((None, None, None), FeedOutcome.FAILED, True),
        ((None, None, None, True), FeedOutcome.NOT_RUN, False),
    ],
    ids=["published", "with-warnings", "unchanged", "refused", "not-published", "not-linted", "not-assembled", "dry"],
)
def test_what_the_steps_left_behind_decides_the_outcome(records, outcome, needs_work) -> None:
    feed = reported(*records)
    assert (feed.outcome, feed.needs_work) == (outcome, needs_work)


@pytest.mark.parametrize(
    ("records", "step"),
    [((), "assemble_feed"), ((a_draft(),), "lint_feed"), ((a_draft(), linted()), "publish_feed")],
    ids=["assemble", "lint", "publish"],
)
def test_a_failed_feed_says_which_log_to_read(records, step: str) -> None:
    assert reported(*records).detail == f"{step} did not end; see its log"


def test_a_published_feed_tells_address_counts_changes_and_which_pages_were_new() -> None:
    feed = reported(a_draft(2), linted(POSTER_LARGE), published(page_name(1)))
    assert (feed.url, feed.items, feed.kinds["series"]) == (ADDRESS, 800, 16)
    assert (feed.errors, feed.warnings) == (0, 1_234)
    assert [page.uploaded for page in feed.pages] == [False, True]
    assert feed.changes is not None
    assert feed.changes.first_added == LAST_CHANGES.first_added
    assert feed.detail == "readers get this feed now; 1 of 2 pages uploaded"


def test_a_refused_feed_keeps_its_findings_and_claims_no_page() -> None:
    feed = reported(a_draft(2, TITLE_LEFT_OUT), linted(GENRE_UNKNOWN))
    assert [(rule.code, rule.owner, rule.count) for rule in feed.findings] == [("FEED013", Owner.CONTENT_OPERATIONS, 3)]
    assert [rule.code for rule in feed.left_out] == ["FEED604"]
    assert not any(page.uploaded for page in feed.pages)
    assert feed.detail == "the linter found 3 errors; the last good feed stays"


def test_errors_count_more_than_the_publication_of_an_earlier_try() -> None:
    feed = reported(a_draft(), linted(GENRE_UNKNOWN), published(page_name(0)))
    assert (feed.outcome, feed.url, feed.changes) == (FeedOutcome.REFUSED, ADDRESS, None)
    assert not any(page.uploaded for page in feed.pages)


def test_an_error_of_the_writer_alone_refuses_nothing() -> None:
    assert not reported(a_draft(1, TITLE_LEFT_OUT), linted(), published()).needs_work


def test_changes_that_nobody_knows_stay_unknown() -> None:
    assert reported(a_draft(), linted(), published(changes=None)).changes is None


def test_a_dry_run_reports_nothing_but_that() -> None:
    feed = reported(dry_run=True)
    assert feed == FeedReport(
        name="search", writer="roku_search", outcome=FeedOutcome.NOT_RUN, detail="dry run: feeds are not built"
    )


def test_a_feed_without_items_is_a_feed_all_the_same() -> None:
    feed = reported(a_draft(0, kinds={}), linted(), published())
    assert (feed.pages, feed.items, feed.size_bytes) == ((), 0, 0)


def test_errors_come_before_warnings_and_the_most_frequent_first() -> None:
    rare = GENRE_UNKNOWN.model_copy(update={"code": "FEED014", "count": 1})
    rules = a_refused_feed(POSTER_LARGE, rare, GENRE_UNKNOWN).findings
    assert [rule.code for rule in errors_first(rules)] == ["FEED013", "FEED014", "FEED507"]


def test_half_a_character_in_an_example_is_replaced() -> None:
    hostile = GENRE_UNKNOWN.model_copy(update={"examples": ("broken \ud83d",)})
    assert reported(a_draft(), linted(hostile)).findings[0].examples == ("broken \ufffd",)


@pytest.mark.parametrize("change", [{"severity": "fatal"}, {"owner": "Nobody"}], ids=["severity", "owner"])
def test_a_rule_of_unknown_severity_or_owner_is_refused(change: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        reported(a_draft(), linted(GENRE_UNKNOWN.model_copy(update=change)))


def test_json_holds_the_feeds_and_reads_them_back() -> None:
    report = a_report(a_title(), feeds=feeds_of_a_day())
    written = json.loads(as_json(report))["feeds"]
    assert [feed["outcome"] for feed in written] == ["published", "refused", "unchanged", "failed", "not_run"]
    assert list(written[0]) == list(FeedReport.model_fields)
    assert len(written[2]["pages"]) == 200
    assert WindowReport.model_validate_json(as_json(report)) == report


def test_a_report_from_before_there_were_feeds_can_be_read() -> None:
    written = json.loads(as_json(a_report(a_title())))
    del written["feeds"]
    assert WindowReport.model_validate(written).feeds == ()


def test_csv_knows_titles_only() -> None:
    assert as_csv(a_report(a_title(), feeds=(a_feed(),))) == as_csv(a_report(a_title()))
