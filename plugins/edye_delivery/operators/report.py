"""The step that writes the window's report in four formats."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from edye_delivery.operators.base import Step
from edye_delivery.operators.desk_link import DeskRunLink
from edye_delivery.operators.result import ResultOperator


class ReportOperator(ResultOperator):
    """Writes report.json, .csv, .xlsx and .html of the run, however its batches ended."""

    template_fields: ClassVar[Sequence[str]] = ("request",)
    operator_extra_links = (DeskRunLink(),)

    def __init__(self, *, request: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.request = request

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.report import Report

        return Report(self.annex, self.request, self.dag_id)
