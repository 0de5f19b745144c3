"""The steps that read a published generation from outside, as the partner would."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from edye_delivery.operators.base import AnnexOperator, RequestOperator, Step


class CheckExposureOperator(RequestOperator):
    """Walks the published generation as the partner would, and compares it with the ledger."""

    template_fields: ClassVar[Sequence[str]] = ("request", "published")

    def __init__(self, *, published: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.published = published

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.exposure import CheckExposure

        return CheckExposure(self.annex, self.request, self.published)


class SampleExposureOperator(AnnexOperator):
    """Looks at a sample of the titles that the partner is shown; red where one is not as it should be."""

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.exposure import SampleExposure

        return SampleExposure(self.annex)
