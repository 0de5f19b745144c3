"""The step that checks the titles of a batch: media, metadata, images."""

from __future__ import annotations

import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from airflow.sdk import Context

from edye_delivery.catalog.artifact_names import batch_name
from edye_delivery.catalog.snapshot import Batch, JudgedBatch
from edye_delivery.clients.workers import Workers
from edye_delivery.hooks.edye import EdyeHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.operators.base import fresh_source_for, keep, load
from edye_delivery.operators.batch import BatchOperator
from edye_delivery.pipeline.check import Judge
from edye_delivery.pipeline.check_events import note_verdicts


class JudgeBatchOperator(BatchOperator):
    """Quality control: media, metadata, images."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The judged batch's reference."""
        store = self.artifacts
        batch = load(store, self.batch, Batch)
        ends_at_s = time.monotonic() + self.annex.batch_time.judge_s
        with tempfile.TemporaryDirectory(prefix="edye-judge-") as scratch, Workers(self.annex.images) as workers:
            judge = Judge(
                annex=self.annex,
                media_host=EdyeHook().media_host(self.annex, ends_at_s),
                scratch_folder=Path(scratch),
                today=datetime.now(UTC).date(),
                keep_artifact=store.put_once,
                run=workers.run,
                ends_at_s=ends_at_s,
                fresh_source=fresh_source_for(self.annex),
            )
            titles = judge.judge_batch(batch.titles)
        note_verdicts(LedgerHook().trail(), "judge", self.annex, batch.request, titles, judge.seconds)
        judged = JudgedBatch(request=batch.request, number=batch.number, titles=titles)
        return keep(store, batch_name(batch.request, batch.number, "judged"), judged)
