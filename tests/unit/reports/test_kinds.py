"""A report says what its run was: kind, window, what somebody has to do, what is wrong with the partner's client."""

from __future__ import annotations

import io
import traceback

import pytest
from openpyxl import load_workbook

from edye_delivery.catalog.plan import RunRequest, WithdrawalOrder
from edye_delivery.catalog.snapshot import Withdrawal
from edye_delivery.catalog.vocabulary import Correction, RunKind
from edye_delivery.errors import Terminal, WindowNotDone
from edye_delivery.pipeline import withdrawal_report as withdrawal_reporting
from edye_delivery.pipeline.confirm import done_sentence, failure_sentence, whole_text
from edye_delivery.pipeline.withdrawal_report import not_found_sentence, to_do_of
from edye_delivery.reports.html_report import as_html
from edye_delivery.reports.xlsx_report import as_xlsx
from tests.builders import the_annex
from tests.unit.reports.builders import a_report, a_title
from tests.unit.reports.tags import Tags

NAMES = ("EDYE_PLANETA_S01E01_ES", "EDYE_PLANETA_S01E02_ES")
WITHDRAWN = {"state": "withdrawn", "change": "withdrawn", "detail": "out of the feeds", "cause": None, "owner": None}


def a_request(**changes) -> RunRequest:
    span = {"start_at": "2026-03-01T06:00:00Z", "end_at": "2026-03-02T06:00:00Z"}
    return RunRequest.model_validate({"partner": "p", "run_id": "r"} | span | changes)


def planned(by_hand=True) -> list[Withdrawal]:
    return [
        Withdrawal(delivery_key="k" * 64, external_id=name, edye_id=name, reason="rights ended", by_hand=by_hand)
        for name in NAMES
    ]


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({}, RunKind.DELIVERY),
        ({"correction": Correction.RESEND}, RunKind.REDELIVERY),
        ({"withdrawal": WithdrawalOrder()}, RunKind.WITHDRAWAL),
    ],
)
def test_a_request_knows_its_kind(changes, kind):
    assert a_request(**changes).kind is kind


def summary_of(report):
    sheet = load_workbook(io.BytesIO(as_xlsx(report)))["Summary"]
    return {row[0].value: row[1].value for row in sheet.iter_rows()}


@pytest.mark.parametrize("kind", RunKind)
def test_the_page_carries_the_kind_of_its_run_and_deprecates_no_api(kind):
    report = a_report(a_title(), kind=kind, notice=f"{kind} by hand", reason="agreed with the partner", window=None)
    text = Tags(as_html(report, {})).text
    assert f"EDYE {kind} report" in text
    assert "deprecated" not in text
    assert "1970" not in text
    assert "Titles by name, without a window" in text
    assert (summary_of(report)["Kind"], summary_of(report)["Window"]) == (kind.value, "none: titles by name")


def test_a_withdrawal_accepts_nothing():
    report = a_report(a_title(**WITHDRAWN), kind=RunKind.WITHDRAWAL)
    assert "1 title of 1 withdrawn." in Tags(as_html(report, {})).text
    assert "is accepted" not in Tags(as_html(report, {})).text
    assert done_sentence(report) == "all 1 titles of the withdrawal are withdrawn, 0 feeds in order"
    dry = report.model_copy(update={"dry_run": True})
    assert "would be withdrawn" in Tags(as_html(dry, {})).text
    assert done_sentence(dry).startswith("dry run of a withdrawal: ")


def test_somebody_has_to_tell_a_partner_that_no_api_tells():
    annex = the_annex()
    (told,) = to_do_of(annex, a_request(), planned(by_hand=False), {})
    assert told.startswith("tell ROKU Premium Subscriptions MX, because no API does: ")
    assert all(name in told for name in NAMES)
    assert list(to_do_of(annex, a_request(withdrawal=WithdrawalOrder()), planned(), {})) == []  # none is withdrawn yet


def test_a_dry_run_says_what_the_real_one_would_ask_for():
    annex = the_annex(withdrawal={"titles_without_approval": 1})
    request = a_request(withdrawal=WithdrawalOrder(), dry_run=True)
    approval, telling = to_do_of(annex, request, planned(), {})
    assert approval == (
        "the real run waits in approve_withdrawal until somebody approves it: 2 titles, and up to 1 go without"
    )
    assert telling.startswith("after the real run, tell ROKU")


def test_a_mistyped_id_is_answered_with_close_ones():
    known = (*NAMES, "EDYE_NUBE_S02E02_ES")
    sentence = not_found_sentence(a_request(whole_catalogue=True), ["EDYE_PLANETTA_S01E01_ES", NAMES[0]], known)
    assert "EDYE_PLANETTA_S01E01_ES (close to it: EDYE_PLANETA_S01E01_ES, " in sentence
    assert sentence.endswith(f", {NAMES[0]}")
    assert "in the catalogue for this partner" in sentence


def test_of_thousands_of_mistyped_ids_only_those_that_are_told_are_compared(monkeypatch):
    compared = []
    monkeypatch.setattr(withdrawal_reporting, "close_names", lambda name, known: compared.append(name) or [])
    sentence = not_found_sentence(a_request(), [f"WRONG_{number}" for number in range(5000)], NAMES)
    assert compared == [f"WRONG_{number}" for number in range(20)]
    assert sentence.endswith("WRONG_19 and 4,980 more")


def test_alerts_and_what_is_to_do_are_on_the_page_in_the_sheet_and_in_the_error():
    report = a_report(a_title(), alerts=("the circuit is open since 06:00",), to_do=("tell ROKU",), colour="red")
    text = Tags(as_html(report, {})).text
    assert "The circuit is open since 06:00" in text
    assert "Tell ROKU" in text
    assert {"Alerts", "To do"} <= summary_of(report).keys()
    assert failure_sentence(report).splitlines()[1:] == ["the circuit is open since 06:00", "tell ROKU"]


def test_the_error_has_two_short_lines_for_each_title_and_the_log_all_of_it():
    long = {"state": "rejected", "cause": "media", "owner": "Content Operations", "rules": ("VID006",)}
    long |= {"detail": "codec 'hevc', expected h264; " * 30, "next_step": "export it anew " * 30}
    titles = [a_title(**long, external_id=f"EDYE_{number}") for number in range(60)]
    report = a_report(*titles)
    lines = failure_sentence(report).splitlines()
    assert len(lines) == 102
    assert lines[1].startswith("  EDYE_0: VID006: codec 'hevc', expected h264; ")
    assert lines[2].startswith("    Content Operations: export it anew")
    assert lines[-1] == "  and 10 more titles: the report and the log above name them"
    assert max(map(len, lines)) <= 96
    assert len(whole_text(report).splitlines()) == 61


def test_a_red_window_is_an_exit_whose_kind_is_terminal():
    error = WindowNotDone("1 of 2 titles")
    assert isinstance(error, SystemExit)
    assert isinstance(error, Terminal)
    assert (str(error), error.code) == ("1 of 2 titles", 1)
    assert "1 of 2 titles" in "".join(traceback.format_exception_only(error))
