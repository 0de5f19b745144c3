"""Findings and rules as a title's page shows them: what was found, why it matters, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from edye_delivery.catalog.finding import Finding
from edye_delivery.rules.rule import Rule


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding with its rule's text; texts that nobody knows are empty."""

    code: str
    name: str
    severity: str
    owner: str
    message: str
    why: str
    fix: str
    source: str


def finding_views(findings: Iterable[Finding]) -> tuple[FindingView, ...]:
    """The findings, each with the reason that its rule gives."""
    return tuple(
        FindingView(
            one.code, one.name, one.severity.value, one.owner.value, one.message, _why_of(one.code), one.fix, one.source
        )
        for one in findings
    )


def rule_views(codes: Iterable[str]) -> tuple[FindingView, ...]:
    """The rules of these codes, where no file has the findings themselves."""
    return tuple(_rule_view(code) for code in codes)


def _rule_view(code: str) -> FindingView:
    rule = rules().get(code)
    if rule is None:
        return FindingView(code, "", "", "", "", "", "", "")
    return FindingView(
        code, rule.name, rule.severity.value, rule.owner.value, rule.what, rule.why, rule.fix, rule.source
    )


def _why_of(code: str) -> str:
    rule = rules().get(code)
    return rule.why if rule is not None else ""


@cache
def rules() -> dict[str, Rule]:
    """Every rule that is checked on titles, by code."""
    import edye_delivery.qc.check  # noqa: F401 (loads slowly, and registers the rules)
    from edye_delivery.qc.exposure.all_rules import RULES as EXPOSURE_RULES
    from edye_delivery.qc.rule import RULES

    return {**RULES, **EXPOSURE_RULES}
