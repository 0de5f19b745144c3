"""redeliver__<partner>: titles are delivered to one partner again, by hand, with a reason."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG

from edye_delivery.annex.dag_ids import REDELIVER_VERB, dag_id_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import Channel, RunKind
from edye_delivery.dag_support.annexes import annexes
from edye_delivery.dag_support.channels import add_steps, usual_ways
from edye_delivery.dag_support.defaults import Tag, default_args
from edye_delivery.dag_support.params import redelivery_params

DOC = """
**Promise.** The titles that you name are fetched, checked and given their thumbnails as in every delivery. Then they
are sent again, as `correction` says:

* `by_cause`: titles that were started and are not accepted. Corrected metadata or artwork is sent with the same media.
  A title that failed because of the line, the token or a missing answer is sent unchanged. A stuck title is waited for
  again. A title that the partner refused, and that scheduled runs hold, is sent as it is now.
* `metadata`: only titles whose metadata has changed since they were accepted.
* `media`: the titles with a new encode of their media by the annex's profile, accepted or not. Use it when the partner
  finds a fault in a file that passes our rules. The same source is encoded only once: if the artifact store has the
  encode, that one is sent.
* `resend`: the titles as they are, accepted or not. Use it when the partner lost them. It offers withdrawn titles
  again.

**When it runs.** By hand only, for `external_ids` or a window, with a `reason` that log and report repeat. `dry_run`
is on until you switch it off: read the report of the dry run first.

**When it is red.** Open `confirm_window`, as for a delivery.

**Params.** For example `{"external_ids": ["EDYE_PLANETA_S01E03_ES"], "correction": "resend", "dry_run": false,
"reason": "the partner lost it in its migration"}`.
"""


def redelivery_dag(annex: Annex, channel: Channel) -> DAG:
    """The DAG of one partner and channel."""
    with DAG(
        dag_id=dag_id_of(REDELIVER_VERB, annex.partner),
        dag_display_name=f"Deliver again to {annex.display_name}",
        description=f"Titles go to {annex.display_name} again: by hand, with a reason.",
        doc_md=DOC,
        schedule=None,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        default_args=default_args(),
        params=redelivery_params(),
        tags={Tag.REDELIVERY, annex.partner},
    ) as dag:
        add_steps(annex, channel, RunKind.REDELIVERY)
    return dag


for _annex in annexes().values():
    for _way in usual_ways(_annex):
        redelivery_dag(*_way)
