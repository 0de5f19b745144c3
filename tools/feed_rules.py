"""docs/FEED_RULES.md, written from the catalogue of feed rules."""

from __future__ import annotations

from collections.abc import Iterable

from edye_delivery.feeds import all_rules  # noqa: F401 (with it every rule enters the catalogue)
from edye_delivery.feeds.rule import RULES, Family, FeedRule
from edye_delivery.reports.markdown import table
from tools.markdown import rules_document, sections

FAMILIES = {
    Family.SCHEMA: ("Schema", "What the published schema of the Search feed refuses, with the real cause."),
    Family.SEARCH: (
        "Search feed",
        "What Roku's page on the Search feed, or Roku's practice, requires beyond the schema.",
    ),
    Family.LIVE: ("Live channels", "Rules on live channels in a Search feed."),
    Family.DIRECT: (
        "Direct Publisher feed",
        "Rules on the Direct Publisher feed, from the tables and texts of Roku's page.",
    ),
    Family.CHAIN: ("Pages", "Rules on all pages of a feed together, and on the links between them."),
    Family.PICTURES: ("Images", "Rules on the image files that a feed names; only with `--check-urls`."),
    Family.ASSEMBLY: (
        "Assembly",
        "What is left out of a title, or why it is missing, when this project writes the feed.",
    ),
}
INTRODUCTION = """# Feed rules

Generated from the code by `{command}`; do not edit.

The rules that `lint-feed` checks in a feed, and that this project checks in the feeds that it writes. An error: Roku
refuses or drops the part. A warning: Roku clips or tolerates it, or recommends otherwise. The owner is the team that
has to act. *Roku's code* is the code in Roku's own report, if it is known. `lint-feed --explain` takes a code, a name
or one of Roku's codes."""


def document(command: str) -> str:
    """The whole text, the same for the same rules."""
    families = []
    for family, (title, intro) in FAMILIES.items():
        rules = [rule for rule in RULES.in_order() if rule.family is family]
        families.append([f"## {title}", "", intro, "", *_table(rules), *sections(map(_section, rules))])
    return rules_document(INTRODUCTION.format(command=command), families, RULES.retired)


def _table(rules: Iterable[FeedRule]) -> list[str]:
    rows = [
        (f"[{rule.code}](#{rule.code.lower()}-{rule.name})", rule.name, rule.severity, rule.owner, _partner_code(rule))
        for rule in rules
    ]
    return table(("code", "name", "severity", "owner", "Roku's code"), rows)


def _partner_code(rule: FeedRule) -> str:
    return f"`{rule.partner_code}`" if rule.partner_code else "-"


def _section(rule: FeedRule) -> list[str]:
    return [
        f"### {rule.code} {rule.name}",
        "",
        rule.what,
        "",
        f"* Severity: {rule.severity}; owner: {rule.owner}; Roku's code: {_partner_code(rule)}",
        f"* Why: {rule.why}",
        f"* Fix: {rule.fix}",
        f"* Source: {rule.source}",
    ]
