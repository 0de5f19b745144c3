"""Keeps calls under JW Player's limit a minute: the clock is passed in, and JW's own headers are honoured."""

from __future__ import annotations

import threading
from collections import deque

import httpx

from edye_delivery.clients.clock import Clock

CALLS_A_MINUTE = 60
WINDOW_S = 61.0
"""A minute, and a second for calls that travel for different times."""
LIMIT_HEADER, REMAINING_HEADER = "jw-request-limit", "jw-request-remaining"


class RequestLimiter:
    """At most so many calls in any minute, or fewer where JW names a lower limit. Safe to use from several threads."""

    def __init__(self, clock: Clock, calls_a_minute: int = CALLS_A_MINUTE) -> None:
        self._clock, self._most, self._limit = clock, calls_a_minute, calls_a_minute
        self._called_at: deque[float] = deque()
        self._closed_until = 0.0
        self._lock = threading.Lock()

    def wait(self) -> None:
        """Returns when the next call may go, and counts it."""
        with self._lock:
            while (pause_s := self._pause_s()) > 0:
                self._clock.sleep(pause_s)
            self._called_at.append(self._clock.monotonic())

    def read(self, headers: httpx.Headers) -> None:
        """Takes over the limit that an answer names, and waits for the minute's end where no call is left."""
        limit, remaining = _number(headers.get(LIMIT_HEADER)), _number(headers.get(REMAINING_HEADER))
        with self._lock:
            if limit is not None:
                self._limit = max(1, min(self._most, limit))
            if remaining == 0:
                self._close()

    def close_minute(self) -> float:
        """Call after 429, which names no Retry-After: the seconds until the minute is over."""
        with self._lock:
            return self._close()

    def _close(self) -> float:
        """No call before the minute of the oldest counted call is over: the seconds until then."""
        now = self._clock.monotonic()
        left_s = (self._called_at[0] + WINDOW_S if self._called_at else now + WINDOW_S) - now
        left_s = left_s if left_s >= 1.0 else WINDOW_S  # that minute is over, so the limit is another's: a whole one
        self._closed_until = now + left_s
        return left_s

    def _pause_s(self) -> float:
        now = self._clock.monotonic()
        while self._called_at and self._called_at[0] + WINDOW_S <= now:
            self._called_at.popleft()
        full_s = self._called_at[-self._limit] + WINDOW_S - now if len(self._called_at) >= self._limit else 0.0
        return max(full_s, self._closed_until - now)


def _number(value: str | None) -> int | None:
    text = (value or "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else None
