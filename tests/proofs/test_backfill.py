"""Three days on a real scheduler: the partner fails the middle one, a backfill sends only what was open.

It is seen from outside too: metrics and traces at a receiver, alerts of a run without a result and of a late one.
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from sandbox.server import Sandbox
from tests.otlp_receiver import OtlpReceiver, running_receiver
from tests.proofs.real_airflow import real_airflow
from tests.waiting import until
from tests.webhook import Webhook, running_webhook
from tools.airflow_system import AirflowSystem

pytestmark = [pytest.mark.proof, pytest.mark.real_airflow]
PARTNER = "roku_premium_subs_mx"
DAG_ID = f"deliver_api__{PARTNER}"
DAYS = ("2026-03-01", "2026-03-02", "2026-03-03")
RUN_TIMEOUT_S = 400.0
SLOWLY = {"timeout_s": RUN_TIMEOUT_S, "pause_s": 0.5}
OPEN = ("EDYE_MOV_000105_EN", "EDYE_MOV_000106_ES")
"""The titles of the second day that the partner does not take at first."""
DEADLINE_S = 60.0
"""The shortest that an annex may have. It is over before the backfills are."""
LATE, NO_RESULT = (
    f"EDYE delivery: a run of {DAG_ID} is late",
    f"EDYE delivery: a run of {DAG_ID} ended without a result",
)


@dataclass(frozen=True)
class Backfilled:
    """What two backfills did: the days' states after each, and the calls of each title after each."""

    first_states: dict[str, str]
    first_sends: dict[str, int]
    states: dict[str, str]
    sends: dict[str, int]


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
def receiver() -> Iterator[OtlpReceiver]:
    with running_receiver() as receiver:
        yield receiver


@pytest.fixture(scope="module")
def webhook() -> Iterator[Webhook]:
    with running_webhook() as webhook:
        yield webhook


@pytest.fixture(scope="module")
def system(box, feeds_url, database_url, catalogue, receiver, webhook, tmp_path_factory):
    with real_airflow(
        box,
        feeds_url,
        database_url,
        tmp_path_factory.mktemp("airflow"),
        DAG_ID,
        further_connections={"alerts": webhook.connection},
        variables=receiver.variables,
        alert={"consecutive_errors": 10, "run_deadline_s": DEADLINE_S},
    ) as system:
        yield system


@pytest.fixture(scope="module")
def refused_run(system) -> str:
    """A run that its first task refuses; its deadline passes while other tests work."""
    run_id, state = run(system, DAG_ID, {"no_such_param": 1})
    assert state == "failed"
    return run_id


@pytest.fixture(scope="module")
def backfilled(system, box) -> Backfilled:
    """A backfill of the three days while the partner does not take two titles, and one of what failed after that."""
    box.plan(
        [
            {"service": "partner", "operation": "ingest", "external_id": OPEN[0], "kind": "error", "times": 1},
            {"service": "partner", "operation": "ingest", "external_id": OPEN[1], "kind": "status", "status": 503},
        ]
    )
    first_states, first_sends = backfill(system, "none"), sends(box)
    box.clear_faults()
    return Backfilled(first_states, first_sends, backfill(system, "failed"), sends(box))


def run(system: AirflowSystem, dag_id: str, conf: dict[str, object]) -> tuple[str, str]:
    """Starts a run and waits for its end: its id and its state."""
    run_id = system.trigger(dag_id, conf)["dag_run_id"]
    path = f"/dags/{dag_id}/dagRuns/{run_id}"

    def end() -> str:
        state = system.call("GET", path)["state"]
        return state if state in ("success", "failed") else ""

    return run_id, until(end, f"the end of {dag_id}", **SLOWLY)


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


def messages_of(webhook: Webhook, title: str, run_id: str) -> list[str]:
    """The alerts with this title about this run."""
    return [one["message"] for one in webhook.messages if one["title"] == title and f"run {run_id}: " in one["message"]]


def test_a_run_that_is_refused_is_told_by_its_worker(refused_run, webhook):
    (message,) = until(lambda: messages_of(webhook, NO_RESULT, refused_run), "the alert of no result", **SLOWLY)
    assert "check_request failed" in message


def test_a_backfill_of_failed_windows_sends_only_what_was_open(system, box, webhook, backfilled):
    assert backfilled.first_states == {DAYS[0]: "success", DAYS[1]: "failed", DAYS[2]: "success"}
    before, after = backfilled.first_sends, backfilled.sends
    assert len(before) == 9
    assert backfilled.states == dict.fromkeys(DAYS, "success")
    assert {name for name in after if after[name] != before[name]} == set(OPEN)
    contents = [content["external_id"] for content in box.contents() if content["status"] == "completed"]
    assert sorted(contents) == sorted(after)
    check_no_secret(system, Path(system.variables["AIRFLOW_HOME"]))
    assert not [one for one in webhook.messages if "run backfill__" in one["message"]]  # it waits for its turn


@pytest.mark.usefixtures("backfilled")
def test_metrics_of_airflow_and_ours_and_a_trace_of_the_run_reach_a_receiver(system, receiver):
    assert run(system, "ship_ingesta_logs", {})[1] == "success"
    ours = ("titles", "bytes_sent", "partner_latency", "titles_waiting", "open_deliveries", "oldest_open_s")
    expected = {*(f"airflow.edye.{name}" for name in ours), "airflow.ti.finish", "airflow.task.duration"}
    until(lambda: expected <= receiver.names(), f"one of the metrics {sorted(expected)}", **SLOWLY)
    assert receiver.value("airflow.edye.titles", partner=PARTNER, state="accepted") == 9
    assert receiver.value("airflow.edye.bytes_sent", partner=PARTNER, channel="api") > 0
    count, milliseconds = receiver.value("airflow.edye.partner_latency", partner=PARTNER, state="completed")
    assert (count, milliseconds > 0) == (9, True)
    until(lambda: receiver.value("airflow.edye.open_deliveries", partner=PARTNER) == 0, "an empty queue", **SLOWLY)
    until(lambda: any("confirm_window" in span for span in receiver.spans), "the span of the last task", **SLOWLY)
    until(lambda: f"dag_run.{DAG_ID}" in receiver.spans, "the span of the run", **SLOWLY)


def test_a_run_that_is_not_green_in_time_is_told_by_a_triggerer_once(webhook, refused_run):
    (message,) = until(lambda: messages_of(webhook, LATE, refused_run), "the alert of a late run", **SLOWLY)
    assert f"not green {DEADLINE_S:g} s after it was queued, it is " in message
    assert len(messages_of(webhook, NO_RESULT, refused_run)) == 1


def check_no_secret(system: AirflowSystem, home: Path) -> None:
    """The partner's and EDYE's tokens are in no log, XCom, report or ledger row; the connection alone has them."""
    found = []
    for path in home.rglob("*"):
        if path.is_file() and path.name != "passwords.json":
            content = path.read_bytes()
            found += [(path.name, token) for token in (b"abc123", b"edye-sandbox-token") if token in content]
    assert found == []
