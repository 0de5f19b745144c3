"""The step between check and thumbnails: encodes media again that only a new encode fixes."""

from __future__ import annotations

import logging
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.sdk import Context

from edye_delivery.catalog.artifact_names import batch_name
from edye_delivery.catalog.snapshot import CheckedBatch
from edye_delivery.catalog.vocabulary import Correction
from edye_delivery.hooks.edye import EdyeHook
from edye_delivery.hooks.http_client import SYSTEM_CLOCK
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.pipeline.check_events import record_checks
from edye_delivery.pipeline.media_source import MediaSource
from edye_delivery.pipeline.reencode import Reencoder
from edye_delivery.steps.base import BatchStep, fresh_addresses, keep, load

log = logging.getLogger(__name__)


class ReencodeBatch(BatchStep):
    """Re-encodes the media that only a new encode fixes."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The re-encoded batch's reference; the checked one's where there is nothing to re-encode, or in a dry run."""
        profile, store = self.annex.reencode, self.artifacts
        if profile is None:
            log.info("nothing is re-encoded: the annex has no section reencode")
            return self.batch
        ends_at_s = time.monotonic() + profile.batch_budget_s
        batch = load(store, self.batch, CheckedBatch)
        with tempfile.TemporaryDirectory(prefix="edye-reencode-") as scratch:
            reencoder = Reencoder(
                annex=self.annex,
                source=MediaSource(EdyeHook().media_host(self.annex, ends_at_s), store, fresh_addresses(self.annex)),
                store=store,
                scratch_folder=Path(scratch),
                today=datetime.now(UTC).date(),
                clock=SYSTEM_CLOCK,
                again=batch.request.correction is Correction.MEDIA,
            )
            waiting = reencoder.waiting(batch.titles)
            names = ", ".join(checked.plan.external_id for checked in waiting)
            if not waiting or batch.request.dry_run:
                log.info("nothing is re-encoded%s", f"; without dry_run it would be {names}" if waiting else "")
                return self.batch
            log.info("to be re-encoded: %s", names)
            titles = reencoder.reencode_batch(batch.titles)
        looked_at = [checked for checked in titles if checked.plan.delivery_key in reencoder.seconds]
        record_checks(LedgerHook().trail(), "reencode", self.annex, batch.request, looked_at, reencoder.seconds)
        reencoded = batch.model_copy(update={"titles": titles})
        return keep(store, batch_name(batch.request, batch.number, "reencoded"), reencoded)
