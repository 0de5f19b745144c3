"""Titles that wait for their partner's fetch: offered like accepted ones, accepted once, and never after they left."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from threading import Barrier, Thread

import pytest
from sqlalchemy import select

from edye_delivery.catalog.next_steps import READ_BY_PARTNER_NEXT, UNATTENDED
from edye_delivery.catalog.vocabulary import Channel, DeliveryState
from edye_delivery.ledger.exposures import Exposures
from edye_delivery.ledger.fetches import LOOKED_AT_WITHIN, waiting_titles
from edye_delivery.ledger.records import TransitionRefused
from edye_delivery.ledger.status import StatusReader
from edye_delivery.ledger.status_records import Selection
from edye_delivery.ledger.tables import REVISIONS
from edye_delivery.ledger.verify import differences
from edye_delivery.ledger.withdrawals import Withdrawals
from tests.builders import a_movie, a_plan
from tests.history import actions
from tests.unit.ledger.conftest import Clock

PARTNER, RUN = "shelf", "run-1"
PLAN = a_plan()
NEWER = a_plan(PLAN.title.model_copy(update={"titles": {"es": "otro título", "en": "another title"}}))
CRITERIA = [
    {"criterion": "completed", "met": True, "evidence": "seen"},
    {"criterion": "fetched", "met": False, "evidence": "not read"},
]
NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)


def complete(ledger, plan=PLAN):
    ledger.plan(PARTNER, RUN, [plan], Channel.PULL)
    ledger.begin_send(plan.delivery_key, RUN, Channel.PULL)
    Exposures(ledger._engine, PARTNER).put(plan, [])
    ledger.mark_received(plan.delivery_key, f"exposure-{plan.delivery_key[:8]}", 0, 0.1)
    ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)


def wait(ledger, plan=PLAN):
    complete(ledger, plan)
    ledger.end_replaced(plan.delivery_key)
    return ledger.wait_for_fetch(PARTNER, plan, CRITERIA)


def state_of(ledger, plan=PLAN):
    return ledger.deliveries([plan.delivery_key])[plan.delivery_key].state


def waiting(ledger):
    return set(ledger.waiting_keys(PARTNER, [PLAN.external_id]).values())


def test_a_waiting_title_is_offered_and_its_fetch_accepts_it_with_the_evidence(ledger, engine):
    assert wait(ledger) is DeliveryState.COMPLETED
    assert waiting(ledger) == {PLAN.delivery_key}
    assert [title.external_id for title in ledger.accepted_titles(PARTNER)] == [PLAN.external_id]
    ledger.accept_fetched(PLAN.delivery_key, "read at noon")
    delivery = ledger.deliveries([PLAN.delivery_key])[PLAN.delivery_key]
    assert (delivery.state, delivery.waited_until, delivery.detail) == (DeliveryState.ACCEPTED, None, "")
    assert [(one["criterion"], one["met"], one["evidence"]) for one in delivery.criteria] == [
        ("completed", True, "seen"),
        ("fetched", True, "read at noon"),
    ]
    assert waiting(ledger) == set()
    with engine.connect() as connection:
        assert connection.execute(select(REVISIONS.c.accepted_at)).scalar() == delivery.finished_at
        assert list(differences(connection)) == []


def test_waiting_again_changes_neither_the_history_nor_the_version_of_the_offer(ledger):
    wait(ledger)
    with ledger.offer(PARTNER) as first:
        pass
    ledger.wait_for_fetch(PARTNER, PLAN, CRITERIA)
    with ledger.offer(PARTNER) as second:
        assert second.version == first.version
    assert actions(ledger, PARTNER, PLAN.external_id)[-2:] == ["observe", "wait for fetch"]


def by_hand(ledger, engine):
    Withdrawals(engine, Clock(), PARTNER).begin(PLAN.delivery_key, "run-2", "rights ended", None)


def by_catalogue(ledger, engine):
    [delivery] = ledger.offered_deliveries(PARTNER, [PLAN.title.id], "run-2")
    ledger.withdraw(PARTNER, delivery.delivery_key, "run-2", "no tag any more", because="tag")


@pytest.mark.parametrize("withdraw", [by_hand, by_catalogue])
def test_a_title_that_was_withdrawn_while_it_waited_is_never_accepted(ledger, engine, withdraw):
    wait(ledger)
    withdraw(ledger, engine)
    assert state_of(ledger) is DeliveryState.WITHDRAWN
    assert waiting(ledger) == set()
    with pytest.raises(TransitionRefused):
        ledger.accept_fetched(PLAN.delivery_key, "read too late")
    assert Exposures(engine, PARTNER).of_titles([PLAN.external_id], NOW)[PLAN.external_id].title is None


def test_a_title_that_was_withdrawn_before_it_waits_does_not_begin_to_wait(ledger, engine):
    wait(ledger)
    ledger.accept_fetched(PLAN.delivery_key, "read")
    complete(ledger, NEWER)
    by_hand(ledger, engine)
    assert ledger.wait_for_fetch(PARTNER, NEWER, CRITERIA) is DeliveryState.WITHDRAWN
    assert waiting(ledger) == set()


def test_newer_content_ends_the_wait_of_older_content_which_may_come_back(ledger, engine):
    wait(ledger)
    wait(ledger, NEWER)
    assert (state_of(ledger), state_of(ledger, NEWER)) == (DeliveryState.WITHDRAWN, DeliveryState.COMPLETED)
    assert waiting(ledger) == {NEWER.delivery_key}
    wait(ledger)
    assert (state_of(ledger), state_of(ledger, NEWER)) == (DeliveryState.COMPLETED, DeliveryState.WITHDRAWN)
    ledger.accept_fetched(PLAN.delivery_key, "read")
    with engine.connect() as connection:
        assert list(differences(connection)) == []
        [one] = StatusReader(connection, NOW).titles(Selection(), ended_well=True)
    assert (one.state, one.delivery_key) == (DeliveryState.ACCEPTED, PLAN.delivery_key)


def test_older_content_is_not_accepted_while_newer_content_is_exposed(ledger):
    wait(ledger)
    complete(ledger, NEWER)
    with pytest.raises(TransitionRefused):
        ledger.accept_fetched(PLAN.delivery_key, "readers get the newer one")
    assert state_of(ledger) is DeliveryState.COMPLETED


def test_of_two_that_accept_at_once_one_is_refused(ledger):
    wait(ledger)
    barrier, accepted = Barrier(2, timeout=60), []

    def accept():
        barrier.wait()
        with suppress(TransitionRefused):
            ledger.accept_fetched(PLAN.delivery_key, "read")
            accepted.append(1)

    threads = [Thread(target=accept) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert accepted == [1]
    assert actions(ledger, PARTNER, PLAN.external_id).count("accept") == 1


def test_the_status_says_that_it_is_the_partners_turn_until_nobody_looks_any_more(ledger, engine):
    wait(ledger)
    with engine.connect() as connection:
        [one] = StatusReader(connection, NOW).titles(Selection())
        [count] = StatusReader(connection, NOW).counts(Selection())
        [late] = StatusReader(connection, NOW + LOOKED_AT_WITHIN).titles(Selection())
    assert (one.waits_for_partner, one.needs_a_person, one.next_step) == (True, False, READ_BY_PARTNER_NEXT)
    assert (count.waits_for_partner, count.needs_a_person) == (True, False)
    assert (late.waits_for_partner, late.needs_a_person, late.next_step) == (False, True, UNATTENDED)


def test_a_look_says_how_many_wait_and_keeps_them_attended(ledger):
    wait(ledger)
    complete(ledger, a_plan(a_movie()))
    before = ledger.deliveries([PLAN.delivery_key])[PLAN.delivery_key].waited_until
    assert (ledger.look_for_fetches(PARTNER), ledger.look_for_fetches("another")) == (1, 0)
    assert ledger.deliveries([PLAN.delivery_key])[PLAN.delivery_key].waited_until > before


def test_the_titles_that_wait_are_named_while_they_can_be_read(ledger, engine):
    ends = a_plan(a_movie(availability={"end": "2026-03-10T00:00:00Z"}))
    wait(ledger)
    wait(ledger, ends)
    with engine.connect() as connection:
        named = [one.external_id for one in waiting_titles(connection, PARTNER, NOW)]
        later = [one.external_id for one in waiting_titles(connection, PARTNER, datetime(2026, 4, 1, tzinfo=UTC))]
    assert named == [PLAN.external_id, ends.external_id]
    assert later == [PLAN.external_id]
