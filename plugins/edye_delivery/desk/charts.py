"""Charts of a page, drawn on the server as SVG with classes alone; each has a table with the same figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edye_delivery.reports.consumption.charts import (
    CLASSES,
    HEIGHT_PX,
    LEFT_PX,
    PLOT_HEIGHT_PX,
    PLOT_WIDTH_PX,
    TOP_PX,
    WIDTH_PX,
    Chart,
    calls_chart,
    latency_chart,
)
from edye_delivery.reports.consumption.model import ConsumptionReport, Latency, SlotUse
from edye_delivery.reports.consumption.table import CLASS_NAMES
from edye_delivery.reports.wording import human_moment

NO_VALUE = "-"
SIZES = {
    "width": WIDTH_PX,
    "height": HEIGHT_PX,
    "left": LEFT_PX,
    "top": TOP_PX,
    "plot_width": PLOT_WIDTH_PX,
    "plot_height": PLOT_HEIGHT_PX,
}


@dataclass(frozen=True, slots=True)
class ChartView:
    """A chart for a template: what it shows in one sentence, its key by class, and its figures as a table."""

    label: str
    chart: Chart
    key: tuple[tuple[str, str], ...]
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def calls_view(report: ConsumptionReport) -> ChartView:
    """Calls over time as bars, by how they were answered."""
    classes = [name for name in CLASSES if getattr(report.totals, name)]
    rows = [
        (human_moment(slot.start_at), *(f"{getattr(slot.counts, name):,}" for name in ("calls", *classes)))
        for slot in report.slots
    ]
    return ChartView(
        f"Calls over time: {report.totals.calls:,} in all",
        calls_chart(report.slots, report.slot_s),
        tuple((f"fill-{name}", CLASS_NAMES[name]) for name in classes),
        ("From", "Calls", *(CLASS_NAMES[name] for name in classes)),
        tuple(rows),
    )


def latency_view(report: ConsumptionReport) -> ChartView:
    """Latency over time as lines, beside the bound that the annex has for p95."""
    return ChartView(
        f"Latency over time: the highest p95 is {report.slowest_p95_ms:,.0f} ms; the bound is "
        f"{report.latency_bound_ms:,.0f} ms",
        latency_chart(report.slots, report.slot_s, report.latency_bound_ms),
        (("fill-p50_ms", "p50"), ("fill-p95_ms", "p95"), ("fill-p99_ms", "p99"), ("fill-bound", "bound for p95")),
        ("From", "p50 ms", "p95 ms", "p99 ms"),
        tuple(_latencies(report.slots)),
    )


def latency_cells(latency: Latency | None) -> tuple[str, str, str]:
    """The three percentiles in milliseconds as texts."""
    if latency is None:
        return NO_VALUE, NO_VALUE, NO_VALUE
    return f"{latency.p50_ms:,.0f}", f"{latency.p95_ms:,.0f}", f"{latency.p99_ms:,.0f}"


def _latencies(slots: Sequence[SlotUse]) -> list[tuple[str, ...]]:
    return [(human_moment(slot.start_at), *latency_cells(slot.latency)) for slot in slots]
