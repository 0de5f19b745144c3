"""What the HTML page shows of the feeds, decided before any markup: cards, rules in order, what became of pages."""

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
    """Items of one sort of change: the sign and word for it, how many, the first ids."""

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
        """How often rules were broken whose breach is an error."""
        return sum(rule.count for rule in self.rules if rule.severity == "error")

    @property
    def warnings(self) -> int:
        """How often the others were broken."""
        return sum(rule.count for rule in self.rules if rule.severity != "error")


@dataclass(frozen=True, slots=True)
class FeedCard:
    """One feed at its place on the page; `number` makes its anchor."""

    number: int
    feed: FeedReport

    @property
    def conclusion(self) -> str:
        """For the head of the page: what is wrong with the feed, and how many errors wait for whom."""
        if self.feed.outcome is not FeedOutcome.REFUSED:
            return f"{self.feed.outcome.words}: {self.feed.detail}"
        waiting: Counter[str] = Counter()
        for rule in self.feed.findings:
            if rule.severity == "error":
                waiting[rule.owner.value] += rule.count
        owners = ", ".join(f"{owner} {count:,}" for owner, count in waiting.most_common())
        return f"is refused, the last good one stays: {owners or 'no rule named'}"

    @property
    def rule_lists(self) -> tuple[RuleList, ...]:
        """What the linter found and what could not be carried, as far as there is any."""
        lists = (
            RuleList("What the linter found", errors_first(self.feed.findings)),
            RuleList("What could not be carried", errors_first(self.feed.left_out)),
        )
        return tuple(rules for rules in lists if rules.rules)

    @property
    def changes(self) -> tuple[ChangedItems, ...]:
        """What changed since the last publication by sort; none where nothing did or nobody knows."""
        changes = self.feed.changes
        if changes is None:
            return ()
        sorts = (
            ChangedItems("+", "added", changes.added, changes.first_added),
            ChangedItems("~", "changed", changes.changed, changes.first_changed),
            ChangedItems("\u2212", "removed", changes.removed, changes.first_removed),
        )
        return tuple(sort for sort in sorts if sort.count)

    def fate(self, page: ReportedFeedPage) -> str:
        """What became of a page; of a step that did not end nobody knows how far it came."""
        if self.feed.outcome.is_live:
            return "uploaded" if page.uploaded else "kept"
        return "not published" if self.feed.outcome is FeedOutcome.REFUSED else "not confirmed"


def cards_of(feeds: Iterable[FeedReport]) -> tuple[FeedCard, ...]:
    """The cards of the feeds in the annex's order."""
    return tuple(FeedCard(number, feed) for number, feed in enumerate(feeds, start=1))
