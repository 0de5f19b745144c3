"""Every rule on both sides of its limit, and each defect found by its own rule alone."""

from __future__ import annotations

import pytest

from edye_delivery.catalog.vocabulary import CAUSE_OWNERS
from edye_delivery.qc.rule import RULES
from tests.unit.qc import image_cases, metadata_cases, video_cases
from tests.unit.qc.builders import codes
from tests.unit.qc.cases import Case, Side

CASES = (*metadata_cases.CASES, *video_cases.CASES, *image_cases.CASES)


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_result_has_exactly_the_expected_findings(case: Case) -> None:
    result = case.ask()

    assert sorted(codes(result)) == sorted(case.expected), [finding.message for finding in result.findings]


@pytest.mark.parametrize("case", [case for case in CASES if case.side is Side.PASSING], ids=lambda case: case.id)
def test_a_passing_rule_was_asked_and_not_skipped(case: Case) -> None:
    assert case.code not in dict(case.ask().skipped)


@pytest.mark.parametrize("code", sorted(RULES))
@pytest.mark.parametrize("side", list(Side))
def test_every_rule_has_a_case_on_each_side(code: str, side: Side) -> None:
    assert [case for case in CASES if case.code == code and case.side is side]


@pytest.mark.parametrize("case", [case for case in CASES if case.side is Side.FAILING], ids=lambda case: case.id)
def test_a_finding_says_what_was_measured_whose_turn_it_is_and_what_to_do(case: Case) -> None:
    finding, rule = case.ask().findings[0], RULES[case.code]

    assert finding.message
    assert finding.message.isprintable()
    assert (finding.name, finding.severity, finding.fix, finding.source) == (
        rule.name, rule.severity, rule.fix, rule.source,
    )  # fmt: skip
    assert finding.owner is CAUSE_OWNERS[finding.cause]


def test_the_catalogue_of_rules_has_no_gap() -> None:
    families = {"META": 22, "VID": 23, "IMG": 12}

    assert sorted(RULES) == sorted(f"{family}{n:03}" for family, most in families.items() for n in range(1, most + 1))
