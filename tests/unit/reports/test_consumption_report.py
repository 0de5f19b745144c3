"""The consumption report: its figures, and the same facts as page, spreadsheet, CSV and JSON, with hostile texts."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from openpyxl import load_workbook

from edye_delivery.catalog.consumption import (
    CallSums,
    CheckpointCall,
    ErrorCall,
    ExposedTitle,
    Fetched,
    FullSync,
    Percentiles,
    PollSum,
    StatusSum,
    Unfetched,
    UnfetchedTitle,
)
from edye_delivery.catalog.degradation import Degradation, DegradationKind, Subject
from edye_delivery.catalog.window import Window
from edye_delivery.reports.consumption.charts import calls_chart, latency_chart
from edye_delivery.reports.consumption.figures import (
    Agreement,
    ConsumptionFacts,
    consumption_report,
    turn_of,
    union_s,
)
from edye_delivery.reports.consumption.html import as_html
from edye_delivery.reports.consumption.model import ConsumptionReport
from edye_delivery.reports.consumption.table import as_csv, as_json
from edye_delivery.reports.consumption.xlsx import as_xlsx
from tests.unit.pull_calls import NOON

HOSTILE = "=cmd|'/c calc'!A1<script>alert(\"1\")</script>\u202e"
WINDOW = Window(NOON, NOON + timedelta(hours=4))
NOON_S = int(NOON.timestamp())
STATUSES = {200: 10, 204: 1, 304: 20, 302: 2, 404: 3, 401: 4, 429: 5, 500: 6, 503: 7}
LATENCY = Percentiles(20, 600, 1200)
SUMS = CallSums(
    is_exact=True,
    slot_s=3600,
    sums=tuple(
        StatusSum("showList", HOSTILE, status, NOON_S + 3600 * (status % 3), calls, 100 * calls, calls, calls % 2)
        for status, calls in STATUSES.items()
    ),
    all_calls=LATENCY,
    by_endpoint={("showList", HOSTILE): LATENCY},
    by_slot={NOON_S: LATENCY, NOON_S + 3600: LATENCY},
    own_calls=1234,
)
UNAVAILABLE = Degradation(
    Subject.SERVICE, "", NOON + timedelta(hours=1), DegradationKind.UNAVAILABLE, NOON + timedelta(hours=2), 1,
    HOSTILE, NOON + timedelta(hours=3),
)  # fmt: skip
FACTS = ConsumptionFacts(
    partner="shelf",
    display_name=HOSTILE,
    window=WINDOW,
    made_at=WINDOW.end_at,
    agreement=Agreement(300, 99.9, 500),
    generation=9,
    sums=SUMS,
    lines_since=NOON,
    polls=[PollSum("showList", HOSTILE, 40)],
    longest_silence_s=900,
    checkpoints=[CheckpointCall("showList", HOSTILE, NOON, 6, 8)],
    syncs=[FullSync("showList", HOSTILE, NOON, NOON + timedelta(minutes=2), 7, 3, 250)],
    fetched=Fetched(5, 3, (ExposedTitle("shows", HOSTILE, 1_700_000_000_000, HOSTILE, HOSTILE),), 2, 1),
    errors=[ErrorCall(NOON, HOSTILE, "showList", 401, 3.5, HOSTILE, HOSTILE)],
    down_since=[NOON],
    degradations=[],
)
REPORT = consumption_report(FACTS)


def test_every_call_is_counted_under_one_class():
    counts = REPORT.totals
    assert (counts.ok, counts.not_modified, counts.other) == (11, 20, 2)
    assert (counts.refused, counts.rate_limited, counts.failed) == (7, 5, 13)
    assert counts.calls == sum(STATUSES.values())
    assert [use.counts for use in REPORT.endpoints] == [counts]
    assert sum(slot.counts.calls for slot in REPORT.slots) == counts.calls


def test_slots_without_calls_are_there_too():
    assert [slot.start_at for slot in REPORT.slots] == [f"2026-03-02T{hour}:00:00Z" for hour in (12, 13, 14, 15)]
    assert [slot.latency is None for slot in REPORT.slots] == [False, False, True, True]


def test_polls_stand_beside_the_agreed_ones_and_a_checkpoint_beside_the_present_generation():
    assert [(poll.polls, poll.agreed) for poll in REPORT.polls] == [(40, 48)]
    assert [(point.generation, point.lag) for point in REPORT.checkpoints] == [(6, 3)]
    unknown = consumption_report(replace(FACTS, generation=None))
    assert [point.lag for point in unknown.checkpoints] == [2]


def test_uptime_is_the_share_of_time_that_is_not_down():
    assert REPORT.down_minutes == 1
    assert REPORT.uptime_percent == pytest.approx(100 * (1 - 1 / 240))
    assert not REPORT.meets_sla
    assert consumption_report(replace(FACTS, down_since=[])).meets_sla


def test_what_a_probe_found_unavailable_is_down_and_the_whole_degradation_counts_as_degraded():
    report = consumption_report(replace(FACTS, degradations=[UNAVAILABLE]))
    assert (report.down_minutes, report.degraded_minutes) == (61, 120)
    of_calls = consumption_report(replace(FACTS, degradations=[replace(UNAVAILABLE, calls=40)]))
    assert (of_calls.down_minutes, of_calls.degraded_minutes) == (1, 120)


def test_spans_that_overlap_or_leave_the_window_are_counted_once_and_within_it():
    hours = [NOON + timedelta(hours=hour) for hour in range(-2, 9)]
    assert union_s([(hours[0], hours[3]), (hours[2], hours[4]), (hours[5], None)], WINDOW) == 3 * 3600
    assert union_s([(hours[8], None), (hours[0], hours[1])], WINDOW) == 0


@pytest.mark.parametrize(
    ("status", "turn"),
    [
        (400, "Partner or DevOps"),
        (401, "Partner or DevOps"),
        (403, "Partner or DevOps"),
        (404, "Content Operations"),
        (410, "Partner or DevOps"),
        (429, "Partner"),
        (500, "DevOps"),
        (503, "DevOps"),
    ],
)
def test_whose_turn_it_is_goes_by_the_status(status, turn):
    assert turn_of(status) == turn


def test_the_json_reads_back_to_an_equal_report():
    assert ConsumptionReport.model_validate_json(as_json(REPORT)) == REPORT


def test_the_page_has_no_script_no_address_and_no_foreign_markup():
    page = as_html(consumption_report(replace(FACTS, degradations=[UNAVAILABLE]))).decode()
    assert "<script" not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;" in page
    assert "script-src" not in page
    assert not re.search(r'(?:src|href)="(?!#|data:,)', page)


def test_the_page_says_the_figures():
    page = as_html(REPORT).decode()
    for words in ("SLA missed", "2 titles", "200-299", "Partner or DevOps", "a poll every 5 min 00 s agreed"):
        assert words in page, words
    assert "1 more: <code>consumption.not_fetched.csv</code> names all" in page
    assert page.count("<svg") == page.count("</svg>") == 2


def test_titles_that_wait_for_the_partner_are_named_in_the_page_and_the_spreadsheet():
    waiting = Unfetched(25, tuple(UnfetchedTitle(f"EDYE_{number}", HOSTILE, NOON) for number in range(22)))
    report = consumption_report(replace(FACTS, unfetched=waiting))
    page = as_html(report).decode()
    assert "<strong>25</strong> titles wait until the partner reads them: it is the partner's turn" in page
    assert all(f"<code>EDYE_{number}</code>" in page for number in range(22))
    assert "3 more: <code>python -m edye_delivery status</code> names all" in page
    assert "<script" not in page
    book = load_workbook(io.BytesIO(as_xlsx(report)))
    assert [row[0].value for row in book["Waiting"].iter_rows(min_row=2)] == [one.external_id for one in waiting.titles]
    assert ConsumptionReport.model_validate_json(as_json(report)) == report
    assert "Not accepted yet" not in as_html(REPORT).decode()


def test_a_window_without_calls_has_a_page_table_and_sheet():
    nothing = CallSums(True, 3600, (), None, {}, {})
    empty = replace(
        FACTS, sums=nothing, polls=[], checkpoints=[], syncs=[], errors=[], fetched=None, generation=None, down_since=[]
    )
    report = consumption_report(empty)
    page = as_html(report).decode()
    assert "The partner made no call." in page
    assert "nobody said which titles are exposed" in page
    assert len(as_csv(report).splitlines()) == 1
    assert load_workbook(io.BytesIO(as_xlsx(report))).sheetnames[0] == "Summary"


def test_a_report_of_hours_says_so():
    report = consumption_report(replace(FACTS, sums=replace(SUMS, is_exact=False)))
    assert "whole hours" in as_html(report).decode()


def test_no_cell_of_the_csv_starts_a_formula():
    [row] = csv.DictReader(io.StringIO(as_csv(REPORT).decode("utf-8-sig")))
    assert row["user"].startswith("'=cmd")
    assert (row["calls"], row["status_ok"], row["status_failed"], row["p95_ms"]) == ("58", "11", "13", "600.0")
    assert row["window_start"] == "2026-03-02T12:00:00Z"


def test_no_cell_of_the_spreadsheet_is_a_formula_and_its_bytes_are_the_same_each_time():
    content = as_xlsx(REPORT)
    workbook = load_workbook(io.BytesIO(content))
    assert workbook.sheetnames == ["Summary", "Calls", "Over time", "Not fetched", "Latest errors"]
    assert "f" not in {cell.data_type for sheet in workbook for row in sheet for cell in row}
    assert workbook["Calls"]["C2"].value == 58
    assert workbook["Latest errors"]["H2"].value == "Partner or DevOps"
    assert as_xlsx(REPORT) == content


def test_the_parts_of_a_bar_are_as_high_as_their_calls_and_stand_on_one_another():
    chart = calls_chart(REPORT.slots, 3600)
    first = [bar for bar in chart.bars if bar.x_px == chart.bars[0].x_px]
    calls = REPORT.slots[0].counts.calls
    heights = {bar.what: bar.height_px for bar in first}
    assert sum(heights.values()) / heights[first[0].what] == pytest.approx(
        calls / getattr(REPORT.slots[0].counts, first[0].what), rel=0.05
    )
    for lower, upper in pairwise(first):
        assert upper.y_px + upper.height_px == pytest.approx(lower.y_px, abs=0.2)


def test_a_line_is_interrupted_where_there_are_no_calls():
    slots = [REPORT.slots[0], REPORT.slots[1], REPORT.slots[2], REPORT.slots[0]]
    chart = latency_chart(slots, 3600, 500)
    for line in chart.lines:
        assert len(line.parts) == 1
        assert len(line.dots) == 1
    assert chart.bound_px is not None


def test_calls_of_our_own_checks_are_left_out_and_said_to_be():
    report = consumption_report(FACTS)
    assert (report.own_calls, report.totals.calls) == (1234, sum(STATUSES.values()))
    assert "1,234 calls of our own checks" in as_html(report).decode()
    rows = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(as_xlsx(report)))["Summary"].iter_rows()]
    assert ["Left out", 1234, "calls of our own checks, which no figure of the partner has"] in rows
