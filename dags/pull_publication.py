"""publish_pull__<partner>: a window of the EDYE catalogue is shown to a partner that reads it by itself."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG, CronDataIntervalTimetable

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.dag_ids import delivery_dag_id
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import Channel, RunKind
from edye_delivery.dag_support.annexes import annexes
from edye_delivery.dag_support.deadline import run_deadline
from edye_delivery.dag_support.defaults import Tag, default_args
from edye_delivery.dag_support.params import delivery_params
from edye_delivery.dag_support.publication import add_publication

DOC = """
**Promise.** Every title of the window that this partner should have is checked as in every delivery, and shown in a new
generation of the delivery API. The run then reads that generation from outside, as the partner would, and accepts each
title that it finds as it should be. What the catalogue withdrew leaves first, before media are checked.

**When it runs.** At the hours of the annex (`pull.schedule`), for the interval that has just ended; by hand, for any
window or list of titles.

**When it is red.** Open `confirm_window`: its log names every title that is not accepted, why, and whose turn it is.
Codes EXPO are findings of the exposure check (`docs/QC_RULES.md` explains them). Where a generation showed what it must
not, `check_exposure` has taken it back: readers have the one before. When the cause is gone, run the window again.

**Params.** For example
`{"window_start": "2026-03-01T06:00:00Z", "window_end": "2026-03-02T06:00:00Z", "dry_run": true}`.

**Backfill.** `airflow backfill create --dag-id DAG_ID --from-date 2026-03-01 --to-date 2026-03-03 --reprocess-behavior
failed` runs the red windows again and the missing ones for the first time.
"""


def publication_dag(annex: Annex) -> DAG:
    """The DAG of one partner."""
    dag_id = delivery_dag_id(Channel.PULL, annex.partner)
    pull = pull_annex_of(annex)
    schedule = CronDataIntervalTimetable(pull.schedule, timezone="UTC") if pull.schedule else None
    with DAG(
        dag_id=dag_id,
        dag_display_name=f"Publish for {annex.display_name} (pull)",
        description=f"The EDYE catalogue is shown to {annex.display_name}, which reads it by itself.",
        doc_md=DOC.replace("DAG_ID", dag_id),
        schedule=schedule,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        deadline=run_deadline(pull),
        default_args=default_args(),
        params=delivery_params(),
        tags={Tag.DELIVERY, Tag.PULL, annex.partner},
    ) as dag:
        add_publication(pull, RunKind.DELIVERY)
    return dag


for _annex in annexes().values():
    if _annex.pull is not None:
        publication_dag(_annex)
