"""The catalogue of rules refuses what would make it unclear."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edye_delivery.catalog.vocabulary import Cause, Owner, Severity
from edye_delivery.qc import rule as qc_rule
from edye_delivery.qc.rule import RULES, Subject, rule


def enter(code="IMG900", name="made-for-this-test", text="What it is.\n\nWhy: because.\nFix: do it."):
    def check(subject, annex):
        yield "measured 1, expected 2"

    check.__doc__ = text
    return rule(code, name, Severity.WARN, on=Subject.PICTURE, cause=Cause.IMAGES, source="a page")(check)


@pytest.fixture(autouse=True)
def _own_catalogue(monkeypatch):
    monkeypatch.setattr(qc_rule, "RULES", replace(RULES, rules=dict(RULES), retired=dict(RULES.retired)))


def test_a_rule_carries_what_its_docstring_says():
    enter(text="What it\nis.\n\nWhy: because\n    of that.\nFix: do it.")
    entered = qc_rule.RULES["IMG900"]

    assert (entered.what, entered.why, entered.fix) == ("What it is.", "because of that.", "do it.")
    assert (entered.family, entered.owner) == ("IMG", Owner.DESIGN)


@pytest.mark.parametrize("code", ["IMG90", "FEED001", "img900", "IMG9000"])
def test_a_code_of_another_form_is_refused(code):
    with pytest.raises(ValueError, match="a code is META, VID or IMG and three digits"):
        enter(code)


@pytest.mark.parametrize("name", ["broken", "Image-Broken", "image_broken"])
def test_a_name_of_another_form_is_refused(name):
    with pytest.raises(ValueError, match="a name is-written-like-this"):
        enter(name=name)


@pytest.mark.parametrize(("code", "name"), [("IMG001", "made-for-this-test"), ("IMG900", "image-missing")])
def test_a_code_or_name_that_is_taken_is_refused(code, name):
    with pytest.raises(ValueError, match="taken or retired"):
        enter(code, name)


def test_a_retired_code_is_never_used_again(monkeypatch):
    monkeypatch.setitem(qc_rule.RULES.retired, "IMG900", "replaced by IMG005")

    with pytest.raises(ValueError, match="taken or retired"):
        enter()


@pytest.mark.parametrize("text", ["", "What it is.", "What it is.\n\nWhy: because.", "Why: because.\nFix: do it."])
def test_a_rule_without_what_why_and_fix_is_refused(text):
    with pytest.raises(ValueError, match="needs a first line, `Why:` and `Fix:`"):
        enter(text=text)
