"""What all steps on a batch share: each works through all titles and may be run again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from edye_delivery.operators.base import StepOperator


class BatchOperator(StepOperator):
    """A step on one batch, given by reference."""

    template_fields: ClassVar[Sequence[str]] = ("batch",)

    def __init__(self, *, batch: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.batch = batch
