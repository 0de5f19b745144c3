"""The wait: which ingests are still with the partner, until when, and what each outcome means for the ledger."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edye_delivery.annex.channels import polling_policy_of
from edye_delivery.catalog.ingest_outcome import IngestOutcome
from edye_delivery.catalog.one_title import StepFailure
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState, IngestState
from edye_delivery.pipeline.outcomes import deadline_at, note_trouble, record_outcomes, with_partner
from tests.history import actions
from tests.unit.pipeline.builders import (
    ANNEX,
    AT,
    PARTNER,
    RUN,
    bring,
    checked_for,
    delivery_of,
    plan_for,
    state_of,
)

PLAN = plan_for()
KEY, NAME, TRACKING = PLAN.delivery_key, PLAN.external_id, "t-m-1"
STATES = DeliveryState
GIVE_UP = {
    channel: timedelta(seconds=polling_policy_of(ANNEX, channel).give_up_s) for channel in (Channel.API, Channel.FTP)
}


def waiting(ledger):
    return with_partner(ledger, [checked_for(PLAN)])


def record(ledger, outcome, tracking_id=TRACKING):
    record_outcomes(ledger, waiting(ledger), {tracking_id: outcome})


@pytest.mark.parametrize(
    ("state", "waits"),
    [
        (STATES.PLANNED, False),
        (STATES.REJECTED, False),
        (STATES.SENDING, False),
        (STATES.RECEIVED, True),
        (STATES.PROCESSING, True),
        (STATES.COMPLETED, False),
        (STATES.ACCEPTED, False),
        (STATES.FAILED, False),
    ],
)
def test_only_what_the_partner_has_and_has_not_ended_is_waited_for(ledger, state, waits):
    bring(ledger, PLAN, state)
    assert [one.tracking_id for one in waiting(ledger)] == ([TRACKING] if waits else [])


@pytest.mark.parametrize("sent_by", Channel)
@pytest.mark.parametrize("asked", Channel)
def test_a_channel_waits_for_its_own_deliveries_alone(ledger, sent_by, asked):
    bring(ledger, PLAN, STATES.RECEIVED, channel=sent_by)
    assert len(with_partner(ledger, [checked_for(PLAN)], asked)) == (sent_by is asked)


def test_a_batch_without_titles_or_deliveries_has_nothing_to_wait_for(ledger):
    assert with_partner(ledger, []) == []
    assert waiting(ledger) == []


@pytest.mark.parametrize("channel", [Channel.API, Channel.FTP])
@pytest.mark.parametrize(
    ("received_s_ago", "after_s"),
    [((), 0), ((0,), 0), ((10, 30), -10), ((30, 10), -10)],
    ids=["nothing", "now", "the last is first", "the last is last"],
)
def test_the_wait_ends_the_annexs_limit_after_the_last_title_was_received(
    ledger, time, channel, received_s_ago, after_s
):
    deliveries = []
    for number, ago_s in enumerate(received_s_ago, start=1):
        time.at = AT - timedelta(seconds=ago_s)
        bring(ledger, plan_for(number), STATES.RECEIVED)
        deliveries.append(delivery_of(ledger, plan_for(number)))
    ends_at = AT + GIVE_UP[channel] + timedelta(seconds=after_s)
    assert deadline_at(ANNEX, channel, deliveries, AT) == ends_at


@pytest.mark.parametrize(("over_s", "anew"), [(-1, False), (0, True), (1, True)])
def test_a_title_of_an_earlier_run_whose_limit_is_over_is_given_it_anew(ledger, time, over_s, anew):
    bring(ledger, PLAN, STATES.RECEIVED)
    now = AT + GIVE_UP[Channel.API] + timedelta(seconds=over_s)
    ends_at = now + GIVE_UP[Channel.API] if anew else AT + GIVE_UP[Channel.API]
    assert deadline_at(ANNEX, Channel.API, [delivery_of(ledger, PLAN)], now) == ends_at


def test_a_completed_ingest_is_completed(ledger):
    bring(ledger, PLAN, STATES.RECEIVED)
    record(ledger, IngestOutcome(state=IngestState.COMPLETED))
    assert (state_of(ledger, PLAN), delivery_of(ledger, PLAN).cause) == (STATES.COMPLETED, None)


FAILED = {
    "a refusal": (
        {"state": "error", "cause": "media", "sentence": "formato no soportado", "error_code": "UNSUPPORTED_FORMAT"},
        (Cause.MEDIA, "formato no soportado", Cause.MEDIA, 1),
    ),
    "a refusal in unknown words": ({"state": "error", "sentence": "??"}, (Cause.UNKNOWN, "??", Cause.UNKNOWN, 1)),
    "a refusal to tell": (
        {"state": "error", "cause": "metadata", "sentence": "no such id", "partner_ended": False},
        (Cause.METADATA, "no such id", None, 0),
    ),
    "still received": ({"state": "received"}, (Cause.STUCK, "received", None, 0)),
    "still processing": ({"state": "processing"}, (Cause.STUCK, "processing", None, 0)),
    "not picked up": (
        {"state": "received", "cause": "not_picked_up", "sentence": "nobody took it"},
        (Cause.NOT_PICKED_UP, "nobody took it", None, 0),
    ),
}


@pytest.mark.parametrize(("outcome", "became"), FAILED.values(), ids=FAILED)
def test_an_ingest_that_did_not_end_well_fails_with_its_cause_and_words(ledger, outcome, became):
    cause, words, refused_cause, rounds = became
    bring(ledger, PLAN, STATES.RECEIVED)
    record(ledger, IngestOutcome(**outcome))
    delivery = delivery_of(ledger, PLAN)
    assert (delivery.state, delivery.cause, delivery.refused_cause) == (STATES.FAILED, cause, refused_cause)
    assert words in delivery.detail
    assert delivery.rounds_ended == rounds
    assert delivery.tracking_id == TRACKING


def test_what_did_not_end_and_brings_no_words_names_its_tracking_id(ledger):
    bring(ledger, PLAN, STATES.RECEIVED)
    record(ledger, IngestOutcome(state="processing"))
    assert TRACKING in delivery_of(ledger, PLAN).detail


def test_the_event_of_a_refusal_has_the_partners_status_and_code(ledger, trail):
    bring(ledger, PLAN, STATES.RECEIVED)
    record(ledger, IngestOutcome(state="error", cause="media", sentence="no", http_status=200, error_code="BAD"))
    [failed] = [event for event in trail.next_events(100) if event.action == "fail"]
    assert (failed.http_status, failed.error_code) == (200, "BAD")


def test_an_ingest_of_which_nothing_was_heard_is_stuck(ledger):
    bring(ledger, PLAN, STATES.RECEIVED)
    record(ledger, IngestOutcome(state="completed"), tracking_id="t-of-another")
    delivery = delivery_of(ledger, PLAN)
    assert (delivery.state, delivery.cause) == (STATES.FAILED, Cause.STUCK)
    assert TRACKING in delivery.detail


@pytest.mark.parametrize("outcome", [{"state": "completed"}, {"state": "error", "cause": "media"}, None], ids=str)
def test_an_end_that_another_run_has_written_already_is_left_as_it_is(ledger, outcome):
    bring(ledger, PLAN, STATES.RECEIVED)
    seen = waiting(ledger)
    ledger.observe(KEY, STATES.COMPLETED, TRACKING)
    before = actions(ledger, PARTNER, NAME)
    record_outcomes(ledger, seen, {TRACKING: IngestOutcome(**outcome)} if outcome else {})
    assert state_of(ledger, PLAN) is STATES.COMPLETED
    assert actions(ledger, PARTNER, NAME) == before


def test_an_outcome_of_an_older_ingest_does_not_end_the_one_that_runs_now(ledger):
    bring(ledger, PLAN, STATES.RECEIVED)
    seen = waiting(ledger)
    ledger.fail(KEY, Cause.MEDIA, "no", ended_by_partner=True)
    ledger.plan(PARTNER, RUN, [PLAN])
    ledger.begin_send(KEY, RUN)
    ledger.mark_received(KEY, "t-second", 9, 1.0)
    record_outcomes(ledger, seen, {TRACKING: IngestOutcome(state="completed")})
    assert (state_of(ledger, PLAN), delivery_of(ledger, PLAN).tracking_id) == (STATES.RECEIVED, "t-second")


def test_every_title_of_a_batch_gets_its_own_outcome(ledger):
    good, bad, silent = plan_for(1), plan_for(2), plan_for(3)
    for plan in (good, bad, silent):
        bring(ledger, plan, STATES.RECEIVED)
    deliveries = with_partner(ledger, [checked_for(plan) for plan in (good, bad, silent)])
    told = {"t-m-1": IngestOutcome(state="completed"), "t-m-2": IngestOutcome(state="error", cause="metadata")}
    record_outcomes(ledger, deliveries, told)
    assert state_of(ledger, good) is STATES.COMPLETED
    assert delivery_of(ledger, bad).cause is Cause.METADATA
    assert delivery_of(ledger, silent).cause is Cause.STUCK


def test_a_trouble_of_ours_is_noted_and_changes_no_state(ledger):
    bring(ledger, PLAN, STATES.COMPLETED)
    note_trouble(ledger, NAME, KEY, StepFailure("it broke off"))
    assert (state_of(ledger, PLAN), delivery_of(ledger, PLAN).detail) == (STATES.COMPLETED, "it broke off")
    assert actions(ledger, PARTNER, NAME)[-1] == "break off"


def test_a_trouble_of_ours_is_not_written_over_what_has_ended(ledger):
    bring(ledger, PLAN, STATES.FAILED, refused=Cause.MEDIA)
    note_trouble(ledger, NAME, KEY, StepFailure("it broke off"))
    assert delivery_of(ledger, PLAN).detail == "the partner refused it"
