"""Names of tests are short enough to be read in a line of a failing run."""

from __future__ import annotations

import ast
from pathlib import Path

TESTS = Path(__file__).parents[1]
NAME_MAX_CHARS = 90


def test_no_name_of_a_test_is_longer_than_90_characters():
    names = [
        (node.name, path.name)
        for path in sorted(TESTS.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert len(names) > 1000
    assert [name for name in names if len(name[0]) > NAME_MAX_CHARS] == []
