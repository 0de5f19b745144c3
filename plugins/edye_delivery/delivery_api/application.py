"""The delivery API as an ASGI application: from a scope to a call, from an answer to bytes, and a line in the log."""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from http import HTTPStatus
from itertools import count
from typing import Any, Protocol

from edye_delivery.catalog.api_call import CallLine, Endpoint
from edye_delivery.clients.clock import Clock
from edye_delivery.delivery_api.answers import (
    GZIP_LEAST_BYTES,
    INLINE_MAX_BYTES,
    NO_STORE,
    Answer,
    Body,
    Compressor,
    gzip_at_once,
)
from edye_delivery.delivery_api.call import Call, Header, call_of, line_of
from edye_delivery.delivery_api.conditional import GZIP_MARK, accepts_gzip, quoted
from edye_delivery.delivery_api.connection_limits import ConnectionLimits
from edye_delivery.delivery_api.problems import CONTENT_TYPE, Problem, ProblemType, later
from edye_delivery.delivery_api.service import METHODS, Service
from edye_delivery.errors import DeliveryError

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Begun = tuple[Call, Answer, Problem | None]
"""A call, its answer, and the problem where the answer is one."""
CACHE_CONTROL = (b"cache-control", b"private, no-cache")
VARY = (b"vary", b"Accept-Encoding")
PROBLEM_TYPE = (b"content-type", CONTENT_TYPE)
GZIP = (b"content-encoding", b"gzip")
RETRY_AFTER_S = 30
BEGUN = "edye_delivery.begun"
STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n".encode() for status in HTTPStatus}
log = logging.getLogger(__name__)


class CallSink(Protocol):
    """Takes a line for each call; it neither waits nor raises."""

    def add(self, line: CallLine) -> None:
        """Takes one line."""


class Application:
    """The ASGI application of one worker; `start` and `stop` run when the worker begins and ends to serve."""

    def __init__(
        self,
        service: Service,
        health: Callable[[], tuple[int, bytes]],
        sink: CallSink,
        clock: Clock,
        *,
        limits: ConnectionLimits | None = None,
        country_header: str | None = None,
        start: Callable[[], None] = lambda: None,
        stop: Callable[[], None] = lambda: None,
    ) -> None:
        self._service, self._health, self._sink, self._clock = service, health, sink, clock
        self._country_header = country_header.lower().encode("latin-1") if country_header else None
        self._start, self._stop = start, stop
        self.limits = limits or ConnectionLimits()
        self.waiting: OrderedDict[object, None] = OrderedDict()
        """The connections that have no call at work, the one that waits longest first (`LimitedProtocol`)."""
        self._compressor = Compressor()
        self._prefix, self._numbers = secrets.token_hex(8), count(1)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one call, or the server's own messages about its life."""
        if scope["type"] != "http":
            await self._live(receive, send)
            return
        begun = scope.get(BEGUN) or self.begin(scope["method"], scope["path"], scope["query_string"], scope["headers"])
        call, answer, problem = begun
        if self._has_to_compress(call, answer) and answer.body is not None:
            await self._compressor.gzip_of(answer.body)
        headers, content = self._represent(call, answer)
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": content})
        self._write_line(call, answer, len(content), problem)

    def begin(self, method: str, path: str, query: bytes, headers: Iterable[Header]) -> Begun:
        """The call with its answer, which is not sent; the path is decoded."""
        call = call_of(
            method,
            path,
            query,
            headers,
            id_=self._id(),
            at=self._clock.now(),
            begun_s=self._clock.monotonic(),
            country_header=self._country_header,
        )
        return call, *self._answer(call)

    def answer_at_once(self, begun: Begun, first_headers: list[Header], keep_alive: bool) -> tuple[bytes, ...] | None:
        """The bytes of the answer; None where a page has to be compressed first: then the application has to be called
        with a scope that has `begun`. `first_headers` are those of the server, such as Date."""
        call, answer, problem = begun
        if self._has_to_compress(call, answer):
            return None
        headers, content = self._represent(call, answer)
        lines = [STATUS_LINES[answer.status]]
        for name, value in first_headers:
            lines += (name, b": ", value, b"\r\n")
        for name, value in headers:
            lines += (name, b": ", value, b"\r\n")
        lines.append(b"\r\n" if keep_alive else b"connection: close\r\n\r\n")
        self._write_line(call, answer, len(content), problem)
        return (b"".join(lines), content) if content else (b"".join(lines),)

    def refusal(self, problem: Problem) -> bytes:
        """The bytes that end a connection on which no call arrived; it is in the log as well."""
        id_ = self._id()
        call = Call(id_, self._clock.now(), self._clock.monotonic(), request_id=id_)
        answer = _answer_of(problem, id_)
        content = answer.body.content if answer.body else b""
        headers = [*answer.headers, PROBLEM_TYPE, (b"x-request-id", id_.encode()), (b"connection", b"close")]
        headers.append((b"content-length", str(len(content)).encode()))
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers)
        self._write_line(call, answer, len(content), problem)
        return b"HTTP/1.1 %d \r\n%s\r\n%s" % (answer.status, lines, content)

    def _id(self) -> str:
        return f"{self._prefix}-{next(self._numbers):x}"

    def _answer(self, call: Call) -> tuple[Answer, Problem | None]:
        """The answer, and the problem where it is one; nothing that fails here ends the connection."""
        try:
            if call.route.endpoint is Endpoint.HEALTH and call.method in METHODS:
                status, told = self._health()
                return Answer(status, Body(told), headers=(NO_STORE,)), None
            return self._service.answer(call), None
        except Problem as refused:
            problem = refused
        except DeliveryError as error:
            log.error("the call %s failed, because a generation cannot be read: %s", call.id, error)
            problem = later(ProblemType.DEGRADED, "your generation cannot be read at the moment", RETRY_AFTER_S)
        except Exception:  # the process's edge: the client gets a problem, and the log the traceback
            log.exception("the call %s failed", call.id)
            problem = Problem(ProblemType.FAILED, f"tell EDYE the request id {call.request_id}")
        return _answer_of(problem, call.request_id), problem

    @staticmethod
    def _has_to_compress(call: Call, answer: Answer) -> bool:
        """Whether the answer is sent as a gzip that is not there yet, and that takes long to make."""
        body = answer.body
        if body is None or body.compressed is not None or len(body.content) <= INLINE_MAX_BYTES:
            return False
        return accepts_gzip(call.accept_encoding)

    def _represent(self, call: Call, answer: Answer) -> tuple[list[Header], bytes]:
        """Headers and body as sent."""
        headers = [*call.headers, *answer.headers, (b"x-request-id", call.request_id.encode("ascii"))]
        body = answer.body
        is_gzip = answer.status == 304 and GZIP_MARK in (call.none_match or b"")
        content = b""
        if body is not None:
            content = body.content
            if len(content) >= GZIP_LEAST_BYTES and accepts_gzip(call.accept_encoding):
                content, is_gzip = gzip_at_once(body), True
                headers.append(GZIP)
            headers += body.headers
            headers.append((b"content-length", b"%d" % len(content)))
        if answer.tag:
            headers += ((b"etag", quoted(answer.tag, is_gzip=is_gzip)), CACHE_CONTROL, VARY)
        return headers, b"" if call.method == "HEAD" else content

    def _write_line(self, call: Call, answer: Answer, sent_bytes: int, problem: Problem | None) -> None:
        milliseconds = (self._clock.monotonic() - call.begun_s) * 1000
        message = problem.message if problem else None
        line = line_of(call, answer, milliseconds=milliseconds, sent_bytes=sent_bytes, message=message)
        self._sink.add(line)

    async def _live(self, receive: Receive, send: Send) -> None:
        """Begins and ends with the worker (ASGI lifespan)."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self._start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                self._stop()
                await send({"type": "lifespan.shutdown.complete"})
                return
            else:
                return


def _answer_of(problem: Problem, request_id: str) -> Answer:
    body = Body(problem.body(request_id), headers=(PROBLEM_TYPE,))
    return Answer(problem.status, body, headers=(*problem.headers, NO_STORE))
