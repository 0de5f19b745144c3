"""docs/FEED_RULES.md says what the code does."""

from __future__ import annotations

import re

from edye_delivery.feeds.rule import RULES, Family
from tests.builders import PROJECT
from tools import feed_rules


def test_every_rule_has_its_section_and_its_line():
    text = feed_rules.document("command")

    for rule in RULES.values():
        assert text.count(f"\n### {rule.code} {rule.name}\n") == 1
        assert text.count(f"\n| [{rule.code}](#{rule.code.lower()}-{rule.name}) |") == 1


def test_a_retired_code_is_listed_and_not_in_use(monkeypatch):
    assert not RULES.retired.keys() & RULES.keys()
    monkeypatch.setitem(RULES.retired, "FEED900", "replaced by FEED503")

    assert "* FEED900: replaced by FEED503" in feed_rules.document("command")


def test_every_family_has_its_chapter_and_every_file_of_rules_is_in_the_document():
    assert set(feed_rules.FAMILIES) == set(Family)
    folder = PROJECT / "plugins" / "edye_delivery" / "feeds"
    files = sorted(folder.rglob("*.py"))
    codes = {code for file in files for code in re.findall(r'^\s+"(FEED\d{3})"', file.read_text("utf-8"), re.M)}
    assert codes == RULES.keys()
