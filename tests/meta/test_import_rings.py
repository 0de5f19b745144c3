"""Imports point left only (architecture, Rings); pure rings know no Airflow, environment, clock or socket."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "plugins" / "edye_delivery"
RINGS = [
    {"errors", "version"},
    {"catalog", "annex"},
    {"rules"},
    {"qc", "artwork", "feeds", "clients", "ledger", "reports"},
    {"delivery_api"},
    {"pipeline"},
    {"hooks"},
    {"operators", "sensors", "triggers", "steps"},
    {"dag_support"},
    {"desk"},
    {"command_line"},
    {"__main__"},
]
RING_OF = {name: number for number, ring in enumerate(RINGS) for name in ring}
PURE = set().union(*RINGS[:6])
FORBIDDEN_IN_PURE = {"airflow", "os", "socket", "requests", "environ"}
ENVIRONMENT_ALLOWED = {
    "clients/child_process.py",
    "clients/encode.py",
    "clients/ffprobe.py",
    "clients/probe.py",
    "clients/workers.py",
    "delivery_api/private_files.py",
    "delivery_api/generations/index_file.py",
    "delivery_api/generations/partner.py",
    "delivery_api/generations/segment.py",
    "delivery_api/generations/spool.py",
    "delivery_api/generations/store.py",
}
SOCKETS_ALLOWED = {"clients/network.py", "clients/ftp_line.py", "clients/workers.py"}
"""The transports that all others are given, and the pipe to a process of our own, whose waits have to end."""
COMMAND_LINE_IMPORTS = {
    "errors",
    "version",
    "catalog",
    "annex",
    "rules",
    "qc",
    "feeds",
    "clients",
    "ledger",
    "delivery_api",
    "pipeline",
    "command_line",
}
COMMAND_LINE_IMPORTS_LATE = {"hooks"}
CLOCK_CALLS = {"now", "utcnow", "today", "time", "monotonic", "sleep"}


def files() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path.name != "__init__.py")


def part_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


@dataclass(frozen=True)
class Facts:
    """What the tests ask of a file: its imports, those inside functions, those of `from package import module` as a
    whole too, and the lines that read a clock."""

    imports: tuple[str, ...]
    late_imports: tuple[str, ...]
    modules: frozenset[str]
    clock_lines: tuple[int, ...]


@cache
def facts_of(path: Path) -> Facts:
    """Read once for all tests; the tree itself is not kept."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {id(node) for function in functions for node in ast.walk(function)}
    imports, late, modules, clock_lines = [], [], set(), []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = names_of(node, path)
            imports += names
            late += names if id(node) in inside else []
            modules |= {*names, *(f"{names[0]}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCK_CALLS:
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in {"datetime", "date", "time"}:
                clock_lines.append(node.lineno)
    return Facts(tuple(imports), tuple(late), frozenset(modules), tuple(clock_lines))


def names_of(node: ast.Import | ast.ImportFrom, path: Path) -> list[str]:
    """The modules that one statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    assert node.level == 0, f"{path}: relative import"
    return [node.module or ""]


def label(path: Path) -> str:
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", files(), ids=label)
def test_a_file_belongs_to_a_ring_and_imports_its_own_or_left_of_it(path):
    own = part_of(path)
    for name in facts_of(path).imports:
        if not name.startswith("edye_delivery"):
            continue
        other = name.split(".")[1]
        pair = {own, other}
        allowed = other == own or RING_OF[other] < RING_OF[own] or pair <= RINGS[1]
        allowed = allowed or pair <= RINGS[7]
        assert allowed, f"{label(path)} imports {name}, which does not lie to its left"


@pytest.mark.parametrize("path", [path for path in files() if part_of(path) in PURE], ids=label)
def test_a_pure_ring_knows_no_airflow_no_environment_and_no_socket(path):
    forbidden = FORBIDDEN_IN_PURE - ({"os"} if label(path) in ENVIRONMENT_ALLOWED else set())
    forbidden -= {"socket"} if label(path) in SOCKETS_ALLOWED else set()
    assert not {name.split(".")[0] for name in facts_of(path).imports} & forbidden


@pytest.mark.parametrize("path", [path for path in files() if part_of(path) in PURE], ids=label)
def test_a_pure_ring_reads_no_clock(path):
    assert facts_of(path).clock_lines == ()


COMMAND_LINE = [path for path in files() if part_of(path) in RINGS[-2] | RINGS[-1]]


@pytest.mark.parametrize("path", COMMAND_LINE, ids=label)
def test_the_command_line_starts_without_airflow_and_imports_it_inside_functions_only(path):
    names, late = Counter(facts_of(path).imports), Counter(facts_of(path).late_imports)
    at_start = names - late
    assert "airflow" not in {name.split(".")[0] for name in names}
    assert {name.split(".")[1] for name in at_start if name.startswith("edye_delivery.")} <= COMMAND_LINE_IMPORTS
    allowed = COMMAND_LINE_IMPORTS | COMMAND_LINE_IMPORTS_LATE
    assert {name.split(".")[1] for name in late if name.startswith("edye_delivery.")} <= allowed


def test_an_import_counts_as_late_only_inside_a_function(tmp_path):
    file = tmp_path / "example.py"
    file.write_text("import one\nif True:\n    import two\ndef act():\n    with one:\n        from three import four\n")
    assert facts_of(file).late_imports == ("three",)
    assert set(facts_of(file).imports) == {"one", "two", "three"}


def test_no_circle_of_files_import_each_other():
    modules = {f"edye_delivery.{label(path).removesuffix('.py').replace('/', '.')}": path for path in files()}
    graph = {name: {other for other in facts_of(path).modules if other in modules} for name, path in modules.items()}
    TopologicalSorter(graph).prepare()  # CycleError names the circle


FEED_PACKAGES = {"roku": set(), "lint": {"roku"}, "write": {"roku"}, "publish": {"roku", "lint", "write"}}
"""What each package of feeds/ may import of the others."""


@pytest.mark.parametrize("path", [path for path in files() if len(path.relative_to(PACKAGE).parts) > 2], ids=label)
def test_a_package_of_the_feeds_imports_only_what_it_may(path):
    ring, own = path.relative_to(PACKAGE).parts[:2]
    if ring == "feeds":
        others = {name.split(".")[2] for name in facts_of(path).imports if name.startswith("edye_delivery.feeds.")}
        assert others & FEED_PACKAGES.keys() <= FEED_PACKAGES[own] | {own}


def test_every_folder_of_the_package_is_in_a_ring():
    folders = {
        path.name
        for path in PACKAGE.iterdir()
        if path.is_dir() and not path.is_symlink() and path.name != "__pycache__"
    }
    assert folders <= RING_OF.keys()


def test_package_files_are_empty():
    assert all(path.read_text() == "" for path in PACKAGE.rglob("__init__.py"))


def test_files_stay_under_three_hundred_lines():
    root = PACKAGE.parents[1]
    longest = {
        str(path.relative_to(root)): lines
        for folder in ("dags", "plugins", "sandbox", "tools", "benchmarks")
        for path in (root / folder).rglob("*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 300
    }
    assert longest == {}
