"""What Airflow has for partners: which DAGs are there and paused, the pool, and the latest window of a DAG."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from edye_delivery.annex.dag_ids import verb_of
from edye_delivery.catalog.window_calendar import WindowRun
from edye_delivery.desk.access import VERBS
from edye_delivery.desk.airflow_windows import run_window

RUNS_LOOKED_AT = 20


@dataclass(frozen=True, slots=True)
class DagState:
    """A DAG of a partner; `is_there` is False where no DAG file makes it at the moment."""

    dag_id: str
    is_there: bool
    is_paused: bool
    is_scheduled: bool


def partner_dag_ids() -> frozenset[str]:
    """Every DAG that is for a partner and that Airflow ever saw, also those whose annex is refused now."""
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        known = session.scalars(select(DagModel.dag_id))
        return frozenset(dag_id for dag_id in known if verb_of(dag_id) in VERBS)


def dag_states(dag_ids: Collection[str]) -> dict[str, DagState]:
    """These DAGs as Airflow has them; one that it does not have is not there."""
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session
    from sqlalchemy import select

    columns = (DagModel.dag_id, DagModel.is_stale, DagModel.is_paused, DagModel.timetable_summary)
    with create_session() as session:
        rows = session.execute(select(*columns).where(DagModel.dag_id.in_(sorted(dag_ids)))).all()
    found = {
        row.dag_id: DagState(
            row.dag_id, not row.is_stale, bool(row.is_paused), row.timetable_summary not in (None, "", "None")
        )
        for row in rows
    }
    return {dag_id: found.get(dag_id, DagState(dag_id, False, False, False)) for dag_id in sorted(dag_ids)}


def pool_slots(name: str) -> int | None:
    """The slots of a pool, below 0 for a pool without a bound; None where Airflow has no such pool."""
    from airflow.models.pool import Pool
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        return session.scalar(select(Pool.slots).where(Pool.pool == name))


def latest_window(dag_id: str, schedule: str) -> WindowRun | None:
    """The latest run of a DAG that delivers a whole window; None where none of its latest runs does."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    query = select(DagRun).where(DagRun.dag_id == dag_id).order_by(DagRun.run_after.desc()).limit(RUNS_LOOKED_AT)
    with create_session() as session:
        windows = [run_window(row, schedule) for row in session.scalars(query)]
    return next((one for one in windows if one is not None), None)
