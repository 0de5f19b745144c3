"""Day: a full day's titles through the DAG on a real scheduler, beside smaller batches whose tasks load the project."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import func, select

from benchmarks.figures import MIB, Figure, Sizes, say
from benchmarks.memory import PeakMemory, cpu_seconds
from benchmarks.production import first_api_annex
from benchmarks.serving import start_sandbox
from edye_delivery.annex.dag_ids import delivery_dag_id
from edye_delivery.annex.load import DEFAULT_FOLDER, FOLDER_VARIABLE
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.tables import DELIVERIES
from tools import settings
from tools.airflow_system import AirflowSystem
from tools.local import BUILD, lead_to_sandbox
from tools.processes import Processes
from tools.run import SAMPLE_DAY

GROWING = None
"""Batches as the annex sizes them."""
FIXED = 50
"""Batches of one size, however many titles the window has."""
POLLING = {"first_s": 10.0, "every_s": 0.5}
"""Sooner than a partner's minutes, yet late enough: if a trigger fires before the scheduler has heard of the deferral,
Airflow 3.3.2 takes the report of the deferral for a failure (apache/airflow#67287); a busy one hears of it late."""
RUN_TIMEOUT_S = 3600.0
ENDS = {"success", "failed"}


@dataclass(frozen=True, slots=True)
class Day:
    """What one run took: seconds from the trigger to its end, its task instances, memory of all Airflow processes.

    `cpu_s`: processor seconds of all Airflow processes from the trigger to the end, those of ended tasks too.
    """

    titles: int
    seconds: float
    cpu_s: float
    task_instances: int
    memory: PeakMemory


@dataclass(frozen=True, slots=True)
class Variant:
    """How a day is run otherwise: variables (PYTHONPATH comes before ours) and connections of the system.

    `begin` is called before the run is triggered, `each_second` with the seconds since then.
    """

    variables: dict[str, str] = field(default_factory=dict)
    connections: dict[str, dict[str, Any]] = field(default_factory=dict)
    begin: Callable[[AirflowSystem], None] = lambda system: None
    each_second: Callable[[AirflowSystem, float], None] = lambda system, seconds: None


PLAIN = Variant()


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Wall time, processor time, task instances and memory of the day; seconds a title of three batch sizes."""
    fixed = run_day(folder / "fixed", sizes.day_titles, FIXED, _without_preload(folder / "fixed-settings"))
    day = run_day(folder / "day", sizes.day_titles, GROWING)
    compared = f"batches of {FIXED}, each task loads the project"
    yield Figure("day_fixed", fixed.seconds, "s")
    yield Figure("day_fixed_cpu", fixed.cpu_s, "processor s")
    yield Figure("day_fixed_task_instances", fixed.task_instances, "task instances")
    yield Figure("day", day.seconds, "s", day.seconds / fixed.seconds, compared)
    yield Figure("day_cpu", day.cpu_s, "processor s", day.cpu_s / fixed.cpu_s, compared)
    yield Figure("day_task_instances", day.task_instances, "task instances")
    yield Figure("day_memory_peak", day.memory.rss_bytes / MIB, "MiB")
    yield Figure(
        "day_memory_peak_pss",
        day.memory.pss_bytes / MIB,
        "MiB",
        day.memory.pss_bytes / day.memory.rss_bytes,
        "the sum of RSS, which counts shared memory once a process",
    )
    single = run_day(folder / "single", sizes.day_single_titles, 1)
    each, alone = day.seconds / day.titles, single.seconds / single.titles
    yield Figure("single_task_instances", single.task_instances, "task instances")
    yield Figure("single_seconds_a_title", alone, "s/title")
    yield Figure(
        "day_seconds_a_title", each, "s/title", each / alone, f"batch_size 1, {single.titles} titles, the same system"
    )


def _without_preload(folder: Path) -> Variant:
    """Tasks load the project themselves, because Airflow finds this empty file before the project's own."""
    folder.mkdir(parents=True)
    (folder / "airflow_local_settings.py").write_text("__all__ = ()\n", encoding="utf-8")
    return Variant({"PYTHONPATH": str(folder)})


def run_day(folder: Path, titles: int, batch_size: int | None, variant: Variant = PLAIN) -> Day:
    """One run in a clean system of its own, everything below the folder."""
    say(f"day: {titles} titles, batch_size {batch_size or 'of the annex'}: starting sandbox and Airflow")
    dag_id = _write_annex(folder / "annexes", batch_size)
    with Processes() as processes:
        sandbox, urls = start_sandbox(
            processes, folder / "sandbox", "--catalogue", f"generated:{titles}", "--processing-s", "0"
        )
        connections = _connections(folder, urls) | variant.connections
        system = AirflowSystem(processes, folder / "airflow", connections)
        system.variables[FOLDER_VARIABLE] = str(folder / "annexes")
        paths = [variant.variables.get("PYTHONPATH", ""), system.variables["PYTHONPATH"]]
        system.variables |= variant.variables | {"PYTHONPATH": os.pathsep.join(filter(None, paths))}
        system.start()
        system.wait_for_dag(dag_id)
        variant.begin(system)
        with PeakMemory(os.getpid(), frozenset({sandbox.pid})) as memory:
            before_s = _cpu_s(sandbox.pid)
            run, seconds = _run(system, dag_id, folder, variant)
            cpu_s = _cpu_s(sandbox.pid) - before_s
        instances = system.call("GET", f"/dags/{dag_id}/dagRuns/{run}/taskInstances", params={"limit": 1})
    accepted = _accepted(connections)
    if accepted != titles:
        raise SystemExit(f"day: {accepted} of {titles} titles were accepted; a figure would mean nothing")
    say(f"day: {seconds:.0f} s; up to {memory.processes} processes, {memory.samples} samples of memory")
    return Day(titles, seconds, cpu_s, instances["total_entries"], memory)


def _write_annex(folder: Path, batch_size: int | None) -> str:
    """The first API partner's annex with this batch size, or its own, quick polling and no schedule; its DAG's id."""
    partner = first_api_annex().partner
    content = yaml.safe_load((DEFAULT_FOLDER / f"{partner}.yaml").read_text(encoding="utf-8"))
    content |= {"schedule": None}
    content |= {"batch_size": batch_size, "batch_size_max": batch_size} if batch_size else {}
    content["api"]["polling"] |= POLLING
    folder.mkdir(parents=True)
    (folder / f"{partner}.yaml").write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return delivery_dag_id(Channel.API, partner)


def _connections(folder: Path, urls: dict[str, str]) -> dict[str, dict[str, Any]]:
    """The project's connections, with this sandbox's ports and with every path below the folder."""
    known = settings.connections()
    lead_to_sandbox(known, urls)
    for connection in known.values():
        for holder in (connection, connection.get("extra", {})):
            for key, value in holder.items():
                if isinstance(value, str) and value.startswith(str(BUILD)):
                    holder[key] = str(folder / Path(value).relative_to(BUILD))
    return known


def _run(system: AirflowSystem, dag_id: str, folder: Path, variant: Variant) -> tuple[str, float]:
    """Triggers the DAG for the generated catalogue's day; the run's id and its seconds from trigger to end."""
    conf = {"window_start": SAMPLE_DAY[0], "window_end": SAMPLE_DAY[1]}
    started_s = time.time()
    run = system.trigger(dag_id, conf)
    path = f"/dags/{dag_id}/dagRuns/{run['dag_run_id']}"
    while run["state"] not in ENDS:
        if time.time() - started_s > RUN_TIMEOUT_S:
            raise SystemExit(f"day: the run did not end within {RUN_TIMEOUT_S:.0f} s")
        time.sleep(1)
        variant.each_second(system, time.time() - started_s)
        run = system.call("GET", path)
    if run["state"] != "success":
        raise SystemExit(f"day: the run is {run['state']}; run it again with --keep to read its logs ({folder.name})")
    return run["dag_run_id"], datetime.fromisoformat(run["end_date"]).timestamp() - started_s


def _cpu_s(sandbox_pid: int) -> float:
    return cpu_seconds(os.getpid()) - cpu_seconds(sandbox_pid)


def _accepted(connections: dict[str, dict[str, Any]]) -> int:
    engine = open_engine(f"sqlite:///{connections['delivery_ledger']['host']}")
    with engine.connect() as connection:
        query = select(func.count()).select_from(DELIVERIES).where(DELIVERIES.c.state == "accepted")
        return connection.execute(query).scalar_one()
