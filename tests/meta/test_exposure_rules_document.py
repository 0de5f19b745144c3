"""docs/EXPO_RULES.md says what the code does."""

from __future__ import annotations

from edye_delivery.qc.exposure.rule import RULES
from tools import exposure_rules


def test_every_rule_has_its_section_and_its_line():
    text = exposure_rules.document("command")

    for rule in RULES.values():
        assert text.count(f"\n## {rule.code} {rule.name}\n") == 1
        assert text.count(f"\n| [{rule.code}](#{rule.code.lower()}-{rule.name}) |") == 1


def test_the_document_says_which_rules_take_a_generation_back():
    lines = [line for line in exposure_rules.document("command").splitlines() if line.endswith("| taken back |")]

    assert [line[3:10] for line in lines] == ["EXPO001", "EXPO003", "EXPO010"]


def test_a_retired_code_is_listed_and_not_in_use(monkeypatch):
    assert not RULES.retired.keys() & RULES.keys()
    monkeypatch.setitem(RULES.retired, "EXPO900", "replaced by EXPO005")

    assert "* EXPO900: replaced by EXPO005" in exposure_rules.document("command")
