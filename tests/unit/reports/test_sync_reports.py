"""The comparison with JW Player as JSON, CSV, spreadsheet and page: complete, harmless, readable."""

from __future__ import annotations

import csv
import io
from typing import Any

import openpyxl
import pytest

from edye_delivery.catalog.vocabulary import Cause, Owner, Severity
from edye_delivery.reports.model import Colour
from edye_delivery.reports.sync import page
from edye_delivery.reports.sync.formats import COLUMNS, as_csv, as_json, as_xlsx
from edye_delivery.reports.sync.model import (
    Compared,
    RuleCount,
    SweepFigures,
    SyncFinding,
    SyncReport,
    SyncRow,
    TurnCount,
)
from edye_delivery.reports.sync.page import as_html
from tests.unit.reports.tags import Tags

HOSTILE = "</script></style><img src=x onerror=alert(1)>\"'><svg onload=alert(2)>{{ 7*7 }}\u202e\x00\u200b"
AT = "2026-03-10T06:00:00Z"


def a_finding(code: str = "SYNC007", **changes: Any) -> SyncFinding:
    whole = {
        "code": code,
        "name": "duration-differs",
        "severity": Severity.BLOCK,
        "cause": Cause.METADATA,
        "owner": Owner.CONTENT_OPERATIONS,
        "message": "4860 s in JW Player, 4800 s in EDYE",
        "fix": "correct the duration in EDYE",
    }
    return SyncFinding(**whole | changes)


def a_row(*findings: SyncFinding, **changes: Any) -> SyncRow:
    whole = {"title": "The Kite", "edye_id": "movie-1", "media_id": "aB3dE6gH", "kind": "movie", "lang": "en"}
    return SyncRow(**whole | {"findings": findings or (a_finding(),)} | changes)


def a_report(*rows: SyncRow, **changes: Any) -> SyncReport:
    blocking = sum(row.severity is Severity.BLOCK for row in rows)
    turn = TurnCount(owner=Owner.CONTENT_OPERATIONS, cause=Cause.METADATA, rows=blocking)
    whole = {
        "run_id": "manual__1",
        "colour": Colour.RED if blocking else Colour.GREEN,
        "started_at": AT,
        "finished_at": AT,
        "sweep": SweepFigures(began_at=AT, ended_at=AT, total=1, media_read=1, calls=3, is_complete=True),
        "compared": Compared(titles=1, media=1, sources=1),
        "rules": (
            RuleCount(
                code="SYNC007", name="duration-differs", owner=Owner.DEVOPS, blocking=blocking, warnings=0, skipped=4
            ),
        ),
        "turns": (turn,) if blocking else (),
        "rows_in_all": len(rows),
        "blocking_rows": blocking,
        "rows": rows,
    }
    return SyncReport(**whole | changes)


def lines_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_json_is_read_back_to_the_same_report() -> None:
    report = a_report(a_row())

    assert SyncReport.model_validate_json(as_json(report)) == report


def test_the_csv_has_a_line_for_each_finding_in_utf_8_with_a_mark() -> None:
    content = b"".join(as_csv([a_row(a_finding(), a_finding("SYNC010"), title="Niña"), a_row()] * 400))

    lines = lines_of(content)
    assert content.startswith(b"\xef\xbb\xbf")
    assert len(lines) == 1200
    assert (lines[1]["title"], lines[1]["code"], lines[1]["severity"]) == ("Niña", "SYNC010", "block")
    assert list(lines[0]) == [column.key for column in COLUMNS]


def test_a_text_is_never_a_formula_in_csv_or_spreadsheet() -> None:
    row = a_row(a_finding(message="=1+1"), title="@SUM(A1)")

    assert (lines_of(b"".join(as_csv([row])))[0]["title"]) == "'@SUM(A1)"
    sheet = openpyxl.load_workbook(io.BytesIO(as_xlsx(a_report(row))))["Differences"]
    assert (sheet["A2"].value, sheet["A2"].data_type) == ("@SUM(A1)", "s")


def test_the_spreadsheet_has_differences_rules_and_summary_and_is_the_same_each_time() -> None:
    report = a_report(a_row(), incidents=("the sweep is not complete",))

    workbook = openpyxl.load_workbook(io.BytesIO(as_xlsx(report)))

    assert workbook.sheetnames == ["Differences", "Rules", "Summary"]
    assert [cell.value for cell in workbook["Rules"][2]] == ["SYNC007", "duration-differs", "DevOps", 1, 0, 4]
    assert ("Incident", "the sweep is not complete") in [
        (row[0].value, row[1].value) for row in workbook["Summary"].iter_rows()
    ]
    assert as_xlsx(report) == as_xlsx(report)


def test_a_report_without_a_difference_is_written_in_every_format() -> None:
    assert lines_of(b"".join(as_csv([]))) == []
    assert as_xlsx(a_report())
    assert "Nothing has to be corrected." in Tags(as_html(a_report())).text


def test_no_foreign_text_becomes_markup() -> None:
    finding = a_finding(code=HOSTILE, name=HOSTILE, message=HOSTILE, fix=HOSTILE)
    row = a_row(finding, **dict.fromkeys(("title", "series", "external_id", "edye_id", "media_id", "lang"), HOSTILE))
    report = a_report(row, incidents=(HOSTILE,), display_name=HOSTILE, titles=(HOSTILE,), run_id=HOSTILE)

    tags = Tags(as_html(report))

    assert [len(tags.named(tag)) for tag in ("script", "style", "img", "svg")] == [1, 1, 0, 0]
    assert not [name for _, attributes in tags.found for name in attributes if name.startswith("on")]
    assert tags.open == []


def test_the_page_says_what_differs_whose_turn_it_is_and_what_to_do() -> None:
    text = Tags(as_html(a_report(a_row()))).text

    for told in ("The Kite", "SYNC007", "4860 s in JW Player", "Correct the duration in EDYE", "Content Operations"):
        assert told in text
    assert "1 difference has to be corrected: Content Operations 1 (metadata)." in " ".join(text.split())


def test_the_page_of_a_sweep_that_is_not_complete_says_so() -> None:
    text = Tags(as_html(a_report(colour=Colour.RED, incidents=("the sweep is not complete",)))).text

    assert "the comparison is not whole" in text
    assert "The sweep is not complete" in text


def test_the_page_has_the_first_rows_and_says_how_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "ROWS_MAX", 2)

    text = Tags(as_html(a_report(*[a_row()] * 3, rows_in_all=9))).text

    assert "The first 2 of 9; report.csv has all." in text
