"""One run for each partner, and again where it ended red: what an operator does after an incident."""

from __future__ import annotations

from collections.abc import Mapping

import httpx

from tools.airflow_system import AirflowSystem

RUNS_MAX = 4
"""A partner's window is run so often at most; a run that ends red is followed by another."""
FAILURES = (httpx.TransportError, httpx.HTTPStatusError)
"""What the API answers while its database or a scheduler is away: asked again later."""


class Runs:
    """The current run of each DAG. `look` asks Airflow for their states; a failure of the API changes nothing."""

    def __init__(self, system: AirflowSystem, dag_ids: list[str], conf: Mapping[str, str]) -> None:
        self._system, self._conf = system, dict(conf)
        self._paths: dict[str, list[str]] = {dag_id: [] for dag_id in dag_ids}
        self._open = set(dag_ids)
        self.red: list[str] = []
        """The DAGs that were red at their last run too."""
        for dag_id in dag_ids:
            self._begin(dag_id)

    @property
    def is_over(self) -> bool:
        """Whether every DAG's last run has ended, green or for the last time."""
        return not self._open

    @property
    def count(self) -> int:
        """How many runs there were."""
        return sum(len(paths) for paths in self._paths.values())

    def look(self) -> None:
        """Asks for the state of each open run, and begins the next one where it ended red."""
        for dag_id in sorted(self._open):
            try:
                state = self._system.call("GET", self._paths[dag_id][-1])["state"]
                if state == "failed" and len(self._paths[dag_id]) < RUNS_MAX:
                    self._begin(dag_id)
                    continue
            except FAILURES:
                continue
            if state in ("success", "failed"):
                self._open.discard(dag_id)
                self.red += [dag_id] if state == "failed" else []

    def task_instances(self) -> int:
        """The task instances of all runs, waited-for ones too."""
        answers = (
            self._system.call("GET", f"{path}/taskInstances", params={"limit": 1})
            for paths in self._paths.values()
            for path in paths
        )
        return sum(answer["total_entries"] for answer in answers)

    def _begin(self, dag_id: str) -> None:
        run = self._system.trigger(dag_id, self._conf)
        self._paths[dag_id].append(f"/dags/{dag_id}/dagRuns/{run['dag_run_id']}")
