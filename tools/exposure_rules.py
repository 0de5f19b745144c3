"""docs/EXPO_RULES.md, written from the catalogue of rules on what a partner that pulls sees."""

from __future__ import annotations

from collections.abc import Iterable

from edye_delivery.qc.exposure import all_rules  # noqa: F401 (with it every rule enters the catalogue)
from edye_delivery.qc.exposure.items import CLOCK_TOLERANCE
from edye_delivery.qc.exposure.rule import RULES, ExposureRule
from edye_delivery.reports.markdown import table
from tools.markdown import rules_document, sections

INTRODUCTION = """# Rules on what a partner that pulls sees

Generated from the code by `{command}`; do not edit.

After every publication, and hourly, the delivery API is read from outside with the partner's own token, and compared
with the ledger. After a publication the whole lists are read, hourly a sample. A title with a finding is not accepted.
A finding that is about no title, such as a list in the wrong order, keeps all titles of the publication from being
accepted. Where a rule says *taken back*, readers get the generation before. The owner is the team that has to act.
`check --explain` takes a code or a name.

A list that cannot be read to its end says of no title that it is missing: EXPO002, EXPO004, EXPO005 and EXPO012 are
skipped for it, with the reason. A skipped rule is never shown as passed. Windows are compared with a tolerance of
{tolerance} s, because clocks differ."""


def document(command: str) -> str:
    """The whole text, the same for the same rules."""
    text = INTRODUCTION.format(command=command, tolerance=int(CLOCK_TOLERANCE.total_seconds()))
    rules = RULES.in_order()
    return rules_document(text, [[*_table(rules), *sections(map(_section, rules))]], RULES.retired)


def _table(rules: Iterable[ExposureRule]) -> list[str]:
    rows = [
        (
            f"[{rule.code}](#{rule.code.lower()}-{rule.name})",
            rule.name,
            rule.cause,
            rule.owner,
            "taken back" if rule.takes_back else "-",
        )
        for rule in rules
    ]
    return table(("code", "name", "cause", "owner", "generation"), rows)


def _section(rule: ExposureRule) -> list[str]:
    return [
        f"## {rule.code} {rule.name}",
        "",
        rule.what,
        "",
        f"* Severity: {rule.severity}; cause: {rule.cause}; owner: {rule.owner}",
        f"* Why: {rule.why}",
        f"* Fix: {rule.fix}",
        f"* Source: {rule.source}",
        *(["* Then the generation is taken back: readers get the one before"] if rule.takes_back else []),
    ]
