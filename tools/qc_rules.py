"""docs/QC_RULES.md, written from the rule catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from edye_delivery.qc import check  # noqa: F401 (with it every rule enters the catalogue)
from edye_delivery.qc.rule import RULES, QcRule

FAMILIES = {
    "META": "What the catalogue says of a title, and what the partner's metadata becomes of it.",
    "VID": "The title's media file, as its header really is.",
    "IMG": "The artwork that the partner requires or that thumbnails are made of, as the pictures really are.",
}
INTRODUCTION = """# Quality rules

Generated from the code by `{command}`; do not edit. Limits are in the partner's annex file.

A rule passes, fails or is skipped with a reason; skipped is never shown as passed. `block` keeps the title from being
delivered, `warn` does not. The owner is whose turn it is. An annex may waive a rule, always with a reason and a last
day: until then the rule counts as skipped, afterwards it counts again.

Of several pictures of one kind one good one is enough: the defect of another is then a warning. So is the defect of a
picture that neither the partner requires nor a thumbnail needs. Pictures in the title's language, or without language,
come first; pictures in other languages are only looked at where there is none of those. Custom thumbnails are not
checked: a broken one is no defect where other art serves.

Where every blocking finding of a title is one that a new encode fixes, and the annex has the section `reencode`, the
media is encoded anew and the result is asked the same rules; what it passes goes to the partner."""


def document(command: str) -> str:
    """The whole text, the same for the same rules."""
    lines = INTRODUCTION.format(command=command).splitlines()
    for family, intro in FAMILIES.items():
        rules = [rule for rule in RULES.in_order() if rule.family == family]
        lines += ["", f"## {family}", "", intro, "", *_table(rules)]
        for rule in rules:
            lines += ["", *_section(rule)]
    retired = [f"* {code}: {reason}" for code, reason in sorted(RULES.retired.items())] or ["None yet."]
    lines += ["", "## Retired codes", "", "Never used again.", "", *retired]
    return "\n".join(lines) + "\n"


def _table(rules: Iterable[QcRule]) -> list[str]:
    rows = []
    for rule in rules:
        anchor = f"{rule.code.lower()}-{rule.name}"
        fixed = "new encode" if rule.is_fixed_by_encode else "-"
        told = (rule.name, rule.severity, rule.cause, rule.owner, fixed)
        rows.append(f"| [{rule.code}](#{anchor}) | {' | '.join(told)} |")
    return ["| code | name | severity | cause | owner | fixed by |", "|---|---|---|---|---|---|", *rows]


def _section(rule: QcRule) -> list[str]:
    return [
        f"### {rule.code} {rule.name}",
        "",
        rule.what,
        "",
        f"* Looks at: {rule.subject}",
        f"* Severity: {rule.severity}; cause: {rule.cause}; owner: {rule.owner}",
        f"* Why: {rule.why}",
        f"* Fix: {rule.fix}",
        f"* Source: {rule.source}",
        *(["* Fixed by a new encode, where the annex has a profile for it"] if rule.is_fixed_by_encode else []),
    ]
