"""The report of a run: what it says about each title, what it counts, and when it is red."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edye_delivery.catalog.parse import MalformedItem
from edye_delivery.catalog.plan import Encode, WithdrawalOrder
from edye_delivery.catalog.snapshot import WindowPlan, Withdrawal
from edye_delivery.catalog.vocabulary import Cause, Change, Channel, DeliveryState, Owner
from edye_delivery.ledger.leases import Holder
from edye_delivery.pipeline.report import LEFT_OUT, RunOutcome, window_report
from edye_delivery.reports.feed_model import FeedOutcome, FeedReport
from tests.builders import the_annex
from tests.unit.pipeline.builders import (
    ANNEX,
    AT,
    BAD_CODEC,
    BAD_GENRE,
    NOT_MEASURED,
    PARTNER,
    RUN,
    a_request,
    bring,
    checked_for,
    plan_for,
    tracking_id_of,
)

PLAN = plan_for()
NAME = PLAN.external_id
STATES = DeliveryState
GONE = Withdrawal(delivery_key="k", external_id=NAME, edye_id="m-1", reason="no tag")
ENCODE = Encode(name="e.mp4", size_bytes=9, sha256="0", profile_digest="p", source="hevc in mkv")
TECHNICAL = the_annex(fail_on="technical")
WITHOUT_REENCODE = the_annex(reencode=None)


def report_of(ledger=None, *, checked=(), unchecked=(), annex=ANNEX, started_at=AT, feeds=(), plan=None, **changes):
    """The report of a run that began now; other keywords are the plan's and the request's."""
    of_plan = {key: changes.pop(key) for key in tuple(changes) if key in WindowPlan.model_fields}
    extra = {key: changes.pop(key) for key in ("incidents", "alerts", "revisions") if key in changes}
    request = a_request(**changes)
    plans = (*(one.plan for one in checked), *unchecked, *of_plan.get("unchanged", ()), *of_plan.get("held", ()))
    keys = [one.delivery_key for one in plans]
    return window_report(
        RunOutcome(
            **({"incidents": []} | extra),
            annex=annex,
            request=request,
            plan=WindowPlan(request=request, **({"batches": 1} | of_plan)) if plan is None else None,
            checked=checked,
            unchecked=unchecked,
            deliveries=ledger.deliveries(keys) if ledger else {},
            started_at=started_at,
            finished_at=AT + timedelta(minutes=7),
            feeds=feeds,
        )
    )


def row_of(ledger, checked=None, **changes):
    [row] = report_of(ledger, checked=(checked or checked_for(PLAN),), **changes).titles
    return row


def test_an_empty_window_is_green_and_counts_nothing():
    report = report_of(batches=0)
    assert (report.colour, report.titles, report.totals.titles) == ("green", (), 0)
    assert (report.window.start, report.window.end) == ("2026-03-01T06:00:00Z", "2026-03-02T06:00:00Z")
    assert (report.started_at, report.finished_at) == ("2026-03-02T06:00:00Z", "2026-03-02T06:07:00Z")
    assert (report.run_id, report.partner, report.display_name) == (RUN, PARTNER, ANNEX.display_name)


def test_a_run_that_was_not_planned_is_red_by_its_incident_and_has_no_title():
    report = report_of(plan=False, incidents=["the window was not planned"])
    assert (report.colour, report.titles, report.left_out, report.to_do) == ("red", (), {}, ())
    assert report.incidents == ("the window was not planned",)


def test_a_run_over_titles_by_name_has_no_window():
    assert report_of(whole_catalogue=True).window is None


@pytest.mark.parametrize(
    ("state", "refused", "counted", "colour", "cause"),
    [
        (None, None, "failed", "red", Cause.TRANSIENT),
        (STATES.PLANNED, None, "failed", "red", Cause.TRANSIENT),
        (STATES.SENDING, None, "failed", "red", Cause.TRANSIENT),
        (STATES.RECEIVED, None, "failed", "red", Cause.TRANSIENT),
        (STATES.COMPLETED, None, "failed", "red", Cause.TRANSIENT),
        (STATES.ACCEPTED, None, "accepted", "green", None),
        (STATES.REJECTED, None, "rejected", "red", Cause.METADATA),
        (STATES.FAILED, None, "failed", "red", Cause.TRANSIENT),
        (STATES.FAILED, Cause.UNKNOWN, "failed", "red", Cause.UNKNOWN),
        (STATES.WITHDRAWN, None, "withdrawn", "green", None),
    ],
)
def test_a_title_is_counted_once_by_where_its_delivery_stands(ledger, state, refused, counted, colour, cause):
    if state is not None:
        bring(ledger, PLAN, state, refused=refused)
    report = report_of(ledger, checked=(checked_for(PLAN),))
    assert (report.totals.titles, getattr(report.totals, counted), report.colour) == (1, 1, colour)
    [row] = report.titles
    assert (row.cause, row.owner is None, bool(row.next_step)) == (cause, cause is None, cause is not None)
    assert [(one.cause, one.titles) for one in report.causes] == ([(cause, 1)] if cause else [])


def test_an_accepted_title_has_its_figures_and_criteria(ledger):
    bring(ledger, PLAN, STATES.ACCEPTED)
    row = row_of(ledger)
    assert (row.external_id, row.edye_id, row.title, row.kind, row.lang) == (NAME, "m-1", "The Kite", "movie", "en")
    assert (row.tracking_id, row.attempts, row.bytes_sent, row.channel) == (tracking_id_of(PLAN), 1, 9, Channel.API)
    assert (row.sent_at, row.accepted_at) == ("2026-03-02T06:00:00Z", "2026-03-02T06:00:00Z")
    assert [one.criterion for one in row.criteria] == ["completed"]
    assert [one.name for one in row.thumbnails] == ["landscape_16x9", "portrait_2x3"]
    assert (row.delivery_key, row.file_name, row.sent) == (PLAN.delivery_key, PLAN.file_name, True)


@pytest.mark.parametrize(("state", "refused"), [(STATES.FAILED, None), (STATES.SENDING, None), (STATES.REJECTED, None)])
def test_a_title_that_was_not_accepted_has_no_time_of_acceptance(ledger, state, refused):
    bring(ledger, PLAN, state)
    assert row_of(ledger).accepted_at is None


@pytest.mark.parametrize(
    ("state", "refused", "run_id", "began_s", "sent"),
    [
        (STATES.RECEIVED, None, RUN, 0, 1),
        (STATES.ACCEPTED, None, RUN, 0, 1),
        (STATES.ACCEPTED, None, RUN, 1, 0),
        (STATES.ACCEPTED, None, "run-0", 0, 0),
        (STATES.FAILED, Cause.MEDIA, RUN, 0, 1),
        (STATES.FAILED, None, RUN, 0, 0),
        (STATES.SENDING, None, RUN, 0, 0),
        (STATES.REJECTED, None, RUN, 0, 0),
    ],
    ids=["received", "accepted", "earlier try", "other run", "refused", "unanswered", "broken off", "rejected"],
)
def test_a_title_counts_as_sent_only_where_this_run_got_an_answer_for_it(ledger, state, refused, run_id, began_s, sent):
    bring(ledger, PLAN, state, run_id=run_id, refused=refused)
    report = report_of(ledger, checked=(checked_for(PLAN),), started_at=AT + timedelta(seconds=began_s))
    assert report.totals.sent == sent


def test_a_refusal_of_the_upload_itself_counts_as_sent(ledger):
    bring(ledger, PLAN, STATES.SENDING)
    ledger.fail(PLAN.delivery_key, Cause.METADATA, "the partner answered 422", ended_by_partner=True)
    assert report_of(ledger, checked=(checked_for(PLAN),)).totals.sent == 1


def test_a_receipt_of_an_earlier_try_does_not_make_a_broken_one_sent(ledger, time):
    bring(ledger, PLAN, STATES.FAILED, refused=Cause.MEDIA)
    time.pass_by(60)
    bring(ledger, PLAN, STATES.FAILED)
    row = row_of(ledger)
    assert (row.attempts, row.sent) == (2, False)


@pytest.mark.parametrize(("run_id", "counted"), [(RUN, "accepted"), ("run-0", "unchanged")])
def test_what_another_run_had_accepted_is_unchanged(ledger, run_id, counted):
    bring(ledger, PLAN, STATES.ACCEPTED, run_id=run_id)
    assert getattr(report_of(ledger, checked=(checked_for(PLAN),)).totals, counted) == 1


def test_a_rejected_title_names_its_rules_and_the_first_ones_fix(ledger):
    bring(ledger, PLAN, STATES.REJECTED)
    row = row_of(ledger, checked_for(PLAN, findings=(BAD_GENRE, BAD_GENRE, BAD_CODEC)))
    assert row.rules == ("META008", "VID006")
    assert [one.code for one in row.findings] == ["META008", "META008", "VID006"]
    assert row.next_step == BAD_GENRE.fix


@pytest.mark.parametrize(
    ("findings", "counted", "cause", "owner"),
    [
        ((), "planned", None, None),
        ((BAD_GENRE,), "rejected", Cause.METADATA, Owner.CONTENT_OPERATIONS),
        ((NOT_MEASURED,), "failed", Cause.TRANSIENT, Owner.DEVOPS),
        ((NOT_MEASURED, BAD_GENRE), "rejected", Cause.METADATA, Owner.DEVOPS),
    ],
    ids=["good", "bad", "not measured", "both"],
)
def test_a_dry_run_says_what_a_run_that_sends_would_find(findings, counted, cause, owner):
    report = report_of(checked=(checked_for(PLAN, findings=findings),), dry_run=True)
    assert getattr(report.totals, counted) == 1
    assert (report.titles[0].cause, report.titles[0].owner) == (cause, owner)
    assert report.colour == ("red" if findings else "green")


@pytest.mark.parametrize(
    ("annex", "dry_run", "encode", "words"),
    [
        (ANNEX, True, None, "would"),
        (WITHOUT_REENCODE, True, None, ""),
        (ANNEX, False, None, ""),
        (ANNEX, False, ENCODE, "hevc in mkv"),
    ],
    ids=["dry run", "no profile", "not yet", "done"],
)
def test_a_title_says_from_what_it_was_re_encoded_or_would_be(annex, dry_run, encode, words):
    checked = checked_for(PLAN, findings=(BAD_CODEC,), encode=encode)
    [row] = report_of(checked=(checked,), annex=annex, dry_run=dry_run).titles
    assert words in row.reencoded
    assert bool(row.reencoded) is bool(words)
    assert ("re-encodes" in row.next_step) is (words == "would")


def test_what_the_original_had_is_told_beside_its_encode():
    assert [one.code for one in row_of(None, checked_for(PLAN, fixed=(BAD_CODEC,))).fixed] == ["VID006"]


@pytest.mark.parametrize(
    ("annex", "encode_name", "reencodes"),
    [(ANNEX, None, True), (ANNEX, "e.mp4", False), (WITHOUT_REENCODE, None, False)],
    ids=["original", "encode", "no profile"],
)
def test_a_refused_original_is_told_to_be_re_encoded_by_the_next_run(ledger, annex, encode_name, reencodes):
    bring(ledger, PLAN, STATES.FAILED, refused=Cause.MEDIA, encode_name=encode_name)
    assert ("re-encodes" in row_of(ledger, annex=annex).next_step) is reencodes


def test_a_title_of_another_channel_is_left_to_it_and_says_how_it_ends(ledger):
    bring(ledger, PLAN, STATES.RECEIVED, channel=Channel.FTP)
    row = row_of(ledger)
    assert (row.state, row.cause) == (STATES.RECEIVED, Cause.TRANSIENT)
    assert "ftp" in row.detail
    assert "ftp" in row.next_step


@pytest.mark.parametrize(("run_id", "named"), [("run-2", True), (RUN, False)])
def test_a_title_that_another_run_sends_names_that_run(ledger, run_id, named):
    ledger.plan(PARTNER, run_id, [PLAN])
    ledger.begin_send(PLAN.delivery_key, run_id, holder=Holder("theirs"), lease_s=3600)
    row = row_of(ledger)
    assert row.cause is Cause.TRANSIENT
    assert ("run-2" in row.detail) is ("left it alone" in row.detail) is named


def test_titles_of_a_batch_that_did_not_end_fail_and_say_so():
    report = report_of(unchecked=(PLAN,))
    assert (report.totals.failed, report.colour) == (1, "red")
    assert "batch" in report.titles[0].detail


def test_unchanged_held_and_malformed_titles_each_have_a_row(ledger):
    held, same = plan_for(2), plan_for(3)
    bring(ledger, held, STATES.FAILED, refused=Cause.IMAGES, run_id="run-0")
    bring(ledger, same, STATES.ACCEPTED, run_id="run-0")
    item = MalformedItem(edye_id="x-1", reason="titles is missing")
    report = report_of(ledger, unchanged=(same,), held=(held,), malformed=(item,))
    rows = {row.edye_id: row for row in report.titles}
    assert (report.totals.unchanged, report.totals.failed, report.totals.rejected, report.totals.sent) == (1, 1, 1, 0)
    assert (rows["m-2"].cause, rows["m-2"].owner) == (Cause.IMAGES, Owner.DESIGN)
    assert "the partner refused it" in rows["m-2"].detail
    assert (rows["x-1"].external_id, rows["x-1"].rules, rows["x-1"].owner) == (
        "",
        ("META001",),
        Owner.CONTENT_OPERATIONS,
    )
    assert "titles is missing" in rows["x-1"].detail


def test_titles_that_the_catalogue_withdrew_are_counted_and_leave_the_run_green():
    report = report_of(withdrawn=(GONE,))
    assert (report.totals.withdrawn, report.colour, report.titles[0].change) == (1, "green", Change.WITHDRAWN)
    assert any(NAME in one for one in report.to_do)


def test_a_withdrawal_by_hand_that_did_not_reach_a_title_is_red():
    gone = GONE.model_copy(update={"by_hand": True})
    report = report_of(withdrawn=(gone,), withdrawal=WithdrawalOrder(), reason="rights")
    assert (report.colour, report.totals.accepted + report.totals.unchanged) == ("red", 1)
    assert any(NAME in one for one in report.incidents)


def test_every_reason_to_leave_a_title_out_has_its_words():
    report = report_of(left_out=dict.fromkeys(LEFT_OUT, 2))
    assert report.left_out == dict.fromkeys(LEFT_OUT.values(), 2)
    assert report.colour == "green"


@pytest.mark.parametrize(
    ("parts", "word"),
    [
        ({"incidents": ["batch 1 was not checked"]}, "batch 1"),
        ({"not_found": ("EDYE_9_EN",)}, "EDYE_9_EN"),
        ({"broken_off": ("EDYE_8_EN: it broke off",)}, "EDYE_8_EN"),
        (
            {"unattended": (Withdrawal(delivery_key="k", external_id="EDYE_7_EN", edye_id="m", reason="r"),)},
            "EDYE_7_EN",
        ),
    ],
    ids=["incident", "not found", "broken off", "unattended"],
)
def test_each_incident_is_named_and_makes_the_run_red(parts, word):
    report = report_of(**parts)
    assert report.colour == "red"
    assert any(word in one for one in report.incidents)


@pytest.mark.parametrize(
    ("annex", "state", "colour"),
    [(ANNEX, "rejected", "red"), (TECHNICAL, "rejected", "green"), (TECHNICAL, "failed", "red")],
)
def test_an_annex_may_leave_a_run_green_whose_titles_quality_control_rejected(ledger, annex, state, colour):
    bring(ledger, PLAN, DeliveryState(state))
    assert report_of(ledger, checked=(checked_for(PLAN),), annex=annex).colour == colour


@pytest.mark.parametrize(("outcome", "colour"), [("failed", "red"), ("refused", "red"), ("unchanged", "green")])
def test_a_feed_that_needs_work_makes_the_run_red_whatever_the_annex_ignores(outcome, colour):
    feed = FeedReport(name="search", writer="roku_search", outcome=FeedOutcome(outcome))
    assert report_of(feeds=(feed,), annex=TECHNICAL).colour == colour


def test_an_alert_is_told_and_makes_no_run_red():
    report = report_of(alerts=("12 errors in a row",))
    assert (report.alerts, report.colour) == (("12 errors in a row",), "green")


def test_a_title_of_which_no_row_can_be_made_has_one_that_says_so_and_its_neighbour_is_whole(ledger):
    broken = PLAN.model_copy(update={"title": PLAN.title.model_copy(update={"kind": object()})})
    other = plan_for(2)
    bring(ledger, other, STATES.ACCEPTED)
    report = report_of(ledger, checked=(checked_for(PLAN).model_copy(update={"plan": broken}), checked_for(other)))
    rows = {row.external_id: row for row in report.titles}
    assert (rows[NAME].cause, rows[NAME].owner, rows[NAME].edye_id) == (Cause.TRANSIENT, Owner.DEVOPS, "m-1")
    assert rows[other.external_id].state is STATES.ACCEPTED
    assert (report.totals.failed, report.totals.accepted, report.colour) == (1, 1, "red")
