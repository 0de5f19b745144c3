"""Troubles from outside the engine: kills and restarts, a locked ledger, a wrong clock."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

from tools.chaos import files, inflict, scheduler, system, triggerer
from tools.chaos.graph import Graph
from tools.chaos.places import Round
from tools.chaos.stand_in import StandIn
from tools.chaos.troubles import RUN_KINDS, Plan, Trouble, name_of

TASK_KINDS = ("kill_task", "sleep_task", "scratch_full", "store_full")


class Engine:
    """Scheduler and triggerer of a round, each a process that may be killed and started again."""

    def __init__(self, place: Round, graphs: dict[str, Graph]) -> None:
        self._works = {
            "scheduler": lambda: scheduler.serve(place, graphs),
            "triggerer": lambda: triggerer.serve(place),
        }
        self._log = place.log
        self._processes: dict[str, dict[str, Any]] = {}
        self._place = place

    def start(self, name: str) -> None:
        """Starts one of the two."""
        self._processes[name] = system.fork(self._works[name], self._log)

    def kill(self, name: str) -> bool:
        """kill -9; whether it ran."""
        process = self._processes.pop(name, None)
        running = process is not None and files.lives(process)
        system.end(process)
        return running

    def stop(self) -> None:
        """Ends both, and every task that still works."""
        for name in list(self._processes):
            self.kill(name)
        for run in self._place.runs():
            for claimed in run.claims("*"):
                files.kill(claimed, signal.SIGKILL)


class Strikes:
    """Brings a plan's troubles when their time has come, and takes back what does not end by itself."""

    def __init__(
        self, place: Round, plan: Plan, engine: Engine, stand_in: StandIn, begin_run: Callable[[str], bool]
    ) -> None:
        self._place, self._engine, self._stand_in, self._begin_run = place, engine, stand_in, begin_run
        self._waiting = [one for one in plan.troubles if one.kind not in TASK_KINDS]
        self._returns: list[tuple[float, str]] = []
        self._lockers: list[dict[str, Any]] = []
        self.struck: set[str] = set()
        self._marks = {
            inflict.plan(place, number, one.at, kind=one.kind, **_inflicted(one)): one.kind
            for number, one in enumerate(plan.troubles)
            if one.kind in TASK_KINDS
        }

    def look(self) -> None:
        """Starts the troubles that are due now."""
        now = time.time()
        for due in [one for one in self._returns if one[0] <= now]:
            self._returns.remove(due)
            self._come_back(due[1])
        for trouble in list(self._waiting):
            begun_at = self._begun_at(trouble.at)
            if begun_at is not None and begun_at + trouble.after_s <= now and self._strike(trouble, now):
                self._waiting.remove(trouble)

    def end(self) -> None:
        """No more trouble from now on; what a stuck partner or a clock that is behind holds is let go.

        A run of another DAG that had nothing to work on yet begins now, beside the first quiet run.
        """
        for trouble in self._waiting:
            if trouble.kind in RUN_KINDS:
                self._strike(trouble, time.time())
        self._waiting.clear()
        for _, name in self._returns:
            self._come_back(name)
        self._returns.clear()
        for locker in self._lockers:
            system.end(locker)
        for path in self._place.inflicted.glob("*.json"):
            path.unlink()
        self.struck |= {kind for mark, kind in self._marks.items() if mark.exists()}
        self._note_faults()
        self._stand_in.plan([])
        self._stand_in.release_stuck()
        if "clock_behind" in self.struck:
            self._stand_in.move_clock(0.0)

    def _note_faults(self) -> None:
        self.struck |= {name_of(fault) for fault in self._stand_in.hits() if fault["hits"]}

    def _begun_at(self, task_id: str) -> float | None:
        """When a task began first."""
        paths = (path for run in self._place.runs() for path in run.folder.glob(f"starts/{task_id}.*.claim"))
        return min((path.stat().st_mtime for path in paths), default=None)

    def _strike(self, trouble: Trouble, now: float) -> bool:
        """Whether the trouble came; one that found nothing to hit waits."""
        name = trouble.kind.removeprefix("kill_")
        if name in ("scheduler", "triggerer", "sandbox"):
            if name == "sandbox" and self._stand_in.is_up:
                self._note_faults()
            has_struck = self._stand_in.kill() if name == "sandbox" else self._engine.kill(name)
            if has_struck:
                self._returns.append((now + trouble.lasts_s, name))
        elif trouble.kind in RUN_KINDS:
            has_struck = self._begin_run(trouble.kind)
        elif trouble.kind == "ledger_locked":
            has_struck = True
            self._lockers.append(system.fork(lambda: _hold(self._place.ledger, trouble), self._place.log))
        else:
            has_struck = self._stand_in.is_up
            if has_struck:
                self._stand_in.move_clock(trouble.more["offset_s"])
        if has_struck:
            self.struck.add(trouble.kind)
        return has_struck

    def _come_back(self, name: str) -> None:
        if name == "sandbox":
            self._stand_in.start()
        else:
            self._engine.start(name)


def _inflicted(trouble: Trouble) -> dict[str, Any]:
    if trouble.kind == "kill_task":
        return {"kill_after_s": trouble.after_s}
    if trouble.kind == "sleep_task":
        return {"sleep_after_s": trouble.after_s, **trouble.more}
    return trouble.more


def _hold(ledger: Path, trouble: Trouble) -> None:
    """Holds the ledger's lock as another program would, for as long as the trouble lasts."""
    ends_at, parent = time.monotonic() + trouble.lasts_s, os.getppid()
    with closing(sqlite3.connect(ledger, timeout=trouble.lasts_s, isolation_level=None)) as connection:
        connection.execute(trouble.more["begin"])
        while time.monotonic() < ends_at and os.getppid() == parent:
            time.sleep(0.02)
        connection.execute("ROLLBACK")
