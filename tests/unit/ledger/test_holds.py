"""A title is held where its current delivery ended with a refusal that is final."""

from __future__ import annotations

import pytest

from edye_delivery.catalog.vocabulary import Cause
from edye_delivery.ledger.holds import titles_on_hold
from tests.builders import a_plan


@pytest.fixture
def plan(ledger):
    plan = a_plan()
    ledger.plan("one", "run", [plan])
    ledger.begin_send(plan.delivery_key, "run")
    ledger.mark_received(plan.delivery_key, "tracking-1", 1, 1.0)
    return plan


def held(engine, plan, partner="one"):
    with engine.connect() as connection:
        return titles_on_hold(connection, partner, [plan.external_id, "EDYE_OTHER"])


@pytest.mark.parametrize("cause", [Cause.METADATA, Cause.IMAGES, Cause.MEDIA, Cause.UNKNOWN])
def test_a_title_that_the_partner_refused_is_held_at_that_partner(ledger, engine, plan, cause):
    ledger.fail(plan.delivery_key, cause, "no", ended_by_partner=True)
    assert held(engine, plan) == {plan.external_id}
    assert held(engine, plan, "two") == frozenset()


@pytest.mark.parametrize("cause", [Cause.TRANSIENT, Cause.AUTH, Cause.STUCK])
def test_a_title_that_is_sent_again_as_it_is_is_not_held(ledger, engine, plan, cause):
    ledger.fail(plan.delivery_key, cause, "no", ended_by_partner=True)
    assert held(engine, plan) == frozenset()


def test_a_failure_on_our_side_and_a_title_under_way_are_no_holds(ledger, engine, plan):
    assert held(engine, plan) == frozenset()
    ledger.fail(plan.delivery_key, Cause.MEDIA, "no")
    assert held(engine, plan) == frozenset()
