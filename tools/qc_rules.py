"""docs/QC_RULES.md, written from the rule catalogue."""

from __future__ import annotations

from collections.abc import Iterable

from edye_delivery.qc import check  # noqa: F401 (with it every rule enters the catalogue)
from edye_delivery.qc.rule import RULES, QcRule
from edye_delivery.reports.markdown import table
from tools.markdown import rules_document, sections

FAMILIES = {
    "META": "What the catalogue says about a title, and the metadata that the partner gets.",
    "VID": "The title's media file: whether it is there, and what its header says.",
    "IMG": "The artwork that the partner requires or that thumbnails are made from. The files count, not their names.",
}
INTRODUCTION = """# Quality rules

Generated from the code by `{command}`; do not edit. Limits are in the partner's annex file.

A rule passes, fails or is skipped with a reason; a skipped rule is never shown as passed. A finding of severity `block`
stops the delivery of the title, a finding of severity `warn` does not. The owner is the team that has to act. An annex
may waive a rule, always with a reason and a last day. Up to that day the rule is skipped; then it counts again.

A title with several pictures of one kind needs only one good picture of it: a defect of another one is a warning. A
defect is also a warning if neither the partner nor a thumbnail needs the picture. Pictures in the title's language, or
without a language, come first; pictures in other languages are checked only if there are no others. Custom thumbnails
are not checked: a broken one does no harm if other artwork can replace it.

If a new encode can fix every blocking finding of a title, and the annex has the section `reencode`, the media is
encoded again. The same rules then check the new file. If it passes, it goes to the partner."""


def document(command: str) -> str:
    """The whole text, the same for the same rules."""
    families = []
    for family, intro in FAMILIES.items():
        rules = [rule for rule in RULES.in_order() if rule.family == family]
        families.append([f"## {family}", "", intro, "", *_table(rules), *sections(map(_section, rules))])
    return rules_document(INTRODUCTION.format(command=command), families, RULES.retired)


def _table(rules: Iterable[QcRule]) -> list[str]:
    rows = [
        (
            f"[{rule.code}](#{rule.code.lower()}-{rule.name})",
            rule.name,
            rule.severity,
            rule.cause,
            rule.owner,
            "new encode" if rule.is_fixed_by_encode else "-",
        )
        for rule in rules
    ]
    return table(("code", "name", "severity", "cause", "owner", "fixed by"), rows)


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
