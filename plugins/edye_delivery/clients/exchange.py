"""Keeps one HTTP call within its bounds: every wait for the peer ends, whatever the peer sends or does not send.

httpx's read time-out starts again with each read, so a peer that sends a byte a second never reaches it. Here every
wait for the network (look-up, connect, TLS, read, write) gets the time that the call has left. The call reaches the
socket as the time-out value itself: httpcore passes this value on unchanged, also over proxies and reused connections.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import httpx

from edye_delivery.clients.bounds import CallBounds, Deadline, Meter
from edye_delivery.errors import TooSlow

Seconds = Callable[[], float]
KINDS = ("connect", "read", "write")


class Exchange:
    """The bound of a call that counts now: the deadline for an answer or a head, or the least rate for a stream."""

    def __init__(self, what: str, bounds: CallBounds, clock: Seconds = time.monotonic) -> None:
        self._what, self._bounds, self._clock = what, bounds, clock
        self._deadline = Deadline(what, bounds.answer_s, clock(), bounds.ends_at_s)
        self._up = Meter(what, bounds)
        self._down: Meter | None = None
        self._sending_since: float | None = None
        self._sent_at = 0.0

    def begin_stream(self) -> None:
        """Call when the head is there: from now on the least rate counts, not the deadline."""
        self._down = Meter(self._what, self._bounds)

    def begin_connect(self) -> float:
        """The seconds that a look-up, a connection or a TLS handshake may take; TooSlow."""
        return self._deadline.remaining_s(self._clock())

    def begin_read(self) -> float:
        """The seconds that the next read may take; TooSlow."""
        if self._down is not None:
            return self._down.begin_wait(self._clock())
        if self._sending_since is not None:
            self._deadline.extend(self._sent_at - self._sending_since)
            self._sending_since = None
        return self.begin_connect()

    def end_read(self, size_bytes: int) -> None:
        """Call after a read with the number of bytes; TooSlow."""
        if self._down is not None:
            self._down.end_wait(size_bytes, self._clock())

    def begin_write(self) -> float:
        """The seconds that the peer may take for the next bytes."""
        now = self._clock()
        if self._sending_since is None:
            self._sending_since = now
        return self._up.begin_wait(now)

    def end_write(self, size_bytes: int) -> None:
        """Call after a write with the number of bytes; TooSlow."""
        self._sent_at = self._clock()
        self._up.end_wait(size_bytes, self._sent_at)

    def answer_timeout(self) -> TooSlow:
        """The error for a wait that took all the time of the answer."""
        return self._deadline.timeout_error()

    def read_timeout(self) -> TooSlow:
        """The error for a read that took all its seconds."""
        return self.answer_timeout() if self._down is None else self._down.timeout_error()

    def write_timeout(self) -> TooSlow:
        """The error for a write that took all its seconds."""
        return self._up.timeout_error()


class TimeoutOfCall(float):
    """A time-out that knows the call that it belongs to."""

    exchange: Exchange

    @classmethod
    def of(cls, seconds: float, exchange: Exchange) -> TimeoutOfCall:
        """The time-out of these seconds, for this call."""
        timeout = cls(seconds)
        timeout.exchange = exchange
        return timeout


def exchange_of(timeout: float | None) -> Exchange:
    """The call that a time-out belongs to; a plain time-out gets the usual bounds for this one wait."""
    return timeout.exchange if isinstance(timeout, TimeoutOfCall) else Exchange("the peer", CallBounds())


def begin_exchange(request: httpx.Request, what: str, bounds: CallBounds) -> Exchange:
    """Puts the request under the bounds; the deadline runs from here."""
    exchange = Exchange(what, bounds)
    timeouts: dict[str, Any] = request.extensions.get("timeout", {})
    seconds = {kind: bounds.answer_s if (value := timeouts.get(kind)) is None else value for kind in KINDS}
    request.extensions["timeout"] = {
        **{kind: TimeoutOfCall.of(value, exchange) for kind, value in seconds.items()},
        "pool": min(seconds["read"], bounds.answer_s),
    }
    return exchange
