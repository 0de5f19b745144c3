"""The spreadsheet's sheet of feeds: complete, to be filtered, and never a formula."""

from __future__ import annotations

import io
from zipfile import ZipFile

import pytest
from openpyxl import Workbook, load_workbook

from edye_delivery.reports.feed_model import FeedReport
from edye_delivery.reports.xlsx_report import as_xlsx
from tests.unit.reports.builders import a_report, a_title
from tests.unit.reports.feed_builders import ADDRESS, GENRE_UNKNOWN, a_feed, a_refused_feed, feeds_of_a_day

HOSTILE = ["=cmd|'/C calc'!A0", "+1+1", "@SUM(A1)", "\x00=1+1", "#N/A", "=HYPERLINK(1)\x0b\ufffe"]


def workbook_of(*feeds: FeedReport) -> Workbook:
    return load_workbook(io.BytesIO(as_xlsx(a_report(a_title(), feeds=feeds))))


def rows_of(*feeds: FeedReport) -> list[tuple[object, ...]]:
    return list(workbook_of(*feeds)["Feeds"].values)


def test_a_partner_without_feeds_has_no_such_sheet() -> None:
    assert workbook_of().sheetnames == ["Titles", "Summary"]


def test_a_feed_is_summed_up_above_its_broken_rules() -> None:
    rows = rows_of(a_feed())
    assert rows[0] == ("Feed", "Row", "Code", "Name", "Severity", "Owner", "Count", "Detail")
    assert [row[1] for row in rows[1:]] == (
        ["result", "writer", "address", "pages", *["items"] * 4, *["changes"] * 3, "finding", *["left out"] * 2]
    )
    told = {(row[1], row[3] or ""): (row[6], row[7] or "") for row in rows[1:]}
    assert told["result", "published"][1] == "readers get this feed now; 1 of 2 pages uploaded"
    assert told["address", ""][1] == ADDRESS
    assert told["pages", ""] == (2, "37.4 MB, 1 uploaded")
    assert told["items", "series"][0] == 16
    assert told["changes", "added"] == (3, "EDYE_LUMA_S02E05 EDYE_LUMA_S02E06 EDYE_MOV_000127")


def test_a_rule_has_one_row_with_code_owner_count_and_examples() -> None:
    (row,) = [row for row in rows_of(a_refused_feed()) if row[2] == "FEED013"]
    examples = " | ".join(GENRE_UNKNOWN.examples)
    assert row == (
        "search", "finding", "FEED013", "genre-unknown", "error", "Content Operations", 3, examples,
    )  # fmt: skip


def test_every_row_names_its_feed_so_that_a_filter_finds_it() -> None:
    rows = rows_of(*feeds_of_a_day())[1:]
    assert list(dict.fromkeys(row[0] for row in rows)) == ["search", "search_us", "catalogue", "direct", "live"]
    sheet = workbook_of(*feeds_of_a_day())["Feeds"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", f"A1:H{len(rows) + 1}")


def test_two_hundred_pages_are_one_row() -> None:
    (row,) = [row for row in rows_of(feeds_of_a_day()[2]) if row[1] == "pages"]
    assert (row[6], row[7]) == (200, "3.8 GB, 0 uploaded")


def test_outcomes_have_colours_of_their_own() -> None:
    sheet = workbook_of(*feeds_of_a_day())["Feeds"]
    results = [row[3] for row in sheet.iter_rows(min_row=2) if row[1].value == "result"]
    assert len({cell.fill.start_color.rgb for cell in results}) == 5
    assert results[-1].value == "not run"


@pytest.mark.parametrize("hostile", HOSTILE, ids=repr)
def test_foreign_text_of_a_feed_stays_a_text(hostile: str) -> None:
    rule = a_refused_feed().findings[0].model_copy(update={"examples": (hostile,), "name": hostile})
    feed = a_feed(name=hostile, url=hostile, findings=(rule,), kinds={hostile: 1})
    cells = [cell for row in workbook_of(feed)["Feeds"].iter_rows(min_row=2) for cell in row]
    texts = [cell for cell in cells if isinstance(cell.value, str)]
    assert {(cell.data_type, cell.quotePrefix) for cell in texts} == {("s", True)}
    assert sum(cell.value.endswith(hostile.strip("\x00\x0b\ufffe")) for cell in texts) > 14
    with ZipFile(io.BytesIO(as_xlsx(a_report(a_title(), feeds=(feed,))))) as members:
        sheets = b"".join(members.read(name) for name in members.namelist() if "worksheets" in name)
    assert b"<f>" not in sheets
    assert b"hyperlink" not in sheets


def test_the_summary_names_each_feed_with_its_outcome() -> None:
    rows = {row[0]: row[1:] for row in workbook_of(a_refused_feed())["Summary"].values}
    assert rows["search"] == ("refused: the linter found 3 errors; the last good feed stays", "800 items")


def test_the_spreadsheet_of_the_same_feeds_is_the_same_file() -> None:
    report = a_report(a_title(), feeds=feeds_of_a_day())
    assert as_xlsx(report) == as_xlsx(report)
