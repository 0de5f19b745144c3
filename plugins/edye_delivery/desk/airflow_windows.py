"""The runs of a DAG that deliver windows of one month, as Airflow's metadata database has them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edye_delivery.catalog.request import RunFacts
from edye_delivery.catalog.window_calendar import WindowRun, window_of_run

RUNS_MAX = 2000


@dataclass(frozen=True, slots=True)
class MonthRuns:
    """The runs of a month, and when the DAG's first run of all was due; `is_cut` where there are more than RUNS_MAX."""

    runs: tuple[WindowRun, ...]
    first_run_at: datetime | None
    is_cut: bool


def month_runs(dag_id: str, schedule: str, first: datetime, end: datetime) -> MonthRuns:
    """The runs that deliver whole windows of [first, end): of the schedule, of a backfill, and by hand.

    A run is due after its window has begun. So runs that were due before the month have none of its windows.
    """
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.types import DagRunType
    from sqlalchemy import func, or_, select

    of_month = (
        select(
            DagRun.run_id,
            DagRun.state,
            DagRun.conf,
            DagRun.data_interval_start,
            DagRun.data_interval_end,
            DagRun.run_after,
            DagRun.start_date,
        )
        .where(
            DagRun.dag_id == dag_id,
            DagRun.run_after >= first,
            or_(
                DagRun.data_interval_start < end,
                DagRun.data_interval_start.is_(None),
                DagRun.run_type == DagRunType.MANUAL,
            ),
        )
        .order_by(DagRun.run_after.desc())
        .limit(RUNS_MAX + 1)
    )
    with create_session() as session:
        rows = session.execute(of_month).all()
        first_run_at = session.scalar(select(func.min(DagRun.run_after)).where(DagRun.dag_id == dag_id))
    found = (run_window(row, schedule) for row in rows[:RUNS_MAX])
    return MonthRuns(tuple(run for run in found if run is not None), first_run_at, len(rows) > RUNS_MAX)


def run_window(row: Any, schedule: str) -> WindowRun | None:
    """The window that a run delivers, by the run's row; None where it delivers titles by name."""
    conf = row.conf if isinstance(row.conf, dict) else {}
    facts = RunFacts(row.run_id, row.data_interval_start, row.data_interval_end, row.run_after, ())
    window = window_of_run(schedule, conf, facts)
    if window is None:
        return None
    state = str(getattr(row.state, "value", row.state))
    return WindowRun(
        run_id=row.run_id,
        window=window,
        started_at=row.start_date or row.run_after,
        has_ended=state in ("success", "failed"),
        is_green=state == "success",
    )
