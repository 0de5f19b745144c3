"""The engine's scheduler: starts tasks, reads results and events; after a kill it continues from its files.

A process that sleeps counts as dead, as one that no longer sends heartbeats does: another start is made beside it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import time
from typing import Any

from tools.chaos import files, task
from tools.chaos.graph import ENDED, Graph, Instance
from tools.chaos.places import Round, Run

TICK_S = 0.015
RETRY_DELAY_S = 0.15
"""For every retry, whatever the task says: minutes there, and no matter of right or wrong."""
TASKS_AT_ONCE = 4


def serve(place: Round, graphs: dict[str, Graph]) -> None:
    """Works on all runs of the round, those of several DAGs side by side, until the process that started it is gone."""
    parent = os.getppid()
    at_work: dict[str, _RunAtWork] = {}
    while os.getppid() == parent:
        for run in place.runs():
            if run.ended is None:
                if run.folder.name not in at_work:
                    at_work[run.folder.name] = _RunAtWork(place, graphs[run.asked["dag"]], run)
                at_work[run.folder.name].step()
        _reap()
        time.sleep(TICK_S)


class _RunAtWork:
    """A run as it is worked on. All that is known of it is in files, from which another process may go on."""

    def __init__(self, place: Round, graph: Graph, run: Run) -> None:
        self._place, self._graph, self.run = place, graph, run
        self._rows: dict[str, dict[str, Any]] = {}
        for path in (run.folder / "instances").glob("*.json"):
            self._rows[path.stem] = files.read(path)
        self._states = {name: row["state"] for name, row in self._rows.items()}
        self._xcoms = {path.stem: files.read(path) for path in (run.folder / "xcoms").glob("plan_batches.*.json")}

    def step(self) -> None:
        """Transitions every task instance on as far as it can go now; ends the run after the last."""
        for instance in list(self._graph.instances(self._states, self._xcoms)):
            self._move(instance)
        instances = list(self._graph.instances(self._states, self._xcoms))
        states = [self._states.get(one.name) for one in instances]
        if all(state in ENDED for state in states) and {one.task_id for one in instances} >= self._unmapped():
            bad = any(state in ("failed", "upstream_failed") for state in states)
            self.run.end("failed" if bad else "success")

    def _unmapped(self) -> set[str]:
        return {name for name in self._graph.dag.task_dict if "." not in name}

    def _move(self, instance: Instance) -> None:
        row = self._rows.get(instance.name)
        if row is None:
            readiness = self._graph.readiness(instance, self._states, self._xcoms)
            if readiness == "run":
                self._start(instance, {"tries": 1, "start": 1})
            elif readiness == "upstream_failed":
                self._keep(instance, {"state": "upstream_failed"})
        elif row["state"] == "running":
            self._look_after(instance, row)
        elif row["state"] == "up_for_retry" and time.time() >= row["not_before"]:
            self._start(instance, {"tries": row["tries"] + 1, "start": row["start"] + 1})
        elif row["state"] == "deferred":
            event = files.read(self.run.event(instance.name, row["start"]))
            if event is not None:
                resumed = {"tries": row["tries"], "start": row["start"] + 1, "resume": row["resume"], "event": event}
                self._start(instance, resumed)

    def _start(self, instance: Instance, row: dict[str, Any]) -> None:
        if sum(1 for one in self._rows.values() if one["state"] == "running") >= TASKS_AT_ONCE:
            return
        row = {**row, "state": "running", "scheduler": files.this_process()}
        (self.run.folder / "starts").mkdir(exist_ok=True)
        self._keep(instance, row)
        if os.fork() == 0:
            try:
                gc.disable()  # a short life needs no collector, which would copy what the forks share
                task.work(self._place, self._graph, self.run, instance, row)
            finally:
                task.leave()

    def _look_after(self, instance: Instance, row: dict[str, Any]) -> None:
        """A start that has ended, or whose process is gone, gets its consequence."""
        claimed = files.read(self.run.claim(instance.name, row["start"]))
        if claimed is None:
            if row["scheduler"] != files.this_process():
                self._take_back(instance, row)
            return
        if files.lives(claimed) and not self.run.asleep(instance.name, row["start"]).exists():
            return
        result = files.read(self.run.result(instance.name, row["start"])) or {"state": "killed", "may_retry": True}
        kept = {"tries": row["tries"], "start": row["start"]}
        if result["state"] == "deferred":
            self._keep(instance, {**kept, "state": "deferred", "resume": result["resume"]})
        elif result["state"] in ("success", "skipped"):
            self._keep(instance, {**kept, "state": result["state"]})
            self._xcoms[instance.name] = files.read(self.run.xcom(instance.name))
        elif result["may_retry"] and row["tries"] <= self._graph.dag.task_dict[instance.task_id].retries:
            self._keep(instance, {**kept, "state": "up_for_retry", "not_before": time.time() + RETRY_DELAY_S})
        else:
            self._keep(instance, {**kept, "state": "failed"})

    def _take_back(self, instance: Instance, row: dict[str, Any]) -> None:
        """A start of a killed scheduler that no process has claimed: from now on none can, and another start is made.

        A start of this scheduler is claimed in a moment.
        """
        if files.claim(self.run.claim(instance.name, row["start"]), {"pid": 0, "birth": None}):
            again: dict[str, Any] = {name: row[name] for name in ("tries", "resume", "event") if name in row}
            row["state"] = "taken back"
            self._start(instance, {**again, "start": row["start"] + 1})

    def _keep(self, instance: Instance, row: dict[str, Any]) -> None:
        files.write(self.run.row(instance.name), row)
        self._rows[instance.name], self._states[instance.name] = row, row["state"]


def _reap() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
