"""The feeds of a window report as frozen values: how each ended, what the linter found, what the writer left out."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, Literal

from pydantic import Field

from edye_delivery.catalog.feed_records import FeedDraft, LintedFeed, PublishedFeed
from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.reports.values import Count, ReportValue, Text


class FeedOutcome(StrEnum):
    """How a feed ended in one run."""

    PUBLISHED = "published"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    FAILED = "failed"
    NOT_RUN = "not_run"

    @property
    def is_live(self) -> bool:
        """True if readers have the feed that this run assembled."""
        return self in (FeedOutcome.PUBLISHED, FeedOutcome.UNCHANGED)

    @property
    def words(self) -> str:
        """The outcome as people read it."""
        return self.value.replace("_", " ")


class ReportedFeedRule(ReportValue):
    """How often a feed broke one rule, whose turn it is, and some examples."""

    code: str
    name: str
    severity: Literal["error", "warning"]
    owner: Owner
    count: Count
    examples: tuple[Text, ...] = ()


class ReportedFeedPage(ReportValue):
    """One page of a feed; `uploaded` is false if readers had the page already, or if no reader has it."""

    name: Text
    size_bytes: Count
    items: Count
    uploaded: bool


class ReportedFeedChanges(ReportValue):
    """Items that differ from the last publication: how many, and the first ids of each sort of change."""

    added: Count = 0
    changed: Count = 0
    removed: Count = 0
    first_added: tuple[Text, ...] = ()
    first_changed: tuple[Text, ...] = ()
    first_removed: tuple[Text, ...] = ()


class FeedReport(ReportValue):
    """How one feed ended.

    `findings` are the linter's, and `errors` and `warnings` count them; `left_out` is what the writer left out. `url`
    is None if nothing was published; `changes` is None if nobody knows what changed.
    """

    name: Text
    writer: Text
    outcome: FeedOutcome
    url: Text | None = None
    detail: Text = ""
    pages: tuple[ReportedFeedPage, ...] = ()
    items: Count = 0
    kinds: dict[Text, Count] = Field(default_factory=dict)
    findings: tuple[ReportedFeedRule, ...] = ()
    left_out: tuple[ReportedFeedRule, ...] = ()
    errors: Count = 0
    warnings: Count = 0
    changes: ReportedFeedChanges | None = None

    @property
    def needs_work(self) -> bool:
        """True if somebody has to act before readers get this run's feed."""
        return self.outcome in (FeedOutcome.REFUSED, FeedOutcome.FAILED)

    @property
    def size_bytes(self) -> int:
        """The size of all pages."""
        return sum(page.size_bytes for page in self.pages)


def feed_report(
    spec_name: str,
    writer: str,
    dry_run: bool,
    draft: FeedDraft | None,
    linted: LintedFeed | None,
    published: PublishedFeed | None,
) -> FeedReport:
    """The report of one feed, made from the records of its steps; a missing record shows which step failed.

    A feed with errors counts as refused, even if an earlier try of the same run published it.
    """
    outcome, detail = _outcome(dry_run, draft, linted, published)
    if outcome is FeedOutcome.NOT_RUN:
        return FeedReport(name=spec_name, writer=writer, outcome=outcome, detail=detail)
    facts: dict[str, Any] = {}
    if draft is not None:
        facts |= {
            "pages": _pages(draft, published if outcome.is_live else None),
            "items": sum(draft.kinds.values()),
            "kinds": draft.kinds,
            "left_out": tuple(ReportedFeedRule.model_validate(note) for note in draft.notes),
        }
    if linted is not None:
        facts |= {
            "findings": tuple(ReportedFeedRule.model_validate(rule) for rule in linted.rules),
            "errors": linted.errors,
            "warnings": linted.warnings,
        }
    if published is not None:
        facts["url"] = published.url
        if outcome.is_live and published.changes is not None:
            facts["changes"] = ReportedFeedChanges.model_validate(published.changes)
    return FeedReport(name=spec_name, writer=writer, outcome=outcome, detail=detail, **facts)


def errors_first(rules: Iterable[ReportedFeedRule]) -> tuple[ReportedFeedRule, ...]:
    """The rules in the order in which people read them: errors first, then the most frequent."""
    return tuple(sorted(rules, key=lambda rule: (rule.severity != "error", -rule.count, rule.code)))


def _outcome(
    dry_run: bool, draft: FeedDraft | None, linted: LintedFeed | None, published: PublishedFeed | None
) -> tuple[FeedOutcome, str]:
    """How the feed ended, and the sentence that says so."""
    if dry_run:
        return FeedOutcome.NOT_RUN, "dry run: feeds are not built"
    if draft is None:
        return FeedOutcome.FAILED, _did_not_end("assemble_feed")
    if linted is None:
        return FeedOutcome.FAILED, _did_not_end("lint_feed")
    if linted.errors:
        errors = "1 error" if linted.errors == 1 else f"{linted.errors:,} errors"
        return FeedOutcome.REFUSED, f"the linter found {errors}; the last good feed stays"
    if published is None:
        return FeedOutcome.FAILED, _did_not_end("publish_feed")
    if not published.switched:
        return FeedOutcome.UNCHANGED, published.detail or "readers had this feed already"
    return (
        FeedOutcome.PUBLISHED,
        f"readers get this feed now; {len(published.uploaded):,} of {len(draft.pages):,} pages uploaded",
    )


def _did_not_end(step: str) -> str:
    return f"{step} did not end; see its log"


def _pages(draft: FeedDraft, published: PublishedFeed | None) -> tuple[ReportedFeedPage, ...]:
    uploaded = frozenset(published.uploaded if published is not None else ())
    return tuple(
        ReportedFeedPage(name=page.name, size_bytes=page.size_bytes, items=page.items, uploaded=page.name in uploaded)
        for page in draft.pages
    )
