"""What the scheduler loads before it forks workers is all that the DAG files import of this project."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

from tests.builders import PROJECT

LOADED = "import edye_delivery.dag_support.preload, json, sys; print(json.dumps(sorted(sys.modules)))"


def test_a_forked_task_loads_no_module_of_the_project_for_its_dag_file():
    command = [sys.executable, "-c", LOADED]
    answer = subprocess.run(command, cwd=PROJECT / "plugins", capture_output=True, text=True, timeout=120, check=True)
    loaded = set(json.loads(answer.stdout.splitlines()[-1]))
    assert "airflow.sdk" in loaded
    assert imports_of_the_dag_files() - loaded == set()


def imports_of_the_dag_files() -> set[str]:
    nodes = [node for path in (PROJECT / "dags").glob("*.py") for node in ast.walk(ast.parse(path.read_text()))]
    names = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module}
    return {name for name in names if name.startswith("edye_delivery")}
