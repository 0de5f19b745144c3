"""watch_pull__<partner>: whether one partner that pulls is served well, every hour."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from airflow.sdk import DAG, CronDataIntervalTimetable

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.dag_ids import WATCH_VERB, dag_id_of
from edye_delivery.annex.model import Annex
from edye_delivery.dag_support.annexes import annexes
from edye_delivery.dag_support.defaults import Tag, default_args
from edye_delivery.operators.exposure import SampleExposureOperator
from edye_delivery.operators.pull import AcceptFetchedOperator, WatchDegradationOperator

DOC = """
**Promise.** Whatever degrades what this partner pulls is told once, and once more when it is over: slow or failed
answers, silence of the partner, refused calls, an old generation. The annex (`pull.degradation`) has the bounds. A
sample of the titles is read from outside, as the partner would, and compared with the ledger (codes EXPO). Before that,
what the ledger offers is published if it has changed, so that generation and ledger agree. Where the annex asks for
`fetched`, titles that waited only until the partner reads them are accepted once it has.

**When it runs.** Every hour. Each run looks at every minute since the last one, so nothing between two runs is missed.

**When it is red.** `watch_degradation`: the ledger or a connection does not work; its log says which. A degradation
makes no run red: it is an alert, and its next step is in `docs/runbook.md`, "A degraded delivery". Nothing has to be
cleared: the next run goes on from where the last one ended. `sample_exposure`: a title is not seen as it should be; its
log names it and whose turn it is. A generation that shows what it must not is taken back. `accept_fetched`: the
ledger does not work; the next run looks again.

**Params.** None.

**Backfill.** Not needed: a run looks back to the last one, 24 hours at most.
"""


def watch_dag(annex: Annex) -> DAG:
    """The DAG of one partner."""
    with DAG(
        dag_id=dag_id_of(WATCH_VERB, annex.partner),
        dag_display_name=f"Watch what {annex.display_name} pulls",
        description=f"Compares the calls of {annex.display_name} with the annex's bounds, and alerts.",
        doc_md=DOC,
        schedule=CronDataIntervalTimetable("7 * * * *", timezone="UTC"),
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        default_args=default_args() | {"execution_timeout": timedelta(minutes=30)},
        tags={Tag.PULL, Tag.WATCH, annex.partner},
    ) as dag:
        WatchDegradationOperator(task_id="watch_degradation", annex=annex)
        SampleExposureOperator(task_id="sample_exposure", annex=pull_annex_of(annex))
        AcceptFetchedOperator(task_id="accept_fetched", annex=pull_annex_of(annex))
    return dag


for _annex in annexes().values():
    if _annex.pull is not None:
        watch_dag(_annex)
