"""The transport seam: an httpx client whose answers a test gives, and a clock that nobody waits for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import httpx

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.clients.clock import Clock

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
RETRY_POLICY = RetryPolicy(attempts=3, base_s=2.0, cap_s=60.0, retry_after_max_s=100.0)


class Slept(list[float]):
    """The pauses that were asked for."""

    def clock(self, chance: float = 0.5) -> Clock:
        """A clock that notes pauses and does not wait."""
        return Clock(now=lambda: NOW, sleep=self.append, random=lambda: chance)


def client_of(handler: Callable[[httpx.Request], httpx.Response], base_url: str = "http://api.example") -> httpx.Client:
    """A client whose transport is the handler."""
    return httpx.Client(transport=UnreadAnswers(handler), base_url=base_url)


class UnreadAnswers(httpx.MockTransport):
    """A test's answers with their bodies unread, as a socket gives them; httpx reads those that are made of bytes."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return _unread(super().handle_request(request))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return _unread(await super().handle_async_request(request))


def _unread(response: httpx.Response) -> httpx.Response:
    if not response.is_stream_consumed:
        return response
    return httpx.Response(response.status_code, headers=response.headers, stream=response.stream)
