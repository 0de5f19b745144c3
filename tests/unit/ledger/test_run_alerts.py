"""Alerts about whole runs: each run raises each kind once, with an event for the trail."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest

from edye_delivery.catalog.run_alert import RunAlert, RunAlertKind
from edye_delivery.ledger import run_alerts
from edye_delivery.ledger.alerts import Alerts
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.run_alerts import RunAlerts
from edye_delivery.ledger.trail import Trail
from tests.unit.ledger.conftest import Clock

ALERT = RunAlert(RunAlertKind.NO_RESULT, "roku", "deliver_api__roku", "manual__1", "run manual__1: report failed")


@pytest.fixture
def engine(ledger_url):
    return open_engine(ledger_url)


def test_a_run_raises_an_alert_once_and_its_event_names_the_run(engine):
    alerts = RunAlerts(engine, Clock())
    assert [alerts.raise_once(ALERT), alerts.raise_once(ALERT)] == [True, False]
    (alert,) = Alerts(engine, Clock()).claim()
    assert (alert.partner, alert.client_id, alert.kind, alert.detail) == (
        "roku",
        "deliver_api__roku",
        "no result",
        "run manual__1: report failed",
    )
    assert alert.is_critical
    assert alert.needs_action
    (event,) = Trail(engine, Clock()).next_events(10)
    assert (event.action, event.outcome, event.run_id) == ("run no result", "failure", "manual__1")


def test_two_tasks_of_a_run_that_fail_in_the_same_moment_raise_it_once(engine, monkeypatch):
    both_have_looked = threading.Barrier(2, timeout=60)
    is_raised = run_alerts._is_raised

    def look_and_wait(connection, alert):
        found = is_raised(connection, alert)
        with suppress(threading.BrokenBarrierError):  # SQLite lets one writer in at a time
            both_have_looked.wait(timeout=0.5)
        return found

    monkeypatch.setattr(run_alerts, "_is_raised", look_and_wait)
    with ThreadPoolExecutor(2) as threads:
        raised = list(threads.map(lambda _: RunAlerts(engine, Clock()).raise_once(ALERT), range(2)))
    assert sorted(raised) == [False, True]
    assert Alerts(engine, Clock()).untold_count() == 1


def test_another_run_another_dag_and_another_kind_raise_their_own(engine):
    alerts = RunAlerts(engine, Clock())
    others = [
        ALERT,
        RunAlert(ALERT.kind, "roku", "deliver_api__roku", "manual__2", "x"),
        RunAlert(ALERT.kind, "roku", "publish_pull__roku", "manual__1", "x"),
        RunAlert(RunAlertKind.LATE, "roku", "deliver_api__roku", "manual__1", "x"),
    ]
    assert [alerts.raise_once(one) for one in others] == [True] * 4
    assert Alerts(engine, Clock()).untold_count() == 4


def test_a_late_run_says_its_state_its_deadline_and_its_page():
    alert = RunAlert.late("p", "d", "manual__1", "running", 14400.0, "http://a/run")
    assert alert.detail == "run manual__1: not green 14400 s after it was queued, it is running. Its page: http://a/run"


def test_a_reason_from_outside_is_shown_on_one_line_and_bounded():
    alert = RunAlert.no_result("p", "d", "r", "report", "two\nlines" + "x" * 5000, "http://a/log")
    assert "\n" not in alert.detail
    assert len(alert.detail) < 1300
    assert alert.detail.endswith("Its log: http://a/log")
