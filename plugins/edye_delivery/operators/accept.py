"""The step that accepts the titles of a batch that meet the annex's criteria."""

from __future__ import annotations

import logging

from airflow.sdk import Context

from edye_delivery.catalog.snapshot import CheckedBatch
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.operators.base import alerter, load
from edye_delivery.operators.batch import BatchOperator
from edye_delivery.pipeline.accept import Acceptor

log = logging.getLogger(__name__)


class AcceptBatchOperator(BatchOperator):
    """Accepts the titles of a batch that meet the annex's criteria."""

    def execute(self, context: Context) -> dict[str, int]:
        """Counts the titles by state; runs after a failed wait too, for the titles that were completed."""
        if self.batch is None:
            log.warning("the batch was never checked, so none of its titles can be accepted")
            return {}
        batch = load(self.artifacts, self.batch, CheckedBatch)
        if batch.request.dry_run:
            return {}
        counts = Acceptor(self.annex, LedgerHook().get_conn(self.annex)).accept_batch(batch.titles)
        alerter().send()
        log.info("batch %s: %s", batch.number, counts)
        return counts
