"""The step that checks the titles of a batch: media, metadata, images."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.sdk import Context

from edye_delivery.annex.watermarks import read_watermarks
from edye_delivery.catalog.artifact_names import batch_name
from edye_delivery.catalog.snapshot import Batch, CheckedBatch
from edye_delivery.clients.workers import Workers
from edye_delivery.hooks.edye import EdyeHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.pipeline.check import BatchChecker
from edye_delivery.pipeline.check_events import record_checks
from edye_delivery.pipeline.check_pictures import PictureChecker
from edye_delivery.qc.reencode import is_to_be_reencoded
from edye_delivery.steps.base import BatchStep, fresh_addresses, keep, load, media_states


class CheckBatch(BatchStep):
    """Checks the titles of a batch: media, metadata, images."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The checked batch's reference."""
        store, now = self.artifacts, datetime.now(UTC)
        batch = load(store, self.batch, Batch)
        ends_at_s = time.monotonic() + self.annex.batch_time.check_s
        with tempfile.TemporaryDirectory(prefix="edye-check-") as scratch, Workers(self.annex.images) as workers:
            media_host = EdyeHook().media_host(self.annex, ends_at_s)
            checker = BatchChecker(
                annex=self.annex,
                media_host=media_host,
                scratch_folder=Path(scratch),
                today=now.date(),
                pictures=PictureChecker(self.annex, media_host, store, workers.run, read_watermarks(self.annex)),
                ends_at_s=ends_at_s,
                fresh_sources=fresh_addresses(self.annex),
                media_states=media_states(store, now),
            )
            titles = checker.check_batch(batch.titles)
        record_checks(LedgerHook().trail(), "check", self.annex, batch.request, titles, checker.seconds)
        checked = CheckedBatch(request=batch.request, number=batch.number, titles=titles)
        to_reencode = sum(is_to_be_reencoded(self.annex, title) for title in titles)
        reference = keep(store, batch_name(batch.request, batch.number, "checked"), checked)
        return reference | {"to_reencode": to_reencode}
