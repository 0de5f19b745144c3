"""The watch over a partner that pulls: one alert for each streak, and one for its end, whatever is repeated."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edye_delivery.catalog.degradation import DegradationKind, Probe
from edye_delivery.ledger.alerts import Alerts
from edye_delivery.ledger.call_figures import UNAUTHORIZED
from edye_delivery.pipeline.alerts import Alerter
from edye_delivery.pipeline.degradation import Watch
from tests.unit.pull_calls import NOON, add_calls, calls_every, the_pull_annex

ANNEX = the_pull_annex()
HOUR = timedelta(hours=1)
GOOD_PROBE = Probe(NOON, True, 20)


class Messenger:
    """Keeps the messages."""

    def __init__(self):
        self.told = []

    def tell(self, title, body, *, is_critical):
        self.told.append((title, body, is_critical))


@pytest.fixture
def watch(engine):
    return Watch(engine, ANNEX, ANNEX.pull)


@pytest.fixture
def told(engine, time):
    messenger = Messenger()

    def send():
        Alerter(Alerts(engine, time), lambda: messenger).send()
        return messenger.told

    return send


def polls(engine, start_at, hours, **changes):
    add_calls(engine, calls_every(60, start_at, int(hours * 60), **changes))


def test_a_partner_that_polls_and_is_answered_raises_nothing(engine, watch, told):
    polls(engine, NOON - HOUR, 1)
    assert watch.look(NOON, GOOD_PROBE, NOON - HOUR) == ()
    assert told() == []


def test_slow_answers_are_told_once_and_their_end_once(engine, watch, told):
    add_calls(engine, calls_every(5, NOON - HOUR, 700, milliseconds=900.0))
    for minutes in (0, 1, 2):
        [found] = watch.look(NOON + timedelta(minutes=minutes), None, None)
        assert found.kind is DegradationKind.DEGRADED
    add_calls(engine, calls_every(5, NOON, 720))
    assert watch.look(NOON + HOUR, None, None) == ()
    assert watch.look(NOON + HOUR, None, None) == ()
    (began, body, is_critical), (ended, end_body, is_end_critical) = told()
    assert (began, ended) == (
        "EDYE delivery: the API is slow or fails for shelf",
        "EDYE delivery: what shelf pulls is well again",
    )
    assert (is_critical, is_end_critical) == (True, False)
    assert "100.0 % of calls took longer than 500 ms" in body
    assert "Whose turn: DevOps" in body
    assert end_body.endswith("Nothing is left to do.")


def test_a_partner_that_stops_calling_is_silent_after_the_agreed_polls(engine, watch, told):
    polls(engine, NOON - HOUR, 1)
    assert watch.look(NOON + timedelta(seconds=839), GOOD_PROBE, None) == ()
    [found] = watch.look(NOON + HOUR, GOOD_PROBE, None)
    assert found.kind is DegradationKind.SILENT
    assert "a poll every 300 s is agreed, so at least 3 polls are missing" in found.detail
    polls(engine, NOON + HOUR, 1)
    assert watch.look(NOON + 2 * HOUR, GOOD_PROBE, None) == ()
    assert [title for title, *_ in told()] == [
        "EDYE delivery: shelf has stopped calling",
        "EDYE delivery: what shelf pulls is well again",
    ]


def test_our_own_check_does_not_end_a_silence(engine, watch):
    polls(engine, NOON - 2 * HOUR, 1)
    polls(engine, NOON - HOUR, 1, user_agent="edye-delivery/1 (exposure check)")
    assert [one.kind for one in watch.look(NOON, GOOD_PROBE, None)] == [DegradationKind.SILENT]


def test_a_partner_that_never_called_is_not_silent(watch):
    assert watch.look(NOON, GOOD_PROBE, None) == ()


def test_a_generation_is_too_old_beyond_its_age(watch, told):
    old = NOON - timedelta(seconds=93_600)
    assert watch.look(NOON, GOOD_PROBE, old) == ()
    [found] = watch.look(NOON + HOUR, GOOD_PROBE, old)
    assert found.kind is DegradationKind.OUTDATED
    assert watch.look(NOON + 2 * HOUR, GOOD_PROBE, NOON) == ()
    assert len(told()) == 2


@pytest.mark.parametrize(
    ("status", "kind"),
    [(UNAUTHORIZED, DegradationKind.UNAUTHORIZED), (429, DegradationKind.RATE_EXCEEDED)],
    ids=["401", "429"],
)
def test_refusals_in_a_row_are_an_alert_about_their_user(engine, watch, told, status, kind):
    polls(engine, NOON - HOUR, 0.75, user="other")
    add_calls(engine, calls_every(10, NOON - timedelta(minutes=5), 10, user="reader", status=status))
    assert watch.look(NOON, GOOD_PROBE, None) == ()
    add_calls(engine, calls_every(10, NOON, 5, user="reader", status=status))
    [found] = watch.look(NOON + timedelta(minutes=4), GOOD_PROBE, None)
    assert (found.kind, found.user, found.calls) == (kind, "reader", 15)
    polls(engine, NOON + timedelta(minutes=5), 0.9, user="reader")
    assert watch.look(NOON + HOUR, GOOD_PROBE, None) == ()
    assert [body.partition(":")[0] for _, body, _ in told()] == ["shelf", "shelf"]
    assert "user reader: 15 calls in a row were answered" in told()[0][1]


def test_refusals_whose_user_has_given_up_go_on(engine, watch):
    add_calls(engine, calls_every(1, NOON - HOUR, 20, status=401))
    polls(engine, NOON - HOUR, 50, user="other")
    kinds = [[one.kind for one in watch.look(NOON + hours * HOUR, GOOD_PROBE, None)] for hours in (0, 10, 40)]
    assert kinds == [[DegradationKind.UNAUTHORIZED]] * 3


def test_without_calls_a_probe_without_an_answer_is_critical(watch, told):
    [found] = watch.look(NOON, Probe(NOON, False, 5, "connection refused"), None)
    assert found.kind is DegradationKind.UNAVAILABLE
    assert "connection refused" in told()[0][1]
    assert watch.look(NOON + HOUR, GOOD_PROBE, None) == ()
