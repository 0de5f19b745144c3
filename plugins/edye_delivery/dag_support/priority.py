"""Which tasks come first where a pool or a queue is full: a backfill's tasks come after all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.task.priority_strategy import PriorityWeightStrategy

if TYPE_CHECKING:
    from airflow.models.taskinstance import TaskInstance

BACKFILL_PREFIX = "backfill__"
"""How Airflow names a backfill's runs."""
AHEAD = 1000


class BackfillsLast(PriorityWeightStrategy):
    """The task's own weight, raised in every run but a backfill's; Airflow takes the heaviest task first.

    A backfill that has begun keeps the slots that it has: only the next free slot goes to the other run.
    """

    def get_weight(self, ti: TaskInstance) -> int:
        """The weight of this task in this run."""
        own = ti.task.priority_weight if ti.task is not None else 1
        return own if ti.run_id.startswith(BACKFILL_PREFIX) else own + AHEAD

    def __repr__(self) -> str:
        """The same text at every parse: Airflow keeps it with the DAG's default arguments, and compares it."""
        return "BackfillsLast()"
