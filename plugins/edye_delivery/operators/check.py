"""The step that checks the titles of a batch: media, metadata, images."""

from __future__ import annotations

from edye_delivery.operators.base import BatchOperator, Step


class CheckBatchOperator(BatchOperator):
    """Checks the titles of a batch: media, metadata, images."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.check import CheckBatch

        return CheckBatch(self.annex, self.batch)
