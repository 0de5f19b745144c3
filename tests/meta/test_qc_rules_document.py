"""docs/QC_RULES.md says what the code does."""

from __future__ import annotations

from edye_delivery.qc.registry import RETIRED, RULES
from tools import qc_rules


def test_the_document_is_the_one_that_the_rules_make():
    assert qc_rules.FILE.read_text(encoding="utf-8") == qc_rules.document(), f"run {qc_rules.COMMAND}"


def test_every_rule_has_its_section_and_its_line():
    text = qc_rules.document()

    for rule in RULES.values():
        assert text.count(f"\n### {rule.code} {rule.name}\n") == 1
        assert text.count(f"\n| [{rule.code}](#{rule.code.lower()}-{rule.name}) |") == 1


def test_check_says_by_its_exit_code_whether_the_document_is_up_to_date(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(qc_rules, "PROJECT", tmp_path)
    monkeypatch.setattr(qc_rules, "FILE", tmp_path / "QC_RULES.md")

    assert qc_rules.main(["--check"]) == 1
    assert not qc_rules.FILE.exists()
    assert qc_rules.main([]) == 0
    assert qc_rules.main(["--check"]) == 0
    qc_rules.FILE.write_text(qc_rules.document() + "by hand")
    assert qc_rules.main(["--check"]) == 1
    assert "is out of date: run python -m tools.qc_rules" in capsys.readouterr().err


def test_a_retired_code_is_listed_and_not_in_use(monkeypatch):
    assert not RETIRED.keys() & RULES.keys()
    monkeypatch.setitem(RETIRED, "IMG900", "replaced by IMG005")

    assert "* IMG900: replaced by IMG005" in qc_rules.document()
