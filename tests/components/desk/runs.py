"""Runs in Airflow's metadata database, as the scheduler and the tasks would leave them."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edye_delivery.catalog.artifact_names import report_name
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.reports.csv_report import as_csv
from edye_delivery.reports.html_report import as_html
from edye_delivery.reports.json_report import as_json
from edye_delivery.reports.model import WindowReport

START_AT, END_AT = datetime(2026, 3, 1, 6, tzinfo=UTC), datetime(2026, 3, 2, 6, tzinfo=UTC)


def a_request(partner: str, run_id: str, **changes: Any) -> RunRequest:
    """The request of a run for the sample day."""
    return RunRequest(partner=partner, run_id=run_id, start_at=START_AT, end_at=END_AT, **changes)


def keep_report(folder: Path, request: RunRequest, report: WindowReport) -> dict[str, Any]:
    """Writes the report as the step does; what the step gives to the next one."""
    for ending, content in {"json": as_json(report), "csv": as_csv(report), "html": as_html(report, {})}.items():
        path = folder / report_name(request, ending)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return {"path": report_name(request, "json"), "colour": report.colour.value}


def add_run(
    dag_id: str,
    run_id: str,
    state: str = "failed",
    results: dict[str, Any] | None = None,
    steps: dict[str, str] | None = None,
    **fields: Any,
) -> None:
    """Adds a run; `results` are what its tasks gave, by task, and `steps` the states of tasks."""
    from airflow.models.dag_version import DagVersion
    from airflow.models.dagrun import DagRun
    from airflow.models.taskinstance import TaskInstance
    from airflow.models.xcom import XComModel
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from airflow.utils.types import DagRunType

    usual = {"run_after": END_AT, "start_date": END_AT}
    with create_session() as session:
        run = DagRun(dag_id, run_id, run_type=DagRunType.MANUAL, state=DagRunState(state), **(usual | fields))
        session.add(run)
        session.flush()
        version = DagVersion.get_latest_version(dag_id, session=session)
        for task_id in {*(results or {}), *(steps or {})}:
            from airflow.providers.standard.operators.empty import EmptyOperator
            from airflow.serialization.serialized_objects import create_scheduler_operator

            task = create_scheduler_operator(EmptyOperator(task_id=task_id))
            instance = TaskInstance(task, dag_version_id=version.id, run_id=run_id, state=(steps or {}).get(task_id))
            instance.dag_id = dag_id
            session.add(instance)
        session.flush()
        for task_id, value in (results or {}).items():
            XComModel.set("return_value", value, dag_id=dag_id, task_id=task_id, run_id=run_id, session=session)
