"""The last task's message: what a red run names, how long it may be, and what a green run says."""

from __future__ import annotations

import pytest

from edye_delivery.catalog.vocabulary import Cause, Change, DeliveryState, Owner, RunKind
from edye_delivery.pipeline.confirm import (
    DETAIL_MAX_CHARS,
    INCIDENT_MAX_CHARS,
    LINE_MAX_CHARS,
    TITLES_MAX,
    done_sentence,
    failure_sentence,
    whole_text,
)
from edye_delivery.reports.feed_model import FeedOutcome, FeedReport, ReportedFeedRule
from tests.unit.reports.builders import a_report, a_title

BOTH = pytest.mark.parametrize("text", [failure_sentence, whole_text], ids=["short", "whole"])


def an_open_title(number=1, **changes):
    values = {
        "external_id": f"EDYE_{number}_ES",
        "state": DeliveryState.FAILED,
        "cause": Cause.TRANSIENT,
        "owner": Owner.DEVOPS,
        "detail": "the partner answered 503",
        "next_step": "run it again",
    }
    return a_title(**(values | changes))


def a_feed(outcome=FeedOutcome.FAILED, **changes):
    return FeedReport(**({"name": "search", "writer": "roku_search", "outcome": outcome, "detail": "no S3"} | changes))


def broken(code="FEED013", severity="error"):
    return ReportedFeedRule(code=code, name="genre-unknown", severity=severity, owner=Owner.DESIGN, count=3)


@BOTH
def test_a_red_run_names_each_open_title_with_cause_words_owner_and_next_step(text):
    told = text(a_report(a_title(external_id="EDYE_GOOD"), an_open_title(1), an_open_title(2)))
    assert "2 of 3 titles" in told.splitlines()[0]
    for word in ("EDYE_1_ES", "EDYE_2_ES", "transient", "the partner answered 503", "DevOps", "run it again"):
        assert word in told
    assert "EDYE_GOOD" not in told


@BOTH
def test_a_rejected_title_is_named_with_its_rules(text):
    title = an_open_title(state=DeliveryState.REJECTED, cause=Cause.MEDIA, rules=("VID006", "VID007"))
    told = text(a_report(title))
    assert "VID006" in told
    assert "VID007" in told


def test_the_short_text_names_a_titles_cause_only_where_no_rule_says_more():
    ruled = failure_sentence(a_report(an_open_title(rules=("VID006",), cause=Cause.MEDIA)))
    assert "media" not in ruled
    assert " media:" in failure_sentence(a_report(an_open_title(cause=Cause.MEDIA)))
    assert " None" not in failure_sentence(a_report(an_open_title(cause=None)))


@BOTH
def test_an_item_without_a_name_is_named_by_its_edye_id(text):
    assert "x-77" in text(a_report(an_open_title(external_id="", edye_id="x-77")))


def test_an_open_title_without_an_owner_says_that_nobody_is_named():
    assert "nobody named" in failure_sentence(a_report(an_open_title(owner=None)))


@pytest.mark.parametrize(("count", "left"), [(TITLES_MAX, 0), (TITLES_MAX + 1, 1), (TITLES_MAX + 7, 7)])
def test_the_short_text_names_so_many_titles_and_counts_the_others(count, left):
    report = a_report(*(an_open_title(number) for number in range(count)))
    lines = failure_sentence(report).splitlines()
    assert sum("EDYE_" in line for line in lines) == TITLES_MAX
    assert len(lines) == 1 + 2 * TITLES_MAX + bool(left)
    assert not left or f" {left} more" in lines[-1]
    assert sum("EDYE_" in line for line in whole_text(report).splitlines()) == count


def test_lines_of_the_short_text_are_cut_and_the_whole_text_has_more():
    report = a_report(an_open_title(detail="x" * 5000, next_step="y" * 5000), incidents=("z" * 5000,))
    lines = failure_sentence(report).splitlines()
    assert max(len(line) for line in lines if "z" not in line) <= LINE_MAX_CHARS
    assert max(line.count("z") for line in lines) <= INCIDENT_MAX_CHARS
    whole = whole_text(report)
    assert DETAIL_MAX_CHARS - 9 <= whole.count("x") <= DETAIL_MAX_CHARS
    assert whole.count("z") == 5000


@BOTH
def test_no_character_of_a_foreign_name_breaks_the_line_of_its_title(text):
    one = text(a_report(an_open_title(detail="a\nb\x1b[31mc"))).splitlines()
    assert len(one) == len(text(a_report(an_open_title())).splitlines())
    assert all(line.isprintable() for line in one)


@BOTH
def test_what_is_wrong_with_the_run_itself_stands_before_its_titles(text):
    told = text(
        a_report(an_open_title(), alerts=("ALERT",), incidents=("INCIDENT",), feeds=(a_feed(),), to_do=("TO-DO",))
    )
    places = [told.index(word) for word in ("ALERT", "INCIDENT", "feed search", "TO-DO", "EDYE_1_ES")]
    assert places == sorted(places)


@BOTH
@pytest.mark.parametrize(
    ("feeds", "named"),
    [
        ((a_feed(FeedOutcome.FAILED),), True),
        ((a_feed(FeedOutcome.PUBLISHED),), False),
        ((a_feed(FeedOutcome.UNCHANGED),), False),
    ],
    ids=["failed", "published", "unchanged"],
)
def test_a_feed_is_counted_and_named_only_where_it_needs_work(text, feeds, named):
    told = text(a_report(an_open_title(), feeds=feeds))
    assert ("1 of 1 feeds" in told.splitlines()[0]) is named
    assert ("feed search" in told) is named


@BOTH
def test_a_refused_feed_names_the_errors_with_count_and_owner_and_no_warning(text):
    feed = a_feed(FeedOutcome.REFUSED, findings=(broken(), broken("FEED507", "warning")))
    told = text(a_report(feeds=(feed,)))
    for word in ("FEED013", "genre-unknown", "x3", "Design"):
        assert word in told
    assert "FEED507" not in told
    assert "no S3" not in told


@BOTH
def test_a_refused_feed_without_an_error_of_the_linter_says_its_own_words(text):
    assert "no S3" in text(a_report(feeds=(a_feed(FeedOutcome.REFUSED, findings=(broken(severity="warning"),)),)))


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "accepted"),
        ({"dry_run": True}, "nothing was sent"),
        ({"kind": RunKind.WITHDRAWAL}, "withdrawn"),
    ],
    ids=["delivery", "dry run", "withdrawal"],
)
def test_a_green_run_says_how_many_titles_ended_how(changes, word):
    told = done_sentence(a_report(a_title(), a_title(), **changes))
    assert word in told
    assert " 2 titles" in told


def test_a_green_delivery_that_withdrew_a_title_does_not_call_all_of_them_accepted():
    gone = a_title(state=DeliveryState.WITHDRAWN, change=Change.WITHDRAWN)
    assert "not offered" in done_sentence(a_report(a_title(), gone))
    assert "not offered" not in done_sentence(a_report(a_title()))


def test_a_red_withdrawal_counts_what_is_not_withdrawn():
    head = failure_sentence(a_report(a_title(), kind=RunKind.WITHDRAWAL, incidents=("x",))).splitlines()[0]
    assert "not withdrawn" in head
