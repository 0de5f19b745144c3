"""The step that fetches one window of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Context

from edye_delivery.catalog.artifact_names import snapshot_name
from edye_delivery.catalog.plan import RunRequest
from edye_delivery.hooks.edye import EdyeHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.pipeline.fetch import fetch_snapshot
from edye_delivery.steps.base import Step


@dataclass(frozen=True)
class FetchCatalogue(Step):
    """Writes a snapshot of the catalogue's window."""

    request: Any

    def execute(self, context: Context) -> dict[str, Any]:
        """The snapshot's reference and counts."""
        request = RunRequest.model_validate(self.request)
        unattended: list[str] = []
        if request.takes_up_unattended:
            deliveries = LedgerHook().get_conn().unattended_titles(self.annex.partner, request.channel)
            unattended = [one.edye_id for one in deliveries if not one.is_withdrawn_by_hand]
        snapshot = fetch_snapshot(self.annex, EdyeHook().api(self.annex), request, datetime.now(UTC), unattended)
        name = snapshot_name(request)
        self.artifacts.put_file(name, snapshot.path)
        return {"path": name, "digest": snapshot.digest()[:16]} | snapshot.counts
