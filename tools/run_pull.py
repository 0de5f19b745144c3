"""`make run-pull`: the sample day for every partner that pulls, with the delivery API up and the partner reading.

Each partner's DAG runs twice (a first half of the day, then the rest), a title is withdrawn by hand, the consumption
report is made. After each step the partner reads, and what it has is compared with what the reports say.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import typer
from rich.console import Console

from edye_delivery.annex.dag_ids import WITHDRAW_VERB, dag_id_of, delivery_dag_id
from edye_delivery.annex.load import load_annexes
from edye_delivery.annex.model import Annex
from edye_delivery.annex.pull import PullChannel, PullEndpoint
from edye_delivery.annex.pull_item import entry_id_of
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.catalog.window import Window
from edye_delivery.delivery_api.exposed_titles import exposed_titles
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.served import served_generation
from edye_delivery.ledger.api_tokens import ApiTokens
from edye_delivery.ledger.database import open_engine
from edye_delivery.pipeline.consumption import report_of
from edye_delivery.reports.consumption.fetched import HandedTitles
from edye_delivery.reports.consumption.html import as_html
from edye_delivery.reports.consumption.table import as_csv, as_json
from edye_delivery.reports.consumption.xlsx import as_xlsx
from tools import settings
from tools.expectations import expectations
from tools.local import (
    BUILD,
    PROJECT,
    airflow_variables,
    finish_database,
    free_port,
    lead_to_sandbox,
    start_database,
    start_sandbox,
)
from tools.processes import Processes, has_ended, last_lines
from tools.run import SAMPLE_DAY, run_dag, totals_line

FOLDER = BUILD / "run-pull"
RECORD = BUILD / "run-pull.json"
HALF = "2026-03-01T12:00:00Z"
START_TIMEOUT_S = 180.0
LOG_S = 10.0
"""So long the calls take at most from the delivery API to the ledger."""
LISTS = {PullEndpoint.SHOWS: "shows", PullEndpoint.EPISODES: "episodes", PullEndpoint.FEED: "feed"}
console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)


@dataclass
class PartnerDay:
    """One partner's day: its annex, its token, and the titles that are accepted for it, by EDYE id."""

    annex: Annex
    pull: PullChannel
    token: str
    accepted: dict[str, dict[str, Any]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The partner's name."""
        return self.annex.partner

    @property
    def lists(self) -> list[str]:
        """The lists that the check's user may read."""
        return [LISTS[endpoint] for endpoint in self.pull.users[self.pull.check.user].endpoints if endpoint in LISTS]

    def take_report(self, step: str, report: dict[str, Any]) -> None:
        """Notes which titles are accepted, and what did not end as it should."""
        planted = {edye_id for edye_id, one in expectations().items() if one.defect or one.state == "rejected"}
        for title in report["titles"]:
            if title["state"] == "accepted":
                self.accepted[title["edye_id"]] = title
            elif title["state"] == "withdrawn":
                self.accepted.pop(title["edye_id"], None)
            elif title["state"] != "rejected" or title["edye_id"] not in planted:
                self.problems.append(f"{step}: {title['external_id']} is {title['state']}: {title['detail']}")
        self.problems += [f"{step}: {sentence}" for sentence in report["incidents"]]

    def compare(self, step: str, state_dir: Path) -> int:
        """Compares what the partner has with the accepted titles; how many titles it has."""
        kept = read_kept(state_dir)
        titles = 0
        for name in self.lists:
            had = {item["id"] for item in kept.get(name, ()) if item.get("kind") != "series"}
            should = {self._id_in(name, edye_id) for edye_id, one in self.accepted.items() if _is_in(name, one["kind"])}
            titles += len(had)
            for sort, ids in (("lacks", should - had), ("has, but should not,", had - should)):
                if ids:
                    self.problems.append(f"{step}: {self.name} {sort} in {name}: {', '.join(sorted(ids)[:5])}")
        return titles

    def _id_in(self, name: str, edye_id: str) -> str:
        return entry_id_of(self.pull, edye_id) if name == "feed" else edye_id


def main() -> None:
    """Runs the day; exit status 0 where everything is as planned, 1 where not, 2 where a run ended without a report."""
    started = time.monotonic()
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    annexes = {name: annex for name, annex in load_annexes(PROJECT / "include" / "annexes").items() if annex.pull}
    with Processes(RECORD) as processes:
        connections, variables = settings.connections(), airflow_variables()
        migration = start_database(variables)
        with console.status("sandbox: making the sample's videos and pictures (first run only), starting its services"):
            lead_to_sandbox(connections, start_sandbox(processes, FOLDER / "endpoints.json"))
        with console.status("Airflow: making its database (first run only)"):
            finish_database(migration)
        days = _start_api(processes, connections, annexes)
        env = {**variables, **settings.environment(connections)}
        began_at = datetime.now(UTC)
        for day in days:
            _run_day(processes, day, env, str(connections["delivery_api"]["host"]))
        time.sleep(LOG_S)
        for day in days:
            _report_consumption(day, began_at)
    problems = [problem for day in days for problem in day.problems]
    for problem in problems:
        console.print(f"[red]not as planned:[/] {problem}", soft_wrap=True)
    if not problems:
        console.print("[green]everything is as planned: each partner has just the titles that it should have[/]")
    console.print(f"{time.monotonic() - started:.0f} s in all")
    raise typer.Exit(1 if problems else 0)


def _start_api(
    processes: Processes, connections: dict[str, dict[str, Any]], annexes: dict[str, Annex]
) -> list[PartnerDay]:
    """Makes the tokens and starts the delivery API; changes the connections so that they lead to it."""
    ledger, root, port = FOLDER / "ledger.sqlite", FOLDER / "delivery-api", free_port()
    root.mkdir()
    tokens = ApiTokens(open_engine(f"sqlite:///{ledger}"), lambda: datetime.now(UTC))
    days = [
        PartnerDay(annex, annex.pull, tokens.add(annex.partner, annex.pull.check.user))
        for annex in annexes.values()
        if annex.pull is not None
    ]
    connections["delivery_ledger"]["host"] = str(ledger)
    connections["delivery_api_store"]["extra"]["path"] = str(root)
    connections["delivery_api"] |= {"host": f"http://127.0.0.1:{port}"}
    connections["delivery_api"].pop("port", None)
    connections["delivery_api"].setdefault("extra", {})["tokens"] = {day.name: day.token for day in days}
    command = [sys.executable, "-m", "edye_delivery", "serve-api", "--root", str(root), "--ledger", str(ledger)]
    child = processes.start("delivery API", [*command, "--port", str(port)], FOLDER / "serve-api.log", _python_env())
    _wait_for(f"http://127.0.0.1:{port}/healthz", child)
    return days


def _run_day(processes: Processes, day: PartnerDay, env: dict[str, str], url: str) -> None:
    """The partner's day, step by step, each followed by a reading of the partner."""
    folder, state_dir = FOLDER / day.name, FOLDER / day.name / "partner"
    publish = delivery_dag_id(Channel.PULL, day.name)
    for step, window in (("first half", (SAMPLE_DAY[0], HALF)), ("second half", (HALF, SAMPLE_DAY[1]))):
        conf = {"window_start": window[0], "window_end": window[1]}
        _run_step(processes, day, step, publish, conf, env, folder / step.replace(" ", "-"))
        _read(day, step, url, state_dir)
    if day.accepted:
        name = min(title["external_id"] for title in day.accepted.values())
        conf = {"external_ids": [name], "dry_run": False, "reason": "a trial of a withdrawal with the sample catalogue"}
        _run_step(processes, day, "withdrawal", dag_id_of(WITHDRAW_VERB, day.name), conf, env, folder / "withdrawal")
        for edye_id in [edye_id for edye_id, title in day.accepted.items() if title["external_id"] == name]:
            del day.accepted[edye_id]
        _read(day, "withdrawal", url, state_dir)


def _run_step(
    processes: Processes, day: PartnerDay, step: str, dag_id: str, conf: dict[str, Any], env: dict[str, str], to: Path
) -> None:
    console.print(f"[bold]{dag_id}[/]: {step}")
    done = run_dag(processes, dag_id, conf, env, to)
    if done["event"] == "error" or done["report"] is None:
        console.print(done.get("sentence") or last_lines(to / "airflow.log"), markup=False, soft_wrap=True)
        raise typer.Exit(2)
    report = json.loads(Path(done["report"], "report.json").read_text(encoding="utf-8"))
    console.print(f"[bold]{totals_line(report)}[/]; report: {to.relative_to(PROJECT)}/report.html")
    day.take_report(step, report)


def _read(day: PartnerDay, step: str, url: str, state_dir: Path) -> None:
    """Lets the partner read its lists by checkpoint, and compares what it has."""
    chosen = [argument for name in day.lists for argument in ("--list", name)]
    command = [sys.executable, "-m", "sandbox", "pull", "--url", url, "--state-dir", str(state_dir), *chosen]
    read = subprocess.run(
        command, env={**_python_env(), "PULL_TOKEN": day.token}, capture_output=True, text=True, timeout=300
    )
    if read.returncode != 0:
        day.problems.append(f"{step}: {day.name} cannot read: {read.stderr.strip().splitlines()[-1:]}")
        return
    console.print(f"{day.name} has read {day.compare(step, state_dir)} titles in {', '.join(day.lists)}")


def read_kept(state_dir: Path) -> dict[str, list[dict[str, Any]]]:
    """What the pulling partner has: its items by list."""
    with sqlite3.connect(state_dir / "pulled.sqlite") as database:
        kept: dict[str, list[dict[str, Any]]] = {}
        for name, body in database.execute("SELECT list, body FROM items"):
            kept.setdefault(name, []).append(json.loads(body))
    return kept


def _report_consumption(day: PartnerDay, began_at: datetime) -> None:
    """Writes what the partner called and fetched; a title that it never fetched is not as planned."""
    store, now = FolderStore(FOLDER / "delivery-api"), datetime.now(UTC)
    generation = served_generation(store, day.name, time.monotonic)
    now_ms = int(now.timestamp() * 1000)
    titles = HandedTitles(lambda: exposed_titles(generation, now_ms)) if generation else None
    report = report_of(
        open_engine(f"sqlite:///{FOLDER / 'ledger.sqlite'}"), day.annex, day.pull,
        Window(began_at, now), now, titles, generation.number if generation else None,
    )  # fmt: skip
    for ending, written in {"json": as_json, "csv": as_csv, "xlsx": as_xlsx, "html": as_html}.items():
        content = written(report)
        (FOLDER / day.name / f"consumption.{ending}").write_bytes(content)
    missing = report.titles.missing if report.titles else 0
    console.print(
        f"{day.name}: {report.totals.calls} calls, {missing} titles never fetched; report: "
        f"build/run-pull/{day.name}/consumption.html"
    )
    if missing or not report.totals.calls:
        day.problems.append(f"consumption: {report.totals.calls} calls, {missing} titles were never fetched")


def _is_in(name: str, kind: str) -> bool:
    """Whether titles of this kind are in the list."""
    return name == "feed" or (kind == "episode") == (name == "episodes")


def _python_env() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")])}


def _wait_for(url: str, child: subprocess.Popen[bytes]) -> None:
    """Waits until the API answers, whatever it says: before the first publication it has nothing to serve."""
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline and not has_ended(child):
        try:
            httpx.get(url, timeout=2, trust_env=False)
            return
        except httpx.HTTPError:
            time.sleep(0.2)
    raise SystemExit(f"the delivery API did not start:\n{last_lines(FOLDER / 'serve-api.log')}")


if __name__ == "__main__":
    typer.run(main)
