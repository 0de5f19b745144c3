"""What feeds do to the colour of a run, and what a person reads of them on the red task."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edye_delivery.catalog.plan import RunRequest
from edye_delivery.pipeline.confirm import failure_sentence
from edye_delivery.pipeline.report import RunOutcome, window_report
from edye_delivery.reports.feed_model import FeedReport
from edye_delivery.reports.model import Colour, WindowReport
from tests.builders import the_annex
from tests.unit.reports.builders import a_report, a_title
from tests.unit.reports.feed_builders import GENRE_UNKNOWN, POSTER_LARGE, a_feed, a_refused_feed, feeds_of_a_day

START, END = datetime(2026, 3, 1, 6, tzinfo=UTC), datetime(2026, 3, 2, 6, tzinfo=UTC)
PUBLISHED, REFUSED, UNCHANGED, FAILED, NOT_RUN = feeds_of_a_day()


def reported(*feeds: FeedReport, fail_on: str = "any") -> WindowReport:
    """The report of a window without titles."""
    annex = the_annex(fail_on=fail_on)
    return window_report(
        RunOutcome(
            annex=annex,
            request=RunRequest(partner=annex.partner, run_id="run-1", start_at=START, end_at=END),
            plan=None,
            checked=(),
            unchecked=(),
            deliveries={},
            incidents=(),
            started_at=END,
            finished_at=END,
            feeds=feeds,
        )
    )


@pytest.mark.parametrize("fail_on", ["any", "technical"])
@pytest.mark.parametrize(
    ("feed", "colour"),
    [
        (PUBLISHED, Colour.GREEN),
        (UNCHANGED, Colour.GREEN),
        (NOT_RUN, Colour.GREEN),
        (REFUSED, Colour.RED),
        (FAILED, Colour.RED),
    ],
    ids=["published", "unchanged", "not-run", "refused", "failed"],
)
def test_a_feed_that_needs_work_makes_the_run_red_whatever_the_annex_ignores(
    feed: FeedReport, colour: Colour, fail_on: str
) -> None:
    report = reported(feed, fail_on=fail_on)
    assert (report.colour, report.feeds) == (colour, (feed,))


def test_a_run_without_feeds_is_as_green_as_its_titles() -> None:
    assert (reported().colour, reported().feeds) == (Colour.GREEN, ())


def test_the_red_task_names_each_rule_of_a_refused_feed_in_one_line() -> None:
    artwork = POSTER_LARGE.model_copy(update={"code": "FEED504", "name": "image-ratio-main", "severity": "error"})
    sentence = failure_sentence(a_report(a_title(), feeds=(a_refused_feed(GENRE_UNKNOWN, artwork), a_feed())))
    assert sentence.splitlines() == [
        "0 of 1 titles of the delivery are not accepted, 1 of 2 feeds need work:",
        "  feed search: refused: FEED504 image-ratio-main x1234 (Design), FEED013 genre-unknown x3 (Content Operations)"
        ": the last good one stays",
    ]


def test_the_red_task_leaves_a_feeds_warnings_out() -> None:
    assert "FEED507" not in failure_sentence(a_report(feeds=(REFUSED,)))


def test_the_red_task_names_the_step_of_a_failed_feed_before_the_titles() -> None:
    title = a_title(state="rejected", rules=("VID006",))
    lines = failure_sentence(a_report(title, feeds=(FAILED,), incidents=("batch 1 of 1 was not checked",))).splitlines()
    assert lines[1] == "batch 1 of 1 was not checked"
    assert lines[2] == "  feed direct: failed: publish_feed did not end; see its log"
    assert lines[3].startswith("  EDYE_PLANETA_S01E01_ES: VID006:")


def test_a_refused_feed_without_rules_is_told_by_its_detail() -> None:
    feed = REFUSED.model_copy(update={"findings": ()})
    line = "  feed search_us: refused: the linter found 3 errors; the last good feed stays"
    assert line in failure_sentence(a_report(feeds=(feed,))).splitlines()


def test_the_red_task_says_nothing_of_feeds_that_are_well() -> None:
    sentence = failure_sentence(a_report(a_title(state="failed"), feeds=(PUBLISHED, UNCHANGED)))
    assert "feed" not in sentence
