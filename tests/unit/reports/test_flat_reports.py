"""JSON, CSV and spreadsheet: complete, stable, and harmless to the program that opens them."""

from __future__ import annotations

import csv
import io
import json
import time
from zipfile import ZipFile

import pytest
from openpyxl import load_workbook

from edye_delivery.reports.columns import CELL_MAX_UTF16_UNITS, COLUMNS, cell_text
from edye_delivery.reports.csv_report import as_csv
from edye_delivery.reports.json_report import as_json
from edye_delivery.reports.model import TitleReport, WindowReport
from edye_delivery.reports.xlsx_report import as_xlsx
from tests.unit.reports.builders import a_day, a_report, a_title

FORMULAS = ["=cmd|'/C calc'!A0", "+1+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\x00=1+1", "\n=1+1"]


def rows_of(report: WindowReport) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(as_csv(report).decode("utf-8-sig"), newline="")))


def sheet_rows(report: WindowReport, sheet: str = "Titles") -> list[tuple[object, ...]]:
    return list(load_workbook(io.BytesIO(as_xlsx(report)))[sheet].values)


def test_json_has_the_promised_keys_in_their_order() -> None:
    written = json.loads(as_json(a_day()[0]))
    assert list(written) == list(WindowReport.model_fields)
    assert all(list(title) == list(TitleReport.model_fields) for title in written["titles"])
    assert written["window"] == {"start": "2026-03-01T06:00:00Z", "end": "2026-03-02T06:00:00Z"}
    assert written["totals"]["titles"] == 40


def test_json_reads_back_to_the_same_report() -> None:
    report = a_day()[0]
    assert WindowReport.model_validate_json(as_json(report)) == report


def test_json_survives_half_a_character() -> None:
    assert "\ufffd" in json.loads(as_json(a_report(a_title(title="\udc80"))))["titles"][0]["title"]


def test_csv_has_a_byte_order_mark_and_windows_line_ends() -> None:
    written = as_csv(a_report(a_title(), a_title()))
    assert written.startswith(b"\xef\xbb\xbfexternal_id,")
    assert written.count(b"\r\n") == 3


def test_csv_has_one_row_per_title_with_figures_and_words() -> None:
    report = a_day()[0]
    rows = rows_of(report)
    assert [row["external_id"] for row in rows] == [title.external_id for title in report.titles]
    rejected = next(row for row in rows if row["rules"] == "VID007")
    assert (rejected["owner"], rejected["criteria_met"], rejected["sent"]) == ("Content Operations", "0 of 5", "no")
    assert "short edge 480 px" in rejected["findings"]


def test_every_fact_of_a_title_has_a_column() -> None:
    assert {column.key for column in COLUMNS} >= TitleReport.model_fields.keys()


@pytest.mark.parametrize("formula", FORMULAS, ids=repr)
def test_a_csv_cell_never_starts_a_formula(formula: str) -> None:
    (row,) = rows_of(a_report(a_title(title=formula, tracking_id=formula, detail=formula)))
    assert {row["title"], row["tracking_id"], row["detail"]} == {"'" + formula.replace("\x00", "")}


def test_csv_keeps_quotes_commas_and_line_breaks_inside_a_cell() -> None:
    hostile = 'one "two", three\r\nfour;five'
    assert rows_of(a_report(a_title(title=hostile)))[0]["title"] == hostile


@pytest.mark.parametrize("formula", [*FORMULAS, "#N/A", "#REF!"], ids=repr)
def test_a_spreadsheet_text_stays_a_text(formula: str) -> None:
    sheet = load_workbook(io.BytesIO(as_xlsx(a_report(a_title(title=formula)))))["Titles"]
    cell = sheet.cell(2, [column.key for column in COLUMNS].index("title") + 1)
    assert (cell.data_type, cell.quotePrefix) == ("s", True)
    assert str(cell.value).replace("\r", "") == formula.replace("\x00", "").replace("\r", "")


def test_a_spreadsheet_has_neither_formula_nor_link_nor_refused_character() -> None:
    hostile = "=HYPERLINK(1)\x00\x0b\x1f\ufffe\uffff \U0001f680"
    report = a_report(a_title(title=hostile), run_id=hostile, left_out={hostile: 1})
    with ZipFile(io.BytesIO(as_xlsx(report))) as members:
        sheets = b"".join(members.read(name) for name in members.namelist() if "worksheets" in name)
    assert b"<f>" not in sheets
    assert b"hyperlink" not in sheets
    assert sheet_rows(report)[1][2] == "=HYPERLINK(1) \U0001f680"


@pytest.mark.parametrize("character", ["x", "\U0001f680"], ids=["one-unit", "two-units"])
def test_a_text_is_cut_to_what_a_spreadsheet_cell_holds(character: str) -> None:
    cut = cell_text(character * (CELL_MAX_UTF16_UNITS + 5))
    units = len(cut.encode("utf-16-le")) // 2
    assert CELL_MAX_UTF16_UNITS - 1 <= units <= CELL_MAX_UTF16_UNITS
    assert set(cut) == {character}


def test_the_title_sheet_can_be_filtered_below_a_frozen_heading() -> None:
    sheet = load_workbook(io.BytesIO(as_xlsx(a_day()[0])))["Titles"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", f"A1:AD{40 + 1}")
    assert sheet.cell(2, [column.key for column in COLUMNS].index("bytes_sent") + 1).number_format == "#,##0"


def test_states_have_colours_of_their_own() -> None:
    titles = [a_title(), a_title(change="unchanged"), a_title(state="rejected"), a_title(state="failed")]
    sheet = load_workbook(io.BytesIO(as_xlsx(a_report(*titles))))["Titles"]
    column = [column.key for column in COLUMNS].index("state") + 1
    assert len({sheet.cell(row, column).fill.start_color.rgb for row in range(2, 6)}) == 4


def test_the_summary_names_totals_causes_incidents_and_what_was_left_out() -> None:
    rows = {(row[0], row[1]): row[2] for row in sheet_rows(a_day()[0], "Summary")}
    assert ("Result", "red") in rows
    assert ("Titles", 40) in rows
    assert rows["Design", "images"] == 4
    assert ("not for mx (geo)", 2) in rows
    assert any("503 four times" in str(text) for _, text in rows)


def test_the_spreadsheet_of_a_report_is_always_the_same_file(monkeypatch: pytest.MonkeyPatch) -> None:
    report = a_report(a_title())
    first = as_xlsx(report)
    monkeypatch.setattr(time, "time", lambda: 2_000_000_000.0)
    assert as_xlsx(report) == first


def test_the_summary_names_a_deprecated_channel_and_its_reason_each_title_its_channel() -> None:
    report = a_report(a_title(channel="ftp"), channel="ftp", notice="FTP is deprecated", reason="API down")
    sheet = load_workbook(io.BytesIO(as_xlsx(report)))["Summary"]
    summary = {row[0].value: row[1].value for row in sheet.iter_rows()}
    assert (summary["Channel"], summary["Notice"], summary["Reason"]) == ("ftp", "FTP is deprecated", "API down")
    (row,) = rows_of(report)
    assert row["channel"] == "ftp"


def test_a_cell_has_nothing_that_a_terminal_obeys_and_nobody_sees():
    assert cell_text("a\x9b31m\x1b[2J\u202eb\u200bc\u200dé") == "a⟨U+009B⟩31m[2J⟨U+202E⟩b⟨U+200B⟩c\u200dé"
