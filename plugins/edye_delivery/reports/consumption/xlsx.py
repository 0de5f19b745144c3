"""The consumption report as a spreadsheet: a summary, calls, slots of time, titles never fetched, latest errors."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from edye_delivery.reports.columns import Cell
from edye_delivery.reports.consumption.model import ConsumptionReport
from edye_delivery.reports.consumption.table import CLASS_NAMES, COLUMNS
from edye_delivery.reports.xlsx_cells import write, write_header
from edye_delivery.reports.xlsx_report import save

WIDE, USUAL = 40, 14
WIDE_HEADINGS = frozenset({"Title", "External id", "Message", "Request id", "Start"})
NOT_FETCHED = ("List", "EDYE id", "External id", "Title", "Exposed at")
WAITING = ("External id", "Title", "Since")
ERRORS = ("At", "User", "Endpoint", "Status", "Milliseconds", "Message", "Request id", "Whose turn")
SLOTS = ("Start", "Calls", *CLASS_NAMES.values(), "Timeouts", "p50 ms", "p95 ms", "p99 ms")
Rows = Iterable[Sequence[Cell]]


def as_xlsx(report: ConsumptionReport) -> bytes:
    """The workbook; a text is never a formula or a link, and one report gives the same bytes each time."""
    workbook = Workbook()
    summary = workbook.active
    summary.title = "Summary"
    _fill_summary(summary, report)
    calls = ([column.value(use) for column in COLUMNS] for use in report.endpoints)
    _fill(workbook.create_sheet("Calls"), [column.heading for column in COLUMNS], calls)
    _fill(workbook.create_sheet("Over time"), SLOTS, _slots(report))
    missing = report.titles.not_fetched if report.titles else ()
    rows = ([one.list, one.item_id, one.external_id, one.title, one.updated_at] for one in missing)
    _fill(workbook.create_sheet("Not fetched"), NOT_FETCHED, rows)
    if report.waiting:
        waiting = ([one.external_id, one.title, one.since] for one in report.waiting_titles)
        _fill(workbook.create_sheet("Waiting"), WAITING, waiting)
    _fill(workbook.create_sheet("Latest errors"), ERRORS, _errors(report))
    made_at = datetime.fromisoformat(report.made_at).astimezone(UTC).replace(tzinfo=None)
    workbook.properties.created = workbook.properties.modified = made_at
    workbook.properties.creator = "EDYE delivery"
    return save(workbook)


def _fill(sheet: Worksheet, headings: Sequence[str], rows: Rows) -> None:
    """A table to filter."""
    for number, heading in enumerate(headings, start=1):
        write_header(sheet, 1, number, heading)
        sheet.column_dimensions[get_column_letter(number)].width = WIDE if heading in WIDE_HEADINGS else USUAL
    last = 1
    for last, values in enumerate(rows, start=2):
        for number, value in enumerate(values, start=1):
            write(sheet, last, number, value)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(headings))}{last}"


def _slots(report: ConsumptionReport) -> Iterator[list[Cell]]:
    for slot in report.slots:
        latency = slot.latency
        times = [latency.p50_ms, latency.p95_ms, latency.p99_ms] if latency else [None, None, None]
        counts = [getattr(slot.counts, name) for name in ("calls", *CLASS_NAMES, "timeouts")]
        yield [slot.start_at, *counts, *times]


def _errors(report: ConsumptionReport) -> Iterator[list[Cell]]:
    for one in report.errors:
        yield [
            one.at, one.user, one.endpoint, one.status, one.milliseconds, one.message, one.request_id, one.turn
        ]  # fmt: skip


def _fill_summary(sheet: Worksheet, report: ConsumptionReport) -> None:
    for row, (heading, *cells) in enumerate(_summary_rows(report), start=1):
        if cells:
            write(sheet, row, 1, heading).font = Font(bold=True)
        else:
            for number in (1, 2, 3):
                write_header(sheet, row, number, str(heading) if number == 1 else "")
        for number, value in enumerate(cells, start=2):
            write(sheet, row, number, value).alignment = Alignment(wrap_text=True, vertical="top", horizontal="left")
    for letter, width_chars in (("A", 34), ("B", 40), ("C", 60)):
        sheet.column_dimensions[letter].width = width_chars


def _summary_rows(report: ConsumptionReport) -> Iterator[tuple[Cell, ...]]:
    """Heading and cells of each row; without cells the heading starts a section."""
    yield ("Consumption",)
    yield "Partner", report.display_name, report.partner
    yield "Window", f"{report.window.start} to {report.window.end}, the end not included"
    yield "Made at", report.made_at
    if not report.is_exact:
        yield "Of", "whole hours: the calls themselves are not kept any more; latencies are upper bounds"
    yield ("Service",)
    yield "Uptime in percent", round(report.uptime_percent, 4), f"agreed: {report.sla_percent:g}"
    yield "Minutes without an answer", round(report.down_minutes, 1)
    yield "Degraded minutes", round(report.degraded_minutes, 1)
    for one in report.degradations:
        yield one.kind.value, f"{one.began_at} to {one.ended_at or 'now'}", one.detail
    yield ("Calls",)
    for name, heading in {"calls": "All", **CLASS_NAMES, "timeouts": "Timeouts", "bytes": "Bytes"}.items():
        yield heading, getattr(report.totals, name)
    yield "Left out", report.own_calls, "calls of our own checks, which no figure of the partner has"
    for name in ("p50_ms", "p95_ms", "p99_ms") if report.latency else ():
        yield name.replace("_", " "), getattr(report.latency, name)
    yield ("Polls",)
    yield "Longest silence in seconds", report.longest_silence_s, f"a poll every {report.polling_interval_s:,} s agreed"
    for poll in report.polls:
        yield f"{poll.endpoint}, {poll.user}", poll.polls, f"agreed: {poll.agreed:,}"
    for point in report.checkpoints:
        lag = "lag unknown" if point.lag is None else f"{point.lag:,} generations behind"
        yield f"checkpoint {point.endpoint}, {point.user}", point.sent_at, f"generation {point.generation}, {lag}"
    for sync in report.syncs:
        pages = f"{sync.pages:,} pages, {sync.items:,} items, generation {sync.generation}"
        yield f"full sync {sync.endpoint}, {sync.user}", f"{sync.began_at} to {sync.ended_at}", pages
    if report.titles is not None:
        yield ("Titles",)
        yield "Exposed", report.titles.exposed
        yield "Handed out", report.titles.handed_out
        yield (
            "Never fetched",
            report.titles.missing,
            f"{len(report.titles.not_fetched):,} of them are named here, all in consumption.not_fetched.csv",
        )
        yield "Tombstones", report.titles.tombstones, f"handed out: {report.titles.tombstones_handed_out:,}"
    if report.waiting:
        yield "Not accepted yet", report.waiting, f"wait until the partner reads them; {_count_text(report)}"


def _count_text(report: ConsumptionReport) -> str:
    named = f"{len(report.waiting_titles):,} of them are named here"
    return f"{named}, all by `python -m edye_delivery status`"
