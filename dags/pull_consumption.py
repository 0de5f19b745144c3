"""report_pull__<partner>: what one partner that pulls called and fetched, every day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable

from edye_delivery.annex.dag_ids import REPORT_VERB, dag_id_of
from edye_delivery.annex.model import Annex
from edye_delivery.dag_support.annexes import annexes
from edye_delivery.dag_support.defaults import Tag, default_args
from edye_delivery.operators.pull import ReportConsumptionOperator

DOC = """
**Promise.** A report says what this partner called and fetched in the window, as page, spreadsheet, CSV and JSON: calls
by endpoint and user, latency, polls, titles that were never fetched, latest errors with whose turn it is, uptime beside
the SLA.

**When it runs.** Daily, for the day that has just ended; by hand, for the 24 hours before.

**When it is red.** `report_consumption`: the ledger or the artifact store does not work; its log says which. Clear it:
it counts again. Without the published generation the report is made too, but names no titles.

**Params.** None.

**Backfill.** `airflow backfill create --dag-id DAG_ID --from-date 2026-03-01 --to-date 2026-03-03` writes the reports
of those days. Titles are compared with the generation that is served now.
"""


def report_dag(annex: Annex) -> DAG:
    """The DAG of one partner."""
    dag_id = dag_id_of(REPORT_VERB, annex.partner)
    with DAG(
        dag_id=dag_id,
        dag_display_name=f"Report what {annex.display_name} pulls",
        description=f"What {annex.display_name} called and fetched in a day, with its errors and the uptime.",
        doc_md=DOC.replace("DAG_ID", dag_id),
        schedule=CronDataIntervalTimetable("0 0 * * *", timezone="UTC"),
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        default_args=default_args() | {"execution_timeout": timedelta(hours=2)},
        tags={Tag.PULL, Tag.CONSUMPTION, annex.partner},
    ) as dag:
        ReportConsumptionOperator(task_id="report_consumption", annex=annex)
    return dag


for _annex in annexes().values():
    if _annex.pull is not None:
        report_dag(_annex)
