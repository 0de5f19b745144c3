"""What a writer could not carry into a feed, title by title."""

from __future__ import annotations

from edye_delivery.feeds.finding import Findings
from edye_delivery.feeds.registry import FeedRule

NOTES_KEPT_MAX = 1000


class Unfit(Exception):
    """A title that cannot be in the feed; the rule says whose turn it is, the message what is missing."""

    def __init__(self, rule: FeedRule, message: str) -> None:
        self.rule, self.message = rule, message
        super().__init__(message)


class Notes:
    """Findings about accepted titles, by external_id; the first thousand of every rule are kept, all are counted."""

    def __init__(self) -> None:
        self.findings = Findings(NOTES_KEPT_MAX)

    def add(self, external_id: str, rule: FeedRule, message: str) -> None:
        """Notes what a title loses."""
        self.findings.add("", "", external_id, rule.at("", message))
