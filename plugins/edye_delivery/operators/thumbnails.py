"""The step that makes the thumbnails of a batch."""

from __future__ import annotations

from edye_delivery.operators.base import BatchOperator, Step


class MakeThumbnailsOperator(BatchOperator):
    """Makes the thumbnails of every title that passed the check."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.thumbnails import MakeThumbnails

        return MakeThumbnails(self.annex, self.batch)
