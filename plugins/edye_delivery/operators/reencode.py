"""The step between check and thumbnails: encodes media again that only a new encode fixes."""

from __future__ import annotations

from edye_delivery.operators.base import BatchOperator, Step


class ReencodeBatchOperator(BatchOperator):
    """Re-encodes the media that only a new encode fixes."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.reencode import ReencodeBatch

        return ReencodeBatch(self.annex, self.batch)
