"""Old events go, titles' statuses can still be computed, and what has not ended or was not shipped keeps all."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from edye_delivery.catalog.vocabulary import Cause, DeliveryState
from edye_delivery.ledger.event_pruner import EventPruner, PrunedEvents
from edye_delivery.ledger.tables import EVENTS
from edye_delivery.ledger.trail import Call, Trail
from edye_delivery.ledger.verify import differences
from tests.builders import a_movie, a_plan
from tests.unit.ledger.conftest import Clock

PARTNER, RUN = "partner_one", "run-1"


def the_plan(number=1, key="a"):
    plan = a_plan(a_movie(id=f"mv-{number}", title_id=f"EDYE_MOV_{number:06}"))
    digest = f"{key}{number}".ljust(64, "0")
    return plan.model_copy(update={"delivery_key": digest, "content_key": digest})


def send(ledger, plan):
    ledger.plan(PARTNER, RUN, [plan])
    ledger.begin_send(plan.delivery_key, RUN)
    ledger.retry(plan.delivery_key, "503", Call(0.1, 503))
    ledger.begin_send(plan.delivery_key, RUN)
    ledger.mark_received(plan.delivery_key, f"t-{plan.external_id}", 10, 1.0)


def accept(ledger, plan):
    send(ledger, plan)
    ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
    ledger.accept(PARTNER, plan, [])


def ship_all(engine):
    trail = Trail(engine, Clock())
    trail.mark_shipped([event.id for event in trail.next_events(10_000)])


def actions(engine):
    with engine.connect() as connection:
        return list(connection.execute(select(EVENTS.c.action).order_by(EVENTS.c.id)).scalars())


def prune(engine, *, deletes=True, before=None):
    later = before or Clock().at + timedelta(days=1)
    return sum(done.events for done in EventPruner(engine, PARTNER, later).prune(deletes=deletes))


def found_differences(engine):
    with engine.connect() as connection:
        return list(differences(connection))


def test_of_an_accepted_title_the_last_sending_and_the_acceptance_stay(ledger, engine):
    accept(ledger, the_plan())
    ship_all(engine)
    assert actions(engine) == ["plan", "send", "retry", "send", "receive", "observe", "accept"]
    assert prune(engine) == 5
    assert actions(engine) == ["send", "accept"]
    assert found_differences(engine) == []
    assert prune(engine) == 0


def test_without_deleting_it_counts_the_same_and_changes_nothing(ledger, engine):
    accept(ledger, the_plan())
    ship_all(engine)
    before = actions(engine)
    assert prune(engine, deletes=False) == 5
    assert actions(engine) == before


def test_events_that_were_not_shipped_or_were_refused_stay(ledger, engine):
    accept(ledger, the_plan())
    Trail(engine, Clock()).set_aside({1: "refused"})
    assert prune(engine) == 0
    assert len(actions(engine)) == 7


def test_young_events_and_titles_that_changed_lately_keep_all(ledger, engine):
    accept(ledger, the_plan())
    ship_all(engine)
    assert prune(engine, before=Clock().at) == 0


@pytest.mark.parametrize("end", ["under way", "failed", "refused again"])
def test_a_title_that_has_not_ended_well_keeps_all_events(ledger, engine, end):
    if end == "refused again":
        accept(ledger, the_plan(key="b"))
    send(ledger, the_plan())
    if end == "failed":
        ledger.fail(the_plan().delivery_key, Cause.TRANSIENT, "503")
    ship_all(engine)
    before = actions(engine)
    assert prune(engine) == 0
    assert actions(engine) == before


def test_of_every_delivery_of_a_title_its_last_steps_stay_and_its_status_with_them(ledger, engine):
    accept(ledger, the_plan(key="a"))
    accept(ledger, the_plan(key="b"))
    ledger.withdraw(PARTNER, the_plan(key="b").delivery_key, RUN, "invisible")
    ship_all(engine)
    assert prune(engine) > 0
    assert actions(engine) == ["send", "accept", "send", "accept", "withdraw"]
    assert found_differences(engine) == []
    accept(ledger, the_plan(key="c"))
    assert found_differences(engine) == []


def test_a_pruning_that_was_stopped_goes_on(ledger, engine, monkeypatch):
    monkeypatch.setattr("edye_delivery.ledger.event_pruner.TITLES_A_TRANSACTION", 2)
    for number in range(5):
        accept(ledger, the_plan(number))
    ship_all(engine)
    pruning = EventPruner(engine, PARTNER, Clock().at + timedelta(days=1)).prune(deletes=True)
    assert next(pruning) == PrunedEvents(2, 10)
    pruning.close()
    assert prune(engine) == 15
    assert found_differences(engine) == []


def test_a_title_of_which_a_delivery_was_left_for_good_stands_as_before(ledger, engine):
    accept(ledger, the_plan(key="a"))
    ledger.plan(PARTNER, RUN, [the_plan(key="b")])
    ledger.leave(the_plan(key="b").delivery_key, "not offered", for_good=True)
    with engine.begin() as connection:
        connection.execute(update(EVENTS).values(shipped_at=EVENTS.c.at))
    before = found_differences(engine)
    prune(engine)
    assert found_differences(engine) == before == []
