"""What waits at each partner, in numbers."""

from __future__ import annotations

import pytest
from sqlalchemy import event

from edye_delivery.catalog.vocabulary import Cause, DeliveryState
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.queue_figures import MEASURED, queue_figures
from tests.builders import a_movie, a_plan
from tests.unit.ledger.conftest import Clock

PARTNER = "roku_premium_subs_mx"


@pytest.fixture
def engine(ledger_url):
    return open_engine(ledger_url)


def plan_titles(ledger, numbers):
    plans = [a_plan(a_movie(id=f"mv-{number}", title_id=f"EDYE_MOV_{number:06}")) for number in numbers]
    ledger.plan(PARTNER, "run-1", plans)
    return plans


def accept(ledger, plan):
    ledger.begin_send(plan.delivery_key, "run-1")
    ledger.mark_received(plan.delivery_key, f"t-{plan.delivery_key}", 1, 1.0)
    ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
    ledger.accept(PARTNER, plan, [])


def figures_of(engine):
    with engine.connect() as connection:
        return queue_figures(connection)


def test_titles_are_counted_by_state_and_only_open_ones_make_the_queue_and_its_age(engine):
    clock = Clock()
    ledger = Ledger(engine, clock)
    first_at = clock.at
    plans = plan_titles(ledger, range(4))
    ledger.fail(plans[0].delivery_key, Cause.TRANSIENT, "the partner answered 503")
    accept(ledger, plans[1])
    (figures,) = figures_of(engine)
    assert {state: count for state, count in figures.titles.items() if count} == {
        DeliveryState.PLANNED: 2,
        DeliveryState.FAILED: 1,
    }
    assert set(figures.titles) == set(MEASURED)
    assert figures.open_titles == 2
    assert first_at < figures.oldest_at < clock.at


def test_a_partner_whose_titles_are_all_accepted_counts_nothing_and_has_no_oldest(engine):
    ledger = Ledger(engine, Clock())
    (plan,) = plan_titles(ledger, [1])
    accept(ledger, plan)
    (figures,) = figures_of(engine)
    assert (figures.partner, figures.open_titles, figures.oldest_at) == (PARTNER, 0, None)
    assert set(figures.titles.values()) == {0}


def test_the_query_reads_the_index_of_what_is_open_alone(ledger_url):
    engine = open_engine(ledger_url)
    asked = []
    event.listen(engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    figures_of(engine)
    (query,) = [text for text in asked if "title_status" in text]
    assert "NOT IN ('accepted', 'withdrawn')" in query
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
        assert plan
        assert all("title_status_open" in step for step in plan), plan
