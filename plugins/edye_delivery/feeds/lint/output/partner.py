"""The output in the form of Roku's own report (decisions, Known of Roku's own checks): codes, then titles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edye_delivery.catalog.printable import json_text
from edye_delivery.feeds.lint.report import LintReport
from edye_delivery.feeds.rule import FeedRule, FeedSeverity

WHOLE_FEED = "feed"
"""Used instead of an asset id if a finding is not about an asset."""


def as_partner_report(report: LintReport) -> Iterator[str]:
    """The document in pieces: `errors`, and `warnings` in the same shape."""
    yield f'{{"errors": {json_text(_issues(report, FeedSeverity.ERROR))},\n'
    yield f'"warnings": {json_text(_issues(report, FeedSeverity.WARNING))}'
    if report.unusable:
        unusable = [{"file": one.file, "sentence": one.sentence} for one in report.unusable]
        yield f',\n"unusable": {json_text(unusable)}'
    yield "}\n"


def partner_id(rule: FeedRule) -> str:
    """Roku's code for the rule, or the rule's name in the form of such a code."""
    return rule.partner_code or rule.name.replace("-", "_").upper()


def _issues(report: LintReport, severity: FeedSeverity) -> list[dict[str, Any]]:
    issues: dict[str, dict[str, list[str]]] = {}
    for rule, _, findings in report.by_rule():
        if rule.severity is severity:
            of_code = issues.setdefault(partner_id(rule), {})
            for finding in findings:
                of_code.setdefault(finding.asset_id or WHOLE_FEED, []).append(finding.message)
    return [{"id": code, "issues": of_code} for code, of_code in issues.items()]
