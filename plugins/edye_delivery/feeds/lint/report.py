"""What one call of the linter found in all its inputs; every output format prints this value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from edye_delivery.feeds.finding import FeedFinding, Findings
from edye_delivery.feeds.lint.linter import LintResult
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.rule import FeedRule, FeedSeverity

CLEAN, WITH_ERRORS, UNUSABLE = 0, 1, 2


class Format(StrEnum):
    """How the result is written; `roku` is the form of Roku's own report."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    ROKU = "roku"


@dataclass(frozen=True, slots=True)
class Unusable:
    """An input that is not a feed, and the sentence that says why."""

    file: str
    sentence: str


@dataclass(frozen=True, slots=True)
class FeedResult:
    """The result for one feed; `unread_url` is the nextPageUrl of a page that nobody asked to read."""

    result: LintResult
    unread_url: str | None = None


@dataclass(frozen=True, slots=True)
class LintReport:
    """The results for all feeds, and all inputs that are not feeds."""

    profile: Profile
    feeds: tuple[FeedResult, ...]
    unusable: tuple[Unusable, ...]

    @property
    def exit_code(self) -> int:
        """0 if clean or only warnings, 1 with errors, 2 if an input is unusable."""
        if self.unusable:
            return UNUSABLE
        return WITH_ERRORS if self.count(FeedSeverity.ERROR) else CLEAN

    @property
    def counts(self) -> Counter[str]:
        """How often each rule is broken, by code."""
        return sum((feed.result.findings.counts for feed in self.feeds), Counter())

    @property
    def types(self) -> Counter[str]:
        """How many items of each type there are."""
        return sum((feed.result.types for feed in self.feeds), Counter())

    @property
    def left_out(self) -> int:
        """How many findings were counted but not kept."""
        return sum(feed.result.findings.left_out for feed in self.feeds)

    def count(self, severity: FeedSeverity) -> int:
        """How many findings of a severity there are."""
        return sum(feed.result.findings.count(severity) for feed in self.feeds)

    def findings(self) -> Iterator[FeedFinding]:
        """The kept findings of all feeds, in the order in which they were found."""
        for feed in self.feeds:
            yield from feed.result.findings.kept

    def by_rule(self) -> Iterator[tuple[FeedRule, int, list[FeedFinding]]]:
        """Every broken rule with its count and its kept findings, errors first, then the most frequent."""
        return Findings(counts=self.counts, kept=list(self.findings())).by_rule()
