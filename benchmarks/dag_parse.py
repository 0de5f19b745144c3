"""Dag_parse: processor seconds that a DAG file takes to import, beside the same file with all that its tasks load."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, Sizes, say
from tools.settings import PROJECT

PARSED = """
import importlib, json, pathlib, runpy, sys, time
from airflow.sdk import (
    DAG, BaseOperator, BaseSensorOperator, Context, CronDataIntervalTimetable, ExceptionRetryPolicy, Param, TriggerRule,
    task_group,
)
began_s = time.process_time()
runpy.run_path(sys.argv[1])
parsed_s = time.process_time()
from edye_delivery import steps
OPERATORS, STEPS = "edye_delivery.operators.", pathlib.Path(steps.__path__[0])
for name in [name.removeprefix(OPERATORS) for name in sys.modules if name.startswith(OPERATORS)]:
    if (STEPS / f"{name}.py").exists():
        importlib.import_module(f"edye_delivery.steps.{name}")
for name in [name for name in sys.modules if name.startswith("edye_delivery.sensors.")]:
    if name != "edye_delivery.sensors.batch":
        importlib.import_module(name.replace(".sensors.", ".triggers."))
importlib.import_module("edye_delivery.steps.wait")
print(json.dumps([parsed_s - began_s, time.process_time() - began_s]))
"""
"""Airflow loads what it has under its names when they are asked for; the time of that is Airflow's own."""

FILE = PROJECT / "dags" / "api_delivery.py"


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Medians of processes of their own, one after the other; a first one fills the caches and is not counted."""
    times = [_import_once(folder) for _ in range(sizes.parse_rounds + 1)][1:]
    parsed_s, loaded_s = (statistics.median(each) for each in zip(*times, strict=True))
    yield Figure("dag_parse_with_tasks", loaded_s, "s")
    yield Figure("dag_parse", parsed_s, "s", parsed_s / loaded_s, "the file with all that its tasks load")


def _import_once(folder: Path) -> tuple[float, float]:
    """Processor seconds beyond airflow.sdk: of the file, and of the file with all that its tasks load."""
    home = {"AIRFLOW_HOME": str(folder), "PYTHONPATH": str(PROJECT / "plugins")}
    command = [sys.executable, "-c", PARSED, str(FILE)]
    answer = subprocess.run(command, env=os.environ | home, capture_output=True, text=True, check=True, timeout=300)
    parsed_s, loaded_s = json.loads(answer.stdout.splitlines()[-1])
    say(f"dag_parse: {parsed_s:.2f} s of {loaded_s:.2f} s")
    return parsed_s, loaded_s
