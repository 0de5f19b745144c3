"""docs/SYNC_RULES.md says what the code does."""

from __future__ import annotations

from edye_delivery.qc.sync.rule import RULES
from tools import sync_rules


def test_every_rule_has_its_section_and_its_line():
    text = sync_rules.document("command")

    for rule in RULES.values():
        assert text.count(f"\n## {rule.code} {rule.name}\n") == 1
        assert text.count(f"\n| [{rule.code}](#{rule.code.lower()}-{rule.name}) |") == 1


def test_a_retired_code_is_listed_and_not_in_use(monkeypatch):
    assert not RULES.retired.keys() & RULES.keys()
    monkeypatch.setitem(RULES.retired, "SYNC900", "replaced by SYNC005")

    assert "* SYNC900: replaced by SYNC005" in sync_rules.document("command")
