"""Warnings about a state that lasts: each is said once, and again from time to time."""

from __future__ import annotations

import logging

from edye_delivery.catalog.printable import printable
from edye_delivery.clients.clock import Clock

WARN_EVERY_S = 30.0


class RareWarnings:
    """Says each sentence to `log` at most every `WARN_EVERY_S` seconds."""

    def __init__(self, log: logging.Logger, clock: Clock) -> None:
        self._log, self._clock = log, clock
        self._warned_at: dict[str, float] = {}

    def say(self, sentence: str, error: Exception) -> None:
        """Says the sentence with the error's first line, unless it was said a moment ago."""
        if self.is_due(sentence):
            shown = printable(str(error).partition("\n")[0])
            self._log.warning("%s: %s: %s", sentence, type(error).__name__, shown)

    def is_due(self, subject: str) -> bool:
        """Whether the last warning about this is long ago; then this one counts as said."""
        now_s = self._clock.monotonic()
        if now_s - self._warned_at.get(subject, -WARN_EVERY_S) < WARN_EVERY_S:
            return False
        self._warned_at[subject] = now_s
        return True
