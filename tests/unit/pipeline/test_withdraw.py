"""Withdrawals by hand: which titles, the ledger before the partner, and what the next attempt does."""

from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from edye_delivery.catalog.plan import WithdrawalOrder
from edye_delivery.catalog.vocabulary import Cause, DeliveryState
from edye_delivery.clients.ingest import IngestApi
from edye_delivery.errors import AuthRefused, Transient
from edye_delivery.ledger.withdrawals import Withdrawals
from edye_delivery.pipeline.withdraw import WithdrawalRefused, Withdrawer, endpoint_for, plan_withdrawal
from tests.builders import the_annex
from tests.history import actions
from tests.unit.clients.transport import client_of
from tests.unit.pipeline.builders import ANNEX, AT, PARTNER, a_request, bring, offered, plan_for, state_of

PLANS = [plan_for(number) for number in (1, 2)]
NAMES = [plan.external_id for plan in PLANS]
END = AT + timedelta(days=30)
STATES = DeliveryState
PATH = {"path": "/titles/{external_id}"}
TELLS = the_annex(withdrawal={"endpoint": PATH})
TELLS_DATES = the_annex(withdrawal={"endpoint": PATH | {"end_at_parameter": "end_at"}})
BY_NAMES = {"external_ids": tuple(NAMES), "whole_catalogue": True}


def an_order(until=None, **changes):
    """A request to withdraw titles by name, unless told otherwise."""
    values = {"run_id": "run-9", "reason": "rights have ended", "withdrawal": WithdrawalOrder(end_at=until)}
    return a_request(**(values | BY_NAMES | changes))


@pytest.fixture
def withdrawals(engine, time):
    return Withdrawals(engine, time, PARTNER)


@pytest.fixture
def accepted(ledger):
    for plan in PLANS:
        bring(ledger, plan, STATES.ACCEPTED)
    return ledger


class Partner:
    """The partner's API; `answers` are given in turn, 200 when there is none left."""

    def __init__(self, *answers):
        self.answers, self.asked, self.request_ids = list(answers), [], []

    def __call__(self, request):
        self.asked.append(f"{request.method} {request.url.raw_path.decode()}")
        self.request_ids.append(request.headers["X-Request-ID"])
        answer = self.answers.pop(0) if self.answers else 200
        return httpx.Response(answer, json={"error": {"code": "NO", "message": "no way"}})


def withdraw(withdrawals, pauses, request, annex=ANNEX, partner=None):
    planned = plan_withdrawal(request, withdrawals).withdrawn
    api = IngestApi(client_of(partner), annex, pauses.clock) if partner else None
    return Withdrawer(annex, request, withdrawals, pauses.clock, api).withdraw_all(planned)


@pytest.mark.parametrize(
    ("asked", "found", "not_found"),
    [
        (tuple(NAMES), NAMES, ()),
        ((NAMES[0], "EDYE_8_EN", "EDYE_7_EN"), NAMES[:1], ("EDYE_7_EN", "EDYE_8_EN")),
        ((), [], ()),
    ],
    ids=["named", "unknown names", "none"],
)
def test_a_withdrawal_of_names_plans_what_is_offered_and_lists_the_others(
    accepted, withdrawals, asked, found, not_found
):
    request = an_order(external_ids=asked, start_at=AT + timedelta(days=1), end_at=AT + timedelta(days=2))
    plan = plan_withdrawal(request, withdrawals)
    assert [one.external_id for one in plan.withdrawn] == found
    assert (plan.not_found, plan.batches) == (not_found, 0)
    assert all((one.by_hand, one.reason) == (True, "rights have ended") for one in plan.withdrawn)


@pytest.mark.parametrize(
    ("start_s", "end_s", "asked", "found"),
    [
        (0, 1, (), NAMES),
        (-1, 0, (), []),
        (1, 2, (), []),
        (0, 1, (NAMES[1],), [NAMES[1]]),
        (1, 2, (NAMES[1],), []),
    ],
    ids=["begins then", "ends then", "later", "a name within", "a name outside"],
)
def test_a_window_of_a_withdrawal_is_of_acceptances_from_its_start_to_before_its_end(
    accepted, withdrawals, start_s, end_s, asked, found
):
    window = {"start_at": AT + timedelta(seconds=start_s), "end_at": AT + timedelta(seconds=end_s)}
    request = an_order(external_ids=asked, whole_catalogue=False, **window)
    assert [one.external_id for one in plan_withdrawal(request, withdrawals).withdrawn] == found


@pytest.mark.parametrize("state", [STATES.RECEIVED, STATES.FAILED, STATES.WITHDRAWN])
def test_a_title_that_is_not_offered_cannot_be_withdrawn(ledger, withdrawals, state):
    bring(ledger, PLANS[0], state)
    plan = plan_withdrawal(an_order(external_ids=(NAMES[0],)), withdrawals)
    assert (plan.withdrawn, plan.not_found) == ((), (NAMES[0],))


@pytest.mark.parametrize(
    ("annex", "end_at", "tells"),
    [
        (ANNEX, None, False),
        (TELLS, None, True),
        (TELLS, END, False),
        (TELLS_DATES, None, True),
        (TELLS_DATES, END, True),
    ],
    ids=["no endpoint", "at once", "no dates", "dates, at once", "dates"],
)
def test_the_partner_is_told_of_an_end_date_only_where_its_api_takes_one(annex, end_at, tells):
    assert (endpoint_for(annex, an_order(end_at)) is not None) is tells


def test_nothing_to_withdraw_counts_nothing_and_calls_nobody(withdrawals, pauses):
    partner = Partner()
    assert withdraw(withdrawals, pauses, an_order(), TELLS, partner) == {"withdrawn": 0}
    assert partner.asked == []


def test_titles_leave_the_offer_and_a_partner_without_an_endpoint_hears_nothing(accepted, withdrawals, pauses):
    partner = Partner()
    assert withdraw(withdrawals, pauses, an_order(external_ids=(NAMES[0],)), ANNEX, partner) == {"withdrawn": 1}
    assert [state_of(accepted, plan) for plan in PLANS] == [STATES.WITHDRAWN, STATES.ACCEPTED]
    assert offered(accepted) == NAMES[1:]
    assert partner.asked == []
    assert withdrawals.revisions(NAMES)[NAMES[0]].is_withdrawn_by_hand


def test_an_end_dated_title_stays_in_the_offer_until_then(accepted, withdrawals, pauses):
    assert withdraw(withdrawals, pauses, an_order(END)) == {"withdrawn": 2}
    assert offered(accepted) == NAMES
    assert {accepted.title.availability.end for accepted in accepted.accepted_titles(PARTNER)} == {END}


@pytest.mark.parametrize(
    ("annex", "end_at", "query"),
    [(TELLS, None, ""), (TELLS_DATES, END, "?end_at=2026-04-01T06%3A00%3A00Z")],
    ids=["at once", "end date"],
)
def test_each_title_is_told_once_with_a_request_id_of_its_own(accepted, withdrawals, pauses, annex, end_at, query):
    partner, request = Partner(), an_order(end_at)
    assert withdraw(withdrawals, pauses, request, annex, partner) == {"withdrawn": 2, "told": 2}
    assert partner.asked == [f"DELETE /titles/{name}{query}" for name in NAMES]
    assert len(set(partner.request_ids)) == 2
    assert {one.withdrawal_told_at for one in withdrawals.revisions(NAMES).values()} == {AT}
    assert withdraw(withdrawals, pauses, request, annex, partner) == {"withdrawn": 2}
    assert len(partner.asked) == 2


def test_every_title_is_withdrawn_here_before_the_first_call_goes_out(accepted, withdrawals, pauses):
    seen = []

    class Watching(Partner):
        def __call__(self, request):
            seen.append([state_of(accepted, plan) for plan in PLANS])
            return super().__call__(request)

    withdraw(withdrawals, pauses, an_order(), TELLS, Watching())
    assert seen == [[STATES.WITHDRAWN] * 2] * 2


def test_a_call_that_fails_is_tried_again_under_the_same_request_id(accepted, withdrawals, pauses):
    partner, request = Partner(503, 503), an_order(external_ids=(NAMES[0],))
    assert withdraw(withdrawals, pauses, request, TELLS, partner) == {"withdrawn": 1, "told": 1}
    assert (len(partner.asked), len(set(partner.request_ids)), len(pauses.noted)) == (3, 1, 2)


@pytest.mark.parametrize(
    ("answers", "error", "words"),
    [([503] * 5, Transient, "503"), ([422], WithdrawalRefused, "no way")],
    ids=["no answer", "refused"],
)
def test_a_title_that_cannot_be_told_fails_the_step_last_and_is_told_by_the_next_try(
    accepted, withdrawals, pauses, answers, error, words
):
    partner, request = Partner(*answers), an_order()
    with pytest.raises(error, match=words):
        withdraw(withdrawals, pauses, request, TELLS, partner)
    told = {name: one.withdrawal_told_at is not None for name, one in withdrawals.revisions(NAMES).items()}
    assert told == {NAMES[0]: False, NAMES[1]: True}
    assert offered(accepted) == []
    assert actions(accepted, PARTNER, NAMES[0])[-1] == "withdrawal not told"
    partner.asked.clear()
    assert withdraw(withdrawals, pauses, request, TELLS, partner) == {"withdrawn": 2, "told": 1}
    assert partner.asked == [f"DELETE /titles/{NAMES[0]}"]


def test_of_several_failures_the_last_one_is_raised(accepted, withdrawals, pauses):
    partner = Partner(422, *[503] * 5)
    with pytest.raises(Transient):
        withdraw(withdrawals, pauses, an_order(), TELLS, partner)


def test_a_refused_token_stops_the_calls_and_no_withdrawal(accepted, withdrawals, pauses):
    partner = Partner(401)
    with pytest.raises(AuthRefused):
        withdraw(withdrawals, pauses, an_order(), TELLS, partner)
    assert len(partner.asked) == 1
    assert offered(accepted) == []


@pytest.mark.parametrize("status", [404, 410])
def test_a_title_that_the_partner_does_not_have_any_more_is_as_good_as_told(accepted, withdrawals, pauses, status):
    request = an_order(external_ids=(NAMES[0],))
    assert withdraw(withdrawals, pauses, request, TELLS, Partner(status)) == {"withdrawn": 1, "told": 1}


def test_a_title_that_another_run_took_back_meanwhile_is_not_withdrawn_again(accepted, withdrawals, pauses):
    request = an_order()
    planned = plan_withdrawal(request, withdrawals).withdrawn
    accepted.withdraw(PARTNER, PLANS[0].delivery_key, "run-2", "no tag of this partner")
    partner = Partner()
    api = IngestApi(client_of(partner), TELLS, pauses.clock)
    counts = Withdrawer(TELLS, request, withdrawals, pauses.clock, api).withdraw_all(planned)
    assert counts == {"withdrawn": 1, "told": 1}
    assert not withdrawals.revisions(NAMES)[NAMES[0]].is_withdrawn_by_hand


def test_a_run_that_was_killed_in_the_middle_goes_on_where_it_was(accepted, withdrawals, pauses):
    request = an_order()
    withdrawals.begin(PLANS[0].delivery_key, request.run_id, request.reason, None)
    assert withdraw(withdrawals, pauses, request, TELLS, Partner()) == {"withdrawn": 2, "told": 2}
    assert actions(accepted, PARTNER, NAMES[0]).count("withdraw") == 1


def test_a_title_that_is_being_sent_again_is_withdrawn_and_its_sending_is_left_to_its_run(
    accepted, withdrawals, pauses
):
    newer = plan_for(titles={"en": "The Red Kite"})
    bring(accepted, newer, STATES.FAILED, refused=Cause.METADATA)
    assert withdraw(withdrawals, pauses, an_order(external_ids=(NAMES[0],))) == {"withdrawn": 1}
    assert offered(accepted) == NAMES[1:]
    assert state_of(accepted, newer) is STATES.FAILED
