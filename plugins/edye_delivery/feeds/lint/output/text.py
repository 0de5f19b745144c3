"""The output for people: lines of styled pieces. First the feeds, then the rules, worst first, then the result."""

from __future__ import annotations

from collections.abc import Iterator

from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.wording import Line, count_of
from edye_delivery.feeds.finding import FeedFinding
from edye_delivery.feeds.lint.linter import ITEM_KINDS, FeedKind, LintResult
from edye_delivery.feeds.lint.report import FeedResult, LintReport
from edye_delivery.feeds.roku.item import ROW_KINDS
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.rule import FeedRule, FeedSeverity, excerpt
from edye_delivery.rules.explain import colour_of, heading

KINDS = {FeedKind.SEARCH: "Search feed", FeedKind.LIVE: "live feed", FeedKind.DIRECT: "Direct Publisher feed"}
NAMES_OF_KINDS = {kind: (kind, f"{kind}s") for kind in ITEM_KINDS} | {
    "series": ("series", "series"), "category": ("category", "categories"), "externalIdOnly": (
        "externalIdOnly", "externalIdOnly"
    ),
}  # fmt: skip
LIVE_PROFILES = {
    Profile.ROKU: "the default of a live feed",
    Profile.SCHEMA: "the published schema has no live channels",
}
EXPLAIN = "lint-feed --explain"


def as_text(report: LintReport, shown_max: int | None) -> Iterator[Line]:
    """The lines; for every rule `shown_max` findings, or all that were kept if it is None."""
    for feed in report.feeds:
        yield from _feed(feed)
    example = ""
    for rule, count, findings in report.by_rule():
        example = example or rule.code
        yield []
        yield from _rule(rule, count, findings, shown_max)
    if report.feeds:
        yield []
    yield _conclusion(report, example)


def size_text(size_bytes: int) -> str:
    """A size as people read it."""
    if size_bytes < 1000:
        return count_of(size_bytes, "byte")
    return f"{size_bytes / 1000:,.1f} kB" if size_bytes < 1_000_000 else f"{size_bytes / 1_000_000:,.1f} MB"


def _feed(feed: FeedResult) -> Iterator[Line]:
    result = feed.result
    types = ", ".join(_of_kind(kind, count) for kind, count in result.types.most_common(12) if kind not in ROW_KINDS)
    items = count_of(sum(page.items for page in result.pages), "item") + (f" ({types})" if types else "")
    items += "".join(f", {_of_kind(kind, result.types[kind])}" for kind in ROW_KINDS if result.types[kind])
    size = size_text(sum(page.size_bytes for page in result.pages))
    pages = count_of(len(result.pages), "page")
    name = printable(result.pages[0].name)
    yield [(name, "bold"), (f": {KINDS[result.kind]}, {pages}, {items}, {size}, {_profile(result)}", "")]
    if feed.unread_url is not None:
        warning = f"  at least 1 further page was not read (--follow reads them): {printable(feed.unread_url)}"
        yield [(warning, "yellow")]


def _profile(result: LintResult) -> str:
    is_live = result.kind is FeedKind.LIVE
    return f"profile {result.profile}" + (f" ({LIVE_PROFILES[result.profile]})" if is_live else "")


def _of_kind(kind: str, count: int) -> str:
    """The number of items of one kind; an unknown kind is shown as the feed writes it."""
    if kind not in NAMES_OF_KINDS:
        return f"{count:,} of type {excerpt(kind)}"
    one, several = NAMES_OF_KINDS[kind]
    return f"{count:,} {one if count == 1 else several}"


def _rule(rule: FeedRule, count: int, findings: list[FeedFinding], shown_max: int | None) -> Iterator[Line]:
    severity = "error" if rule.severity is FeedSeverity.ERROR else "warning"
    yield [*heading(rule), (f"  {count_of(count, severity)}", colour_of(rule)), (f", for {rule.owner}", "dim")]
    yield [(f"  {rule.what}", "")]
    yield [("  Fix: ", "bold"), (rule.fix, "")]
    shown = findings if shown_max is None else findings[:shown_max]
    for finding in shown:
        asset = f" ({printable(finding.asset_id, 60)})" if finding.asset_id is not None else ""
        place = f"    {printable(finding.file)} {printable(finding.path) or '/'}{asset}: "
        yield [(place, "dim"), (printable(finding.message, 400), "")]
    if count > len(shown):
        more = "" if shown_max is None else " (--show all)"
        yield [(f"    and {count - len(shown):,} more{more}", "dim")]


def _conclusion(report: LintReport, example: str) -> Line:
    errors, warnings = report.count(FeedSeverity.ERROR), report.count(FeedSeverity.WARNING)
    if errors:
        line: Line = [(f"{count_of(errors, 'error')}, {count_of(warnings, 'warning')}", "bold red")]
    elif report.feeds:
        line = [("clean" + (f", {count_of(warnings, 'warning')}" if warnings else ""), "bold green")]
    else:
        line = []
    if report.unusable:
        comma = "; " if line else ""
        line.append((f"{comma}{count_of(len(report.unusable), 'unusable input')}", "bold red"))
    if example:
        line.append((f". What a rule means: {EXPLAIN} {example}", ""))
    return line
