"""The step that plans the window in batches."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Any

from airflow.sdk import Context

from edye_delivery.catalog.artifact_names import batch_name, plan_name
from edye_delivery.catalog.snapshot_file import SnapshotFile
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.pipeline.plan import plan_window, remember_plan
from edye_delivery.steps.base import Step, keep

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class PlanBatches(Step):
    """Compares the snapshot with the ledger, and cuts the titles to work on into batches."""

    snapshot: Any

    def execute(self, context: Context) -> list[dict[str, Any]]:
        """One reference for each batch."""
        store, ledger = self.artifacts, LedgerHook().get_conn()
        snapshot = SnapshotFile.of(store.stream(self.snapshot["path"]))
        plan, batches = plan_window(self.annex, snapshot, ledger)
        references = [
            keep(store, batch_name(batch.request, batch.number, "plan"), batch) | {"titles": len(batch.titles)}
            for batch in batches
        ]
        keep(store, plan_name(plan.request), plan)
        if not plan.request.dry_run:
            plan = remember_plan(self.annex, plan, ledger)
            keep(store, plan_name(plan.request), plan)
        log.info(
            "%s batches, %s titles unchanged, %s held, %s withdrawn",
            len(batches),
            len(plan.unchanged),
            len(plan.held),
            len(plan.withdrawn),
        )
        return references
