"""Foreign text has one way into a log: a logger of the package, whose records are made printable in one place."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "plugins" / "edye_delivery"
PRINTABLE = PACKAGE / "catalog" / "printable.py"
PRINTING = {"command_line", "__main__.py"}
FILES = sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")


def label(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


def breaches(tree: ast.AST, *, may_print: bool) -> Iterator[str]:
    """What would let foreign text into a log past the guard of hooks/log_guard.py."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr="log"):
                yield f"line {node.lineno}: self.log is Airflow's logger, which makes no record of Python's logging"
            case ast.Call(func=ast.Attribute(attr="getLogger"), args=[ast.Constant(value="alembic")]):
                pass  # only to quiet it: what a migration does is said in our own sentences
            case ast.Call(func=ast.Attribute(attr="getLogger"), args=[ast.Constant(value="httpx" | "httpcore.http11")]):
                pass  # only to hide tokens and signatures in the addresses that they log
            case ast.Call(func=ast.Attribute(attr="getLogger"), args=arguments):
                if not (len(arguments) == 1 and isinstance(arguments[0], ast.Name) and arguments[0].id == "__name__"):
                    yield f"line {node.lineno}: a logger is named by __name__, so that the guard knows it for ours"
            case ast.Call(func=ast.Name(id="print")) if not may_print:
                yield f"line {node.lineno}: only a command prints"
            case ast.Call(func=ast.Attribute(attr="warn")):
                yield f"line {node.lineno}: a warning of Python goes past the loggers"
            case ast.Call(func=ast.Attribute(attr="join"), args=[ast.GeneratorExp() as parts]):
                if any(isinstance(part, ast.Attribute) and part.attr == "isprintable" for part in ast.walk(parts)):
                    yield f"line {node.lineno}: catalog/printable.py makes text printable, nobody else"


@pytest.mark.parametrize("path", FILES, ids=label)
def test_no_file_has_a_way_of_its_own_into_a_log(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    may_print = path.relative_to(PACKAGE).parts[0] in PRINTING
    assert path == PRINTABLE or list(breaches(tree, may_print=may_print)) == []


@pytest.mark.parametrize(
    "line",
    [
        "self.log.info('x')",
        "log = logging.getLogger('airflow.task')",
        "print(name)",
        "warnings.warn(name)",
        "''.join(c if c.isprintable() else '?' for c in name)",
    ],
)
def test_every_such_way_is_seen(line):
    assert len(list(breaches(ast.parse(line), may_print=False))) == 1


def test_what_is_allowed_is_not_seen():
    allowed = "log = logging.getLogger(__name__)\nlog.warning('%s', name)\n''.join(c for c in name if c.isalpha())"
    assert list(breaches(ast.parse(allowed), may_print=False)) == []
