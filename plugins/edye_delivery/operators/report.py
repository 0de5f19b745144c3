"""The step that writes the window's report in four formats."""

from __future__ import annotations

from edye_delivery.operators.base import RequestOperator, Step
from edye_delivery.operators.desk_link import DeskRunLink


class ReportOperator(RequestOperator):
    """Writes report.json, .csv, .xlsx and .html of the run, however its batches ended."""

    operator_extra_links = (DeskRunLink(),)

    def step(self) -> Step:
        """The work with this task's arguments."""
        from edye_delivery.steps.report import Report

        return Report(self.annex, self.request, self.dag_id)
