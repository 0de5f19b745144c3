"""`make cluster`: a window for several partners on Airflow's distributed engine, all processes on this machine.

The processes are those of production: two schedulers, two triggerers, two dag-processors, a Celery worker for each
queue, PostgreSQL, Valkey, S3. No container is needed: all of it comes by pip.
"""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from sqlalchemy import Engine, func, select

from benchmarks.postgresql import PostgreSQL, postgresql_service
from edye_delivery.annex.load import FOLDER_VARIABLE
from edye_delivery.ledger.tables import DELIVERIES
from tools import settings
from tools.airflow_system import AirflowSystem
from tools.cluster.outcome import Arrivals, arrivals_of
from tools.cluster.partners import write_annexes
from tools.cluster.runs import Runs
from tools.cluster.sandbox import start_sandbox
from tools.cluster.services import (
    POSTGRESQL_SETTINGS,
    VALKEY,
    components,
    engine_variables,
    make_ledger,
    valkey,
)
from tools.cluster.strikes import Strikes, strikes_of
from tools.cluster.supervisor import Supervisor
from tools.local import BUILD, free_port, lead_to_sandbox
from tools.processes import Processes
from tools.run import SAMPLE_DAY

RUN_TIMEOUT_S = 3 * 3600.0
PROGRESS_S = 5.0
LOOK_S = 0.5
DATABASE_AWAY_S = 3.0
console = Console(highlight=False, stderr=True)


@dataclass(frozen=True, slots=True)
class Cluster:
    """What runs: Airflow, its supervisor, its database, the ledger, and the addresses of the sandbox."""

    system: AirflowSystem
    supervisor: Supervisor
    database: PostgreSQL
    ledger: Engine
    endpoints: dict[str, str]
    dags: dict[str, str]

    def restart_database(self) -> None:
        """Kills PostgreSQL as a crash would, and starts it again some seconds later."""
        self.database.kill()
        time.sleep(DATABASE_AWAY_S)
        self.database.start()
        self.ledger.dispose()  # our own connections are broken too


def main(
    titles: Annotated[int, typer.Option(min=1, help="Titles in the window, for each partner.")] = 1500,
    partners: Annotated[int, typer.Option(min=1, max=50, help="Partners that get the window at once.")] = 3,
    chaos: Annotated[
        bool, typer.Option("--chaos/--no-chaos", help="Kill a worker, a triggerer, a scheduler, Valkey, PostgreSQL.")
    ] = False,
    seed: Annotated[int, typer.Option(help="The seed that chooses what is killed when.")] = 1,
    folder: Annotated[Path, typer.Option(help="Where everything is kept; its content is deleted at the start.")] = BUILD
    / "cluster",
) -> None:
    """Runs the window once for each partner. The last line of standard output is JSON.

    Exit status 1 where a title is missing, or arrived twice.
    """
    plan = strikes_of(seed) if chaos else []
    started_s = time.monotonic()
    with cluster(folder.absolute(), titles, partners) as running:
        console.print(f"[bold]Airflow[/]  {running.system.url}  after {time.monotonic() - started_s:.0f} s")
        began_s = time.monotonic()
        runs = Runs(running.system, list(running.dags.values()), window_conf())
        strikes = Strikes(plan, running.supervisor.kill, running.restart_database)
        wait_for_end(running, runs, strikes, titles * partners)
        wall_s = time.monotonic() - began_s
        arrivals = arrivals_at(running, titles)
        line = outcome_line(running, runs, arrivals, wall_s) | {"struck": [one.target for one in strikes.struck]}
    print(json.dumps(line), flush=True)
    raise typer.Exit(1 if arrivals.lost or arrivals.duplicated else 0)


def window_conf() -> dict[str, str]:
    """The window of the generated catalogue."""
    return {"window_start": SAMPLE_DAY[0], "window_end": SAMPLE_DAY[1]}


@contextmanager
def cluster(folder: Path, titles: int, partners: int) -> Iterator[Cluster]:
    """The whole system, up until the end of the block, with a catalogue of so many titles."""
    shutil.rmtree(folder, ignore_errors=True)
    dags = write_annexes(folder / "annexes", partners)
    with (
        Processes() as processes,
        postgresql_service(settings=POSTGRESQL_SETTINGS) as database,
        Supervisor() as supervisor,
    ):
        with console.status("starting sandbox, PostgreSQL and Valkey"):
            database.kill()  # the number of connections counts from the next start
            database.start()
            endpoints = start_sandbox(processes, folder / "sandbox", titles)
            command, broker_url = valkey(folder / VALKEY)
            supervisor.start(VALKEY, command, folder / VALKEY / "valkey.log", {})
            ledger_connection, ledger = make_ledger(database)
        connections = _connections(folder, endpoints, ledger_connection)
        variables = engine_variables(database, broker_url) | {FOLDER_VARIABLE: str(folder / "annexes")}
        system = AirflowSystem(supervisor, folder / "airflow", connections, components(), variables, free_port())
        with console.status("Airflow: making its database, starting its processes"):
            system.start()
            for dag_id in dags.values():
                system.wait_for_dag(dag_id)
                system.call("PATCH", f"/dags/{dag_id}", json={"is_paused": False})
        try:
            yield Cluster(system, supervisor, database, ledger, endpoints, dags)
        finally:
            ledger.dispose()


def _connections(folder: Path, endpoints: dict[str, str], ledger: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The project's connections: to this sandbox, to this ledger, artifacts in S3, all else below the folder."""
    known = settings.connections()
    lead_to_sandbox(known, endpoints)
    store = known["feed_store"]
    known["artifact_store"] = store | {"extra": store["extra"] | {"bucket_name": "edye-artifacts"}}
    known["delivery_ledger"] = ledger
    for name in ("delivery_api_store", "ingesta_logs"):
        known[name]["extra"]["path"] = str(folder / name)
    return known


def wait_for_end(running: Cluster, runs: Runs, strikes: Strikes, titles: int) -> None:
    """Strikes, supervises and tells progress until all runs have ended; SystemExit after three hours."""
    began_s = told_s = time.monotonic()
    while not runs.is_over:
        running.supervisor.check()
        if (strike := strikes.look()) is not None:
            console.print(f"{time.monotonic() - began_s:5.0f} s  [red]killed[/] {strike.target}")
        runs.look()
        if time.monotonic() - told_s >= PROGRESS_S:
            told_s = time.monotonic()
            if counts := states_of(running.ledger):
                strikes.begin()  # earlier there is little to lose
            console.print(f"{told_s - began_s:5.0f} s  {progress_line(counts, titles)}")
        if time.monotonic() - began_s > RUN_TIMEOUT_S:
            raise SystemExit(f"the runs did not end within {RUN_TIMEOUT_S:.0f} s; their logs are in build/cluster")
        time.sleep(LOOK_S)


def states_of(ledger: Engine) -> dict[str, int]:
    """How many deliveries are in each state, by our ledger."""
    query = select(DELIVERIES.c.state, func.count()).group_by(DELIVERIES.c.state)
    with ledger.connect() as connection:
        return {str(state): count for state, count in connection.execute(query).all()}


def progress_line(counts: Mapping[str, int], titles: int) -> str:
    """How many of the deliveries are in each state, in a sentence."""
    told = ", ".join(f"{count} {state}" for state, count in sorted(counts.items()))
    return f"{titles} titles: {told or 'none begun'}"


def arrivals_at(running: Cluster, titles: int) -> Arrivals:
    """What the sandbox's book has, beside what each partner was to get."""
    answer = httpx.get(f"{running.endpoints['admin_url']}/contents", timeout=60, trust_env=False)
    return arrivals_of(answer.raise_for_status().json(), dict.fromkeys(running.dags, titles))


def outcome_line(running: Cluster, runs: Runs, arrivals: Arrivals, wall_s: float) -> dict[str, Any]:
    """The last line: what arrived, how long it took, what it cost."""
    for dag_id in runs.red:
        console.print(f"[red]{dag_id} ended red[/]: its report is in Airflow")
    return {
        "titles": arrivals.titles,
        "accepted": states_of(running.ledger).get("accepted", 0),
        "duplicated": arrivals.duplicated,
        "lost": arrivals.lost,
        "wall_s": round(wall_s, 1),
        "task_instances": runs.task_instances(),
        "runs": runs.count,
        "restarts": dict(sorted(running.supervisor.restarts.items())),
    }


if __name__ == "__main__":
    sys.exit(typer.run(main))
