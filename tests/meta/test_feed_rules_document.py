"""docs/FEED_RULES.md says what the code does."""

from __future__ import annotations

import re

from edye_delivery.feeds.registry import RETIRED, RULES, Family
from tools import feed_rules


def test_the_document_is_the_one_that_the_rules_make():
    assert feed_rules.FILE.read_text(encoding="utf-8") == feed_rules.document(), f"run {feed_rules.COMMAND}"


def test_every_rule_has_its_section_and_its_line():
    text = feed_rules.document()

    for rule in RULES.values():
        assert text.count(f"\n### {rule.code} {rule.name}\n") == 1
        assert text.count(f"\n| [{rule.code}](#{rule.code.lower()}-{rule.name}) |") == 1


def test_check_says_by_its_exit_code_whether_the_document_is_up_to_date(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(feed_rules, "PROJECT", tmp_path)
    monkeypatch.setattr(feed_rules, "FILE", tmp_path / "FEED_RULES.md")

    assert feed_rules.main(["--check"]) == 1
    assert not feed_rules.FILE.exists()
    assert feed_rules.main([]) == 0
    assert feed_rules.main(["--check"]) == 0
    feed_rules.FILE.write_text(feed_rules.document() + "by hand")
    assert feed_rules.main(["--check"]) == 1
    assert "is out of date: run python -m tools.feed_rules" in capsys.readouterr().err


def test_a_retired_code_is_listed_and_not_in_use(monkeypatch):
    assert not RETIRED.keys() & RULES.keys()
    monkeypatch.setitem(RETIRED, "FEED900", "replaced by FEED503")

    assert "* FEED900: replaced by FEED503" in feed_rules.document()


def test_every_family_has_its_chapter_and_every_file_of_rules_is_in_the_document():
    assert set(feed_rules.FAMILIES) == set(Family)
    folder = feed_rules.PROJECT / "plugins" / "edye_delivery" / "feeds"
    files = sorted(folder.glob("*_rules.py"))
    codes = {code for file in files for code in re.findall(r'^    "(FEED\d{3})"', file.read_text("utf-8"), re.M)}
    assert codes == RULES.keys()
