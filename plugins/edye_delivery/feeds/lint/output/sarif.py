"""The SARIF 2.1.0 output, for code scanning and editors."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edye_delivery.catalog.printable import json_text
from edye_delivery.feeds.finding import FeedFinding
from edye_delivery.feeds.lint.report import LintReport
from edye_delivery.feeds.rule import FeedRule
from edye_delivery.rules.sarif import SCHEMA, descriptor, invocation, location

TOOL = "edye-delivery lint-feed"


def as_sarif(report: LintReport) -> Iterator[str]:
    """The document in pieces, one result a line."""
    rules = [rule for rule, _, _ in report.by_rule()]
    number_of = {rule.code: number for number, rule in enumerate(rules)}
    unusable = [(one.file, one.sentence) for one in report.unusable]
    driver = {"name": TOOL, "rules": [_rule(rule) for rule in rules]}
    yield f'{{"$schema": "{SCHEMA}", "version": "2.1.0", "runs": [{{"tool": {{"driver": {json_text(driver)}}},\n'
    yield f'"invocations": [{json_text(invocation(unusable, report.exit_code))}],\n'
    yield f'"properties": {json_text({"profile": report.profile.value, "left_out": report.left_out})},\n'
    yield '"results": ['
    for number, finding in enumerate(report.findings()):
        yield ("," if number else "") + "\n" + json_text(_result(finding, number_of[finding.rule.code]))
    yield "\n]}]}\n"


def _rule(rule: FeedRule) -> dict[str, Any]:
    properties = {"partner_code": rule.partner_code} if rule.partner_code else {}
    return descriptor(rule, rule.severity.value, **properties)


def _result(finding: FeedFinding, number: int) -> dict[str, Any]:
    spot = location(finding.file) | {"logicalLocations": [{"fullyQualifiedName": finding.path, "kind": "member"}]}
    return {
        "ruleId": finding.rule.code,
        "ruleIndex": number,
        "level": finding.rule.severity.value,
        "message": {"text": finding.message},
        "locations": [spot],
        "properties": {"asset_id": finding.asset_id, "fix": finding.rule.fix, "owner": finding.rule.owner.value},
    }
