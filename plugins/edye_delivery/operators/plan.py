"""The step that plans the window in batches."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any, ClassVar

from airflow.sdk import Context

from edye_delivery.catalog.artifact_names import batch_name, plan_name
from edye_delivery.catalog.snapshot_file import SnapshotFile
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.operators.base import StepOperator, keep
from edye_delivery.pipeline.plan import plan_window, remember_plan

log = logging.getLogger(__name__)


class PlanBatchesOperator(StepOperator):
    """Compares the snapshot with the ledger, and cuts the titles to work on into batches."""

    template_fields: ClassVar[Sequence[str]] = ("snapshot",)

    def __init__(self, *, snapshot: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.snapshot = snapshot

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
