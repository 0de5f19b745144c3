"""JW Player's limit: so many calls a minute for one token, then refusals until the minute is over."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass

MINUTE_S = 60.0


@dataclass(frozen=True, slots=True)
class Turn:
    """Whether a call may be answered, and how many more in this minute."""

    is_allowed: bool
    remaining: int


class CallLimit:
    """Counts calls by token in minutes that begin with a token's first call; `most` 0 counts nothing."""

    def __init__(self, most: int, seconds: Callable[[], float]) -> None:
        self.most, self._seconds = most, seconds
        self._counted: dict[str, tuple[float, int]] = {}
        self._lock = threading.Lock()

    def take(self, token: str) -> Turn:
        """Counts one call."""
        if not self.most:
            return Turn(True, 0)
        with self._lock:
            now = self._seconds()
            began_at, calls = self._counted.get(token, (now, 0))
            if now - began_at >= MINUTE_S:
                began_at, calls = now, 0
            self._counted[token] = (began_at, calls + 1)
            return Turn(calls < self.most, max(0, self.most - calls - 1))
