"""How long a call may take: a deadline for an answer, a least rate for a stream. The caller passes the time in."""

from __future__ import annotations

import math
from dataclasses import dataclass

from edye_delivery.annex.api import LEAST_RATE_BYTES_S
from edye_delivery.errors import TooSlow

ANSWER_S = 60.0
"""Enough for a page of 2 MB at 35 kB a second; the annex or the connection may allow more."""
SPAN_S = 30.0
"""Long enough for a lost packet, which TCP repeats over some seconds, and for a change of route."""
ANSWER_MAX_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class CallBounds:
    """The bounds of one call.

    `answer_s`: seconds from the look-up of the name to the last byte of a small answer, or of a stream's head; the time
    for sending is not counted. `least_rate_bytes_s`: the least rate of a stream over every `span_s` seconds of waiting
    for the peer. `max_bytes`: the size of an answer, decompressed. `ends_at_s`: when the time of the batch is over, on
    the monotonic clock.
    """

    answer_s: float = ANSWER_S
    least_rate_bytes_s: float = LEAST_RATE_BYTES_S
    span_s: float = SPAN_S
    max_bytes: int = ANSWER_MAX_BYTES
    ends_at_s: float = math.inf


class Deadline:
    """The time by which an answer has to be there. `now` is from a monotonic clock, in seconds."""

    def __init__(self, what: str, seconds: float, now: float, batch_ends_at: float = math.inf) -> None:
        self._what, self._seconds, self._ends_at = what, seconds, now + seconds
        self._batch_ends_at = batch_ends_at

    def remaining_s(self, now: float) -> float:
        """Seconds that the next system call may wait, always more than 0; TooSlow after the deadline."""
        left_s = min(self._ends_at, self._batch_ends_at) - now
        if left_s <= 0:
            raise self.timeout_error()
        return left_s

    def timeout_error(self) -> TooSlow:
        """The error for a wait that took all the time that was left."""
        if self._batch_ends_at < self._ends_at:
            return over(self._what)
        return TooSlow(f"{self._what}: no whole answer within {self._seconds:g} s")

    def extend(self, seconds: float) -> None:
        """Moves the deadline by seconds that do not count, such as those for sending a request."""
        self._ends_at += seconds


class Meter:
    """Whether a stream, up or down, keeps the least rate.

    Only the time between `begin_wait` and `end_wait` counts: the peer is not to blame for what the caller does with the
    bytes, such as sending them on over a slower connection. TooSlow comes at the latest after two spans of waiting.
    """

    def __init__(self, what: str, bounds: CallBounds) -> None:
        self._what, self._bounds = what, bounds
        self._began_at, self._is_cut = 0.0, False
        self._waited_s, self._moved_bytes = 0.0, 0

    def begin_wait(self, now: float) -> float:
        """Call right before a read or write: the seconds that it may take; TooSlow where the batch's time is over."""
        self._began_at = now
        left_s = self._bounds.ends_at_s - now
        if left_s <= 0:
            raise over(self._what)
        self._is_cut = left_s < self._bounds.span_s
        return min(self._bounds.span_s, left_s)

    def end_wait(self, size_bytes: int, now: float) -> None:
        """Call right after it with the number of bytes read or written; TooSlow where a span has too few."""
        self._waited_s += now - self._began_at
        self._moved_bytes += size_bytes
        if self._waited_s < self._bounds.span_s:
            return
        if self._moved_bytes < self._bounds.least_rate_bytes_s * self._waited_s:
            raise self.timeout_error()
        self._waited_s, self._moved_bytes = 0.0, 0

    def timeout_error(self) -> TooSlow:
        """The error for a wait that took all its seconds, or for a span with too few bytes."""
        if self._is_cut:
            return over(self._what)
        return TooSlow(
            f"{self._what}: {self._moved_bytes:,} bytes in {max(self._waited_s, self._bounds.span_s):.0f} s, expected "
            f"at least {self._bounds.least_rate_bytes_s:,.0f} bytes a second"
        )


def over(what: str) -> TooSlow:
    """The error for a call that ends because its batch's time is over; it is not tried again."""
    return TooSlow(f"{what}: the time of its batch was over", retry_after_s=math.inf)
