"""The step that makes the thumbnails of a batch."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Context

from edye_delivery.annex.watermarks import read_watermarks
from edye_delivery.catalog.artifact_names import batch_name
from edye_delivery.catalog.snapshot import CheckedBatch
from edye_delivery.clients.workers import Workers
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.pipeline.check_events import record_checks
from edye_delivery.pipeline.thumbnails import ThumbnailMaker
from edye_delivery.steps.base import BatchStep, keep, load


class MakeThumbnails(BatchStep):
    """Makes the thumbnails of every title that passed the check."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The reference of the batch with its thumbnails."""
        store = self.artifacts
        batch = load(store, self.batch, CheckedBatch)
        watermarks = read_watermarks(self.annex)
        with Workers(self.annex.images) as workers:
            titles = ThumbnailMaker(self.annex, store, workers.run, watermarks).render_batch(batch.titles)
        with_thumbnails = [title for title in titles if title.thumbnails]
        record_checks(LedgerHook().trail(), "render", self.annex, batch.request, with_thumbnails)
        finished = batch.model_copy(update={"titles": titles})
        return keep(store, batch_name(batch.request, batch.number, "thumbnails"), finished)
