"""`make run`: one day of the sample catalogue through sandbox, DAG and partner, title by title on the screen.

`make run-ftp` is the same over FTP. It has its own ledger, because titles that the API delivered are not sent again.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from edye_delivery.catalog.channel_words import words_of
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.vocabulary import Channel
from tools import settings
from tools.expectations import Expectation, expectations, expected_partner, surprises
from tools.ledgers import finish_migration, start_migration
from tools.local import (
    BUILD,
    PROJECT,
    airflow_variables,
    finish_database,
    lead_to_sandbox,
    replaced_connections,
    start_database,
    start_sandbox,
)
from tools.processes import Processes, last_lines, wait_for_end, wait_for_turn

DAG_ID = "deliver_api__roku_premium_subs_mx"
FTP_DAG_ID = "deliver_ftp__roku_premium_subs_mx"
FTP_REASON = "A trial of the legacy channel with the sample catalogue"
SAMPLE_DAY = ("2026-03-01T06:00:00Z", "2026-03-02T06:00:00Z")
COLOURS = {"accepted": "green", "rejected": "yellow", "failed": "red", "unchanged": "cyan", "planned": "white"}
ENDS = {"accepted", "rejected", "failed"}
SENTENCE_MAX_CHARS = 1000
RECORD = BUILD / "run.json"
OUR_ERROR = re.compile(r"^edye_delivery\.\S+: (.+)$", re.MULTILINE)
console = Console(highlight=False, width=None if sys.stdout.isatty() else 150)


def main(
    window_start: Annotated[str, typer.Option(help="Window start, RFC 3339, inclusive.")] = SAMPLE_DAY[0],
    window_end: Annotated[str, typer.Option(help="Window end, RFC 3339, exclusive.")] = SAMPLE_DAY[1],
    dag_id: Annotated[str, typer.Option(help="Which partner's DAG; deliver_ftp__... with --ftp.")] = "",
    ftp: Annotated[
        bool, typer.Option("--ftp", help="Over FTP, which is deprecated, with a ledger of its own.")
    ] = False,
    reason: Annotated[str, typer.Option(help="Why FTP is used.")] = FTP_REASON,
) -> None:
    """Runs the DAG once; exit status 0 where every title ended as it should, 1 where not, 2 without a report."""
    started = time.monotonic()
    dag_id = dag_id or (FTP_DAG_ID if ftp else DAG_ID)
    folder = BUILD / ("run-ftp" if ftp else "run")
    replaced = replaced_connections()
    if RECORD.exists():
        with console.status("waiting for the end of the run before this one"):
            wait_for_turn(RECORD)
    with Processes(RECORD) as processes:
        connections = settings.connections()
        if ftp:
            connections["delivery_ledger"]["host"] = str(folder / "ledger.sqlite")
        variables = airflow_variables()
        is_own = ftp or "delivery_ledger" not in replaced
        of_ledger = start_migration(Path(connections["delivery_ledger"]["host"])) if is_own else None
        migration = start_database(variables)
        with console.status("sandbox: making the sample's videos and pictures (first run only), starting its services"):
            lead_to_sandbox(connections, start_sandbox(processes, folder / "endpoints.json"))
        with console.status("Airflow: making its database (first run only)"):
            finish_database(migration)
        finish_migration(of_ledger)
        if replaced:
            console.print(f"from the environment, not from airflow_settings.yaml: {', '.join(sorted(replaced))}")
        console.print(f"[bold]{dag_id}[/] for {window_start} .. {window_end}")
        conf = {"window_start": window_start, "window_end": window_end} | ({"reason": reason} if ftp else {})
        done = run_dag(processes, dag_id, conf, {**variables, **settings.environment(connections)}, folder)
    is_sample = "edye_api" not in replaced and (window_start, window_end) == SAMPLE_DAY
    is_expected = is_sample and dag_id.rpartition("__")[2] == expected_partner()
    code = _tell_outcome(done, folder, expectations() if is_expected else None)
    console.print(f"{time.monotonic() - started:.0f} s in all")
    raise typer.Exit(code)


def run_dag(
    processes: Processes, dag_id: str, conf: dict[str, Any], variables: dict[str, str], folder: Path
) -> dict[str, Any]:
    """Runs the DAG in a process of its own and shows its progress; returns its last line."""
    command = [sys.executable, "-m", "tools.one_run", dag_id, json.dumps(conf), str(folder)]
    env = {**variables, "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")])}
    log = folder / "one_run.log"
    # An Airflow task handles SIGTERM itself and continues; the next run takes up what a killed one left.
    child = processes.start("run", command, log, env, stdout=subprocess.PIPE, stop_signal=signal.SIGKILL)
    done = _show_progress((json.loads(line) for line in child.stdout or ()), folder)
    wait_for_end(child)
    return done


def _show_progress(lines: Iterator[dict[str, Any]], folder: Path) -> dict[str, Any]:
    """Shows a bar and a line for each ended title; without a terminal, a line for each step. Returns the last line."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    states: dict[str, str] = {}
    with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
        bar = progress.add_task("fetching and checking", total=None)
        for line in lines:
            if line["event"] != "state":
                return line
            states[line["external_id"]] = line["state"]
            counts = Counter(states.values())
            described = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
            ended = sum(counts[state] for state in ENDS)
            progress.update(bar, description=described, total=len(states), completed=ended)
            if line["state"] in ENDS or not console.is_terminal:
                colour = COLOURS.get(line["state"], "white")
                detail = f"  {_plain(line['detail'])}" if line["detail"] else ""
                progress.console.print(
                    f"  [{colour}]{line['state']:<10}[/] {_plain(line['external_id'])}{detail}", soft_wrap=True
                )
    return {"event": "error", "sentence": f"the run ended by itself:\n{last_lines(folder / 'airflow.log')}"}


def _tell_outcome(done: dict[str, Any], folder: Path, expected: dict[str, Expectation] | None) -> int:
    """Prints the run's outcome. The exit status follows each title's expected end, else the run's colour."""
    if done["event"] == "error" or done["report"] is None:
        console.print(done.get("sentence") or why_no_report(folder / "airflow.log"), markup=False, soft_wrap=True)
        return 2
    report = json.loads(Path(done["report"], "report.json").read_text(encoding="utf-8"))
    _print_table(report)
    console.print(f"[bold]{totals_line(report)}[/]")
    if report["notice"]:
        console.print(
            f"[yellow]{_plain(report['notice'])}[/]; reason given: {_plain(report['reason'])}", soft_wrap=True
        )
    for feed in report["feeds"]:
        console.print(feed_line(feed), markup=False, soft_wrap=True)
    for sentence in report["incidents"]:
        console.print(f"[red]incident:[/] {_plain(sentence)}", soft_wrap=True)
    places = (f"build/{folder.name}/report.{ending}" for ending in ("html", "xlsx", "csv", "json"))
    console.print(f"reports: {', '.join(places)}; {done['shipped']}", soft_wrap=True)
    if expected is None:
        return 0 if report["colour"] == "green" else 1
    found = surprises(expected, report["titles"]) + report["incidents"]
    found += [feed_line(feed) for feed in report["feeds"] if feed["outcome"] not in ("published", "unchanged")]
    for sentence in found:
        console.print(f"[red]not as planned:[/] {_plain(sentence)}", soft_wrap=True)
    if not found:
        console.print(f"[green]{as_planned_line(report)}[/]")
    return 1 if found else 0


def _plain(text: str) -> str:
    """Text from outside in a form that a terminal may print."""
    return escape(printable(text, SENTENCE_MAX_CHARS))


def totals_line(report: dict[str, Any]) -> str:
    """The number of titles by outcome."""
    sent = words_of(Channel(report["channel"])).participle
    found = report["totals"].items()
    totals = ", ".join(
        f"{count} {sent if name == 'sent' else name}" for name, count in found if count or name == "sent"
    )
    return f"{totals}; run is {report['colour']}"


def as_planned_line(report: dict[str, Any]) -> str:
    """Says that every title ended as the sample says, and how many were refused and re-encoded."""
    planted = sum(1 for title in report["titles"] if title["state"] == "rejected")
    fixed = sum(1 for title in report["titles"] if title["reencoded"])
    text = f"every title ended as planned, {planted} of them refused for their planted defect"
    return f"{text}, {fixed} re-encoded" if fixed else text


def feed_line(feed: dict[str, Any]) -> str:
    """A feed in one line: its outcome, its items, its address."""
    kinds = ", ".join(f"{count} {kind}" for kind, count in feed["kinds"].items()) or "nothing"
    where = f" at {feed['url']}" if feed["url"] else ""
    return (
        f"feed {feed['name']}: {feed['outcome']}, {kinds}; {feed['errors']} errors, {feed['warnings']} warnings{where}"
    )


def why_no_report(log: str) -> str:
    """Our own errors in a run's log, each sentence once; without any, the last lines of the log."""
    text = [f"  {sentence}" for sentence in dict.fromkeys(OUR_ERROR.findall(log))]
    return "\n".join(["the run ended without a report:", *(text or log.splitlines()[-15:])])


def _print_table(report: dict[str, Any]) -> None:
    table = Table(title=f"{report['display_name']}, {report['window']['start']} .. {report['window']['end']}")
    for column in ("title", "state", "rules", "whose turn", "tries", "tracking id", "why"):
        table.add_column(column, overflow="fold")
    for title in sorted(report["titles"], key=lambda title: (title["state"] != "accepted", title["external_id"])):
        colour = COLOURS.get("unchanged" if title["change"] == "unchanged" else title["state"], "white")
        table.add_row(
            _plain(title["external_id"] or title["edye_id"]),
            f"[{colour}]{title['state']}[/]",
            " ".join(title["rules"]),
            title["owner"] or "",
            str(title["attempts"] or ""),
            _plain((title["tracking_id"] or "")[:13]),
            _plain(title["detail"][:110]),
        )
    console.print(table)


if __name__ == "__main__":
    typer.run(main)
