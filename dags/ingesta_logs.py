"""ship_ingesta_logs, ship_api_calls: the trail of deliveries and calls goes to Elasticsearch, apart from both."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable, Param

from edye_delivery.dag_support.defaults import Tag, default_args
from edye_delivery.operators.ship_events import (
    DeleteOldApiCallsOperator,
    ShipApiCallsOperator,
    ShipEventsOperator,
    TellAlertsOperator,
)

DOC = """
**Promise.** Every step of every delivery becomes one document in the data stream of the connection `ingesta_logs`,
exactly once, even if it had to be sent several times. Alerts that could not be sent are sent. Where Airflow sends
metrics, it measures what waits at each partner (`docs/guides/observability.md`).

**When it runs.** Every five minutes. Deliveries never wait for it. While the cluster is down, events stay in the
ledger; the first run afterwards ships them all.

**When it is red.** `ship_events`: the cluster cannot be reached, refuses our key, or puts events off for long.
Its log says which, and how many events wait. Nothing is lost, and you need not clear anything: the next run continues.
`docs/runbook.md` says what to do with events that were set aside.

**Params.** `{"ship_refused": true}` ships the events again that were set aside.
"""

CALLS_DOC = """
**Promise.** Every call of the delivery API becomes one document in the data stream of the connection `ingesta_logs`,
exactly once, even if it had to be sent several times. Calls older than 90 days are deleted; the sums of their hours
stay.

**When it runs.** Every five minutes, apart from `ship_ingesta_logs`: many calls never hold up the events of deliveries.

**When it is red.** `ship_calls`: the cluster cannot be reached, refuses our key, or puts calls off for long. Its log
says which, and how many calls wait. Nothing is lost: the next run continues. `delete_old_calls`: the ledger could not
be reached.
"""

with DAG(
    dag_id="ship_ingesta_logs",
    dag_display_name="Ship events to IngestaLogs",
    description="Ships every step of every delivery to Elasticsearch, and sends waiting alerts.",
    doc_md=DOC,
    schedule=CronDataIntervalTimetable("*/5 * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=default_args() | {"retries": 1, "execution_timeout": timedelta(minutes=30)},
    params={
        "ship_refused": Param(
            False,
            type="boolean",
            title="Ship refused events again",
            description="Ship the events again that the cluster refused for good, when the reason is gone.",
        )
    },
    tags={Tag.TRAIL},
):
    ShipEventsOperator(task_id="ship_events")
    TellAlertsOperator(task_id="tell_alerts")

with DAG(
    dag_id="ship_api_calls",
    dag_display_name="Ship calls of the delivery API to IngestaLogs",
    description="Ships every call of the delivery API to Elasticsearch, and deletes old calls.",
    doc_md=CALLS_DOC,
    schedule=CronDataIntervalTimetable("*/5 * * * *", timezone="UTC"),
    start_date=datetime(2026, 1, 1, tzinfo=UTC),
    catchup=False,
    max_active_runs=1,
    default_args=default_args() | {"retries": 1, "execution_timeout": timedelta(minutes=30)},
    tags={Tag.TRAIL},
):
    ShipApiCallsOperator(task_id="ship_calls")
    DeleteOldApiCallsOperator(task_id="delete_old_calls")
