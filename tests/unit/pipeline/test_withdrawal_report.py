"""The report of a withdrawal: what was done, what it did not reach, and what a person has to do."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edye_delivery.catalog.plan import WithdrawalOrder
from edye_delivery.catalog.snapshot import Withdrawal
from edye_delivery.catalog.vocabulary import Change, DeliveryState
from edye_delivery.catalog.wording import NAMED_MAX, names_text
from edye_delivery.ledger.records import Revision
from edye_delivery.pipeline.withdrawal_report import (
    incidents_of,
    not_found_sentence,
    to_do_of,
    withdrawn_report,
)
from tests.builders import the_annex
from tests.unit.pipeline.builders import ANNEX, AT, a_request

TELLS = the_annex(withdrawal={"endpoint": {"path": "/titles/{external_id}"}})
LIMIT = ANNEX.withdrawal.titles_without_approval
END = AT + timedelta(days=30)
BY_CATALOGUE = a_request()


def by_hand(end_at=None, **changes):
    return a_request(withdrawal=WithdrawalOrder(end_at=end_at), reason="rights have ended", **changes)


def gone(name="EDYE_1_EN", **changes):
    values = {
        "delivery_key": "k",
        "external_id": name,
        "edye_id": "m-1",
        "reason": "rights have ended",
        "by_hand": True,
    }
    return Withdrawal(**(values | changes))


def revision(name="EDYE_1_EN", *, is_withdrawn=True, reason="rights have ended", told_at=None):
    at = AT if is_withdrawn else None
    return Revision(name, "m-1", "k", "r", AT, at, reason if is_withdrawn else None, told_at, None)


@pytest.mark.parametrize(
    ("request_", "withdrawal", "known", "done"),
    [
        (BY_CATALOGUE, gone(by_hand=False), None, True),
        (by_hand(), gone(), None, False),
        (by_hand(), gone(), revision(is_withdrawn=False), False),
        (by_hand(), gone(), revision(reason=None), False),
        (by_hand(), gone(), revision(), True),
        (by_hand(dry_run=True), gone(), revision(is_withdrawn=False), True),
    ],
    ids=["by the catalogue", "unknown", "offered", "by the catalogue since", "withdrawn", "dry run"],
)
def test_a_title_counts_as_withdrawn_only_where_the_ledger_says_so(request_, withdrawal, known, done):
    row = withdrawn_report(request_, withdrawal, known)
    assert row.change is (Change.WITHDRAWN if done else Change.UNCHANGED)
    assert row.state is (DeliveryState.WITHDRAWN if done else DeliveryState.ACCEPTED)
    assert (row.external_id, row.edye_id, row.delivery_key) == ("EDYE_1_EN", "m-1", "k")
    assert ("rights have ended" in row.detail) is done


@pytest.mark.parametrize(
    ("request_", "known", "words"),
    [
        (by_hand(), revision(), "not told"),
        (by_hand(), revision(told_at=AT), "2026-03-02T06:00:00Z"),
        (by_hand(END), revision(), "2026-04-01T06:00:00Z"),
        (by_hand(dry_run=True), None, "dry run"),
    ],
    ids=["not told", "told", "end date", "dry run"],
)
def test_a_withdrawn_title_says_until_when_it_is_offered_and_whether_the_partner_knows(request_, known, words):
    assert words in withdrawn_report(request_, gone(), known).detail


DONE, UNTOLD = revision("EDYE_1_EN", told_at=AT), revision("EDYE_1_EN")
OFFERED = revision("EDYE_1_EN", is_withdrawn=False)


@pytest.mark.parametrize(
    ("annex", "request_", "known", "count"),
    [
        (TELLS, by_hand(), {"EDYE_1_EN": DONE}, 0),
        (TELLS, by_hand(), {"EDYE_1_EN": UNTOLD}, 1),
        (ANNEX, by_hand(), {"EDYE_1_EN": UNTOLD}, 0),
        (TELLS, by_hand(END), {"EDYE_1_EN": UNTOLD}, 0),
        (ANNEX, by_hand(), {"EDYE_1_EN": OFFERED}, 1),
        (ANNEX, by_hand(), {}, 1),
        (ANNEX, by_hand(dry_run=True), {}, 0),
        (ANNEX, BY_CATALOGUE, {}, 0),
    ],
    ids=["told", "not told", "no endpoint", "no end dates", "offered", "unknown", "dry run", "by the catalogue"],
)
def test_what_a_withdrawal_by_hand_did_not_reach_is_an_incident_that_names_it(annex, request_, known, count):
    incidents = list(incidents_of(annex, request_, [gone()], known))
    assert len(incidents) == count
    assert all("EDYE_1_EN" in incident for incident in incidents)


def test_a_title_that_was_withdrawn_is_not_named_beside_one_that_was_not():
    [incident] = incidents_of(ANNEX, by_hand(), [gone("EDYE_1_EN"), gone("EDYE_2_EN")], {"EDYE_1_EN": DONE})
    assert "EDYE_2_EN" in incident
    assert "EDYE_1_EN" not in incident


@pytest.mark.parametrize(
    ("annex", "request_", "known", "count"),
    [
        (ANNEX, by_hand(), {"EDYE_1_EN": UNTOLD}, 1),
        (ANNEX, by_hand(), {"EDYE_1_EN": OFFERED}, 0),
        (TELLS, by_hand(), {"EDYE_1_EN": UNTOLD}, 0),
        (TELLS, by_hand(END), {"EDYE_1_EN": UNTOLD}, 1),
        (ANNEX, by_hand(dry_run=True), {}, 1),
        (ANNEX, BY_CATALOGUE, {}, 1),
        (TELLS, BY_CATALOGUE, {}, 1),
    ],
    ids=["no endpoint", "not withdrawn", "told by us", "no end dates", "dry run", "catalogue", "catalogue, endpoint"],
)
def test_a_person_tells_the_partner_of_what_no_call_of_ours_tells_it(annex, request_, known, count):
    to_do = list(to_do_of(annex, request_, [gone()], known))
    assert len(to_do) == count
    assert all("EDYE_1_EN" in one and annex.display_name in one for one in to_do)


def test_nothing_withdrawn_leaves_nothing_to_do():
    assert list(to_do_of(ANNEX, BY_CATALOGUE, [], {})) == []


@pytest.mark.parametrize(("count", "waits"), [(LIMIT, False), (LIMIT + 1, True)])
def test_a_dry_run_says_that_the_real_one_will_wait_for_an_approval(count, waits):
    titles = [gone(f"EDYE_{number}_EN") for number in range(count)]
    told = " ".join(to_do_of(TELLS, by_hand(dry_run=True), titles, {}))
    assert ("approve_withdrawal" in told) is waits
    assert not waits or f"{count} titles" in told
    assert "approve_withdrawal" not in " ".join(to_do_of(TELLS, by_hand(), titles, {}))


@pytest.mark.parametrize(
    ("request_", "word"),
    [(by_hand(), "withdraw"), (a_request(whole_catalogue=True), "catalogue"), (a_request(), "window")],
    ids=["withdrawal", "whole catalogue", "window"],
)
def test_titles_that_were_asked_for_and_are_not_there_are_named(request_, word):
    told = not_found_sentence(request_, ["EDYE_1_EN", "EDYE_2_EN"])
    assert "EDYE_1_EN" in told
    assert "EDYE_2_EN" in told
    assert word in told


def test_a_name_that_is_not_found_is_told_with_names_that_are_close_to_it():
    told = not_found_sentence(a_request(), ["EDYE_PLANETA_S01E01_E5"], ["EDYE_PLANETA_S01E01_ES", "OTHER"])
    assert "EDYE_PLANETA_S01E01_ES" in told
    assert "OTHER" not in told
    assert "close" not in not_found_sentence(a_request(), ["EDYE_1_ES"], ["EDYE_1_ES", "EDYE_2_ES"])


@pytest.mark.parametrize(("count", "left"), [(0, 0), (1, 0), (NAMED_MAX, 0), (NAMED_MAX + 1, 1), (NAMED_MAX + 5, 5)])
def test_of_many_names_the_first_are_named_and_the_others_counted(count, left):
    text = names_text([f"n{number}" for number in range(count)])
    assert text.count("n") == min(count, NAMED_MAX) + (left > 0)
    assert not left or f" {left} more" in text
