"""The step that plans the window in batches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from edye_delivery.operators.base import AnnexOperator, Step


class PlanBatchesOperator(AnnexOperator):
    """Compares the snapshot with the ledger, and cuts the titles to work on into batches."""

    template_fields: ClassVar[Sequence[str]] = ("snapshot",)

    def __init__(self, *, snapshot: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.snapshot = snapshot

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.plan import PlanBatches

        return PlanBatches(self.annex, self.snapshot)
