"""The spreadsheet's sheet of feeds: one table to filter; for each feed first a summary, then its broken rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from openpyxl.styles import Alignment
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from edye_delivery.reports.columns import Cell
from edye_delivery.reports.feed_model import FeedOutcome, FeedReport, ReportedFeedRule, errors_first
from edye_delivery.reports.wording import human_bytes
from edye_delivery.reports.xlsx_cells import AMBER, BLUE, GREEN, GREY, RED, write, write_header

COLUMNS = (
    ("Feed", 18),
    ("Row", 14),
    ("Code", 11),
    ("Name", 34),
    ("Severity", 10),
    ("Owner", 20),
    ("Count", 10),
    ("Detail", 110),
)
FILLS = {
    FeedOutcome.PUBLISHED: GREEN,
    FeedOutcome.UNCHANGED: GREY,
    FeedOutcome.REFUSED: AMBER,
    FeedOutcome.FAILED: RED,
    FeedOutcome.NOT_RUN: BLUE,
}
NAME_COLUMN, DETAIL_COLUMN = 4, len(COLUMNS)


@dataclass(frozen=True, slots=True)
class FeedRow:
    """One row: what it is about, a name, a detail; without a rule it has no code, severity or owner."""

    about: str
    name: str
    detail: str = ""
    count: int | None = None
    rule: ReportedFeedRule | None = None

    def cells(self, feed: str) -> tuple[Cell, ...]:
        """The row's cells in the order of the columns."""
        code, severity, owner = (self.rule.code, self.rule.severity, self.rule.owner.value) if self.rule else ("",) * 3
        return feed, self.about, code, self.name, severity, owner, self.count, self.detail


def fill_feeds(sheet: Worksheet, feeds: Sequence[FeedReport]) -> None:
    """Fills the sheet; the cell of the result gets the colour of the outcome."""
    for number, (heading, width_chars) in enumerate(COLUMNS, start=1):
        write_header(sheet, 1, number, heading)
        sheet.column_dimensions[get_column_letter(number)].width = width_chars
    row = 1
    for feed in feeds:
        for line in _rows(feed):
            row += 1
            for number, value in enumerate(line.cells(feed.name), start=1):
                cell = write(sheet, row, number, value)
                cell.alignment = Alignment(vertical="top", wrap_text=number == DETAIL_COLUMN)
            if line.about == "result":
                sheet.cell(row, NAME_COLUMN).fill = FILLS[feed.outcome]
    sheet.freeze_panes = "B2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(COLUMNS))}{row}"


def _rows(feed: FeedReport) -> Iterator[FeedRow]:
    yield FeedRow("result", feed.outcome.words, feed.detail)
    yield FeedRow("writer", feed.writer)
    if feed.url is not None:
        yield FeedRow("address", "", feed.url)
    if feed.pages:
        uploaded = f", {sum(page.uploaded for page in feed.pages):,} uploaded" if feed.outcome.is_live else ""
        yield FeedRow("pages", "", f"{human_bytes(feed.size_bytes)}{uploaded}", len(feed.pages))
        yield FeedRow("items", "in all", count=feed.items)
    for kind, count in feed.kinds.items():
        yield FeedRow("items", kind, count=count)
    yield from _changes(feed)
    yield from _rules("finding", feed.findings)
    yield from _rules("left out", feed.left_out)


def _changes(feed: FeedReport) -> Iterator[FeedRow]:
    if feed.changes is None:
        return
    for name in ("added", "changed", "removed"):
        first_ids = getattr(feed.changes, f"first_{name}")
        yield FeedRow("changes", name, " ".join(first_ids), getattr(feed.changes, name))


def _rules(about: str, rules: Iterable[ReportedFeedRule]) -> Iterator[FeedRow]:
    for rule in errors_first(rules):
        yield FeedRow(about, rule.name, " | ".join(rule.examples), rule.count, rule)
