"""The SARIF 2.1.0 output, for code scanning and editors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Protocol
from urllib.parse import quote

from edye_delivery.catalog.printable import json_text
from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.lint.report import LintReport
from edye_delivery.rules.feed_finding import FeedFinding
from edye_delivery.rules.feed_rule import FeedRule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
TOOL = "edye-delivery lint-feed"
SCHEME = re.compile(r"https?://")


class DescribedRule(Protocol):
    """What a rule of either kind, feed or quality, says of itself."""

    @property
    def code(self) -> str:
        """Its code, such as FEED101."""

    @property
    def name(self) -> str:
        """Its name in words with hyphens."""

    @property
    def owner(self) -> Owner:
        """Who mends what breaks it."""

    @property
    def source(self) -> str:
        """Where it is written."""

    @property
    def what(self) -> str:
        """What is wrong where it is broken."""

    @property
    def why(self) -> str:
        """Why that matters."""

    @property
    def fix(self) -> str:
        """What to do."""


def as_sarif(report: LintReport) -> Iterator[str]:
    """The document in pieces, one result a line."""
    rules = [rule for rule, _, _ in report.by_rule()]
    number_of = {rule.code: number for number, rule in enumerate(rules)}
    driver = {"name": TOOL, "rules": [_feed_rule(rule) for rule in rules]}
    yield f'{{"$schema": "{SCHEMA}", "version": "2.1.0", "runs": [{{"tool": {{"driver": {json_text(driver)}}},\n'
    yield f'"invocations": [{json_text(_invocation(report))}],\n'
    yield f'"properties": {json_text({"profile": report.profile.value, "left_out": report.left_out})},\n'
    yield '"results": ['
    for number, finding in enumerate(report.findings()):
        yield ("," if number else "") + "\n" + json_text(_result(finding, number_of[finding.rule.code]))
    yield "\n]}]}\n"


def artifact_uri(name: str) -> str:
    """A file's name or URL as a URI reference."""
    if SCHEME.match(name):
        return quote(name, safe="%/:=&?~#+!$,;'@()*[]")
    path = quote(name)
    if path.startswith("/"):
        return f"file://{path}"
    return path


def _feed_rule(rule: FeedRule) -> dict[str, Any]:
    described = sarif_rule(rule, rule.severity.value)
    if rule.partner_code:
        described["properties"]["partner_code"] = rule.partner_code
    return described


def sarif_rule(rule: DescribedRule, level: str) -> dict[str, Any]:
    """A rule as SARIF's reportingDescriptor (3.49)."""
    return {
        "id": rule.code,
        "name": "".join(part.capitalize() for part in rule.name.split("-")),
        "shortDescription": {"text": rule.what},
        "fullDescription": {"text": f"{rule.what} {rule.why}"},
        "help": {"text": f"{rule.fix} (Source: {rule.source}.)"},
        "defaultConfiguration": {"level": level},
        "properties": {"owner": rule.owner.value, "source": rule.source},
    }


def _result(finding: FeedFinding, number: int) -> dict[str, Any]:
    location = {
        "physicalLocation": {"artifactLocation": {"uri": artifact_uri(finding.file)}},
        "logicalLocations": [{"fullyQualifiedName": finding.path, "kind": "member"}],
    }
    return {
        "ruleId": finding.rule.code,
        "ruleIndex": number,
        "level": finding.rule.severity.value,
        "message": {"text": finding.message},
        "locations": [location],
        "properties": {"asset_id": finding.asset_id, "fix": finding.rule.fix, "owner": finding.rule.owner.value},
    }


def _invocation(report: LintReport) -> dict[str, Any]:
    notifications = [
        {
            "level": "error",
            "message": {"text": one.sentence},
            "locations": [{"physicalLocation": {"artifactLocation": {"uri": artifact_uri(one.file)}}}],
        }
        for one in report.unusable
    ]
    return {
        "executionSuccessful": not report.unusable,
        "exitCode": report.exit_code,
        "toolExecutionNotifications": notifications,
    }
