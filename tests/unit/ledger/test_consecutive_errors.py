"""Errors in a row: one alert for them, whoever counts, on both databases."""

from __future__ import annotations

import multiprocessing
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from edye_delivery.catalog.vocabulary import Cause, DeliveryState
from edye_delivery.ledger.alerts import CLAIM_S, Alerts
from edye_delivery.ledger.consecutive_errors import BEGAN, ENDED, Client
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.tables import ALERTS, CONSECUTIVE_ERRORS, EVENTS
from tests.builders import a_movie, a_plan, the_annex
from tests.unit.ledger.conftest import Clock

ANNEX = the_annex()
CLIENT = Client.of(ANNEX)
RUN = "run-1"
WRITERS = 8


def a_ledger(url: str, clock: Clock | None = None) -> Ledger:
    return Ledger(open_engine(url), clock or (lambda: datetime.now(UTC)), CLIENT)


def the_plan(number: int):
    return a_plan(a_movie(id=f"mv-{number}", title_id=f"EDYE_MOV_{number:06}"))


def fail(ledger: Ledger, number: int, **told: bool) -> None:
    plan = the_plan(number)
    ledger.plan(ANNEX.partner, RUN, [plan])
    ledger.fail(plan.delivery_key, Cause.TRANSIENT, f"the partner answered 503 to {number}", **told)


def accept(ledger: Ledger, number: int) -> None:
    plan = the_plan(number)
    ledger.plan(ANNEX.partner, RUN, [plan])
    ledger.begin_send(plan.delivery_key, RUN)
    ledger.mark_received(plan.delivery_key, f"t-{number}", 1, 1.0)
    ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
    ledger.accept(ANNEX.partner, plan, [])


def alerts(url: str) -> list[tuple[str, int]]:
    engine = open_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(select(ALERTS.c.kind, ALERTS.c.errors).order_by(ALERTS.c.id)).all()
    engine.dispose()
    return [(row.kind, row.errors) for row in rows]


_writer: Ledger


def _open(url: str) -> None:
    global _writer
    _writer = a_ledger(url)


def _fail(number: int) -> None:
    fail(_writer, number)


@pytest.mark.proof
def test_eight_writers_raise_one_alert_for_more_than_ten_errors_and_one_more_after_a_success(ledger_url):
    ledger = a_ledger(ledger_url)
    with multiprocessing.get_context("spawn").Pool(WRITERS, _open, (ledger_url,)) as writers:
        writers.map(_fail, range(10), chunksize=1)
        assert alerts(ledger_url) == []
        accept(ledger, 100)
        assert alerts(ledger_url) == [], "errors that nobody was woken for end without a word"
        writers.map(_fail, range(200, 211), chunksize=1)
        assert alerts(ledger_url) == [(BEGAN, 11)]
        writers.map(_fail, range(300, 340), chunksize=1)
        assert alerts(ledger_url) == [(BEGAN, 11)]
        accept(ledger, 400)
        assert alerts(ledger_url) == [(BEGAN, 11), (ENDED, 51)]
        writers.map(_fail, range(500, 511), chunksize=1)
    assert alerts(ledger_url) == [(BEGAN, 11), (ENDED, 51), (BEGAN, 11)]


def test_what_was_held_back_is_no_further_error(ledger_url):
    ledger = a_ledger(ledger_url)
    for number in range(10):
        fail(ledger, number)
    for number in range(10, 60):
        fail(ledger, number, held_back=True)
    assert alerts(ledger_url) == []
    fail(ledger, 60)
    assert alerts(ledger_url) == [(BEGAN, 11)]


def test_errors_count_per_client_and_begin_anew_after_a_success(ledger_url):
    clock = Clock()
    ledger = a_ledger(ledger_url, clock)
    other = Ledger(open_engine(ledger_url), clock, Client("sibling", "sibling", 10, 10))
    for number in range(6):
        fail(ledger, number)
    for number in range(10, 16):
        fail(other, number)
    assert alerts(ledger_url) == []
    accept(ledger, 20)
    before = clock.at
    fail(ledger, 21)
    engine = open_engine(ledger_url)
    with engine.connect() as connection:
        rows = {row.partner: row for row in connection.execute(select(CONSECUTIVE_ERRORS))}
    engine.dispose()
    assert rows[ANNEX.partner].errors == 1
    assert rows[ANNEX.partner].first_error_at > before
    assert rows["sibling"].errors == 6


def test_an_alert_says_since_when_and_where_and_stands_in_the_event_log(ledger_url):
    ledger = a_ledger(ledger_url, Clock())
    for number in range(11):
        fail(ledger, number)
    engine = open_engine(ledger_url)
    told = list(Alerts(engine, Clock()).claim())
    with engine.connect() as connection:
        events = connection.execute(select(EVENTS.c.detail, EVENTS.c.external_id).where(EVENTS.c.action == BEGAN)).all()
    engine.dispose()
    [alert] = told
    assert alert.is_critical
    assert (alert.partner, alert.client_id, alert.errors) == (ANNEX.partner, ANNEX.client_id, 11)
    assert "11 errors in a row since 2026-03-02T06:00:" in alert.detail
    assert f"{the_plan(10).external_id} (transient): the partner answered 503 to 10" in alert.detail
    assert [(event.detail, event.external_id) for event in events] == [(alert.detail, the_plan(10).external_id)]


def test_an_alert_is_claimed_by_one_and_is_free_again_when_released_or_when_its_holder_died(ledger_url):
    clock = Clock()
    ledger = a_ledger(ledger_url, clock)
    for number in range(11):
        fail(ledger, number)
    engine = open_engine(ledger_url)
    first, second = Alerts(engine, clock), Alerts(engine, clock)
    [held] = first.claim()
    assert list(second.claim()) == []
    first.release(held)
    assert [alert.id for alert in second.claim()] == [held.id]
    assert list(first.claim()) == []
    clock.at = clock.at.replace(minute=clock.at.minute + CLAIM_S // 60 + 1)
    [again] = first.claim()
    first.mark_told(again)
    clock.at = clock.at.replace(hour=clock.at.hour + 1)
    assert list(second.claim()) == []
    engine.dispose()


@pytest.mark.parametrize("borne", [1, 3])
def test_how_many_errors_are_borne_is_the_annexs(ledger_url, borne):
    annex = the_annex(alert={"consecutive_errors": borne})
    ledger = Ledger(open_engine(ledger_url), Clock(), Client.of(annex))
    for number in range(borne):
        fail(ledger, number)
    assert alerts(ledger_url) == []
    fail(ledger, borne)
    assert alerts(ledger_url) == [(BEGAN, borne + 1)]
