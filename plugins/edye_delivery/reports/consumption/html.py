"""The consumption report as one HTML page that needs nothing else: styles and charts are inside, there is no script."""

from __future__ import annotations

from edye_delivery.reports.consumption.charts import (
    BOTTOM_PX,
    HEIGHT_PX,
    LEFT_PX,
    PLOT_HEIGHT_PX,
    PLOT_WIDTH_PX,
    TOP_PX,
    WIDTH_PX,
    calls_chart,
    latency_chart,
)
from edye_delivery.reports.consumption.model import ConsumptionReport
from edye_delivery.reports.consumption.table import CLASS_NAMES
from edye_delivery.reports.html_report import environment

NAMED_AT_ONCE = 20
SIZES = {
    "width": WIDTH_PX,
    "height": HEIGHT_PX,
    "left": LEFT_PX,
    "top": TOP_PX,
    "plot_width": PLOT_WIDTH_PX,
    "plot_height": PLOT_HEIGHT_PX,
    "bottom": BOTTOM_PX,
}


def as_html(report: ConsumptionReport) -> bytes:
    """The page in UTF-8."""
    template = environment().get_template("consumption/consumption.html.j2")
    return template.render(
        report=report,
        calls=calls_chart(report.slots, report.slot_s),
        latency=latency_chart(report.slots, report.slot_s, report.latency_bound_ms),
        classes=CLASS_NAMES,
        sizes=SIZES,
        named_at_once=NAMED_AT_ONCE,
    ).encode()
