"""Three days on a real scheduler: the partner fails the middle one, a backfill sends only what was open."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from sandbox.server import Sandbox
from tests.proofs.real_airflow import real_airflow
from tools.airflow_system import AirflowSystem

pytestmark = [pytest.mark.proof, pytest.mark.real_airflow]
DAG_ID = "deliver_api__roku_premium_subs_mx"
DAYS = ("2026-03-01", "2026-03-02", "2026-03-03")
RUN_TIMEOUT_S = 400.0


@pytest.fixture(scope="module")
def catalogue(box) -> dict[str, list[str]]:
    """Three good movies a day; EDYE ids by day."""
    served = httpx.get(f"{box.admin_url}/catalogue").json()
    names = [
        "mv-cometa",
        "mv-dragon",
        "mv-tren",
        "mv-selva",
        "mv-robot",
        "mv-isla",
        "so-pulpo",
        "so-lluvia",
        "so-sombras",
    ]
    by_day = {day: names[number * 3 : number * 3 + 3] for number, day in enumerate(DAYS)}
    shows = [
        item | {"updated_at": f"{day}T12:00:00Z"}
        for day, ids in by_day.items()
        for item in served["shows"]
        if item["id"] in ids
    ]
    assert len(shows) == 9
    httpx.put(f"{box.admin_url}/catalogue", json={"shows": shows, "episodes": []}).raise_for_status()
    return by_day


@pytest.fixture(scope="module")
def system(box, feeds_url, database_url, catalogue, tmp_path_factory):
    with real_airflow(box, feeds_url, database_url, tmp_path_factory.mktemp("airflow"), DAG_ID) as system:
        yield system


def backfill(system: AirflowSystem, behavior: str) -> dict[str, str]:
    """Creates a backfill over the three days by Airflow's own command and waits; states by day."""
    command = [sys.executable, "-m", "airflow", "backfill", "create", "--dag-id", DAG_ID]
    command += ["--from-date", f"{DAYS[0]}T06:00:00", "--to-date", f"{DAYS[-1]}T06:00:00"]
    command += ["--reprocess-behavior", behavior, "--max-active-runs", "1"]
    created = subprocess.run(command, env=system.variables, capture_output=True, text=True, timeout=120, check=False)
    assert created.returncode == 0, created.stdout + created.stderr
    deadline = time.monotonic() + RUN_TIMEOUT_S
    while time.monotonic() < deadline:
        states = runs(system)
        if len(states) == len(DAYS) and all(state in ("success", "failed") for state in states.values()):
            open_ones = [entry for entry in system.call("GET", f"/backfills?dag_id={DAG_ID}")["backfills"]]
            if all(entry["completed_at"] for entry in open_ones):
                return states
        time.sleep(2)
    raise AssertionError(f"the backfill did not end: {runs(system)}")


def runs(system: AirflowSystem) -> dict[str, str]:
    listed = system.call("GET", f"/dags/{DAG_ID}/dagRuns", params={"limit": 50})["dag_runs"]
    days = {run["logical_date"][:10]: run["state"] for run in listed if run["logical_date"]}
    return {day: days[day] for day in DAYS if day in days}


def sends(box: Sandbox) -> dict[str, int]:
    """Answered ingest calls by EDYE day title."""
    counted: dict[str, int] = {}
    for entry in box.journal(service="partner"):
        if entry["operation"] == "ingest":
            counted[entry["external_id"]] = counted.get(entry["external_id"], 0) + 1
    return counted


def test_a_backfill_of_failed_windows_sends_only_what_was_open(system, box, catalogue):
    open_ids = ["EDYE_MOV_000105_EN", "EDYE_MOV_000106_ES"]
    box.plan(
        [
            {"service": "partner", "operation": "ingest", "external_id": open_ids[0], "kind": "error", "times": 1},
            {"service": "partner", "operation": "ingest", "external_id": open_ids[1], "kind": "status", "status": 503},
        ]
    )
    assert backfill(system, "none") == {DAYS[0]: "success", DAYS[1]: "failed", DAYS[2]: "success"}
    before = sends(box)
    assert len(before) == 9
    box.clear_faults()
    assert backfill(system, "failed") == dict.fromkeys(DAYS, "success")
    after = sends(box)
    assert {name for name in after if after[name] != before[name]} == set(open_ids)
    contents = [content["external_id"] for content in box.contents() if content["status"] == "completed"]
    assert sorted(contents) == sorted(after)
    check_no_secret(system, Path(system.variables["AIRFLOW_HOME"]))


def check_no_secret(system: AirflowSystem, home: Path) -> None:
    """The partner's and EDYE's tokens are in no log, XCom, report or ledger row; the connection alone has them."""
    found = []
    for path in home.rglob("*"):
        if path.is_file() and path.name != "passwords.json":
            content = path.read_bytes()
            found += [(path.name, token) for token in (b"abc123", b"edye-sandbox-token") if token in content]
    assert found == []
