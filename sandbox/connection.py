"""One call on its connection: counted, journalled, and cut or slowed where a fault says so."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.faults import Fault, FaultPlan
from sandbox.journal import Journal

_SLICES_PER_S = 20  # how finely a slow answer is spread over time
_DROP_LIMIT_S = 5


class ConnectionDropped(BaseException):
    """The sandbox cuts this connection on purpose, or the caller went away.

    Not an Exception: the framework would answer with 500, and here there must be no answer.
    """


@dataclass(slots=True)
class Call:
    """What is known of one call; grows while the call is handled, and becomes one entry of the journal."""

    service: str
    method: str
    path: str
    query: dict[str, str]
    plan: FaultPlan
    transport: asyncio.Transport | None
    at: float
    request_id: str | None = None
    idempotency_key: str | None = None
    operation: str | None = None
    status: int | None = None
    external_id: str | None = None
    tracking_id: str | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    sha256: str | None = None
    outcome: str = "answered"
    fault: Fault | None = None
    seq: int = 0
    counted: set[int] = field(default_factory=set)

    def strike(self, operation: str, external_id: str | None = None) -> Fault | None:
        """Ask the fault plan about this call; the answer stays with the call."""
        self.operation = operation
        self.external_id = external_id or self.external_id
        found = self.plan.strike(self.service, operation, external_id, self.path, self.counted)
        self.fault = self.fault or found
        return self.fault

    @property
    def cuts_upload(self) -> bool:
        """True where the fault cuts the request's body, not the answer's."""
        return self.fault is not None and self.fault.kind == "cut" and self.operation == "ingest"

    def check_upload(self) -> None:
        """Drop the connection once as many bytes of the body arrived as the fault says."""
        if self.cuts_upload and self.fault is not None and self.bytes_in >= self.fault.after_bytes:
            raise ConnectionDropped

    async def slow_upload(self, size_bytes: int) -> None:
        """Wait as long as so many bytes take at the rate of the fault."""
        if self.fault and self.fault.bytes_per_s:
            await asyncio.sleep(size_bytes / self.fault.bytes_per_s)


def call_of(scope: MutableMapping[str, Any]) -> Call:
    """Return the call that a request's scope belongs to."""
    call: Call = scope["sandbox.call"]
    return call


class JournalledApp:
    """An ASGI app around a service that keeps the journal and carries out what faults do to the connection."""

    def __init__(self, service: str, app: ASGIApp, journal: Journal, plan: FaultPlan) -> None:
        self._service, self._app, self._journal, self._plan = service, app, journal, plan

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one call, whatever becomes of its connection."""
        if scope["type"] != "http":
            return
        call = self._call(scope)
        scope["sandbox.call"] = call
        try:
            await self._app(scope, _Receiver(call, receive), _Sender(call, send, self._journal))
        except ConnectionDropped:
            call.outcome = "cut" if call.outcome == "answered" else call.outcome
            self._journal.record(call)
            await _drop(call, receive)

    def _call(self, scope: Scope) -> Call:
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in scope["headers"]}
        query = dict(parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True))
        return Call(
            service=self._service,
            method=scope["method"],
            path=scope["path"],
            query=query,
            plan=self._plan,
            transport=scope.get("sandbox.transport"),
            at=time.time(),
            request_id=headers.get("x-request-id"),
            idempotency_key=headers.get("idempotency-key"),
        )


class _Receiver:
    """Counts the request's body, and cuts it where the fault says so."""

    def __init__(self, call: Call, receive: Receive) -> None:
        self._call, self._receive = call, receive

    async def __call__(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect" and self._call.status is None:
            raise ConnectionDropped
        self._call.bytes_in += len(message.get("body", b""))
        self._call.check_upload()
        return message


class _Sender:
    """Counts the answer's body, writes the journal before it leaves; slows it or cuts it where the fault says so."""

    def __init__(self, call: Call, send: Send, journal: Journal) -> None:
        self._call, self._send, self._journal = call, send, journal
        self._promised = 0

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._start(message)
        else:
            await self._body(message)

    async def _start(self, message: Message) -> None:
        call, fault = self._call, self._call.fault
        call.status = message["status"]
        length = dict(message.get("headers", ())).get(b"content-length", b"0")
        self._promised = 0 if call.method == "HEAD" else int(length)
        call.bytes_out = self._promised
        if fault and fault.kind == "cut" and not call.cuts_upload and fault.after_bytes == 0:
            call.bytes_out = 0
            raise ConnectionDropped
        self._journal.record(call)
        call.bytes_out = 0
        if fault and fault.delay_s:
            await asyncio.sleep(fault.delay_s)
        await self._send(message)

    async def _body(self, message: Message) -> None:
        body, more = message.get("body", b""), message.get("more_body", False)
        fault = self._call.fault
        if body and self._call.transport is not None and self._call.transport.is_closing():
            raise ConnectionDropped
        if fault and fault.kind == "cut" and not self._call.cuts_upload:
            room = fault.after_bytes - self._call.bytes_out
            if len(body) > room:
                await self._pass(body[:room], more=True)
                raise ConnectionDropped
        step = int(fault.bytes_per_s / _SLICES_PER_S) or 1 if fault and fault.bytes_per_s else 0
        while step and len(body) > step:
            await self._pass(body[:step], more=True)
            body = body[step:]
            await asyncio.sleep(1 / _SLICES_PER_S)
        await self._pass(body, more=more)
        if not more and self._call.bytes_out != self._promised:
            self._journal.record(self._call)

    async def _pass(self, body: bytes, *, more: bool) -> None:
        if self._call.method != "HEAD":
            self._call.bytes_out += len(body)
        await self._send({"type": "http.response.body", "body": body, "more_body": more})


async def _drop(call: Call, receive: Receive) -> None:
    """Close the TCP connection: after the bytes of a begun answer, at once where no answer began."""
    if call.transport is None:
        return
    if call.bytes_out and call.operation != "ingest":
        call.transport.close()
    else:
        call.transport.abort()
    # Until the server knows of the cut it would answer 500 for an app that ends without an answer.
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_DROP_LIMIT_S):
            while (await receive())["type"] != "http.disconnect":
                pass
