"""The sandbox is a program of its own: it shares no code with what it tests."""

from __future__ import annotations

import ast

import pytest

from tests.sandbox.conftest import PROJECT

FILES = sorted((PROJECT / "sandbox").rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PROJECT)))
def test_a_file_of_the_sandbox_imports_nothing_of_the_project(path):
    imported: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert not imported & {"airflow", "edye_delivery", "dags", "plugins", "tests"}
    assert len(path.read_text("utf-8").splitlines()) <= 300
