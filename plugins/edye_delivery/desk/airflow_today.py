"""What Airflow knows about today: approvals that somebody has to give, and how each DAG's last run ended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

SHOWN_MAX = 50


@dataclass(frozen=True, slots=True)
class Approval:
    """A task that waits for a person's decision."""

    dag_id: str
    run_id: str
    task_id: str
    subject: str
    since: datetime


@dataclass(frozen=True, slots=True)
class DagToday:
    """A DAG, and its last run; `run_id` is empty where it never ran. A pause stops only what has a schedule."""

    dag_id: str
    name: str
    is_paused: bool
    is_scheduled: bool
    run_id: str
    state: str
    at: datetime | None


def pending_approvals(dag_ids: Collection[str]) -> list[Approval]:
    """The approvals of these DAGs that nobody has given or refused, the oldest first, at most fifty."""
    from airflow.models.hitl import HITLDetail
    from airflow.models.taskinstance import TaskInstance
    from airflow.utils.session import create_session
    from airflow.utils.state import State
    from sqlalchemy import or_, select

    unfinished = [state for state in State.unfinished if state is not None]
    columns = (TaskInstance.dag_id, TaskInstance.run_id, TaskInstance.task_id)
    query = (
        select(*columns, HITLDetail.subject, HITLDetail.created_at)
        .join(TaskInstance, HITLDetail.ti_id == TaskInstance.id)
        .where(HITLDetail.responded_at.is_(None), TaskInstance.dag_id.in_(dag_ids))
        .where(or_(TaskInstance.state.in_(unfinished), TaskInstance.state.is_(None)))
        .order_by(HITLDetail.created_at)
        .limit(SHOWN_MAX)
    )
    with create_session() as session:
        return [Approval(*row) for row in session.execute(query)]


def dags_today(dag_ids: Collection[str]) -> list[DagToday]:
    """These DAGs by name, each with its last run."""
    from airflow.models.dag import DagModel
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import func, select

    last = select(func.max(DagRun.id)).where(DagRun.dag_id.in_(dag_ids)).group_by(DagRun.dag_id)
    runs = select(DagRun.dag_id, DagRun.run_id, DagRun.state, DagRun.run_after).where(DagRun.id.in_(last))
    dags = select(DagModel).where(DagModel.dag_id.in_(dag_ids)).order_by(DagModel.dag_id)
    with create_session() as session:
        last_of = {row.dag_id: row for row in session.execute(runs)}
        return [
            DagToday(
                dag.dag_id,
                dag.dag_display_name,
                bool(dag.is_paused),
                bool(dag.timetable_summary) and dag.timetable_summary != "None",
                *(_facts(last_of.get(dag.dag_id))),
            )
            for dag in session.scalars(dags)
        ]


def is_paused(dag_id: str) -> bool:
    """Whether a DAG is paused: then a run of it waits, also one that was started by hand."""
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        return bool(session.scalar(select(DagModel.is_paused).where(DagModel.dag_id == dag_id)))


def _facts(run: Any) -> tuple[str, str, datetime | None]:
    return ("", "", None) if run is None else (run.run_id, str(run.state), run.run_after)
