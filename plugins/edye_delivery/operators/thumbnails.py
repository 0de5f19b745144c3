"""The step that makes the thumbnails of a batch."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from edye_delivery.catalog.artifact_names import batch_name
from edye_delivery.catalog.snapshot import JudgedBatch
from edye_delivery.clients.workers import Workers
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.operators.base import keep, load
from edye_delivery.operators.batch import BatchOperator
from edye_delivery.pipeline.check_events import note_verdicts
from edye_delivery.pipeline.thumbnails import Illustrator


class IllustrateBatchOperator(BatchOperator):
    """Thumbnails of every title that passed."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The illustrated batch's reference."""
        store = self.artifacts
        batch = load(store, self.batch, JudgedBatch)
        with Workers(self.annex.images) as workers:
            titles = Illustrator(self.annex, store.get, store.put_once, workers.run).illustrate_batch(batch.titles)
        made = [title for title in titles if title.thumbnails]
        note_verdicts(LedgerHook().trail(), "illustrate", self.annex, batch.request, made)
        illustrated = batch.model_copy(update={"titles": titles})
        return keep(store, batch_name(batch.request, batch.number, "illustrated"), illustrated)
