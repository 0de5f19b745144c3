"""The calls by endpoint and user as a table, in one order for CSV and spreadsheet; the report as CSV and as JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from edye_delivery.catalog.consumption import ExposedTitle
from edye_delivery.catalog.window import rfc3339
from edye_delivery.reports.columns import Cell
from edye_delivery.reports.consumption.model import ConsumptionReport, EndpointUse
from edye_delivery.reports.csv_report import harmless

CLASS_NAMES = {
    "ok": "200-299",
    "not_modified": "304",
    "other": "other",
    "refused": "4xx",
    "rate_limited": "429",
    "failed": "5xx",
}
"""The classes of answers by the name of their count."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key in the CSV, its heading in the spreadsheet, and the value for one endpoint and user."""

    key: str
    heading: str
    value: Callable[[EndpointUse], Cell]


def _count(name: str) -> Callable[[EndpointUse], Cell]:
    return lambda use: getattr(use.counts, name)


def _latency(name: str) -> Callable[[EndpointUse], Cell]:
    return lambda use: getattr(use.latency, name) if use.latency else None


COLUMNS = (
    Column("endpoint", "Endpoint", lambda use: use.endpoint),
    Column("user", "User", lambda use: use.user),
    Column("calls", "Calls", _count("calls")),
    *(Column(f"status_{name}", heading, _count(name)) for name, heading in CLASS_NAMES.items()),
    Column("timeouts", "Timeouts", _count("timeouts")),
    Column("items", "Items", _count("items")),
    Column("bytes", "Bytes", _count("bytes")),
    Column("p50_ms", "p50 ms", _latency("p50_ms")),
    Column("p95_ms", "p95 ms", _latency("p95_ms")),
    Column("p99_ms", "p99 ms", _latency("p99_ms")),
)


def as_csv(report: ConsumptionReport) -> bytes:
    """One row for each endpoint and user; RFC 4180 with a byte order mark, and no cell can start a formula."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(["partner", "window_start", "window_end", *(column.key for column in COLUMNS)])
    first = [harmless(report.partner), report.window.start, report.window.end]
    for use in report.endpoints:
        writer.writerow([*first, *(harmless(column.value(use)) for column in COLUMNS)])
    return lines.getvalue().encode("utf-8-sig")


def write_not_fetched(path: Path, partner: str, titles: Iterable[ExposedTitle]) -> None:
    """All titles that were never fetched, one a row, written while they are read; as safe to open as `as_csv`."""
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file, lineterminator="\r\n")
        writer.writerow(["partner", "list", "item_id", "external_id", "title", "updated_at"])
        for title in titles:
            updated_at = rfc3339(datetime.fromtimestamp(title.updated_at_ms / 1000, UTC))
            cells = (partner, title.list, title.item_id, title.external_id, title.title)
            writer.writerow([*map(harmless, cells), updated_at])


def as_json(report: ConsumptionReport) -> bytes:
    """The report's JSON; `ConsumptionReport.model_validate_json` reads it back to an equal report."""
    return report.model_dump_json(indent=2).encode() + b"\n"
