"""Each look of the watch is recorded once, with one alert for each begin and one for each end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from edye_delivery.catalog.degradation import RECOVERED, Degradation, DegradationKind, Subject
from edye_delivery.ledger.alerts import Alerts
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.degradations import Degradations, WatchState
from edye_delivery.ledger.tables import EVENTS
from tests.unit.pull_calls import NOON, PARTNER

SLOW = Degradation(Subject.SERVICE, "", NOON, DegradationKind.DEGRADED, NOON, 30, "8.0 % of calls took longer")
NEW = WatchState(None, ())


@pytest.fixture
def degradations(engine):
    return Degradations(engine, PARTNER, "client-1")


def alerts_of(engine):
    return [(alert.kind, alert.errors, alert.detail) for alert in Alerts(engine, lambda: NOON).claim()]


def test_an_open_degradation_is_a_sentence_of_the_partner_s_report_until_it_ends(engine, degradations):
    client = Client(f"{PARTNER}_pull", "client-1", 1, 2)
    refused = replace(SLOW, subject=Subject.RATE_LIMIT, user="reader", kind=DegradationKind.RATE_EXCEEDED)
    degradations.record(NEW, NOON, [SLOW, refused])
    alerts = Alerts(engine, lambda: NOON)
    limit, slow, untold = alerts.sentences_of(client, PARTNER)
    assert slow.startswith("what the partner pulls is degraded (degraded) since 2026-03-02T12:00:00Z: 8.0 % of calls")
    assert "(rate exceeded, user reader)" in limit
    assert untold.startswith("2 alerts of this partner were not sent")
    assert alerts.sentences_of(client) == ()
    for alert in alerts.claim():
        alerts.mark_told(alert)
    over = [replace(one, ended_at=NOON) for one in (SLOW, refused)]
    degradations.record(degradations.state(), NOON + timedelta(hours=1), over)
    assert len(alerts.sentences_of(client, PARTNER)) == 1  # that it is over was not told yet


def test_a_begin_is_one_alert_and_one_event_and_the_state_has_it(engine, degradations):
    assert degradations.record(NEW, NOON, [SLOW])
    assert degradations.state() == WatchState(NOON, (SLOW,))
    assert alerts_of(engine) == [("degraded", 30, SLOW.detail)]
    with engine.connect() as connection:
        [event] = connection.execute(select(EVENTS)).all()
    assert (event.action, event.outcome, event.partner) == ("degradation began", "failure", PARTNER)


def test_what_goes_on_raises_no_second_alert_and_its_end_raises_one(engine, degradations):
    degradations.record(NEW, NOON, [SLOW])
    later = replace(SLOW, broken_at=NOON + timedelta(hours=1), calls=40)
    assert degradations.record(degradations.state(), NOON + timedelta(hours=1), [later])
    ended = replace(later, ended_at=NOON + timedelta(hours=2))
    assert degradations.record(degradations.state(), NOON + timedelta(hours=2), [ended])
    assert [kind for kind, *_ in alerts_of(engine)] == ["degraded", RECOVERED]
    assert degradations.state().degradations == ()
    assert degradations.between(NOON, NOON + timedelta(days=1)) == (ended,)
    assert degradations.between(NOON + timedelta(hours=2), NOON + timedelta(days=1)) == ()


def test_what_becomes_critical_raises_an_alert_of_its_own(engine, degradations):
    degradations.record(NEW, NOON, [SLOW])
    worse = replace(SLOW, kind=DegradationKind.UNAVAILABLE)
    degradations.record(degradations.state(), NOON + timedelta(hours=1), [worse])
    degradations.record(degradations.state(), NOON + timedelta(hours=2), [worse])
    alerts = list(Alerts(engine, lambda: NOON).claim())
    assert [alert.kind for alert in alerts] == ["degraded", "unavailable"]
    assert [alert.is_critical for alert in alerts] == [False, True]
    assert all(alert.needs_action for alert in alerts)


def test_an_alert_about_a_user_names_it(engine, degradations):
    one = Degradation(
        Subject.AUTHORIZATION, "reader", NOON, DegradationKind.UNAUTHORIZED, NOON, 11, "11 calls in a row"
    )
    degradations.record(NEW, NOON, [one, replace(one, user="other")])
    assert [detail for *_, detail in alerts_of(engine)] == [
        "user reader: 11 calls in a row",
        "user other: 11 calls in a row",
    ]


def test_of_two_looks_that_read_the_same_state_one_counts(engine, degradations):
    assert degradations.record(NEW, NOON, [SLOW])
    assert not degradations.record(NEW, NOON, [SLOW])
    state = degradations.state()
    assert degradations.record(state, NOON + timedelta(hours=1), [replace(SLOW, ended_at=NOON)])
    assert not degradations.record(state, NOON + timedelta(hours=1), [replace(SLOW, ended_at=NOON)])
    assert [kind for kind, *_ in alerts_of(engine)] == ["degraded", RECOVERED]


def test_of_many_watchers_at_once_one_writes_the_alert(engine, ledger_url):
    def look(_):
        own = open_engine(ledger_url)
        try:
            return Degradations(own, PARTNER, "client-1").record(NEW, NOON, [SLOW])
        finally:
            own.dispose()

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(look, range(8))) == 1
    assert len(alerts_of(engine)) == 1


def test_the_degradations_of_another_partner_are_its_own(engine, degradations):
    degradations.record(NEW, NOON, [SLOW])
    assert Degradations(engine, "another", "client-2").state() == NEW
