"""What tasks of a partner's DAGs gave to the steps after them, over many runs, by Airflow's metadata database."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

RESULTS_MAX = 200


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What one task instance of one run gave."""

    dag_id: str
    run_id: str
    value: Mapping[str, Any]


def latest_results(
    dag_ids: Collection[str], task_ids: Collection[str], limit: int, run_ids: Collection[str] | None = None
) -> tuple[TaskResult, ...]:
    """The latest results of these tasks, the newest first, at most `RESULTS_MAX`; with `run_ids`, of these runs alone.

    A result that is no object is left out.
    """
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    if not dag_ids or not task_ids or (run_ids is not None and not run_ids):
        return ()
    query = select(XComModel).where(
        XComModel.dag_id.in_(sorted(dag_ids)),
        XComModel.task_id.in_(sorted(task_ids)),
        XComModel.key == "return_value",
    )
    if run_ids is not None:
        query = query.where(XComModel.run_id.in_(sorted(run_ids)))
    with create_session() as session:
        rows = session.scalars(query.order_by(XComModel.timestamp.desc()).limit(min(limit, RESULTS_MAX)))
        found = [TaskResult(row.dag_id, row.run_id, XComModel.deserialize_value(row)) for row in rows]
    return tuple(one for one in found if isinstance(one.value, dict))
