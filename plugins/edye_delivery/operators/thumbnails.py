"""The step that makes the thumbnails of a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from edye_delivery.operators.base import BatchOperator, Step


class MakeThumbnailsOperator(BatchOperator):
    """Makes the thumbnails of every title that passed the check.

    `reencoded` is the batch after its re-encode; None where it was not re-encoded.
    """

    template_fields: ClassVar[Sequence[str]] = ("batch", "reencoded")

    def __init__(self, *, reencoded: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.reencoded = reencoded

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.thumbnails import MakeThumbnails

        return MakeThumbnails(self.annex, self.reencoded or self.batch)
