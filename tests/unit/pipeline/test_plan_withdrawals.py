"""Titles that a plan does not work on: which are withdrawn, which deliveries are ended, and what is written."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.snapshot import WindowPlan, Withdrawal
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState
from edye_delivery.ledger.waits import WAIT_BEGINS_WITHIN
from edye_delivery.ledger.withdrawals import Withdrawals
from edye_delivery.pipeline.plan import plan_window, remember_plan
from tests.builders import an_episode
from tests.history import actions
from tests.unit.pipeline.builders import (
    ANNEX,
    AT,
    PARTNER,
    a_request,
    a_snapshot,
    bring,
    delivery_of,
    movie,
    offered,
    plan_for,
    state_of,
)

PLAN = plan_for()
NAME = PLAN.external_id
IDLE_S = WAIT_BEGINS_WITHIN.total_seconds() + 1
STATES = DeliveryState


def gone(plan=PLAN, **changes):
    return Withdrawal(
        **(
            {
                "delivery_key": plan.delivery_key,
                "external_id": plan.external_id,
                "edye_id": plan.title.id,
                "reason": "no tag of this partner",
                "read_at": AT,
            }
            | changes
        )
    )


def remember(ledger, *, run_id="run-2", **parts):
    return remember_plan(ANNEX, WindowPlan(request=a_request(run_id=run_id), batches=0, **parts), ledger)


@pytest.mark.parametrize("reason", ["tag", "geo", "invisible"])
def test_an_accepted_title_that_is_left_out_is_withdrawn_with_the_reason(ledger, reason):
    bring(ledger, PLAN, STATES.ACCEPTED)
    plan, batches = plan_window(ANNEX, a_snapshot(left_out=[(movie(), reason)]), ledger)
    assert batches == []
    [withdrawal] = plan.withdrawn
    assert (withdrawal.delivery_key, withdrawal.external_id, withdrawal.edye_id) == (PLAN.delivery_key, NAME, "m-1")
    assert reason in withdrawal.reason
    assert (withdrawal.read_at, withdrawal.by_hand) == (AT, False)
    assert plan.left_out[reason] == 1


def test_an_accepted_title_that_the_catalogue_has_no_more_is_withdrawn(ledger):
    bring(ledger, PLAN, STATES.ACCEPTED)
    plan, _ = plan_window(ANNEX, a_snapshot(missing=["m-1"]), ledger)
    assert [one.external_id for one in plan.withdrawn] == [NAME]
    assert plan.left_out["not_in_catalogue"] == 1


@pytest.mark.parametrize("state", [None, STATES.PLANNED, STATES.RECEIVED, STATES.FAILED, STATES.WITHDRAWN])
def test_a_left_out_title_that_is_not_offered_is_not_withdrawn(ledger, state):
    if state is not None:
        bring(ledger, PLAN, state)
    plan, _ = plan_window(ANNEX, a_snapshot(left_out=[(movie(), "tag")], run_id="run-2"), ledger)
    assert plan.withdrawn == ()


def test_a_run_that_is_planned_again_names_again_what_it_has_withdrawn_itself(ledger):
    bring(ledger, PLAN, STATES.WITHDRAWN, run_id="run-2")
    plan, _ = plan_window(ANNEX, a_snapshot(left_out=[(movie(), "tag")], run_id="run-2"), ledger)
    assert [one.external_id for one in plan.withdrawn] == [NAME]


@pytest.mark.parametrize(("asked", "names"), [((NAME,), [NAME]), (("EDYE_2_EN",), [])])
def test_a_run_that_names_titles_withdraws_no_other(ledger, asked, names):
    bring(ledger, PLAN, STATES.ACCEPTED)
    plan, _ = plan_window(ANNEX, a_snapshot(left_out=[(movie(), "tag")], external_ids=asked), ledger)
    assert [one.external_id for one in plan.withdrawn] == names


@pytest.mark.parametrize(
    ("title", "names"),
    [
        (an_episode(series={"tags": ["other"]}, tags=["other"]), 1),
        (an_episode(series={"tags": ["other"], "genres": ["music"]}, tags=["other"]), 1),
        (an_episode(series={"visible": False}), 1),
        (an_episode(), 0),
    ],
    ids=["no tag", "no tag and other content", "series is invisible", "still this partner's"],
)
def test_an_accepted_episode_whose_series_is_no_longer_this_partners_is_withdrawn(ledger, title, names):
    bring(ledger, plan_of(ANNEX, an_episode()), STATES.ACCEPTED)
    plan, batches = plan_window(ANNEX, a_snapshot(touched=[title]), ledger)
    assert (len(plan.withdrawn), batches) == (names, [])


@pytest.mark.parametrize(
    ("state", "idle_s", "asked", "ended"),
    [
        (STATES.RECEIVED, IDLE_S, {}, 1),
        (STATES.PLANNED, IDLE_S, {}, 1),
        (STATES.RECEIVED, IDLE_S - 2, {}, 0),
        (STATES.FAILED, IDLE_S, {}, 0),
        (STATES.RECEIVED, IDLE_S, {"dry_run": True}, 0),
        (STATES.RECEIVED, IDLE_S, {"external_ids": (NAME,)}, 0),
        (STATES.RECEIVED, IDLE_S, {"whole_catalogue": True}, 0),
        (STATES.RECEIVED, IDLE_S, {"force_resend": True}, 0),
        (STATES.RECEIVED, IDLE_S, {"channel": Channel.FTP}, 0),
    ],
)
def test_a_delivery_that_nobody_waits_for_is_ended_where_its_title_is_not_offered(
    ledger, time, state, idle_s, asked, ended
):
    bring(ledger, PLAN, state)
    time.pass_by(idle_s)
    plan, _ = plan_window(ANNEX, a_snapshot(missing=["m-1"], run_id="run-2", **asked), ledger)
    assert len(plan.unattended) == ended
    for one in plan.unattended:
        assert (one.delivery_key, one.external_id, one.title) == (PLAN.delivery_key, NAME, PLAN.title.name)
        assert "not_in_catalogue" in one.reason


def test_a_delivery_that_nobody_waits_for_is_not_ended_while_its_title_is_offered(ledger, time):
    bring(ledger, PLAN, STATES.RECEIVED)
    time.pass_by(IDLE_S)
    plan, _ = plan_window(ANNEX, a_snapshot([movie()]), ledger)
    assert plan.unattended == ()


def test_a_delivery_that_nobody_waits_for_is_ended_where_a_person_withdrew_its_title(ledger, engine, time):
    bring(ledger, PLAN, STATES.ACCEPTED)
    newer = plan_for(titles={"en": "The Red Kite"})
    bring(ledger, newer, STATES.RECEIVED)
    Withdrawals(engine, time, PARTNER).begin(PLAN.delivery_key, "run-0", "rights have ended", None)
    time.pass_by(IDLE_S)
    plan, _ = plan_window(ANNEX, a_snapshot(run_id="run-2"), ledger)
    assert [one.delivery_key for one in plan.unattended] == [newer.delivery_key]
    assert "a person" in plan.unattended[0].reason


def test_an_unchanged_title_keeps_the_newer_words_of_the_catalogue(ledger):
    bring(ledger, PLAN, STATES.ACCEPTED)
    newer = PLAN.model_copy(update={"title": movie(tags=["roku", "kidsdirected", "new"]), "revision": "newer"})
    assert remember(ledger, unchanged=(newer,)).broken_off == ()
    assert ledger.memories(PARTNER, [NAME])[NAME].revision.revision == "newer"
    [accepted] = ledger.accepted_titles(PARTNER)
    assert "new" in accepted.title.tags


def test_a_held_title_of_which_nothing_is_accepted_is_not_offered_by_a_newer_revision(ledger):
    bring(ledger, PLAN, STATES.FAILED, refused=Cause.METADATA)
    remember(ledger, held=(PLAN,))
    assert offered(ledger) == []
    assert state_of(ledger, PLAN) is STATES.FAILED


def test_a_held_title_that_is_accepted_too_keeps_its_newer_revision(ledger):
    bring(ledger, PLAN, STATES.ACCEPTED)
    remember(ledger, held=(PLAN.model_copy(update={"revision": "newer"}),))
    assert ledger.memories(PARTNER, [NAME])[NAME].revision.revision == "newer"


def test_a_title_that_is_not_offered_any_more_leaves_the_offer_once(ledger):
    bring(ledger, PLAN, STATES.ACCEPTED)
    for _ in range(2):
        assert remember(ledger, withdrawn=(gone(),)).broken_off == ()
    delivery = delivery_of(ledger, PLAN)
    assert (delivery.state, delivery.detail) == (STATES.WITHDRAWN, "no tag of this partner")
    assert offered(ledger) == []
    assert actions(ledger, PARTNER, NAME).count("withdraw") == 1


def test_a_run_that_read_the_catalogue_earlier_withdraws_nothing_that_a_later_reading_offers(ledger):
    bring(ledger, PLAN.model_copy(update={"read_at": AT}), STATES.ACCEPTED)
    remember(ledger, withdrawn=(gone(read_at=AT - timedelta(minutes=1)),))
    assert (state_of(ledger, PLAN), offered(ledger)) == (STATES.ACCEPTED, [NAME])
    remember(ledger, withdrawn=(gone(read_at=AT),))
    assert (state_of(ledger, PLAN), offered(ledger)) == (STATES.WITHDRAWN, [])


def test_a_delivery_that_nobody_waits_for_ends_as_withdrawn_with_the_reason_in_the_log(ledger, time, caplog):
    bring(ledger, PLAN, STATES.RECEIVED)
    time.pass_by(IDLE_S)
    remember(ledger, unattended=(gone(reason="ask the partner"),))
    assert (state_of(ledger, PLAN), delivery_of(ledger, PLAN).detail) == (STATES.WITHDRAWN, "ask the partner")
    assert f"{NAME}: ask the partner" in caplog.text


def test_a_delivery_that_somebody_waits_for_after_all_is_left_to_him(ledger, time, caplog):
    bring(ledger, PLAN, STATES.RECEIVED)
    time.pass_by(IDLE_S)
    ledger.note_wait([PLAN.delivery_key], time.at + timedelta(hours=1))
    remember(ledger, unattended=(gone(reason="ask the partner"),))
    assert state_of(ledger, PLAN) is STATES.RECEIVED
    assert caplog.text == ""


def test_a_title_that_the_ledger_cannot_write_is_named_and_its_neighbours_are_written(ledger):
    other = plan_for(2)
    bring(ledger, PLAN, STATES.ACCEPTED)
    bring(ledger, other, STATES.ACCEPTED)
    nameless = PLAN.model_copy(update={"title": PLAN.title.model_copy(update={"lang": object()})})
    plan = remember(ledger, unchanged=(nameless, other.model_copy(update={"revision": "newer"})), withdrawn=())
    assert ledger.memories(PARTNER, [other.external_id])[other.external_id].revision.revision == "newer"
    [sentence] = plan.broken_off
    assert sentence.startswith(f"{NAME}: ")
