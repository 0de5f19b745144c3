"""What a writer had to leave out of a feed, title by title."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import orjson

from edye_delivery.catalog.one_title import StepFailure, attempt
from edye_delivery.feeds.finding import Findings
from edye_delivery.feeds.rule import MESSAGE_MAX_CHARS, FeedRule
from edye_delivery.feeds.write.grouping import Versions
from edye_delivery.feeds.write.rules import TITLE_BROKE_OFF

NOTES_KEPT_MAX = 1000
STEP = "writing it into the feed"
Result = TypeVar("Result")
Note = tuple[str, str, str]
"""The code of a rule, an external_id, a message."""


class Unfit(Exception):
    """A title cannot be in the feed; the rule says whose turn it is, the message what is missing."""

    def __init__(self, rule: FeedRule, message: str) -> None:
        self.rule, self.message = rule, message
        super().__init__(message)


def write_title(external_id: str, write: Callable[[], Result]) -> Result:
    """Calls `write` for a title and gives its result; Unfit if the title cannot be in the feed, or `write` fails."""
    result = attempt(external_id, STEP, write, reraise=(Unfit,))
    if isinstance(result, StepFailure):
        raise Unfit(TITLE_BROKE_OFF, result.sentence)
    return result


class Notes:
    """Findings on accepted titles, by external_id; all are counted, and the first thousand of every rule are kept."""

    def __init__(self, *, by_show: bool = False) -> None:
        self.findings = Findings(NOTES_KEPT_MAX)
        self._by_show = by_show
        self._of_show: list[Note] = []

    def add(self, external_id: str, rule: FeedRule, message: str) -> None:
        """Notes what a title loses in the feed."""
        self.findings.add("", "", external_id, rule.at("", message))
        if self._by_show:
            self._of_show.append((rule.code, external_id, message[:MESSAGE_MAX_CHARS]))

    def take(self) -> list[Note]:
        """The notes since this was called last, where they are kept by show."""
        taken, self._of_show = self._of_show, []
        return taken

    def leave_out(self, versions: Versions, unfit: Unfit, prefix: str = "") -> None:
        """Notes for all language versions of a title why they are not in the feed."""
        for entry in versions.entries:
            self.add(entry.external_id, unfit.rule, prefix + unfit.message)

    def pack(self, item_id: str, item: dict[str, Any]) -> bytes | None:
        """The item as JSON; None with a note if it cannot be written as JSON."""
        content = attempt(item_id, STEP, lambda: orjson.dumps(item))
        if isinstance(content, StepFailure):
            self.add(item_id, TITLE_BROKE_OFF, content.sentence)
            return None
        return content
