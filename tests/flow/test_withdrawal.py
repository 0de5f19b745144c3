"""Withdrawals by hand along the whole line: out of the feeds, told to the partner, undone by a redelivery alone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edye_delivery.catalog.plan import WithdrawalOrder
from edye_delivery.catalog.vocabulary import Correction, Mode
from edye_delivery.clients.ingest import IngestApi
from edye_delivery.errors import AuthRefused, DeliveryError, Transient
from edye_delivery.ledger.withdrawals import Withdrawals
from edye_delivery.pipeline.report import RunOutcome, window_report
from edye_delivery.pipeline.withdraw import WithdrawalRefused, Withdrawer, endpoint_for, plan_withdrawal
from tests.flow.line import now
from tests.flow.test_feeds import read

PAIR = ("EDYE_PLANETA_S01E01_ES", "EDYE_PLANETA_S01E02_ES")
NAME = PAIR[0]
WHY = "the rights for this episode ended"
TOLD = {"endpoint": {"path": "/api/ingesta/contenido/{external_id}"}}
TOLD_WITH_DATES = {"endpoint": TOLD["endpoint"] | {"end_at_parameter": "end_at"}}
END_AT = datetime(2030, 1, 1, tzinfo=UTC)


def withdraw(line, run_id="withdraw-1", names=(NAME,), until=None, **changes):
    """A whole withdrawal; its report, and what kept the partner from being told."""
    asked = {"external_ids": names, "whole_catalogue": True, "reason": WHY}
    request = line.request(run_id, withdrawal=WithdrawalOrder(end_at=until), **(asked | changes))
    withdrawals = Withdrawals(line.engine, now, line.annex.partner, line.client)
    plan, failure = plan_withdrawal(request, withdrawals), None
    if not request.dry_run:
        api = IngestApi(line.partner_client(), line.annex, line.clock) if endpoint_for(line.annex, request) else None
        try:
            Withdrawer(line.annex, request, withdrawals, line.clock, api).withdraw_all(plan.withdrawn)
        except DeliveryError as error:
            failure = error
    outcome = RunOutcome(
        annex=line.annex,
        request=request,
        plan=plan,
        checked=[],
        unchecked=[],
        deliveries={},
        incidents=[],
        revisions=withdrawals.revisions([one.external_id for one in plan.withdrawn]),
        started_at=now(),
        finished_at=now(),
    )
    return window_report(outcome), failure


def offer_of(line):
    return {accepted.external_id for accepted in line.ledger.accepted_titles(line.annex.partner)}


def test_a_withdrawn_title_leaves_the_feed_and_no_ordinary_run_offers_it_again(line):
    line.run(external_ids=PAIR)
    report, _ = withdraw(line)
    (title,) = report.titles
    assert (report.colour, title.external_id, title.state, title.change) == ("green", NAME, "withdrawn", "withdrawn")
    assert title.detail == f"out of the feeds; the partner was not told by this run: {WHY}"
    assert report.notice == "withdrawal by hand, out of the feeds"
    assert offer_of(line) == {PAIR[1]}
    for run_id, changes in (("run-2", {}), ("run-3", {"mode": Mode.ALL}), ("run-4", {"mode": Mode.FAILED})):
        again = line.run(run_id, external_ids=PAIR, **changes)
        assert (again.totals.sent, again.colour) == (0, "green")
    assert again.left_out["withdrawn by hand: only a redelivery offers it again"] == 1
    assert offer_of(line) == {PAIR[1]}
    assert line.box.withdrawals() == {}


def test_a_newer_revision_of_the_catalogue_does_not_undo_it(line):
    line.run(external_ids=PAIR)
    withdraw(line)
    item = next(item for item in line.box.catalogue()["episodes"] if item["id"] == "ep-planeta-s01e01-es")
    line.box.patch_item(item["id"], titles=item["titles"] | {"es": "Otro nombre"})
    assert line.run("run-2", external_ids=PAIR, whole_catalogue=True).totals.sent == 0
    assert offer_of(line) == {PAIR[1]}


@pytest.mark.parametrize(
    ("correction", "more"), [(Correction.RESEND, {"force_resend": True}), (Correction.METADATA, {"mode": Mode.ALL})]
)
def test_a_redelivery_undoes_it_and_the_partner_offers_it_again(make_line, correction, more):
    line = make_line(withdrawal=TOLD)
    line.run(external_ids=PAIR)
    withdraw(line)
    assert line.box.withdrawals() == {NAME: None}
    again = line.run("again", external_ids=(NAME,), correction=correction, **more)
    assert (again.totals.sent, again.colour) == (1, "green")
    assert offer_of(line) == set(PAIR)
    assert line.box.withdrawals() == {}
    assert line.run("run-2", external_ids=PAIR).totals.unchanged == 2


def test_an_end_date_is_in_the_feed_and_is_told_where_the_partner_takes_one(make_line):
    line = make_line(withdrawal=TOLD_WITH_DATES)
    line.run(external_ids=PAIR)
    report, _ = withdraw(line, until=END_AT)
    assert report.colour == "green"
    assert "offered until 2030-01-01T00:00:00Z; the partner knows since" in report.titles[0].detail
    assert line.box.withdrawals() == {NAME: "2030-01-01T00:00:00Z"}
    (page,), _, codes = read(line.annex, list(line.ledger.accepted_titles(line.annex.partner)))
    ends = {
        option["playId"]: option.get("availabilityEndTimeStamp")
        for asset in page["assets"]
        for option in asset.get("content", {}).get("playOptions", ())
    }
    assert ends[NAME] == int(END_AT.timestamp() * 1000)
    assert codes == {"FEED145": 2}  # rated by the USA alone, offered in Mexico


def test_a_partner_that_takes_no_end_date_is_not_told_of_one(make_line):
    line = make_line(withdrawal=TOLD)
    line.run(external_ids=PAIR)
    report, _ = withdraw(line, until=END_AT)
    assert (report.colour, line.box.withdrawals()) == ("green", {})
    assert "the partner was not told by this run" in report.titles[0].detail


@pytest.mark.parametrize(("fault", "kind"), [({"status": 503}, Transient), ({"status": 400}, WithdrawalRefused)])
def test_a_partner_that_cannot_be_told_leaves_the_run_red_and_the_next_try_tells_what_is_left(make_line, fault, kind):
    line = make_line(withdrawal=TOLD)
    line.run(external_ids=PAIR)
    one = {"service": "partner", "operation": "withdraw", "kind": "status", "external_id": NAME, "times": 4}
    line.box.plan([one | fault])
    report, failure = withdraw(line, names=PAIR)
    assert isinstance(failure, kind)
    assert report.colour == "red"
    assert report.incidents == (f"out of the feeds, but the partner was not told; clear withdraw to tell it: {NAME}",)
    assert (offer_of(line), line.box.withdrawals()) == (set(), {PAIR[1]: None})
    line.box.clear_faults()
    told_before = len(line.box.journal(service="partner", operation="withdraw", external_id=PAIR[1]))
    report, failure = withdraw(line, names=PAIR)
    assert (report.colour, failure) == ("green", None)
    assert line.box.withdrawals() == {PAIR[0]: None, PAIR[1]: None}
    assert len(line.box.journal(service="partner", operation="withdraw", external_id=PAIR[1])) == told_before == 1


def test_a_busy_partner_is_told_again_within_the_same_try(make_line):
    line = make_line(withdrawal=TOLD)
    line.run(external_ids=PAIR)
    one = {"service": "partner", "operation": "withdraw", "kind": "status", "status": 429, "retry_after_s": 7}
    line.box.plan([one | {"times": 1}])
    report, failure = withdraw(line)
    assert (report.colour, failure, int(line.pauses[-1])) == ("green", None, 7)


def test_a_refused_token_stops_at_the_first_title(make_line):
    line = make_line(withdrawal=TOLD)
    line.run(external_ids=PAIR)
    line.token = "wrong"
    report, failure = withdraw(line, names=PAIR)
    assert isinstance(failure, AuthRefused)
    assert (report.colour, offer_of(line)) == ("red", set())
    assert len(line.box.journal(service="partner", operation="withdraw")) == 1


def test_a_title_that_the_partner_does_not_have_any_more_is_as_good_as_told(make_line):
    line = make_line(withdrawal=TOLD)
    line.run(external_ids=PAIR)
    line.box.reset()
    report, failure = withdraw(line)
    assert (report.colour, failure) == ("green", None)
    assert "the partner knows since" in report.titles[0].detail


def test_what_is_not_offered_is_named_and_makes_the_run_red(line):
    line.run(external_ids=PAIR)
    report, _ = withdraw(line, names=(NAME, "EDYE_NOBODY_ES"))
    assert report.colour == "red"
    assert report.incidents == ("not offered to this partner, so there is nothing to withdraw: EDYE_NOBODY_ES",)
    assert offer_of(line) == {PAIR[1]}


def test_a_window_takes_back_what_was_accepted_in_it(line):
    begun = now()
    line.run(external_ids=PAIR)
    report, _ = withdraw(line, names=(), whole_catalogue=False, start_at=begun, end_at=now())
    assert report.totals.withdrawn == 2


def test_a_dry_run_says_what_would_go_and_changes_nothing(line):
    line.run(external_ids=PAIR)
    report, _ = withdraw(line, dry_run=True)
    assert (report.colour, report.totals.withdrawn) == ("green", 1)
    assert report.titles[0].detail == f"dry run, it would be out of the feeds: {WHY}"
    assert offer_of(line) == set(PAIR)
