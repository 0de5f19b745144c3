"""Cold: from a clone of the project's HEAD to the end of its `make run`, packages coming from this machine's cache."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, Sizes, say
from tools.processes import Processes, last_lines

GOAL_S = 120
STEP_TIMEOUT_S = 1200
NOT_OURS = ("MAKE", "MFLAGS", "VIRTUAL_ENV", "PYTHON")
"""Variables by which an outer make or virtual environment would reach into the clone."""


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Seconds of clone, setup and first run together, of the setup alone, and of a second run in the same clone."""
    with Processes() as processes:
        say("cold: filling the package cache with a first clone's setup")
        _step(processes, folder, "git", "clone", "--quiet", str(sizes.cold_repository), "warm")
        _step(processes, folder / "warm", "make", "setup")
        shutil.rmtree(folder / "warm")
        say("cold: clone, setup, run")
        clone_s = _step(processes, folder, "git", "clone", "--quiet", str(sizes.cold_repository), "project")
        setup_s = _step(processes, folder / "project", "make", "setup")
        first_s = _step(processes, folder / "project", "make", "run")
        say("cold: a second run in the same clone")
        second_s = _step(processes, folder / "project", "make", "run")
    cold_s = clone_s + setup_s + first_s
    yield Figure("cold_run", cold_s, "s", cold_s / GOAL_S, f"the goal of {GOAL_S} s")
    yield Figure("cold_setup", setup_s, "s", setup_s / cold_s, "all of cold_run")
    yield Figure("second_run", second_s, "s", second_s / cold_s, "cold_run")


def _step(processes: Processes, folder: Path, *command: str) -> float:
    """The command's wall time in seconds; a command that fails ends the benchmark with its last lines."""
    log = folder.parent / f"{folder.name}-{command[0]}-{command[1]}.log"
    variables = {name: value for name, value in os.environ.items() if not name.startswith(NOT_OURS)}
    program = shutil.which(command[0])
    if program is None:
        raise SystemExit(f"cold: {command[0]} is not installed")
    started = time.monotonic()
    child = processes.start(command[0], [program, "-C", str(folder), *command[1:]], log, variables)
    exit_code = child.wait(STEP_TIMEOUT_S)
    if exit_code != 0:
        raise SystemExit(f"cold: {' '.join(command)} ended with {exit_code}:\n{last_lines(log, 30)}")
    return time.monotonic() - started
