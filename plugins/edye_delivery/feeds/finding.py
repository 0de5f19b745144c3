"""A feed finding: what a rule says about one spot in one file, as all formats print it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from edye_delivery.feeds.rule import MESSAGE_MAX_CHARS, RULES, FeedRule, FeedSeverity, Hit

KEPT_MAX = 100_000


@dataclass(frozen=True, slots=True)
class FeedFinding:
    """One breach of one rule: its file, its item, and the JSON pointer to the spot or to a missing part's parent."""

    file: str
    rule: FeedRule
    path: str
    asset_id: str | None
    message: str

    def as_json(self) -> dict[str, Any]:
        """The finding as the JSON output has it."""
        return {
            "file": self.file,
            "code": self.rule.code,
            "name": self.rule.name,
            "severity": self.rule.severity.value,
            "path": self.path,
            "asset_id": self.asset_id,
            "message": self.message,
            "fix": self.rule.fix,
            "owner": self.rule.owner.value,
            "source": self.rule.source,
        }


@dataclass(slots=True)
class Findings:
    """Findings in the order in which they come: all are counted, and the first `kept_max` of every rule are kept."""

    kept_max: int = KEPT_MAX
    counts: Counter[str] = field(default_factory=Counter)
    kept: list[FeedFinding] = field(default_factory=list)

    def add(self, file: str, place: str, asset_id: str | None, hit: Hit) -> None:
        """Adds a hit below `place` of a file."""
        code = hit.rule.code
        self.counts[code] += 1
        if self.counts[code] <= self.kept_max:
            self.kept.append(FeedFinding(file, hit.rule, place + hit.path, asset_id, hit.message[:MESSAGE_MAX_CHARS]))

    def extend(self, later: Findings) -> None:
        """Adds findings that come after all of these."""
        left = Counter(later.counts)
        for finding in later.kept:
            code = finding.rule.code
            left[code] -= 1
            self.counts[code] += 1
            if self.counts[code] <= self.kept_max:
                self.kept.append(finding)
        self.counts.update(left)

    def count(self, severity: FeedSeverity) -> int:
        """How many findings of a severity there are, kept or not."""
        return sum(count for code, count in self.counts.items() if RULES[code].severity is severity)

    @property
    def left_out(self) -> int:
        """How many findings were counted but not kept."""
        return self.counts.total() - len(self.kept)

    def by_rule(self) -> Iterator[tuple[FeedRule, int, list[FeedFinding]]]:
        """Every broken rule with its count and its kept findings, errors first, then the most frequent."""
        grouped: dict[str, list[FeedFinding]] = {code: [] for code in self.counts}
        for finding in self.kept:
            grouped[finding.rule.code].append(finding)
        order = sorted(
            self.counts, key=lambda code: (RULES[code].severity is FeedSeverity.WARNING, -self.counts[code], code)
        )
        for code in order:
            yield RULES[code], self.counts[code], grouped[code]
