"""The plan of a window: which titles a run works on, and why it leaves the others as they are."""

from __future__ import annotations

import pytest

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.vocabulary import Cause, Change, Channel, Correction, DeliveryState, Mode
from edye_delivery.ledger.withdrawals import Withdrawals
from edye_delivery.pipeline import plan as plan_step
from edye_delivery.pipeline.plan import plan_window
from tests.builders import an_episode, the_annex
from tests.unit.pipeline.builders import (
    ANNEX,
    AT,
    PARTNER,
    a_snapshot,
    bring,
    movie,
    plan_for,
    state_of,
)

PLAN = plan_for()
NAME = PLAN.external_id
WITHOUT_REENCODE = the_annex(reencode=None)


def worked_on(batches):
    return [one for batch in batches for one in batch.titles]


def places_of(plan, batches):
    """Where each title of the plan is, by external_id."""
    places = {one.external_id: f"batch, {one.change}" for one in worked_on(batches)}
    places |= {one.external_id: "unchanged" for one in plan.unchanged}
    return places | {one.external_id: "held" for one in plan.held}


def withdraw_by_hand(ledger, engine, time, plan):
    bring(ledger, plan, DeliveryState.ACCEPTED)
    Withdrawals(engine, time, PARTNER).begin(plan.delivery_key, "run-0", "rights have ended", None)


def test_an_empty_window_has_a_plan_without_batches(ledger):
    plan, batches = plan_window(ANNEX, a_snapshot(), ledger)
    assert batches == []
    assert (plan.batches, plan.unchanged, plan.held, plan.withdrawn, plan.malformed) == (0, (), (), (), ())
    assert not any(plan.left_out.values())


def test_one_new_title_is_one_batch_with_the_request_and_when_the_catalogue_was_read(ledger):
    plan, [batch] = plan_window(ANNEX, a_snapshot([movie()]), ledger)
    assert (plan.batches, batch.number, batch.request) == (1, 1, plan.request)
    [title] = batch.titles
    assert (title.external_id, title.change, title.read_at, title.findings) == (NAME, Change.NEW, AT, ())
    assert not title.asked_by_person
    assert not title.reencode_asked


@pytest.mark.parametrize(
    ("titles", "size", "most", "sizes"),
    [
        (1, 2, 1000, [1]),
        (2, 2, 1000, [2]),
        (3, 2, 1000, [2, 1]),
        (5, 2, 1000, [2, 2, 1]),
        (4, 1, 2, [2, 2]),
        (5, 1, 2, [3, 2]),
    ],
)
def test_titles_are_cut_into_batches_of_the_annex_size_and_no_more_than_airflow_maps(
    ledger, monkeypatch, titles, size, most, sizes
):
    monkeypatch.setattr(plan_step, "BATCHES_MAX", most)
    snapshot = a_snapshot(movie(number) for number in range(1, titles + 1))
    plan, batches = plan_window(the_annex(batch_size=size), snapshot, ledger)
    assert [len(batch.titles) for batch in batches] == sizes
    assert [batch.number for batch in batches] == list(range(1, len(sizes) + 1))
    assert plan.batches == len(sizes)
    assert [one.title.id for one in worked_on(batches)] == [f"m-{number}" for number in range(1, titles + 1)]


@pytest.mark.parametrize(
    ("titles", "size"),
    [(0, 50), (1, 50), (400, 50), (401, 51), (1500, 188), (2000, 250), (2001, 250), (15_000, 250), (250_001, 251)],
)
def test_batches_grow_with_the_window_between_the_annex_s_bounds(titles, size):
    annex = the_annex(batch_size=50, batch_size_max=250, batches_at_once=8)
    assert plan_step.batch_size(annex, titles) == size


def test_a_batch_size_above_the_most_titles_of_a_batch_counts():
    assert plan_step.batch_size(the_annex(batch_size=300, batch_size_max=250), 5000) == 300


def test_a_day_of_1500_titles_is_60_task_instances_at_most(ledger):
    _, batches = plan_window(the_annex(), a_snapshot(movie(number) for number in range(1, 1501)), ledger)
    steps_of_a_batch, steps_of_a_run, steps_of_a_feed = 6, 5, 3
    assert len(batches) * steps_of_a_batch + steps_of_a_run + steps_of_a_feed * len(the_annex().feeds) <= 60


@pytest.mark.parametrize(
    ("state", "refused", "place"),
    [
        (DeliveryState.PLANNED, None, "batch, new"),
        (DeliveryState.REJECTED, None, "batch, new"),
        (DeliveryState.SENDING, None, "batch, open"),
        (DeliveryState.RECEIVED, None, "batch, open"),
        (DeliveryState.PROCESSING, None, "batch, open"),
        (DeliveryState.COMPLETED, None, "batch, open"),
        (DeliveryState.ACCEPTED, None, "unchanged"),
        (DeliveryState.WITHDRAWN, None, "batch, changed"),
        (DeliveryState.FAILED, None, "batch, new"),
        (DeliveryState.FAILED, Cause.TRANSIENT, "batch, new"),
        (DeliveryState.FAILED, Cause.METADATA, "held"),
        (DeliveryState.FAILED, Cause.UNKNOWN, "held"),
    ],
)
def test_where_the_ledger_has_a_title_decides_where_the_plan_has_it(ledger, state, refused, place):
    bring(ledger, PLAN, state, refused=refused)
    plan, batches = plan_window(ANNEX, a_snapshot([movie()]), ledger)
    assert places_of(plan, batches) == {NAME: place}


def test_other_content_of_an_accepted_title_is_changed_and_planned_under_its_own_key(ledger):
    bring(ledger, PLAN, DeliveryState.ACCEPTED)
    _, [batch] = plan_window(ANNEX, a_snapshot([movie(titles={"en": "The Red Kite"})]), ledger)
    assert batch.titles[0].change is Change.CHANGED
    assert batch.titles[0].delivery_key != PLAN.delivery_key


@pytest.mark.parametrize(
    ("mode", "state", "place", "left"),
    [
        (Mode.FAILED, None, None, 1),
        (Mode.FAILED, DeliveryState.FAILED, "batch, new", 0),
        (Mode.FAILED, DeliveryState.RECEIVED, "batch, open", 0),
        (Mode.FAILED, DeliveryState.ACCEPTED, "unchanged", 0),
        (Mode.CHANGED, None, "batch, new", 0),
        (Mode.ALL, DeliveryState.ACCEPTED, "batch, unchanged", 0),
    ],
)
def test_a_mode_says_which_titles_are_taken_up_and_the_others_are_counted(ledger, mode, state, place, left):
    if state is not None:
        bring(ledger, PLAN, state)
    plan, batches = plan_window(ANNEX, a_snapshot([movie()], mode=mode), ledger)
    assert places_of(plan, batches) == ({NAME: place} if place else {})
    assert plan.left_out.get("not_failed_before", 0) == left


@pytest.mark.parametrize(
    ("refused", "encode", "annex", "asked", "place", "reencode"),
    [
        (Cause.METADATA, None, ANNEX, {}, "held", False),
        (Cause.METADATA, None, ANNEX, {"force_resend": True}, "batch, new", False),
        (Cause.METADATA, None, ANNEX, {"correction": Correction.BY_CAUSE}, "batch, new", False),
        (Cause.METADATA, None, ANNEX, {"channel": Channel.FTP}, "batch, new", False),
        (Cause.MEDIA, None, ANNEX, {}, "batch, new", True),
        (Cause.MEDIA, "encode.mp4", ANNEX, {}, "held", False),
        (Cause.MEDIA, None, WITHOUT_REENCODE, {}, "held", False),
        (Cause.METADATA, None, ANNEX, {"correction": Correction.MEDIA}, "batch, new", True),
        (Cause.METADATA, None, WITHOUT_REENCODE, {"correction": Correction.MEDIA}, "batch, new", False),
    ],
)
def test_a_refused_title_waits_for_a_person_a_new_encode_or_another_channel(
    ledger, refused, encode, annex, asked, place, reencode
):
    bring(ledger, PLAN, DeliveryState.FAILED, refused=refused, encode_name=encode)
    plan, batches = plan_window(annex, a_snapshot([movie()], **asked), ledger)
    assert places_of(plan, batches) == {NAME: place}
    assert [one.reencode_asked for one in (*worked_on(batches), *plan.held)] == [reencode]


def test_a_resend_by_force_is_another_delivery_of_the_same_content(ledger):
    bring(ledger, PLAN, DeliveryState.ACCEPTED)
    _, [batch] = plan_window(ANNEX, a_snapshot([movie()], run_id="run-2", force_resend=True), ledger)
    [title] = batch.titles
    assert (title.content_key, title.asked_by_person) == (PLAN.content_key, True)
    assert title.delivery_key != PLAN.delivery_key


def test_a_title_that_a_person_withdrew_is_left_out_and_counted(ledger, engine, time):
    withdraw_by_hand(ledger, engine, time, PLAN)
    plan, batches = plan_window(ANNEX, a_snapshot([movie()]), ledger)
    assert (batches, plan.unchanged, plan.left_out["withdrawn_by_hand"]) == ([], (), 1)


@pytest.mark.parametrize("asked", [{"force_resend": True}, {"correction": Correction.RESEND}], ids=str)
def test_a_persons_run_offers_again_what_a_person_withdrew(ledger, engine, time, asked):
    withdraw_by_hand(ledger, engine, time, PLAN)
    plan, [batch] = plan_window(ANNEX, a_snapshot([movie()], **asked), ledger)
    assert batch.titles[0].undone_withdrawal_at == AT
    assert plan.left_out.get("withdrawn_by_hand", 0) == 0


def test_a_run_that_names_titles_plans_those_alone_and_says_which_are_not_there(ledger):
    asked = ("EDYE_9_EN", NAME, "EDYE_8_EN")
    snapshot = a_snapshot([movie(), movie(2)], malformed=["x-1"], external_ids=asked)
    plan, batches = plan_window(ANNEX, snapshot, ledger)
    assert [one.external_id for one in worked_on(batches)] == [NAME]
    assert plan.not_found == ("EDYE_8_EN", "EDYE_9_EN")
    assert plan.malformed == ()


def test_an_item_that_cannot_be_read_is_in_the_plan_of_a_whole_window(ledger):
    plan, batches = plan_window(ANNEX, a_snapshot([movie()], malformed=["x-1"]), ledger)
    assert [item.edye_id for item in plan.malformed] == ["x-1"]
    assert plan.not_found == ()
    assert len(worked_on(batches)) == 1


@pytest.mark.parametrize("asked", [(), (NAME,)], ids=["the window", "the name"])
def test_two_titles_of_one_name_both_say_so_and_their_neighbour_does_not(ledger, asked):
    titles = [movie(), movie(2, title_id="EDYE_1"), movie(3)]
    _, batches = plan_window(ANNEX, a_snapshot(titles, external_ids=asked), ledger)
    found = {one.title.id: [finding.code for finding in one.findings] for one in worked_on(batches)}
    assert found == {"m-1": ["META012"], "m-2": ["META012"]} | ({} if asked else {"m-3": []})


def test_a_name_that_another_title_has_at_the_partner_is_a_finding(ledger):
    bring(ledger, PLAN, DeliveryState.ACCEPTED)
    _, batches = plan_window(ANNEX, a_snapshot([movie(2, title_id="EDYE_1")]), ledger)
    [title] = worked_on(batches)
    assert [finding.code for finding in title.findings] == ["META012"]
    assert "m-1" in title.findings[0].message


def test_planning_reads_the_ledger_and_writes_nothing(ledger, trail):
    bring(ledger, PLAN, DeliveryState.ACCEPTED)
    events = trail.unshipped_counts()
    plan_window(ANNEX, a_snapshot([movie(2)], left_out=[(movie(), "tag")]), ledger)
    assert trail.unshipped_counts() == events
    assert ledger.deliveries([plan_for(2).delivery_key]) == {}
    assert state_of(ledger, PLAN) is DeliveryState.ACCEPTED


EPISODE = an_episode()
TOUCHED = plan_of(ANNEX, EPISODE)


@pytest.mark.parametrize(
    ("state", "title", "place"),
    [
        (None, an_episode(series={"genres": ["music"]}), {}),
        (DeliveryState.ACCEPTED, EPISODE, {}),
        (DeliveryState.ACCEPTED, an_episode(series={"genres": ["music"]}), {TOUCHED.external_id: "batch, changed"}),
        (DeliveryState.FAILED, EPISODE, {TOUCHED.external_id: "batch, new"}),
        (DeliveryState.WITHDRAWN, EPISODE, {TOUCHED.external_id: "batch, changed"}),
    ],
    ids=["unknown", "accepted as it is", "other content now", "not accepted", "offered again"],
)
def test_an_episode_of_a_changed_series_is_planned_where_the_partner_lacks_what_it_is_now(ledger, state, title, place):
    if state is not None:
        bring(ledger, TOUCHED, state)
    assert places_of(*plan_window(ANNEX, a_snapshot(touched=[title]), ledger)) == place


def test_a_touched_episode_is_planned_only_where_a_run_that_names_titles_names_it(ledger):
    bring(ledger, TOUCHED, DeliveryState.ACCEPTED)
    snapshot = a_snapshot(touched=[an_episode(series={"genres": ["music"]})], external_ids=("EDYE_9_EN",))
    plan, batches = plan_window(ANNEX, snapshot, ledger)
    assert (batches, plan.not_found) == ([], ("EDYE_9_EN",))
