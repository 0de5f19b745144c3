"""A run that ends without a result tells somebody, wherever Airflow calls the callback."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from edye_delivery.dag_support.annexes import FOLDER_VARIABLE
from edye_delivery.hooks.ledger import LedgerHook
from tests.builders import annex_file
from tests.dags.test_a_run import DAG_ID, run, states_of
from tests.dags.test_delivery_dags import bag_of
from tests.webhook import running_webhook

RUN_ID = "manual__2026-03-02T07:00:00+00:00"
NOW = datetime(2026, 3, 2, 7, tzinfo=UTC)
TELLING = {"check_request", "report", "confirm_window"}


@pytest.fixture
def webhook(monkeypatch, tmp_path):
    """The connections `alerts`, which leads to this webhook, and `delivery_ledger`."""
    ledger = {"conn_type": "sqlite", "host": str(tmp_path / "ledger.sqlite")}
    monkeypatch.setenv("AIRFLOW_CONN_DELIVERY_LEDGER", json.dumps(ledger))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with running_webhook() as server:
        monkeypatch.setenv("AIRFLOW_CONN_ALERTS", json.dumps(server.connection))
        yield server


@pytest.fixture(scope="module")
def airflow_database():
    from airflow.utils.db import initdb

    initdb()


def call_in_dag_processor(task_id: str) -> None:
    """What the dag-processor does when a task's process was killed, with a request like the scheduler's."""
    from airflow.api_fastapi.execution_api.datamodels import taskinstance
    from airflow.callbacks.callback_requests import TaskCallbackRequest
    from airflow.dag_processing.processor import _execute_callbacks
    from structlog import get_logger

    some_id = UUID(int=7)
    ti = taskinstance.TaskInstance(
        id=some_id, task_id=task_id, dag_id=DAG_ID, run_id=RUN_ID, try_number=3, dag_version_id=some_id
    )
    nothing = ("logical_date", "data_interval_start", "data_interval_end", "end_date", "partition_key")
    run = {"dag_id": DAG_ID, "run_id": RUN_ID, "run_after": NOW, "start_date": NOW, "run_type": "manual", "conf": {}}
    run |= dict.fromkeys(nothing) | {"state": "running", "consumed_asset_events": []}
    server = {"dag_run": run, "max_tries": 2}
    request = TaskCallbackRequest(
        filepath="api_delivery.py",
        bundle_name="dags-folder",
        bundle_version=None,
        ti=ti,
        msg="the task's heartbeat stopped",
        context_from_server=taskinstance.TIRunContext.model_validate(server),
    )
    _execute_callbacks(bag_of(), [TaskCallbackRequest.from_json(request.to_json())], get_logger())


def test_every_run_with_a_report_tells_when_a_step_fails_without_which_it_has_no_result():
    dags = [dag for dag in bag_of().dags.values() if "confirm_window" in dag.task_ids]
    assert len(dags) >= 9
    for dag in dags:
        assert {task.task_id for task in dag.tasks if task.has_on_failure_callback} == TELLING, dag.dag_id


@pytest.mark.usefixtures("airflow_database")
def test_a_run_that_its_first_task_refuses_tells_once_which_task_why_and_where_its_log_is(webhook):
    dag_run = run({"no_such_param": 1})
    states = states_of(dag_run)
    assert (dag_run.state, states["check_request"], states["report"]) == ("failed", "failed", "skipped")
    (message,) = webhook.messages
    assert message["title"] == f"EDYE delivery: a run of {DAG_ID} ended without a result"
    assert f"run {dag_run.run_id}: check_request failed" in message["message"]
    assert "this DAG has no param 'no_such_param'" in message["message"]
    assert "/tasks/check_request" in message["message"]
    assert "docs/runbook.md, 'A run without a result'" in message["message"]


@pytest.mark.usefixtures("airflow_database")
def test_without_a_ledger_the_run_tells_all_the_same(webhook, monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_DELIVERY_LEDGER")
    assert run({}).state == "failed"
    (message,) = webhook.messages
    assert "the connection delivery_ledger (" in message["message"]


@pytest.mark.usefixtures("airflow_database")
def test_with_nobody_to_tell_the_alert_is_kept_and_the_run_ends_as_it_would(webhook, monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_ALERTS")
    dag_run = run({"no_such_param": 1})
    assert (dag_run.state, states_of(dag_run)["check_request"]) == ("failed", "failed")
    assert LedgerHook().alerts().untold_count() == 1


@pytest.mark.usefixtures("airflow_database")
def test_with_neither_ledger_nor_service_the_run_ends_as_it_would(webhook, monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_DELIVERY_LEDGER")
    webhook.answers = [503]
    dag_run = run({})
    assert (dag_run.state, states_of(dag_run)["confirm_window"]) == ("failed", "upstream_failed")
    assert webhook.messages == []


@pytest.mark.parametrize("task_id", sorted(TELLING))
def test_the_dag_processor_tells_of_a_task_whose_process_was_killed(webhook, task_id):
    call_in_dag_processor(task_id)
    call_in_dag_processor(task_id)
    (message,) = webhook.messages
    assert f"run {RUN_ID}: {task_id} failed" in message["message"]
    assert "its process died" in message["message"]
    assert LedgerHook().alerts().untold_count() == 0


DEADLINE = {"alert": {"consecutive_errors": 10, "run_deadline_s": 7200}}


def test_a_deadline_of_the_annex_is_one_of_the_dags_that_deliver_windows(tmp_path, monkeypatch):
    annex_file(tmp_path, "alpha", **DEADLINE)
    annex_file(tmp_path, "beta")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    dags = bag_of().dags
    late = {name: deadline for name, dag in dags.items() for deadline in dag.deadline or ()}
    assert set(late) == {"deliver_api__alpha", "deliver_ftp__alpha"}
    for deadline in late.values():
        assert (deadline.interval, deadline.callback.kwargs["partner"]) == (timedelta(hours=2), "alpha")
        assert deadline.callback.path == "edye_delivery.dag_support.deadline.tell_late"


def context_of(run_type: str) -> dict[str, object]:
    """What Airflow's scheduler gives to the callback of a deadline."""
    run = {"dag_id": DAG_ID, "dag_run_id": RUN_ID, "run_type": run_type, "state": "running"}
    return {"dag_run": run, "deadline": {"id": "1", "deadline_time": NOW.isoformat()}}


def call_in_triggerer(run_type: str) -> str:
    """What the triggerer does with a missed deadline: the state in which the callback ends."""
    from airflow.triggers.callback import CallbackTrigger

    path = "edye_delivery.dag_support.deadline.tell_late"
    arguments = {"partner": "roku", "deadline_s": 7200.0, "context": context_of(run_type)}

    async def states() -> list[str]:
        return [event.payload["state"] async for event in CallbackTrigger(path, arguments).run()]

    return asyncio.run(states())[-1]


def test_a_late_run_is_told_once_and_a_backfill_never(webhook):
    assert [call_in_triggerer(run_type) for run_type in ("scheduled", "scheduled", "backfill")] == ["success"] * 3
    (message,) = webhook.messages
    assert message["title"] == f"EDYE delivery: a run of {DAG_ID} is late"
    assert f"run {RUN_ID}: not green 7200 s after it was queued, it is running" in message["message"]
    assert f"/dags/{DAG_ID}/runs/" in message["message"]
