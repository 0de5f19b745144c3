"""The window report as CSV: one row per title, for Excel and for programs."""

from __future__ import annotations

import csv
import io

from edye_delivery.catalog.csv_cell import harmless_text
from edye_delivery.reports.columns import COLUMNS, Cell, cell_text
from edye_delivery.reports.model import WindowReport


def as_csv(report: WindowReport) -> bytes:
    """RFC 4180 with a byte order mark, so that Excel reads UTF-8; no cell can start a formula."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, lineterminator="\r\n")
    writer.writerow(column.key for column in COLUMNS)
    for title in report.titles:
        writer.writerow(harmless(column.value(title)) for column in COLUMNS)
    return lines.getvalue().encode("utf-8-sig")


def harmless(cell: Cell) -> Cell:
    """A text that a spreadsheet would take for a formula gets a leading apostrophe; figures stay figures."""
    if not isinstance(cell, str):
        return cell
    return harmless_text(cell_text(cell))
