"""docs/SYNC_RULES.md, written from the catalogue of rules on JW Player and EDYE."""

from __future__ import annotations

from collections.abc import Iterable

from edye_delivery.qc.sync import all_rules  # noqa: F401 (with it every rule enters the catalogue)
from edye_delivery.qc.sync.limits import USUAL_LIMITS
from edye_delivery.qc.sync.rule import RULES, Grace, SyncRule
from edye_delivery.reports.markdown import table
from tools.markdown import rules_document, sections

GRACES = {Grace.NONE: "-", Grace.READY: "`ready_grace_s`", Grace.SYNC: "`sync_lag_s`"}
INTRODUCTION = """# Rules on JW Player and EDYE

Generated from the code by `{command}`; do not edit.

The DAG `check_jw_player` compares JW Player, where the videos are, with EDYE's catalogue, and on request with what a
partner was given ([guide](guides/jw-player.md)). A difference of severity `block` makes its run red, one of severity
`warn` does not. The owner is the team that has to act. `check --explain` takes a code or a name.

What the nightly sync takes away by itself is nobody's turn at first. While the last change in JW Player is younger than
the rule's grace, the difference is only a warning, its cause is `transient`, and the fix is to run "Sync Shows Info"
and to look again. Only visible titles are compared. A sweep of JW Player that is not complete says of no media that it
is missing: SYNC001, SYNC005, SYNC015 and SYNC017 are skipped then, and the run is red.

`sync_lag_s` is {lag:,} s, `ready_grace_s` is {ready:,} s, and a sweep may lose {loss:g} % of the media of the last
one. Without a partner a duration may differ by {tolerance:g} s, and an MP4 needs a short edge of {edge} px; with a
partner its annex says both."""


def document(command: str) -> str:
    """The whole text, the same for the same rules."""
    limits = USUAL_LIMITS
    text = INTRODUCTION.format(
        command=command,
        lag=limits.sync_lag_s,
        ready=limits.ready_grace_s,
        loss=limits.max_loss_percent,
        tolerance=limits.duration_tolerance_s,
        edge=limits.min_short_edge_px,
    )
    rules = RULES.in_order()
    return rules_document(text, [[*_table(rules), *sections(map(_section, rules))]], RULES.retired)


def _table(rules: Iterable[SyncRule]) -> list[str]:
    rows = [
        (
            f"[{rule.code}](#{rule.code.lower()}-{rule.name})",
            rule.name,
            rule.severity,
            rule.cause,
            rule.owner,
            GRACES[rule.grace],
        )
        for rule in rules
    ]
    return table(("code", "name", "severity", "cause", "owner", "grace"), rows)


def _section(rule: SyncRule) -> list[str]:
    return [
        f"## {rule.code} {rule.name}",
        "",
        rule.what,
        "",
        f"* Looks at: {rule.subject}",
        f"* Severity: {rule.severity}; cause: {rule.cause}; owner: {rule.owner}; grace: {GRACES[rule.grace]}",
        f"* Why: {rule.why}",
        f"* Fix: {rule.fix}",
        f"* Source: {rule.source}",
    ]
