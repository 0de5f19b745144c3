"""The wait for a batch: defers while the partner has titles of it, and ends only what was asked for."""

import json
from datetime import UTC, datetime

import pytest
from airflow.sdk.exceptions import TaskDeferred

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.plan import CheckedTitle, RunRequest
from edye_delivery.catalog.snapshot import CheckedBatch
from edye_delivery.errors import AuthRefused, ConfigurationInvalid
from edye_delivery.hooks.artifacts import ArtifactHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.sensors.ingest import IngestSensor
from edye_delivery.steps.base import keep
from edye_delivery.triggers.ingest import unusable
from tests.builders import a_movie, the_annex

ANNEX = the_annex()
PLANS = [plan_of(ANNEX, a_movie(id=f"movie-{n}", title_id=f"EDYE_MOV_{n:06}")) for n in (1, 2)]
COMPLETED = {"state": "completed", "cause": None, "sentence": ""}


@pytest.fixture
def ledger(tmp_path, monkeypatch):
    """A ledger in which the first of two titles is with the partner as t-1, the second planned."""
    known = {
        "DELIVERY_LEDGER": {"conn_type": "sqlite", "host": str(tmp_path / "ledger.sqlite")},
        "ARTIFACT_STORE": {"conn_type": "fs", "extra": {"path": str(tmp_path / "store")}},
    }
    for name, fields in known.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", json.dumps(fields))
    ledger = LedgerHook().get_conn()
    ledger.plan(ANNEX.partner, "run-1", PLANS)
    received(ledger, PLANS[0], "t-1")
    return ledger


@pytest.fixture
def sensor(ledger):
    moment = datetime(2026, 3, 1, 6, tzinfo=UTC)
    request = RunRequest(partner=ANNEX.partner, run_id="run-1", start_at=moment, end_at=moment.replace(day=2))
    batch = CheckedBatch(request=request, number=1, titles=tuple(CheckedTitle(plan=plan) for plan in PLANS))
    return IngestSensor(task_id="wait", annex=ANNEX, batch=keep(ArtifactHook().get_conn(), "batch.json", batch))


def received(ledger, plan, tracking_id):
    ledger.begin_send(plan.delivery_key, "run-1")
    ledger.mark_received(plan.delivery_key, tracking_id, 1, 1.0)


def states(ledger):
    found = ledger.deliveries(plan.delivery_key for plan in PLANS)
    return [found[plan.delivery_key].state for plan in PLANS]


def event(outcomes, asked=("t-1",), auth_error=None):
    return {"tracking_ids": list(asked), "outcomes": outcomes, "auth_error": auth_error}


def test_it_defers_for_what_the_partner_has(sensor):
    with pytest.raises(TaskDeferred) as deferred:
        sensor.execute({})
    assert deferred.value.trigger.tracking_ids == ["t-1"]


def test_the_outcome_goes_to_the_ledger_and_the_batch_goes_on(sensor, ledger):
    assert sensor.execute_complete({}, event({"t-1": COMPLETED})) == sensor.batch
    assert states(ledger) == ["completed", "planned"]
    assert sensor.execute({}) == sensor.batch


def test_a_wait_that_could_not_look_ends_at_once_and_changes_nothing(sensor, ledger):
    before = states(ledger)
    with pytest.raises(ConfigurationInvalid, match="the connection roku_ingest is missing"):
        sensor.execute_complete({}, unusable(["t-1"], "roku_ingest", LookupError("it isn't defined")).payload)
    assert states(ledger) == before


def test_what_the_partner_got_meanwhile_is_not_stuck_but_waited_for(sensor, ledger):
    received(ledger, PLANS[1], "t-2")
    with pytest.raises(TaskDeferred) as deferred:
        sensor.execute_complete({}, event({"t-1": COMPLETED}))
    assert deferred.value.trigger.tracking_ids == ["t-2"]
    assert states(ledger) == ["completed", "received"]


def test_what_was_asked_for_and_never_told_is_stuck(sensor, ledger):
    assert sensor.execute_complete({}, event({})) == sensor.batch
    assert states(ledger) == ["failed", "planned"]


def test_a_refused_token_is_raised_and_what_had_not_ended_stays(sensor, ledger):
    received(ledger, PLANS[1], "t-2")
    outcomes = {"t-1": COMPLETED, "t-2": {"state": "processing", "cause": None, "sentence": ""}}
    with pytest.raises(AuthRefused, match="no more"):
        sensor.execute_complete({}, event(outcomes, ("t-1", "t-2"), "no more"))
    assert states(ledger) == ["completed", "received"]
