"""The comparison with JW Player as JSON, CSV and spreadsheet, with one order of columns."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from edye_delivery.reports.columns import Cell
from edye_delivery.reports.csv_report import harmless
from edye_delivery.reports.sync.model import SyncFinding, SyncReport, SyncRow
from edye_delivery.reports.xlsx_cells import AMBER, RED, write, write_header
from edye_delivery.reports.xlsx_report import save

LINES_A_BLOCK = 500
FILLS = {"block": RED, "warn": AMBER}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its key in the CSV, its heading and width in the spreadsheet, and the value of a finding."""

    key: str
    heading: str
    width_chars: int
    value: Callable[[SyncRow, SyncFinding], Cell]


COLUMNS = (
    Column("title", "Title", 40, lambda row, one: row.title),
    Column("external_id", "External id", 34, lambda row, one: row.external_id),
    Column("edye_id", "EDYE id", 16, lambda row, one: row.edye_id),
    Column("media_id", "JW Player id", 14, lambda row, one: row.media_id),
    Column("series", "Series", 26, lambda row, one: row.series),
    Column("kind", "Kind", 10, lambda row, one: row.kind),
    Column("lang", "Language", 10, lambda row, one: row.lang),
    Column("severity", "Severity", 10, lambda row, one: one.severity.value),
    Column("code", "Rule", 10, lambda row, one: one.code),
    Column("name", "Name", 24, lambda row, one: one.name),
    Column("owner", "Owner", 20, lambda row, one: one.owner.value),
    Column("cause", "Cause", 11, lambda row, one: one.cause.value),
    Column("message", "What differs", 70, lambda row, one: one.message),
    Column("fix", "What to do", 60, lambda row, one: one.fix),
)


def as_json(report: SyncReport) -> bytes:
    """The report's JSON; `SyncReport.model_validate_json` reads it back to an equal report."""
    return report.model_dump_json(indent=2).encode() + b"\n"


def as_csv(rows: Iterable[SyncRow]) -> Iterator[bytes]:
    """One line for each finding, in blocks: RFC 4180 with a byte order mark; no cell can start a formula."""
    lines = io.StringIO(newline="")
    writer = csv.writer(lines, lineterminator="\r\n")
    lines.write("\ufeff")
    writer.writerow(column.key for column in COLUMNS)
    for number, (row, finding) in enumerate(_pairs(rows), start=1):
        writer.writerow(harmless(column.value(row, finding)) for column in COLUMNS)
        if number % LINES_A_BLOCK == 0:
            yield lines.getvalue().encode()
            lines.seek(0)
            lines.truncate()
    yield lines.getvalue().encode()


def as_xlsx(report: SyncReport) -> bytes:
    """The workbook; a text is never a formula or a link, and one report gives the same bytes each time."""
    workbook = Workbook()
    _fill_findings(workbook.active, report)
    _fill_rules(workbook.create_sheet("Rules"), report)
    _fill_summary(workbook.create_sheet("Summary"), report)
    at = datetime.fromisoformat(report.finished_at).astimezone(UTC).replace(tzinfo=None)
    workbook.properties.created = workbook.properties.modified = at
    workbook.properties.creator = "EDYE delivery"
    return save(workbook)


def _pairs(rows: Iterable[SyncRow]) -> Iterator[tuple[SyncRow, SyncFinding]]:
    return ((row, finding) for row in rows for finding in row.findings)


def _fill_findings(sheet: Worksheet, report: SyncReport) -> None:
    sheet.title = "Differences"
    for number, column in enumerate(COLUMNS, start=1):
        write_header(sheet, 1, number, column.heading)
        sheet.column_dimensions[get_column_letter(number)].width = column.width_chars
    last = 1
    for last, (row, finding) in enumerate(_pairs(report.rows), start=2):
        for number, column in enumerate(COLUMNS, start=1):
            cell = write(sheet, last, number, column.value(row, finding))
            if column.key == "severity":
                cell.fill = FILLS[finding.severity]
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{last}"


def _fill_rules(sheet: Worksheet, report: SyncReport) -> None:
    headings = ("Rule", "Name", "Owner", "To correct", "Warnings", "Not answered")
    for number, heading in enumerate(headings, start=1):
        write_header(sheet, 1, number, heading)
        sheet.column_dimensions[get_column_letter(number)].width = 22
    for row, rule in enumerate(report.rules, start=2):
        cells: tuple[Cell, ...] = (rule.code, rule.name, rule.owner.value, rule.blocking, rule.warnings, rule.skipped)
        for number, value in enumerate(cells, start=1):
            write(sheet, row, number, value)


def _fill_summary(sheet: Worksheet, report: SyncReport) -> None:
    for row, (heading, cells) in enumerate(_summary(report), start=1):
        write(sheet, row, 1, heading).font = Font(bold=True)
        for number, value in enumerate(cells, start=2):
            cell = write(sheet, row, number, value)
            cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="left")
    for letter, width_chars in (("A", 30), ("B", 70), ("C", 24)):
        sheet.column_dimensions[letter].width = width_chars


def _summary(report: SyncReport) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    sweep, compared = report.sweep, report.compared
    yield "Result", (report.colour.value,)
    yield "Partner", (report.display_name or "none: EDYE's catalogue only", report.partner)
    yield "Titles", (", ".join(report.titles) or "all",)
    yield "Run id", (report.run_id,)
    yield "Started", (report.started_at,)
    yield "Finished", (report.finished_at,)
    yield "Sweep of JW Player", ("complete" if sweep.is_complete else sweep.sentence,)
    yield "Media read", (sweep.media_read, f"of {sweep.total:,}")
    for name, count in compared.model_dump().items():
        yield f"Compared: {name.replace('_', ' ')}", (count,)
    for turn in report.turns:
        yield turn.owner.value, (turn.cause.value, turn.rows)
    for sentence in report.incidents:
        yield "Incident", (sentence,)
    yield "Differences on sheet 1", (len(report.rows), f"of {report.rows_in_all:,}; the CSV has all")
