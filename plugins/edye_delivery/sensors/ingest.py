"""The wait for a batch: one look at the ledger, then deferred until the partner has ended every ingest."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from airflow.sdk import BaseSensorOperator, Context

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.snapshot import JudgedBatch
from edye_delivery.errors import AuthRefused
from edye_delivery.hooks.artifacts import ArtifactHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.ledger.records import Delivery
from edye_delivery.operators.base import load
from edye_delivery.operators.waiting import deadline_at, record_outcomes, with_partner
from edye_delivery.triggers.ingest import IngestTrigger


class IngestSensor(BaseSensorOperator):
    """Waits for all tracking ids of a batch; writes to the ledger how each ended; gives the batch's reference on."""

    template_fields: ClassVar[Sequence[str]] = ("batch",)

    def __init__(self, *, annex: Annex, batch: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.annex, self.batch = annex, batch

    def execute(self, context: Context) -> Any:
        """Defers while the partner has titles of the batch; runs after a failed upload too, for what was sent."""
        if self.batch is None:
            self.log.warning("the batch was never judged, so nothing of it is with the partner")
            return None
        return self._wait_for(with_partner(LedgerHook().get_conn(), self._titles()))

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Writes the outcomes of what was asked for, and waits for what the partner has got since.

        AuthRefused where the partner no longer takes our token; what had not ended then stays as it was.
        """
        ledger, titles, asked = LedgerHook().get_conn(), self._titles(), set(event["tracking_ids"])
        if event["auth_error"]:
            asked = {name for name, outcome in event["outcomes"].items() if outcome["state"] in ENDS}
        waiting = [delivery for delivery in with_partner(ledger, titles) if delivery.tracking_id in asked]
        record_outcomes(ledger, waiting, event["outcomes"])
        if event["auth_error"]:
            raise AuthRefused(event["auth_error"])
        return self._wait_for(with_partner(ledger, titles))

    def _wait_for(self, waiting: list[Delivery]) -> Any:
        """Defers for these deliveries; the batch's reference where there is none."""
        if not waiting:
            return self.batch
        self.defer(
            trigger=IngestTrigger(
                annex=self.annex.model_dump(mode="json"),
                tracking_ids=sorted(str(delivery.tracking_id) for delivery in waiting),
                deadline_at=deadline_at(self.annex, waiting, datetime.now(UTC)).isoformat(),
            ),
            method_name="execute_complete",
        )

    def _titles(self) -> Any:
        batch = load(ArtifactHook().get_conn(), self.batch, JudgedBatch)
        return () if batch.request.dry_run else batch.titles


ENDS = frozenset({"completed", "error"})
