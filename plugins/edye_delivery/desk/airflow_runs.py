"""Runs as Airflow's metadata database has them: state, params, steps, and what the steps left for each other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

RUNS_MAX = 30
STEPS_MAX = 200
REQUEST_TASK, REPORT_TASK = "check_request", "report"


@dataclass(frozen=True, slots=True)
class Step:
    """One task of a run: how many of its instances have each state; a batch step has one instance a batch."""

    task_id: str
    states: tuple[tuple[str, int], ...]

    @property
    def has_failed(self) -> bool:
        """Whether an instance failed by itself, and not because of a step before it."""
        return any(state == "failed" for state, _ in self.states)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a DAG; `user` is who started it by hand, `note` what somebody wrote at it."""

    dag_id: str
    run_id: str
    state: str
    kind: str
    user: str | None
    note: str | None
    conf: Mapping[str, Any]
    interval_start_at: datetime | None
    interval_end_at: datetime | None
    run_after: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def is_going(self) -> bool:
        """Whether it has not ended yet."""
        return self.state not in ("success", "failed")


@dataclass(frozen=True, slots=True)
class RunDetails:
    """A run with its steps, its checked request and the reference to its report; None where a step gave none."""

    run: Run
    steps: tuple[Step, ...]
    request: Mapping[str, Any] | None
    report: Mapping[str, Any] | None


def latest_runs(dag_id: str, limit: int = RUNS_MAX) -> tuple[Run, ...]:
    """The latest runs of a DAG, the newest first."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    query = select(DagRun).where(DagRun.dag_id == dag_id).order_by(DagRun.run_after.desc()).limit(limit)
    with create_session() as session:
        return tuple(_run_of(row) for row in session.scalars(query))


def run_details(dag_id: str, run_id: str) -> RunDetails | None:
    """One run; None where the DAG has no such run."""
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    with create_session() as session:
        row = session.scalar(select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id))
        if row is None:
            return None
        counts = (
            select(TaskInstance.task_id, TaskInstance.state, func.count(), func.min(TaskInstance.start_date))
            .where(TaskInstance.dag_id == dag_id, TaskInstance.run_id == run_id)
            .group_by(TaskInstance.task_id, TaskInstance.state)
            .limit(STEPS_MAX)
        )
        steps = _steps_of(session.execute(counts))
        request, report = (_result_of(session, row, task_id) for task_id in (REQUEST_TASK, REPORT_TASK))
        return RunDetails(_run_of(row), steps, request, report)


def _run_of(row: Any) -> Run:
    return Run(
        dag_id=row.dag_id,
        run_id=row.run_id,
        state=str(row.state.value if hasattr(row.state, "value") else row.state),
        kind=str(row.run_type.value if hasattr(row.run_type, "value") else row.run_type),
        user=row.triggering_user_name,
        note=row.note,
        conf=row.conf if isinstance(row.conf, dict) else {},
        interval_start_at=row.data_interval_start,
        interval_end_at=row.data_interval_end,
        run_after=row.run_after,
        started_at=row.start_date,
        ended_at=row.end_date,
    )


def _steps_of(rows: Any) -> tuple[Step, ...]:
    """The steps in the order in which they began; those that did not begin come last."""
    states: dict[str, Counter[str]] = {}
    began: dict[str, datetime] = {}
    for task_id, state, count, started_at in rows:
        states.setdefault(task_id, Counter())[str(getattr(state, "value", state) or "not started")] += count
        if started_at is not None:
            began[task_id] = min(began.get(task_id, started_at), started_at)
    order = sorted(states, key=lambda task_id: (task_id not in began, began.get(task_id, 0), task_id))
    return tuple(Step(task_id, tuple(sorted(states[task_id].items()))) for task_id in order)


def _result_of(session: Any, row: Any, task_id: str) -> Mapping[str, Any] | None:
    """What a task gave to the steps after it; None where it gave nothing that is an object."""
    from airflow.models.xcom import XComModel
    from sqlalchemy import select

    query = select(XComModel).where(
        XComModel.dag_run_id == row.id,
        XComModel.task_id == task_id,
        XComModel.map_index == -1,
        XComModel.key == "return_value",
    )
    found = session.scalar(query)
    value = XComModel.deserialize_value(found) if found is not None else None
    return value if isinstance(value, dict) else None
