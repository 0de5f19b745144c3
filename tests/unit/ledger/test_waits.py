"""What the partner has while no run waits for it is seen, and found by the next run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import make_url

from edye_delivery.annex.api import LEASE_S
from edye_delivery.catalog.next_steps import UNATTENDED
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.read_only import open_read_only
from edye_delivery.ledger.status import StatusReader
from edye_delivery.ledger.status_records import Selection
from edye_delivery.ledger.waits import WAIT_BEGINS_WITHIN
from tests.builders import a_plan, an_episode
from tests.unit.ledger.test_ledger import KEY, PARTNER, PLAN, RUN, accept, complete, plan_delivery, receive

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
LATE = NOW + WAIT_BEGINS_WITHIN + timedelta(seconds=1)
SECOND = timedelta(seconds=1)


class Settable:
    def __init__(self):
        self.at = NOW

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Settable()


@pytest.fixture
def ledger(ledger_url, clock):
    engine = open_engine(ledger_url)
    yield Ledger(engine, clock)
    engine.dispose()


def unattended_at(ledger, clock, at):
    clock.at = at
    return [one.edye_id for one in ledger.unattended_titles(PARTNER, Channel.API)]


@pytest.mark.parametrize("way", [receive, complete])
def test_a_batch_that_nobody_began_to_wait_for_is_found_once_a_task_of_ours_must_have_ended(ledger, clock, way):
    way(ledger)
    assert unattended_at(ledger, clock, LATE - 2 * SECOND) == []
    assert unattended_at(ledger, clock, LATE) == [PLAN.title.id]
    assert ledger.unattended_titles(PARTNER, Channel.FTP) == ledger.unattended_titles("another", Channel.API) == []


def test_a_wait_counts_until_its_end_and_not_beyond(ledger, clock):
    receive(ledger)
    ledger.note_wait([KEY], LATE + SECOND)
    assert unattended_at(ledger, clock, LATE + SECOND) == []
    assert unattended_at(ledger, clock, LATE + 2 * SECOND) == [PLAN.title.id]
    ledger.note_wait([KEY], NOW)
    assert unattended_at(ledger, clock, NOW + SECOND) == [PLAN.title.id]


def test_each_step_of_the_delivery_forgets_who_waited(ledger, clock):
    receive(ledger)
    ledger.note_wait([KEY], NOW)
    clock.at = NOW + SECOND
    ledger.observe(KEY, DeliveryState.COMPLETED)
    assert unattended_at(ledger, clock, NOW + 2 * SECOND) == []


def test_what_the_partner_has_ended_needs_no_wait(ledger, clock):
    accept(ledger)
    ledger.note_wait([KEY], NOW)
    assert unattended_at(ledger, clock, LATE + SECOND) == []


def sending(ledger):
    plan_delivery(ledger)
    ledger.begin_send(KEY, RUN)


@pytest.mark.parametrize("way", [plan_delivery, sending])
def test_what_no_run_sends_is_found_once_a_task_of_ours_must_have_ended(ledger, clock, way):
    way(ledger)
    assert unattended_at(ledger, clock, LATE - 2 * SECOND) == []
    at = max(LATE, datetime.now(UTC) + WAIT_BEGINS_WITHIN + timedelta(seconds=LEASE_S + 1))
    assert unattended_at(ledger, clock, at) == [PLAN.title.id]


def test_a_delivery_that_newer_content_has_overtaken_is_nobodys_to_wait_for(ledger, clock):
    receive(ledger)
    newer = a_plan(an_episode(synopsis_short={"es": "Otra cosa."}))
    clock.at = NOW + SECOND
    accept(ledger, newer)
    assert unattended_at(ledger, clock, LATE + SECOND) == []


@pytest.mark.parametrize("way", [plan_delivery, receive, complete])
def test_what_nobody_goes_on_with_ends_where_its_title_is_not_offered_any_more(ledger, clock, way):
    way(ledger)
    assert not ledger.end_unattended(KEY, "run-2", "gone"), "a run may still go on with it"
    clock.at = LATE
    assert ledger.end_unattended(KEY, "run-2", "gone")
    assert unattended_at(ledger, clock, LATE + SECOND) == []
    delivery = ledger.deliveries([KEY])[KEY]
    assert (delivery.state, delivery.detail, delivery.run_id) == (DeliveryState.WITHDRAWN, "gone", RUN)


def test_status_says_that_somebody_is_needed_and_what_happens_next(ledger, ledger_url):
    receive(ledger)
    for now, needed in ((NOW, False), (LATE, True)):
        with open_read_only(make_url(ledger_url)) as connection:
            statuses = StatusReader(connection, now)
            (one,), (count,) = list(statuses.titles(Selection())), statuses.counts(Selection())
        assert (one.needs_a_person, count.needs_a_person, one.next_step == UNATTENDED) == (needed,) * 3


def test_what_is_waited_for_again_is_not_found_before_its_run_begins_to_wait(ledger, clock):
    receive(ledger)
    ledger.fail(KEY, Cause.STUCK, "no end")
    clock.at = LATE
    ledger.plan(PARTNER, "run-2", [PLAN])
    assert ledger.deliveries([KEY])[KEY].state is DeliveryState.RECEIVED
    assert unattended_at(ledger, clock, LATE + SECOND) == []
