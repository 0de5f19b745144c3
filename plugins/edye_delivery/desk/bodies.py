"""Bounds on the body of a call while it is read: on its bytes, on its time, and on how slowly it may come.

An endpoint that takes more than a form, such as an upload, says so with `allow_body`, once it knows who calls.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

KEY = "edye_body"
"""The key of a call's scope under which the bounds of its body are."""
TOO_SLOW = "The upload was slower than {rate} kB a second or took longer than {seconds:g} s, so it was stopped."


@dataclass(frozen=True, slots=True)
class BodyBounds:
    """The bounds of one body.

    It may have `max_bytes`. It has `grace_s` seconds, and one more for each `least_rate_bytes_s` that came, but never
    more than `max_s`.
    """

    max_bytes: int
    grace_s: float
    least_rate_bytes_s: float
    max_s: float


FORM = BodyBounds(max_bytes=4 * 1024**2, grace_s=20, least_rate_bytes_s=64_000, max_s=60)
"""A form's: 5,000 external_ids of 200 characters, some of them escaped, have less."""


class _Body:
    """The body of one call as it comes; an HTTPException ends the read of a body beyond its bounds."""

    def __init__(self, scope: Scope, receive: Receive, bounds: BodyBounds, now: Callable[[], float]) -> None:
        self.bounds = bounds
        self._receive, self._now = receive, now
        self._announced = _content_length(scope)
        self._started_at: float | None = None
        self._bytes = 0
        self._is_complete = False

    async def receive(self) -> Message:
        """The next message."""
        if self._is_complete:
            return await self._receive()
        if self._announced > self.bounds.max_bytes:
            raise self._too_large()
        try:
            message = await asyncio.wait_for(self._receive(), self._remaining_s())
        except TimeoutError:
            raise self._too_slow() from None
        self._bytes += len(message.get("body", b""))
        self._is_complete = not message.get("more_body", False)
        if self._bytes > self.bounds.max_bytes:
            raise self._too_large()
        return message

    def _remaining_s(self) -> float:
        now = self._now()
        self._started_at = now if self._started_at is None else self._started_at
        allowed_s = min(self.bounds.max_s, self.bounds.grace_s + self._bytes / self.bounds.least_rate_bytes_s)
        remaining_s = self._started_at + allowed_s - now
        if remaining_s <= 0:
            raise self._too_slow()
        return remaining_s

    def _too_large(self) -> HTTPException:
        return HTTPException(413, f"What was sent is larger than {self.bounds.max_bytes:,} bytes, so it was not read.")

    def _too_slow(self) -> HTTPException:
        rate = round(self.bounds.least_rate_bytes_s / 1000)
        words = TOO_SLOW.format(rate=rate, seconds=self.bounds.max_s)
        return HTTPException(408, words, headers={"Connection": "close"})


class BoundedBodies:
    """Bounds the body of every call: like a form's, unless the endpoint allows more before it reads."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body(scope, receive, FORM, time.monotonic)
        await self._app({**scope, KEY: body}, body.receive, send)


def allow_body(request: Request, bounds: BodyBounds) -> None:
    """Lets the body of this call be as large and take as long as `bounds` say; to be called before it is read."""
    request.scope[KEY].bounds = bounds


def _content_length(scope: Scope) -> int:
    """What the call says about its size; 0 where it says nothing that is a number."""
    values = [value for name, value in scope["headers"] if name == b"content-length"]
    text = values[0].decode("latin-1") if values else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 20 else 0
