"""withdraw__<partner>: accepted titles leave one partner's feeds, or end on a date; by hand, with a reason."""

from __future__ import annotations

from datetime import UTC, datetime

from airflow.sdk import DAG

from edye_delivery.annex.dag_ids import WITHDRAW_VERB, dag_id_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.dag_support.annexes import annexes
from edye_delivery.dag_support.channels import usual_ways
from edye_delivery.dag_support.defaults import Tag, default_args
from edye_delivery.dag_support.params import withdrawal_params
from edye_delivery.dag_support.withdrawal import add_withdrawal

DOC = """
**Promise.** The accepted titles that you name, or all titles that were accepted within a window, leave the partner's
feeds at once. With `end_at` they stay in the feeds until then. No scheduled run offers them again; `redeliver__PARTNER`
with correction `resend` does. TOLD

**When it runs.** By hand only, with a `reason` that log and report repeat. `dry_run` is on until you switch it off:
read the report of the dry run first. More than LIMIT titles wait in `approve_withdrawal` for somebody to approve
(*Required Actions*), HOURS hours at most. If somebody refuses, nothing is withdrawn.

**When it is red.** Open `confirm_window`. *Not offered*: a title that is not accepted cannot be withdrawn. *The partner
was not told*: the title is out of the feeds. Clear `withdraw` with its downstream tasks: it tells the partner of the
titles that it could not tell before.

**Params.** For example `{"external_ids": ["EDYE_PLANETA_S01E03_ES"], "dry_run": false, "reason": "the rights for this
episode ended, agreed with Legal"}`.
"""
BY_API = "The partner's API is told of every title."
BY_PULL = "The next generation is published at once: the partner reads that they are gone."
BY_PERSON = "The partner is not told, because its annex has no endpoint for that. Tell it yourself."


def withdrawal_dag(annex: Annex, channel: Channel) -> DAG:
    """The DAG of one partner and channel."""
    terms = annex.withdrawal
    told = BY_PULL if channel is Channel.PULL else BY_API if terms.endpoint else BY_PERSON
    doc = DOC.replace("PARTNER", annex.partner).replace("TOLD", told)
    doc = doc.replace("LIMIT", str(terms.titles_without_approval)).replace("HOURS", f"{terms.approval_hours:g}")
    with DAG(
        dag_id=dag_id_of(WITHDRAW_VERB, annex.partner),
        dag_display_name=f"Withdraw from {annex.display_name}",
        description=f"Titles leave {annex.display_name}: by hand, with a reason.",
        doc_md=doc,
        schedule=None,
        start_date=datetime(2026, 1, 1, tzinfo=UTC),
        catchup=False,
        max_active_runs=1,
        default_args=default_args(),
        params=withdrawal_params(),
        tags={Tag.WITHDRAWAL, annex.partner},
    ) as dag:
        add_withdrawal(annex, channel)
    return dag


for _annex in annexes().values():
    for _way in usual_ways(_annex):
        withdrawal_dag(*_way)
