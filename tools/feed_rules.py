"""docs/FEED_RULES.md, written from the catalogue of feed rules."""

from __future__ import annotations

from collections.abc import Iterable

from edye_delivery.feeds import all_rules  # noqa: F401 (with it every rule enters the catalogue)
from edye_delivery.feeds.rule import RULES, Family, FeedRule
from tools.markdown import table

FAMILIES = {
    Family.SCHEMA: ("Schema", "What Roku's published Search feed schema refuses, told by its real cause."),
    Family.SEARCH: ("Search feed", "What the Search feed's prose and Roku's practice ask for beyond the schema."),
    Family.LIVE: ("Live channels", "What holds for live channels in a Search feed."),
    Family.DIRECT: ("Direct Publisher feed", "The Direct Publisher feed: its tables as a schema, and its prose."),
    Family.CHAIN: ("Pages", "What only all pages of a feed together show, and the chain of pages itself."),
    Family.PICTURES: ("Images", "The images that a feed names, as they really are; only with `--check-urls`."),
    Family.ASSEMBLY: ("Assembly", "What a title loses, or why it is missing, when this project writes the feed."),
}
INTRODUCTION = """# Feed rules

Generated from the code by `{command}`; do not edit.

What `lint-feed` says of a feed, and what this project says of the feeds that it writes. An error: Roku refuses or drops
it. A warning: Roku clips or tolerates it, or advises otherwise. The owner is whose turn it is. *Roku's code* is that of
Roku's own report, where it is known. `lint-feed --explain` takes a code, a name or one of Roku's codes."""


def document(command: str) -> str:
    """The whole text, the same for the same rules."""
    lines = INTRODUCTION.format(command=command).splitlines()
    for family, (title, intro) in FAMILIES.items():
        rules = [rule for rule in RULES.in_order() if rule.family is family]
        lines += ["", f"## {title}", "", intro, "", *_table(rules)]
        for rule in rules:
            lines += ["", *_section(rule)]
    retired = [f"* {code}: {reason}" for code, reason in sorted(RULES.retired.items())] or ["None yet."]
    lines += ["", "## Retired codes", "", "Never used again.", "", *retired]
    return "\n".join(lines) + "\n"


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
