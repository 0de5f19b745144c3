"""A run of jobs whose second worker ends instead of answering."""

from __future__ import annotations

from threading import Lock
from typing import Any

from edye_delivery.catalog.jobs import Answer, run_here


class SecondEnds:
    """Runs jobs here, from several threads; the second one ends with the error. `count` is how many there were."""

    def __init__(self, error: Exception) -> None:
        self.count = 0
        self._error, self._lock = error, Lock()

    def __call__(self, *job: Any) -> Answer:
        with self._lock:
            self.count += 1
            ends = self.count == 2
        if ends:
            raise self._error
        return run_here(*job)
