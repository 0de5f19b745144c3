"""Whatever is told about a title that a partner pulls is never told in words of a transfer."""

from __future__ import annotations

import re
from io import BytesIO

import pytest
from openpyxl import load_workbook

from edye_delivery.catalog.next_steps import next_step
from edye_delivery.catalog.plan import WithdrawalOrder
from edye_delivery.catalog.snapshot import WindowPlan, Withdrawal
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState, RunKind
from edye_delivery.ledger.leases import Holder, TitleBusy
from edye_delivery.pipeline.accept import criteria_of
from edye_delivery.pipeline.confirm import done_sentence, whole_text
from edye_delivery.pipeline.deliver import NotSent
from edye_delivery.pipeline.report import RunOutcome, window_report
from edye_delivery.reports.html_report import as_html
from edye_delivery.reports.model import Colour
from edye_delivery.reports.xlsx_report import as_xlsx
from tests.unit.pipeline.builders import ANNEX, AT, PARTNER, RUN, a_request, checked_for, plan_for
from tools.run import totals_line

PLAN = plan_for()
CHECKED = checked_for(PLAN)
TRANSFER = re.compile(
    r"partner (has|refused|completed|is processing|says completed)|\b(sent|sends?|sending|uploaded)\b|out of the feeds",
    re.IGNORECASE,
)
GONE = Withdrawal(delivery_key="k", external_id=PLAN.external_id, edye_id="m-1", reason="no tag")


def report_of(ledger, *, dry_run=False, held=(), withdrawn=(), withdrawal=None):
    kind = RunKind.WITHDRAWAL if withdrawal else RunKind.DELIVERY
    request = a_request(channel=Channel.PULL, dry_run=dry_run, kind=kind, withdrawal=withdrawal, reason="a reason")
    return window_report(
        RunOutcome(
            annex=ANNEX,
            request=request,
            plan=WindowPlan(request=request, batches=1, held=held, withdrawn=withdrawn),
            checked=() if held or withdrawn else (CHECKED,),
            unchecked=(),
            deliveries=ledger.deliveries([PLAN.delivery_key]),
            incidents=[],
            started_at=AT,
            finished_at=AT,
        )
    )


def texts_of(report):
    """All that people read: the log, the page without its styles, the cells of the spreadsheet."""
    page = as_html(report, {}).decode()
    body = re.sub(r"<style>.*?</style>|<script>.*?</script>|<[^>]*>", " ", page, flags=re.DOTALL)
    book = load_workbook(BytesIO(as_xlsx(report)))
    cells = {str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row if cell}
    states = {state.value for state in DeliveryState}  # as a column has them, for a filter
    console = totals_line(report.model_dump(mode="json"))
    return [whole_text(report), done_sentence(report), console, body, *(cells - states)]


def words_of_transfer(report):
    return [found.group() for text in texts_of(report) for found in TRANSFER.finditer(text)]


def expose(ledger):
    ledger.plan(PARTNER, RUN, [PLAN], Channel.PULL)
    ledger.begin_send(PLAN.delivery_key, RUN, Channel.PULL, None, Holder("h"))


@pytest.mark.parametrize("state", [*DeliveryState])
@pytest.mark.parametrize("cause", [None, *Cause])
def test_no_next_step_of_a_pulled_title_has_words_of_a_transfer(state, cause):
    step = next_step(state, cause, is_pulled=True)
    assert TRANSFER.findall(step) == []
    assert next_step(state, cause, is_pulled=True, is_original_refused=True) == step


@pytest.mark.parametrize("steps", [0, 1, 2, 3, 4], ids=["planned", "begun", "exposed", "seen", "accepted"])
def test_the_report_of_a_pull_run_has_no_words_of_a_transfer_in_any_state(ledger, steps):
    key = PLAN.delivery_key
    ledger.plan(PARTNER, RUN, [PLAN], Channel.PULL)
    if steps > 0:
        ledger.begin_send(key, RUN, Channel.PULL, None, Holder("h"))
    if steps > 1:
        ledger.mark_received(key, "exposure-1", 9, 1.0)
    if steps > 2:
        ledger.observe(key, DeliveryState.COMPLETED, "exposure-1")
    if steps > 3:
        delivery = ledger.deliveries([key])[key]
        ledger.accept(PARTNER, PLAN, criteria_of(ANNEX, CHECKED, delivery))
    assert words_of_transfer(report_of(ledger)) == []


def test_a_title_that_waits_for_the_partner_leaves_the_run_green_and_says_whose_turn_it_is(ledger):
    expose(ledger)
    ledger.mark_received(PLAN.delivery_key, "exposure-1", 9, 1.0)
    ledger.observe(PLAN.delivery_key, DeliveryState.COMPLETED, "exposure-1")
    ledger.wait_for_fetch(PARTNER, PLAN, [{"criterion": "fetched", "met": False, "evidence": "not read yet"}])
    report = report_of(ledger)
    [title] = report.titles
    assert (report.colour, title.outcome, title.needs_work) == (Colour.GREEN, "waiting", False)
    assert (report.totals.waiting, report.totals.accepted, report.causes) == (1, 0, ())
    assert "it is the partner's turn to read it" in title.next_step
    assert "but for 1 that wait until the partner reads them" in done_sentence(report)
    assert "or waits until the partner reads it" in as_html(report, {}).decode()
    assert words_of_transfer(report) == []


def test_a_dry_run_a_held_title_and_one_that_failed_have_none_either(ledger):
    assert words_of_transfer(report_of(ledger, dry_run=True)) == []
    expose(ledger)
    ledger.mark_received(PLAN.delivery_key, "exposure-1", 9, 1.0)
    failure = {"ended_by_partner": True, "tracking_id": "exposure-1"}
    ledger.fail(PLAN.delivery_key, Cause.MEDIA, "EXPO008 the address answers 404", **failure)
    assert words_of_transfer(report_of(ledger)) == []
    held = report_of(ledger, held=(PLAN,))
    assert words_of_transfer(held) == []
    assert held.titles[0].detail.startswith("not exposed again, because it has not changed since: EXPO008")


def test_a_title_that_is_withdrawn_is_told_by_its_tombstone_and_by_nobody_else(ledger):
    by_catalogue = report_of(ledger, withdrawn=(GONE,))
    assert (by_catalogue.to_do, words_of_transfer(by_catalogue)) == ((), [])
    by_hand = report_of(ledger, dry_run=True, withdrawn=(GONE.model_copy(update={"by_hand": True}),),
                        withdrawal=WithdrawalOrder())  # fmt: skip
    assert (by_hand.to_do, words_of_transfer(by_hand)) == ((), [])
    assert by_hand.notice == "withdrawal by hand, not exposed any more"


def test_a_title_of_another_run_is_said_to_be_exposed_by_it():
    begun = TitleBusy("EDYE_1_EN", "run-2", AT, None, None, Channel.PULL)
    exposed = TitleBusy("EDYE_1_EN", "run-2", AT, None, "exposure-1", Channel.PULL)
    assert "the run run-2 has been exposing EDYE_1_EN" in str(begun)
    assert "EDYE_1_EN is exposed as exposure-1 from the run run-2" in str(exposed)
    assert str(NotSent(Cause.AUTH, "the token was refused", Channel.PULL)) == "not exposed: the token was refused"
