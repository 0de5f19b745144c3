"""Every rule EXPO on both sides of its limit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edye_delivery.annex.pull import PullChannel
from edye_delivery.catalog.vocabulary import CAUSE_OWNERS, Severity
from edye_delivery.qc.exposure import all_rules  # noqa: F401 (registers them)
from edye_delivery.qc.exposure.rule import RULES, rule
from edye_delivery.qc.exposure.subjects import Shown
from edye_delivery.qc.exposure.terms import terms_of
from tests.builders import the_annex
from tests.unit.qc.cases import Side
from tests.unit.qc.exposure.cases import CASES, ITEM, NOW, TERMS, Case


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_the_rule_has_exactly_the_expected_findings(case: Case) -> None:
    found = case.findings()

    assert len(found) == case.expected, [one.message for one in found]
    assert all(one.severity is Severity.BLOCK for one in found)


@pytest.mark.parametrize("code", sorted(RULES))
@pytest.mark.parametrize("side", list(Side))
def test_every_rule_has_a_case_on_each_side(code: str, side: Side) -> None:
    assert [case for case in CASES if case.code == code and case.side is side]


@pytest.mark.parametrize("case", [case for case in CASES if case.side is Side.FAILING], ids=lambda case: case.id)
def test_a_finding_says_what_was_measured_whose_turn_it_is_and_what_to_do(case: Case) -> None:
    finding, broken = case.findings()[0], RULES[case.code]

    assert finding.message
    assert finding.message.isprintable()
    assert (finding.name, finding.fix, finding.owner) == (broken.name, broken.fix, CAUSE_OWNERS[broken.cause])


@pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])
def test_a_case_is_about_the_subject_of_its_rule(case: Case) -> None:
    assert isinstance(case.subject, RULES[case.code].subject)


def test_there_are_thirteen_rules_without_a_gap() -> None:
    assert sorted(RULES) == [f"EXPO{number:03}" for number in range(1, 14)]


def test_three_rules_take_the_generation_back() -> None:
    assert [one.code for one in RULES.in_order() if one.takes_back] == ["EXPO001", "EXPO003", "EXPO010"]


def test_a_hostile_text_of_an_item_is_shown_on_one_line_and_cut() -> None:
    hostile = replace(ITEM, external_id="x\n\x1b[31m" * 1000, tags=("\u202e" * 5000,) * 100)

    (finding,) = RULES["EXPO003"].findings(Shown(hostile, None, NOW), TERMS)

    assert finding.message.isprintable()
    assert len(finding.message) <= 600


def test_a_rule_without_what_why_and_fix_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a first line, `Why:` and `Fix:`"):
        rule("EXPO900", "made-for-this-test", on=Shown, cause=RULES["EXPO001"].cause)(lambda subject, terms: iter(()))


def test_the_terms_are_the_channels_and_else_those_of_the_catalogue() -> None:
    annex = the_annex(catalogue={"tags": ["wide"], "geo": ["US"]})
    users = {"users": {"reader": {"endpoints": ["shows"]}}, "check": {"user": "reader"}}

    usual = terms_of(annex, PullChannel.model_validate(users))
    narrow = terms_of(annex, PullChannel.model_validate(users | {"tags": ["kids"], "geo": ["mx"]}))

    assert (usual.tags, usual.geo) == ({"wide"}, {"us"})
    assert (narrow.tags, narrow.geo) == ({"kids"}, {"mx"})
