"""Calls to a real Airflow whose database is locked: asked again, and a run is never started twice."""

import json

import httpx
import pytest

from tools import airflow_system
from tools.airflow_system import AirflowSystem
from tools.processes import Processes

DAG_ID = "ship_ingesta_logs"


@pytest.fixture
def asked_of(tmp_path, monkeypatch):
    """A system whose REST API gives the statuses it is told, one a change; and the run ids that were asked for."""
    monkeypatch.setattr(airflow_system.time, "sleep", lambda _: None)

    def make(*statuses):
        left, run_ids = list(statuses), []

        def answer(request):
            if request.url.path == "/auth/token":
                return httpx.Response(201, json={"access_token": "token"})
            if request.method == "GET":
                return httpx.Response(200, json={"dag_run_id": request.url.path.rsplit("/", 1)[1]})
            run_ids.append(json.loads(request.content).get("dag_run_id"))
            return httpx.Response(left.pop(0), json={"dag_run_id": run_ids[-1]})

        system = AirflowSystem(Processes(), tmp_path, {})
        system._client = httpx.Client(base_url=system.url, transport=httpx.MockTransport(answer))
        return system, run_ids

    return make


@pytest.mark.parametrize("statuses", [(200,), (500, 503, 200), (500, 409)])
def test_a_locked_database_is_asked_again_for_the_same_run(asked_of, statuses):
    system, run_ids = asked_of(*statuses)
    assert system.trigger(DAG_ID)["dag_run_id"] == run_ids[0]
    assert (len(run_ids), len(set(run_ids))) == (len(statuses), 1)


def test_any_change_is_asked_for_again(asked_of):
    system, run_ids = asked_of(500, 200)
    system.call("PATCH", f"/dags/{DAG_ID}", json={"is_paused": True})
    assert len(run_ids) == 2


def test_a_refusal_is_raised_at_once_and_a_lock_that_stays_when_patience_ends(asked_of, monkeypatch):
    system, run_ids = asked_of(422)
    with pytest.raises(httpx.HTTPStatusError, match="422"):
        system.trigger(DAG_ID)
    assert len(run_ids) == 1
    monkeypatch.setattr(airflow_system, "LOCK_PATIENCE_S", -1.0)
    system, run_ids = asked_of(500)
    with pytest.raises(httpx.HTTPStatusError, match="500"):
        system.trigger(DAG_ID)
    assert len(run_ids) == 1
