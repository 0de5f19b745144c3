"""Turns: how long a batch waits for titles that somebody else has, and when it takes them up again."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edye_delivery.ledger.leases import AlreadyAccepted, LeaseLost, TitleBusy
from edye_delivery.ledger.records import TransitionRefused
from edye_delivery.pipeline.turns import POLL_S, REFUSED_TRIES, Turns, is_persons
from tests.unit.pipeline.builders import AT, checked_for, plan_for

PLAN = plan_for()
ASKED = PLAN.model_copy(update={"asked_by_person": True})
RESENT = PLAN.model_copy(update={"delivery_key": "another"})
LEASE_S, INGEST_S = 10.0, 4.0
LEASE = TitleBusy("EDYE_1_EN", "run-2", AT, AT + timedelta(seconds=10), None)
RENEWED = TitleBusy("EDYE_1_EN", "run-2", AT, AT + timedelta(seconds=20), None)
INGEST = TitleBusy("EDYE_1_EN", "run-2", AT, None, "t-1")
NO_END = TitleBusy("EDYE_1_EN", "run-2", AT, None, None)
MOVED, LOST, NEVER = TransitionRefused("moved"), LeaseLost("lost"), AlreadyAccepted("accepted meanwhile")


def turns(noted=None, lease_s=LEASE_S, ingest_wait_s=INGEST_S):
    return Turns(lease_s, ingest_wait_s, (noted if noted is not None else []).append)


@pytest.mark.parametrize(
    ("plan", "persons"), [(PLAN, False), (ASKED, True), (RESENT, True)], ids=["run", "asked", "resent"]
)
def test_a_title_is_a_persons_where_a_person_named_it_or_resends_it(plan, persons):
    assert is_persons(plan) is persons


@pytest.mark.parametrize(
    ("plan", "first", "now", "seconds"),
    [
        (PLAN, LEASE, "received", 0),
        (PLAN, LEASE, NEVER, 0),
        (PLAN, MOVED, MOVED, REFUSED_TRIES * POLL_S),
        (PLAN, LOST, LOST, REFUSED_TRIES * POLL_S),
        (PLAN, LEASE, LEASE, LEASE_S + POLL_S),
        (PLAN, LEASE, RENEWED, 0),
        (PLAN, MOVED, LEASE, LEASE_S + POLL_S),
        (PLAN, NO_END, LEASE, LEASE_S + POLL_S),
        (PLAN, INGEST, INGEST, 0),
        (ASKED, INGEST, INGEST, INGEST_S),
        (ASKED, LEASE, RENEWED, LEASE_S),
        (RESENT, LEASE, LEASE, LEASE_S),
    ],
)
def test_who_has_a_title_and_how_decides_how_long_it_is_waited_for(plan, first, now, seconds):
    assert turns().wait_s(plan, first, now) == seconds


def test_a_person_waits_for_an_upload_as_long_as_for_an_ingest_where_that_is_longer():
    assert turns(ingest_wait_s=60).wait_s(ASKED, LEASE, LEASE) == 60


def wait(outcomes, answers, plans=None, noted=None):
    """What becomes of titles whose looks give these answers in turn; which of them were taken up each time."""
    titles = {number: checked_for((plans or {}).get(number, PLAN)) for number in outcomes}
    taken = []

    def take_up(waiting):
        taken.append(sorted(waiting))
        return {number: answers[number].pop(0) for number in waiting}

    return turns(noted).wait(titles, outcomes, take_up), taken


def test_titles_that_are_ours_are_not_waited_for():
    noted = []
    assert wait({0: "received", 1: NEVER}, {}, noted=noted) == ({0: "received", 1: NEVER}, [])
    assert noted == []


def test_an_empty_batch_waits_for_nothing():
    assert wait({}, {}) == ({}, [])


def test_a_lease_that_is_let_go_is_taken_over_and_its_neighbour_is_left_alone():
    noted = []
    outcomes, taken = wait({0: LEASE, 1: "received"}, {0: [LEASE, LEASE, "received"]}, noted=noted)
    assert outcomes == {0: "received", 1: "received"}
    assert taken == [[0], [0], [0]]
    assert noted == [POLL_S] * 3


def test_a_lease_that_is_renewed_is_left_to_its_holder():
    outcomes, taken = wait({0: LEASE}, {0: [LEASE, RENEWED]})
    assert (outcomes, len(taken)) == ({0: RENEWED}, 2)


def test_a_lease_that_neither_ends_nor_is_renewed_is_waited_for_a_poll_longer_than_it_lasts():
    outcomes, taken = wait({0: LEASE}, {0: [LEASE] * 20})
    assert (outcomes, len(taken)) == ({0: LEASE}, int(LEASE_S + POLL_S))


def test_a_title_that_another_run_moved_is_taken_up_three_times_and_then_left():
    outcomes, taken = wait({0: MOVED}, {0: [MOVED] * 20})
    assert (outcomes, len(taken)) == ({0: MOVED}, REFUSED_TRIES)


def test_each_title_is_waited_for_by_its_own_limit():
    _, taken = wait({0: MOVED, 1: INGEST, 2: INGEST}, {0: [MOVED] * 9, 1: [INGEST] * 9}, {1: ASKED})
    assert taken == [[0, 1]] * 3 + [[1]]
