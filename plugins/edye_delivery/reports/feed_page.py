"""What the HTML page shows about feeds, decided before any markup: cards, rules in order, the status of pages."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from edye_delivery.reports.feed_model import (
    FeedOutcome,
    FeedReport,
    ReportedFeedPage,
    ReportedFeedRule,
    errors_first,
)


@dataclass(frozen=True, slots=True)
class ChangedItems:
    """Items of one sort of change: its sign and its word, how many, the first ids."""

    sign: str
    word: str
    count: int
    first_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleList:
    """Broken rules under one heading, errors first."""

    heading: str
    rules: tuple[ReportedFeedRule, ...]

    @property
    def errors(self) -> int:
        """How many errors there are."""
        return sum(rule.count for rule in self.rules if rule.severity == "error")

    @property
    def warnings(self) -> int:
        """How many warnings there are."""
        return sum(rule.count for rule in self.rules if rule.severity != "error")


@dataclass(frozen=True, slots=True)
class FeedCard:
    """One feed on the page; `number` makes its anchor."""

    number: int
    feed: FeedReport

    @property
    def conclusion(self) -> str:
        """For the head of the page: what is wrong with the feed, and how many errors wait for which owner."""
        if self.feed.outcome is not FeedOutcome.REFUSED:
            return f"{self.feed.outcome.words}: {self.feed.detail}"
        errors: Counter[str] = Counter()
        for rule in self.feed.findings:
            if rule.severity == "error":
                errors[rule.owner.value] += rule.count
        owners = ", ".join(f"{owner} {count:,}" for owner, count in errors.most_common())
        return f"is refused, the last good one stays: {owners or 'no rule named'}"

    @property
    def rule_lists(self) -> tuple[RuleList, ...]:
        """What the linter found and what the writer left out; a list without entries is not there."""
        lists = (
            RuleList("What the linter found", errors_first(self.feed.findings)),
            RuleList("What the writer left out", errors_first(self.feed.left_out)),
        )
        return tuple(rules for rules in lists if rules.rules)

    @property
    def changes(self) -> tuple[ChangedItems, ...]:
        """What changed since the last publication, by sort; empty if nothing changed or nobody knows."""
        changes = self.feed.changes
        if changes is None:
            return ()
        sorts = (
            ChangedItems("+", "added", changes.added, changes.first_added),
            ChangedItems("~", "changed", changes.changed, changes.first_changed),
            ChangedItems("\u2212", "removed", changes.removed, changes.first_removed),
        )
        return tuple(sort for sort in sorts if sort.count)

    def page_status(self, page: ReportedFeedPage) -> str:
        """What happened to a page; if a step did not end, nobody knows which pages it uploaded."""
        if self.feed.outcome.is_live:
            return "uploaded" if page.uploaded else "kept"
        return "not published" if self.feed.outcome is FeedOutcome.REFUSED else "not confirmed"


def cards_of(feeds: Iterable[FeedReport]) -> tuple[FeedCard, ...]:
    """The cards of the feeds in the annex's order."""
    return tuple(FeedCard(number, feed) for number, feed in enumerate(feeds, start=1))
