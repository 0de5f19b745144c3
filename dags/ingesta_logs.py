"""ship_ingesta_logs: the trail of all deliveries goes to Elasticsearch, apart from the deliveries."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable, Param

from edye_delivery.dag_support.defaults import Tag, default_args
from edye_delivery.operators.ship_events import ShipEventsOperator, TellAlertsOperator

DOC = """
**Promise.** Every step of every delivery is one document in the data stream that the connection `ingesta_logs` leads
to, once, however often it had to be sent; alerts that could not be told are told.

**When it runs.** Every five minutes; a delivery never waits for it. While the cluster is down, events stay in the
ledger, and the first run after it ships them all.

**When it is red.** `ship_events`: the cluster cannot be reached, refuses our key, or put events off for long; its log
says which and how many wait. Nothing is lost and nothing has to be cleared: the next run goes on by itself.
`docs/runbook.md` tells what to do with events that were set aside.

**Params.** `{"ship_refused": true}` ships again what was set aside.
"""

with DAG(
    dag_id="ship_ingesta_logs",
    dag_display_name="Ship events to IngestaLogs",
    description="Every step of every delivery goes to Elasticsearch; untold alerts are told.",
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
            description="Events that the cluster refused for good are shipped again: the reason is gone.",
        )
    },
    tags={Tag.TRAIL},
):
    ShipEventsOperator(task_id="ship_events")
    TellAlertsOperator(task_id="tell_alerts")
