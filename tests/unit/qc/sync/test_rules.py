"""Every rule SYNC on both sides of its limit, each difference found by its own rule alone."""

from __future__ import annotations

import pytest

from edye_delivery.catalog.vocabulary import CAUSE_OWNERS, Cause, Owner, Severity
from edye_delivery.qc.sync import all_rules  # noqa: F401 (registers them)
from edye_delivery.qc.sync.limits import limits_of
from edye_delivery.qc.sync.rule import RULES, SYNC_FIX, rules_on
from edye_delivery.qc.sync.subjects import Offered
from tests.builders import the_annex
from tests.unit.qc.cases import Side
from tests.unit.qc.sync.builders import LIMITS, NOW, a_media, a_pair, ago, an_offer
from tests.unit.qc.sync.cases import CASES, Case, of_media


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_rule_has_exactly_the_expected_findings(case: Case) -> None:
    found = case.findings()

    assert [finding.severity.value for finding in found] == list(case.expected), [one.message for one in found]


@pytest.mark.parametrize("code", sorted(RULES))
@pytest.mark.parametrize("side", list(Side))
def test_every_rule_has_a_case_on_each_side(code: str, side: Side) -> None:
    assert [case for case in CASES if case.code == code and case.side is side]


@pytest.mark.parametrize("case", [case for case in CASES if case.side is Side.FAILING], ids=lambda case: case.id)
def test_a_difference_is_found_by_its_own_rule_alone(case: Case) -> None:
    rules = rules_on(RULES[case.code].subject)
    answering = [rule for rule in rules if rule.skip_reason(case.subject, case.limits) is None]

    found = {finding.code for rule in answering for finding in rule.findings(case.subject, case.limits)}

    assert found == {case.code}


@pytest.mark.parametrize("case", [case for case in CASES if case.side is Side.FAILING], ids=lambda case: case.id)
def test_a_finding_says_what_was_measured_whose_turn_it_is_and_what_to_do(case: Case) -> None:
    finding, rule = case.findings()[0], RULES[case.code]

    assert finding.message
    assert finding.message.isprintable()
    assert (finding.name, finding.fix, finding.owner) == (rule.name, rule.fix, CAUSE_OWNERS[rule.cause])


def test_there_are_eighteen_rules_without_a_gap() -> None:
    assert sorted(RULES) == [f"SYNC{number:03}" for number in range(1, 19)]


def test_within_its_grace_a_difference_is_transient_and_the_fix_is_to_sync_and_look_again() -> None:
    young = of_media(duration_s=4860.0, last_modified_at=ago(1))

    finding = RULES["SYNC007"].findings(young, LIMITS)[0]

    assert (finding.severity, finding.cause, finding.owner) == (Severity.WARN, Cause.TRANSIENT, Owner.DEVOPS)
    assert finding.fix == SYNC_FIX


@pytest.mark.parametrize("code", [rule.code for rule in RULES.in_order() if "SYNC001" < rule.code < "SYNC015"])
def test_no_rule_says_that_a_pair_without_media_is_in_order(code: str) -> None:
    """What cannot be compared is skipped with a reason."""
    rule = RULES[code]
    subject = Offered(a_pair(media_of=None), None) if code in ("SYNC008", "SYNC009") else a_pair(media_of=None)

    if code not in ("SYNC004", "SYNC005"):
        assert rule.skip_reason(subject, LIMITS)


@pytest.mark.parametrize("code", ["SYNC009", "SYNC016"])
def test_what_the_delivery_api_does_not_offer_is_not_judged_further(code: str) -> None:
    assert RULES[code].skip_reason(Offered(a_pair(), None), LIMITS)
    assert RULES[code].skip_reason(an_offer(), LIMITS) is None


def test_a_hostile_text_of_jw_player_is_shown_on_one_line_and_cut() -> None:
    media = a_media(status="failed", error_message="x\n\x1b[31m" * 1000, last_modified_at=NOW)

    message = RULES["SYNC003"].findings(a_pair(media=media), LIMITS)[0].message

    assert message.isprintable()
    assert len(message) <= 600


def test_the_limits_of_a_partner_are_its_annexs() -> None:
    limits = limits_of(the_annex(video={"min_short_edge_px": 1080, "duration_tolerance_s": 2}))

    assert (limits.min_short_edge_px, limits.duration_tolerance_s) == (1080, 2)
    assert limits.tags == set(the_annex().catalogue.tags)
