"""docs/FEED_RULES.md, written from the catalogue of feed rules: `python -m tools.feed_rules`; --check only compares."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from edye_delivery.feeds import all_rules  # noqa: F401 (with it every rule enters the catalogue)
from edye_delivery.feeds.registry import RETIRED, RULES, Family, FeedRule
from tools.markdown import table

PROJECT = Path(__file__).parents[1]
FILE = PROJECT / "docs" / "FEED_RULES.md"
COMMAND = "python -m tools.feed_rules"
FAMILIES = {
    Family.SCHEMA: ("Schema", "What Roku's published Search feed schema refuses, told by its real cause."),
    Family.SEARCH: ("Search feed", "What the Search feed's prose and Roku's practice ask for beyond the schema."),
    Family.LIVE: ("Live channels", "What holds for live channels in a Search feed."),
    Family.DIRECT: ("Direct Publisher feed", "The Direct Publisher feed: its tables as a schema, and its prose."),
    Family.CHAIN: ("Pages", "What only all pages of a feed together show, and the chain of pages itself."),
    Family.PICTURES: ("Images", "The images that a feed names, as they really are; only with `--check-urls`."),
    Family.ASSEMBLY: ("Assembly", "What a title loses, or why it is missing, when this project writes the feed."),
}
INTRODUCTION = f"""# Feed rules

Generated from the code by `{COMMAND}`; do not edit.

What `lint-feed` says of a feed, and what this project says of the feeds that it writes. An error: Roku refuses or drops
it. A warning: Roku clips or tolerates it, or advises otherwise. The owner is whose turn it is. *Roku's code* is that of
Roku's own report, where it is known. `lint-feed --explain` takes a code, a name or one of Roku's codes."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Writes the document; with --check says whether it is up to date (0) or not (1) and writes nothing."""
    parser = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare only; exit 1 where the document is out of date")
    if parser.parse_args(arguments).check:
        if FILE.is_file() and FILE.read_text(encoding="utf-8") == document():
            return 0
        print(f"{FILE.relative_to(PROJECT)} is out of date: run {COMMAND} and commit the result", file=sys.stderr)
        return 1
    FILE.write_text(document(), encoding="utf-8")
    return 0


def document() -> str:
    """The whole text, the same for the same rules."""
    lines = INTRODUCTION.splitlines()
    for family, (title, intro) in FAMILIES.items():
        rules = [RULES[code] for code in sorted(RULES) if RULES[code].family is family]
        lines += ["", f"## {title}", "", intro, "", *_table(rules)]
        for rule in rules:
            lines += ["", *_section(rule)]
    retired = [f"* {code}: {reason}" for code, reason in sorted(RETIRED.items())] or ["None yet."]
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


if __name__ == "__main__":
    sys.exit(main())
