"""The window report as JSON: the model's keys in the model's order, indented, UTF-8."""

from __future__ import annotations

from edye_delivery.reports.model import WindowReport


def as_json(report: WindowReport) -> bytes:
    """The report's JSON; `WindowReport.model_validate_json` reads it back to an equal report."""
    return report.model_dump_json(indent=2).encode() + b"\n"
