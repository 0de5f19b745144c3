"""A withdrawal of many titles on a real scheduler: it waits for a person, who refuses it, then approves it."""

from __future__ import annotations

import time
from datetime import UTC, datetime

import pytest

from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from tests.proofs.real_airflow import real_airflow
from tests.waiting import until

pytestmark = [pytest.mark.proof, pytest.mark.real_airflow]
PARTNER = "roku_premium_subs_mx"
DELIVERY, WITHDRAWAL = f"deliver_api__{PARTNER}", f"withdraw__{PARTNER}"
TITLES = ["EDYE_PLANETA_S01E01_ES", "EDYE_PLANETA_S01E02_ES"]
STAYS = "EDYE_NUBE_S01E01_ES"
"""A feed that would be empty is not published."""
WHY = "the rights for these episodes ended"
SLOWLY = {"timeout_s": 240.0, "pause_s": 0.5}
READING_S = 15.0
"""What a person takes to read the question. The scheduler hears of the wait up to 7 s late; an answer before that makes
Airflow 3.3.2 take the wait for a failure, and ask again (as apache/airflow#67287 has it of triggers)."""


@pytest.fixture(scope="module")
def system(box, feeds_url, database_url, tmp_path_factory):
    home = tmp_path_factory.mktemp("airflow")
    terms = {"titles_without_approval": 1, "approval_hours": 1}
    with real_airflow(box, feeds_url, database_url, home, WITHDRAWAL, withdrawal=terms) as system:
        yield system


def trigger(system, dag_id, conf):
    system.wait_for_dag(dag_id)  # each file of DAGs is read at its own time
    system.call("PATCH", f"/dags/{dag_id}", json={"is_paused": False})
    return f"/dags/{dag_id}/dagRuns/{system.trigger(dag_id, conf)['dag_run_id']}"


def wait_for_end(system, run):
    state = until(lambda: _ended_state(system, run), f"the end of {run}", **SLOWLY)
    tasks = system.call("GET", f"{run}/taskInstances")["task_instances"]
    return state, {task["task_id"]: task["state"] for task in tasks}


def _ended_state(system, run):
    state = system.call("GET", run)["state"]
    return state if state in ("success", "failed") else None


def answer(system, run, option):
    """Answers the approval that the run waits for; what the person was told."""
    path = f"{run}/taskInstances/approve_withdrawal/-1"
    until(lambda: system.call("GET", path)["state"] == "awaiting_input", "the question", **SLOWLY)
    detail = system.call("GET", f"{path}/hitlDetails")
    time.sleep(READING_S)
    system.call("PATCH", f"{path}/hitlDetails", json={"chosen_options": [option]})
    return detail


def offer_of(system):
    engine = open_engine(f"sqlite:///{system.variables['AIRFLOW_HOME']}/ledger.sqlite")
    names = sorted(one.external_id for one in Ledger(engine, lambda: datetime.now(UTC)).accepted_titles(PARTNER))
    engine.dispose()
    return names


def test_more_titles_than_the_annex_lets_go_wait_for_a_person(system):
    state, _ = wait_for_end(system, trigger(system, DELIVERY, {"external_ids": [*TITLES, STAYS]}))
    assert (state, offer_of(system)) == ("success", [STAYS, *TITLES])
    asked = {"external_ids": TITLES, "reason": WHY, "dry_run": False}

    run = trigger(system, WITHDRAWAL, asked)
    told = answer(system, run, "Reject")
    assert told["subject"] == "Withdraw 2 titles from ROKU Premium Subscriptions MX?"
    assert WHY in told["body"]
    assert all(name in told["body"] for name in TITLES)
    state, tasks = wait_for_end(system, run)
    assert (state, tasks["approve_withdrawal"], tasks["withdraw"]) == ("failed", "failed", "upstream_failed")
    assert offer_of(system) == [STAYS, *TITLES]

    run = trigger(system, WITHDRAWAL, asked)
    answer(system, run, "Approve")
    state, tasks = wait_for_end(system, run)
    assert (state, tasks["withdraw"], offer_of(system)) == ("success", "success", [STAYS])


def test_few_titles_and_dry_runs_wait_for_nobody(system):
    again = {"external_ids": TITLES, "correction": "resend", "reason": "the rights were renewed", "dry_run": False}
    system.call("PATCH", f"/dags/redeliver__{PARTNER}", json={"is_paused": False})
    assert wait_for_end(system, trigger(system, f"redeliver__{PARTNER}", again))[0] == "success"
    assert offer_of(system) == [STAYS, *TITLES]
    for conf in ({"external_ids": TITLES}, {"external_ids": TITLES[:1], "dry_run": False}):
        assert wait_for_end(system, trigger(system, WITHDRAWAL, conf | {"reason": WHY}))[0] == "success"
    assert offer_of(system) == [STAYS, *TITLES[1:]]
