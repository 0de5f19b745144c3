"""The window report as a spreadsheet: a sheet of titles to filter, a sheet that sums up, a sheet of feeds."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from edye_delivery.catalog.channel_words import words_of
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.reports.columns import COLUMNS, Cell
from edye_delivery.reports.model import WindowReport
from edye_delivery.reports.xlsx_cells import AMBER, BLUE, GREEN, GREY, RED, VIOLET, write, write_header
from edye_delivery.reports.xlsx_feeds import fill_feeds

OUTCOME_FILLS = {
    "accepted": GREEN,
    "unchanged": GREY,
    "rejected": AMBER,
    "failed": RED,
    "planned": BLUE,
    "waiting": BLUE,
    "withdrawn": VIOLET,
}
FIGURE_FORMATS = {"bytes_sent": "#,##0", "seconds": "0.0"}
PULL_HEADINGS = {"sent": "Exposed by this run", "bytes_sent": "Bytes of thumbnails", "sent_at": "Exposed at"}
EARLIEST_IN_ZIP = (1980, 1, 1, 0, 0, 0)


def as_xlsx(report: WindowReport) -> bytes:
    """The workbook; a text is never a formula or a link, and one report gives the same bytes each time."""
    workbook = Workbook()
    titles_sheet = workbook.active
    titles_sheet.title = "Titles"
    _fill_titles(titles_sheet, report)
    _fill_summary(workbook.create_sheet("Summary"), report)
    if report.feeds:
        fill_feeds(workbook.create_sheet("Feeds"), report.feeds)
    at = datetime.fromisoformat(report.finished_at).astimezone(UTC).replace(tzinfo=None)
    workbook.properties.created = workbook.properties.modified = at
    workbook.properties.creator = "EDYE delivery"
    return save(workbook)


def _fill_titles(sheet: Worksheet, report: WindowReport) -> None:
    headings = PULL_HEADINGS if report.channel is Channel.PULL else {}
    for number, column in enumerate(COLUMNS, start=1):
        write_header(sheet, 1, number, headings.get(column.key, column.heading))
        sheet.column_dimensions[get_column_letter(number)].width = column.width_chars
    for row, title in enumerate(report.titles, start=2):
        for number, column in enumerate(COLUMNS, start=1):
            cell = write(sheet, row, number, column.value(title))
            if column.key in FIGURE_FORMATS:
                cell.number_format = FIGURE_FORMATS[column.key]
            elif column.key == "state":
                cell.fill = OUTCOME_FILLS[title.outcome]
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{len(report.titles) + 1}"


def _fill_summary(sheet: Worksheet, report: WindowReport) -> None:
    for row, (heading, cells) in enumerate(_summary_rows(report), start=1):
        if cells:
            write(sheet, row, 1, heading).font = Font(bold=True)
        elif heading:
            for number in (1, 2, 3):
                write_header(sheet, row, number, heading if number == 1 else "")
        for number, value in enumerate(cells, start=2):
            cell = write(sheet, row, number, value)
            cell.alignment = Alignment(wrap_text=True, vertical="top", horizontal="left")
    for letter, width_chars in (("A", 24), ("B", 70), ("C", 24)):
        sheet.column_dimensions[letter].width = width_chars


def _summary_rows(report: WindowReport) -> Iterator[tuple[str, tuple[Cell, ...]]]:
    """Heading and cells of each row; without cells the heading starts a section."""
    yield "Run", ()
    yield "Partner", (report.display_name, report.partner)
    yield "Result", (report.colour.value,)
    yield "Kind", (report.kind.value,)
    window = report.window
    yield "Window", (f"{window.start} to {window.end}, the end not included" if window else "none: titles by name",)
    yield "Run id", (report.run_id,)
    done = words_of(report.channel).participle
    yield "Mode", (report.mode.value + (f", dry run: nothing was {done}" if report.dry_run else ""),)
    yield "Channel", (report.channel.value,)
    if report.notice:
        yield "Notice", (report.notice,)
        yield "Reason", (report.reason,)
    yield "Started", (report.started_at,)
    yield "Finished", (report.finished_at,)
    yield "Totals", ()
    for name, count in report.totals.model_dump().items():
        yield (done if name == "sent" else name).capitalize(), (count,)
    if report.causes:
        yield "Whose turn it is", ()
    for waiting in report.causes:
        cause = waiting.cause.value if waiting.cause else "no cause named"
        yield waiting.owner.value if waiting.owner else "No owner named", (cause, waiting.titles)
    if report.feeds:
        yield "Feeds", ()
    for feed in report.feeds:
        yield feed.name, (f"{feed.outcome.words}: {feed.detail}", f"{feed.items:,} items")
    if report.left_out:
        yield "Left out", ()
    for reason, count in report.left_out.items():
        yield reason, (count,)
    for heading, sentences in (("Alerts", report.alerts), ("Incidents", report.incidents), ("To do", report.to_do)):
        if sentences:
            yield heading, ()
        for number, sentence in enumerate(sentences, start=1):
            yield str(number), (sentence,)


def save(workbook: Workbook) -> bytes:
    """The file without the time of writing, which openpyxl puts into every member."""
    with_dates, without_dates = io.BytesIO(), io.BytesIO()
    ExcelWriter(workbook, ZipFile(with_dates, "w")).save()
    with ZipFile(with_dates) as source, ZipFile(without_dates, "w", ZIP_DEFLATED) as target:
        for name in source.namelist():
            target.writestr(ZipInfo(name, EARLIEST_IN_ZIP), source.read(name), ZIP_DEFLATED)
    return without_dates.getvalue()
