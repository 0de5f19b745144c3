"""The wait for a batch: reads the ledger once, then defers until the partner has ended every ingest."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

from airflow.sdk import BaseSensorOperator, Context

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import Channel

if TYPE_CHECKING:
    from airflow.triggers.base import BaseTrigger

    from edye_delivery.steps.wait import Wait, WaitForBatch


class BatchSensor(BaseSensorOperator):
    """Waits for all tracking ids of a batch; writes to the ledger how each ended; returns the batch's reference.

    Its trigger's event is a WaitOutcome as JSON. As an operator does, it loads what it works with when the task runs.
    """

    template_fields: ClassVar[Sequence[str]] = ("batch",)
    channel: ClassVar[Channel]

    def __init__(self, *, annex: Annex, batch: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.annex, self.batch = annex, batch

    def trigger(self, tracking_ids: list[str], deadline_at: str) -> BaseTrigger:
        """The trigger that waits for the channel's outcomes."""
        raise NotImplementedError

    def execute(self, context: Context) -> Any:
        """Defers while the partner has titles of the batch; runs after a failed upload too, for the titles sent."""
        return self._defer_for(self._step().begin())

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Writes the outcomes of the ids that were waited for, and waits for titles that the partner got since."""
        return self._defer_for(self._step().go_on(event))

    def _step(self) -> WaitForBatch:
        from edye_delivery.steps.wait import WaitForBatch

        return WaitForBatch(self.annex, self.batch, self.channel)

    def _defer_for(self, wait: Wait | None) -> Any:
        """Defers for this wait; the batch's reference where there is none."""
        if wait is None:
            return self.batch
        self.defer(trigger=self.trigger(wait.tracking_ids, wait.deadline_at), method_name="execute_complete")
