"""What a process loads before it forks workers is all that a task loads of this project."""

from __future__ import annotations

import ast
import json
import subprocess
import sys

from tests.builders import PROJECT

LOADED = "import edye_delivery.dag_support.preload, json, sys; print(json.dumps(sorted(sys.modules)))"
PACKAGE = PROJECT / "plugins" / "edye_delivery"
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
