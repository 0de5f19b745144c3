"""The steps that accept the titles of a batch, or of a published generation, that meet the annex's criteria."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from edye_delivery.operators.base import BatchOperator, RequestOperator, Step


class AcceptBatchOperator(BatchOperator):
    """Accepts the titles of a batch that meet the annex's criteria."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.accept import AcceptBatch

        return AcceptBatch(self.annex, self.batch)


class AcceptExposedOperator(RequestOperator):
    """Accepts the exposed titles of all batches that the exposure check found as they should be; fails the others."""

    template_fields: ClassVar[Sequence[str]] = ("request", "exposure")

    def __init__(self, *, exposure: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.exposure = exposure

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.accept import AcceptExposed

        return AcceptExposed(self.annex, self.request, self.exposure)
