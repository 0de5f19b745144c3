"""deliver_api__<partner>: a window of the EDYE catalogue reaches one partner through its ingest API."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG, CronDataIntervalTimetable

from edye_delivery.annex.dag_ids import delivery_dag_id
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.dag_support import channels
from edye_delivery.dag_support.annexes import annexes
from edye_delivery.dag_support.deadline import run_deadline
from edye_delivery.dag_support.defaults import Tag, default_args
from edye_delivery.dag_support.delivery import add_delivery
from edye_delivery.dag_support.params import delivery_params

DOC = """
**Promise.** Every title of the window that this partner should have is checked and delivered through the ingest API.
The run waits until the partner says `completed`, and accepts the title. Then it assembles, lints and publishes the
partner's feeds of all accepted titles. The report has every title and every feed.

**When it runs.** Daily, for the interval that has just ended; by hand, for any window or list of titles.

**When it is red.** Open `confirm_window`: its log names every title that is not accepted, why, and whose turn it is.
The report says the same with pictures; the log of `report` has its paths. When the cause is gone, run the window again.
Accepted titles are not sent twice. Titles with a tracking id are only waited for.

A feed with errors is not published. The last good one stays. `lint_feed` names every broken rule and whose turn it is
(`docs/FEED_RULES.md` explains the codes).

**Params.** For example
`{"window_start": "2026-03-01T06:00:00Z", "window_end": "2026-03-02T06:00:00Z", "dry_run": true}`.

**Backfill.** `airflow backfill create --dag-id DAG_ID --from-date 2026-03-01 --to-date 2026-03-03 --reprocess-behavior
failed` runs the red windows again and the missing ones for the first time.
"""


def delivery_dag(annex: Annex) -> DAG:
    """The DAG of one partner."""
    dag_id = delivery_dag_id(Channel.API, annex.partner)
    schedule = CronDataIntervalTimetable(annex.schedule, timezone="UTC") if annex.schedule else None
    with DAG(
        dag_id=dag_id,
        dag_display_name=f"Deliver to {annex.display_name} (API)",
        description=f"The EDYE catalogue reaches {annex.display_name} through its ingest API.",
        doc_md=DOC.replace("DAG_ID", dag_id),
        schedule=schedule,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        deadline=run_deadline(annex),
        default_args=default_args(),
        params=delivery_params(),
        tags={Tag.DELIVERY, Tag.API, annex.partner},
    ) as dag:
        add_delivery(annex, channels.BY_API)
    return dag


for _annex in annexes().values():
    if _annex.api is not None:
        delivery_dag(_annex)
