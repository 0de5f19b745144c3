"""What a process loads before it forks workers is all that a task loads of this project."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys

import pytest

from tests.builders import PROJECT

LOADED = "import edye_delivery.dag_support.preload, json, sys; print(json.dumps(sorted(sys.modules)))"
PACKAGE = PROJECT / "plugins" / "edye_delivery"
STARTED = """
import json, sys
sys.argv = sys.argv[1:]
import airflow
print(json.dumps("edye_delivery.dag_support.preload" in sys.modules))
"""
OF_A_TASK = [PROJECT / "dags", PACKAGE / "operators", PACKAGE / "sensors"]


def test_a_forked_task_loads_no_module_of_the_project_by_itself():
    command = [sys.executable, "-c", LOADED]
    answer = subprocess.run(command, cwd=PROJECT / "plugins", capture_output=True, text=True, timeout=120, check=True)
    loaded = set(json.loads(answer.stdout.splitlines()[-1]))
    assert "airflow.sdk" in loaded
    assert "edye_delivery.steps.deliver" in imports_of_a_task()
    assert imports_of_a_task() - loaded == set()


def imports_of_a_task() -> set[str]:
    """The modules that DAG files, operators and sensors import, inside functions too."""
    paths = [path for folder in OF_A_TASK for path in folder.glob("*.py")]
    nodes = [node for path in paths for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))]
    names = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name for name in names if name.startswith("edye_delivery")}


@pytest.mark.parametrize(
    ("command", "executor", "is_loaded"),
    [
        ("celery worker --queues default", "CeleryExecutor", True),
        ("scheduler", "LocalExecutor", True),
        ("scheduler", "CeleryExecutor", False),
        ("triggerer", "LocalExecutor", False),
        ("api-server", "LocalExecutor", False),
    ],
)
def test_a_process_that_forks_tasks_has_loaded_the_project_when_airflow_has_started(
    tmp_path, command, executor, is_loaded
):
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "PYTHONPATH"))}
    variables |= {
        "AIRFLOW_HOME": str(tmp_path),
        "AIRFLOW__CORE__EXECUTOR": executor,
        "AIRFLOW__CORE__PLUGINS_FOLDER": str(PROJECT / "plugins"),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{tmp_path}/airflow.db",
    }
    arguments = [sys.executable, "-c", STARTED, "airflow", *command.split()]
    answer = subprocess.run(arguments, env=variables, capture_output=True, text=True, timeout=240, check=True)
    assert json.loads(answer.stdout.splitlines()[-1]) is is_loaded
