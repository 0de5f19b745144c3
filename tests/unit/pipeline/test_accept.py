"""Acceptance: whether each criterion is met, with its evidence and cause, and the state that a title gets."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest

from edye_delivery.annex.model import Criterion
from edye_delivery.catalog.facts import ProbeFailure
from edye_delivery.catalog.plan import Encode
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.pipeline.accept import CRITERIA, Acceptor, criteria_of
from tests.builders import the_annex
from tests.history import actions
from tests.unit.pipeline.builders import (
    ANNEX,
    AT,
    BAD_CODEC,
    BAD_GENRE,
    GOOD_VIDEO,
    PARTNER,
    bring,
    checked_for,
    delivery_of,
    offered,
    plan_for,
    state_of,
)

PLAN = plan_for()
NAME = PLAN.external_id
STATES = DeliveryState
ENCODE = Encode(name="e.mp4", size_bytes=9, sha256="0", profile_digest="p", source="hevc in matroska")


def without_metadata(key, value):
    return PLAN.model_copy(update={"metadata": PLAN.metadata | {key: value}})


def test_every_criterion_that_an_annex_may_name_has_a_check():
    assert set(CRITERIA) == set(get_args(Criterion))


def test_a_good_title_meets_every_criterion_with_its_evidence(ledger):
    bring(ledger, PLAN, STATES.COMPLETED)
    found = criteria_of(ANNEX, checked_for(PLAN), delivery_of(ledger, PLAN))
    assert [one["criterion"] for one in found] == list(ANNEX.acceptance)
    assert all(one["met"] for one in found)
    evidence = {one["criterion"]: one["evidence"] for one in found}
    assert "t-m-1" in evidence["received_with_tracking_id"]
    assert f"{AT:%Y-%m-%d %H:%M:%S}" in evidence["received_with_tracking_id"]
    assert "t-m-1" in evidence["completed"]
    for figure in ("h264", "mp4", "1920x1080", "4800 s"):
        assert figure in evidence["media_within_limits"]
    assert "titulo, id_cliente" in evidence["minimum_metadata"]
    assert "2 of 2 thumbnails" in evidence["qc_and_thumbnails"]


def test_the_evidence_of_a_re_encoded_file_says_what_it_was_made_from(ledger):
    bring(ledger, PLAN, STATES.COMPLETED)
    delivery = delivery_of(ledger, PLAN)
    assert "hevc in matroska" in CRITERIA["media_within_limits"](ANNEX, checked_for(PLAN, encode=ENCODE), delivery)[1]
    assert "re-encoded" not in CRITERIA["media_within_limits"](ANNEX, checked_for(PLAN), delivery)[1]


MISSED = {
    "not measured": ({"video": None}, "media_within_limits", "not measured", Cause.MEDIA),
    "measuring failed": (
        {"video": GOOD_VIDEO.model_copy(update={"failure": ProbeFailure.UNREADABLE})},
        "media_within_limits",
        "not measured",
        Cause.MEDIA,
    ),
    "a bad codec": ({"findings": (BAD_CODEC,)}, "media_within_limits", "VID006", Cause.MEDIA),
    "no title": ({"plan": without_metadata("titulo", "")}, "minimum_metadata", "titulo", Cause.METADATA),
    "no list": ({"plan": without_metadata("titulo", [])}, "minimum_metadata", "titulo", Cause.METADATA),
    "no client": ({"plan": without_metadata("id_cliente", None)}, "minimum_metadata", "id_cliente", Cause.METADATA),
    "a bad genre": ({"findings": (BAD_GENRE,)}, "qc_and_thumbnails", "META008", Cause.METADATA),
    "a thumbnail is missing": (
        {"thumbnails": checked_for(PLAN).thumbnails[:1]},
        "qc_and_thumbnails",
        "portrait_2x3",
        Cause.IMAGES,
    ),
}


@pytest.mark.parametrize(("facts", "criterion", "evidence", "cause"), MISSED.values(), ids=MISSED)
def test_a_completed_title_that_misses_a_criterion_fails_with_its_cause_and_evidence(
    ledger, facts, criterion, evidence, cause
):
    bring(ledger, PLAN, STATES.COMPLETED)
    checked = checked_for(**({"plan": PLAN} | facts))
    assert Acceptor(ANNEX, ledger).accept_batch((checked,)) == {"failed": 1}
    delivery = delivery_of(ledger, PLAN)
    assert (delivery.state, delivery.cause) == (STATES.FAILED, cause)
    assert criterion in delivery.detail
    assert evidence in delivery.detail
    assert offered(ledger) == []
    unmet = [one["criterion"] for one in criteria_of(ANNEX, checked, delivery) if not one["met"]]
    assert criterion in unmet


@pytest.mark.parametrize("value", [0, False, "x", ["x"]], ids=repr)
def test_a_value_that_is_not_empty_counts_as_sent(ledger, value):
    bring(ledger, PLAN, STATES.COMPLETED)
    assert Acceptor(ANNEX, ledger).accept_batch((checked_for(without_metadata("titulo", value)),)) == {"accepted": 1}


def test_the_first_criterion_in_the_annexs_order_is_the_one_that_the_failure_names(ledger):
    bring(ledger, PLAN, STATES.COMPLETED)
    annex = the_annex(acceptance=["qc_and_thumbnails", "media_within_limits"])
    Acceptor(annex, ledger).accept_batch((checked_for(PLAN, video=None, thumbnails=()),))
    delivery = delivery_of(ledger, PLAN)
    assert delivery.cause is Cause.IMAGES
    assert "media_within_limits" not in delivery.detail


def test_a_criterion_that_the_annex_does_not_name_is_not_asked(ledger):
    bring(ledger, PLAN, STATES.COMPLETED)
    annex = the_annex(acceptance=["completed"])
    assert Acceptor(annex, ledger).accept_batch((checked_for(PLAN, video=None, thumbnails=()),)) == {"accepted": 1}
    assert [one["criterion"] for one in delivery_of(ledger, PLAN).criteria] == ["completed"]


@pytest.mark.parametrize(
    ("criterion", "changes", "cause"),
    [
        ("received_with_tracking_id", {"tracking_id": None}, Cause.UNKNOWN),
        ("received_with_tracking_id", {"received_at": None}, Cause.UNKNOWN),
        ("completed", {"state": STATES.PROCESSING}, Cause.STUCK),
        ("completed", {"state": STATES.FAILED}, Cause.STUCK),
    ],
)
def test_without_a_receipt_or_the_partners_word_a_criterion_is_not_met(ledger, criterion, changes, cause):
    bring(ledger, PLAN, STATES.COMPLETED)
    met, evidence, why = CRITERIA[criterion](ANNEX, checked_for(PLAN), replace(delivery_of(ledger, PLAN), **changes))
    assert (met, why) == (False, cause)
    assert evidence


def test_an_accepted_title_is_offered_with_its_criteria_and_accepting_it_again_changes_nothing(ledger):
    bring(ledger, PLAN, STATES.COMPLETED)
    for _ in range(2):
        assert Acceptor(ANNEX, ledger).accept_batch((checked_for(PLAN),)) == {"accepted": 1}
    delivery = delivery_of(ledger, PLAN)
    assert [one["criterion"] for one in delivery.criteria] == list(ANNEX.acceptance)
    assert offered(ledger) == [NAME]
    assert actions(ledger, PARTNER, NAME).count("accept") == 1


@pytest.mark.parametrize(
    "state",
    [STATES.PLANNED, STATES.REJECTED, STATES.SENDING, STATES.RECEIVED, STATES.PROCESSING, STATES.FAILED],
)
def test_a_title_that_is_not_completed_stays_where_it_is_and_is_counted_there(ledger, state):
    bring(ledger, PLAN, state)
    assert Acceptor(ANNEX, ledger).accept_batch((checked_for(PLAN),)) == {state: 1}
    assert state_of(ledger, PLAN) is state
    assert offered(ledger) == []


def test_an_empty_batch_and_a_title_without_a_delivery_count_nothing(ledger, caplog):
    assert Acceptor(ANNEX, ledger).accept_batch(()) == {}
    assert Acceptor(ANNEX, ledger).accept_batch((checked_for(PLAN),)) == {}
    assert NAME in caplog.text


def test_a_batch_counts_its_titles_by_the_state_that_each_one_has_now(ledger):
    good, bad, open_one = plan_for(1), plan_for(2), plan_for(3)
    bring(ledger, good, STATES.COMPLETED)
    bring(ledger, bad, STATES.COMPLETED)
    bring(ledger, open_one, STATES.RECEIVED)
    titles = (checked_for(bad, video=None), checked_for(good), checked_for(open_one))
    assert Acceptor(ANNEX, ledger).accept_batch(titles) == {"failed": 1, "accepted": 1, "received": 1}
    assert offered(ledger) == [good.external_id]


@pytest.mark.parametrize("video", [GOOD_VIDEO, None], ids=["to be accepted", "to be failed"])
@pytest.mark.parametrize("ended", [STATES.ACCEPTED, STATES.FAILED])
def test_a_title_that_another_run_ended_meanwhile_stays_as_that_run_left_it(ledger, engine, time, video, ended):
    bring(ledger, PLAN, STATES.COMPLETED)
    stale = ledger.deliveries([PLAN.delivery_key])
    if ended is STATES.ACCEPTED:
        ledger.accept(PARTNER, PLAN, [])
    else:
        ledger.fail(PLAN.delivery_key, Cause.METADATA, "the other run says so")

    class LateView(Ledger):
        """The ledger as it was when the batch began, and then as it is."""

        looks = 0

        def deliveries(self, keys):
            self.looks += 1
            return stale if self.looks == 1 else super().deliveries(keys)

    late = LateView(engine, time)
    assert Acceptor(ANNEX, late).accept_batch((checked_for(PLAN, video=video),)) == {ended: 1}
    assert state_of(ledger, PLAN) is ended


def test_a_title_whose_acceptance_breaks_off_stays_completed_and_says_why(ledger):
    broken, good = plan_for(1), plan_for(2)
    bring(ledger, broken, STATES.COMPLETED)
    bring(ledger, good, STATES.COMPLETED)
    cannot = broken.model_copy(update={"title": broken.title.model_copy(update={"lang": object()})})
    assert Acceptor(ANNEX, ledger).accept_batch(
        (checked_for(PLAN).model_copy(update={"plan": cannot}), checked_for(good))
    ) == {
        "completed": 1,
        "accepted": 1,
    }
    assert "run the window again" in delivery_of(ledger, broken).detail


FETCHED = the_annex(
    acceptance=[*ANNEX.acceptance, "fetched"],
    pull={"users": {"app": {"endpoints": ["shows"]}}, "check": {"user": "app"}},
)


def expose(ledger, plan=PLAN):
    ledger.plan(PARTNER, "run-1", [plan], Channel.PULL)
    ledger.begin_send(plan.delivery_key, "run-1", Channel.PULL)
    ledger.mark_received(plan.delivery_key, "exposure-1", 0, 0.1)
    ledger.observe(plan.delivery_key, STATES.COMPLETED)


def test_an_exposed_title_that_meets_all_but_the_fetch_waits_for_the_partner(ledger):
    expose(ledger)
    for _ in range(2):
        assert Acceptor(FETCHED, ledger).accept_batch((checked_for(PLAN),)) == {STATES.COMPLETED: 1}
    delivery = delivery_of(ledger, PLAN)
    assert delivery.waits_for_partner
    assert [one["criterion"] for one in delivery.criteria if not one["met"]] == ["fetched"]
    assert offered(ledger) == [NAME]
    assert actions(ledger, PARTNER, NAME)[-1] == "wait for fetch"


def test_an_exposed_title_that_misses_another_criterion_fails_as_ever(ledger):
    expose(ledger)
    checked = checked_for(PLAN, findings=(BAD_CODEC,))
    assert Acceptor(FETCHED, ledger).accept_batch((checked,)) == {STATES.FAILED: 1}
    assert "media_within_limits is not met" in delivery_of(ledger, PLAN).detail
    assert offered(ledger) == []


def test_a_waiting_title_is_accepted_where_the_annex_does_not_ask_for_the_fetch_any_more(ledger):
    expose(ledger)
    Acceptor(FETCHED, ledger).accept_batch((checked_for(PLAN),))
    assert Acceptor(ANNEX, ledger).accept_batch((checked_for(PLAN),)) == {STATES.ACCEPTED: 1}


def test_a_title_that_is_sent_need_not_be_fetched(ledger):
    bring(ledger, PLAN, STATES.COMPLETED)
    assert Acceptor(FETCHED, ledger).accept_batch((checked_for(PLAN),)) == {STATES.ACCEPTED: 1}
