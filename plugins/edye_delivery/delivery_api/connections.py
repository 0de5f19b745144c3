"""Connections that cost bounded memory and time: uvicorn's protocol with limits on heads, silence and slow readers."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import Any
from urllib.parse import unquote

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from edye_delivery.delivery_api.application import BEGUN, Begun
from edye_delivery.delivery_api.connection_limits import ConnectionLimits
from edye_delivery.delivery_api.deadline import Deadline
from edye_delivery.delivery_api.problems import Problem, ProblemType, later

PIPELINE_MAX = 32
RETRY_AFTER_S = 5


class LimitedProtocol(HttpToolsProtocol):
    """One connection. Bodies of requests are thrown away; what is over a limit is answered, logged and closed."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self.limits: ConnectionLimits = self.app.limits
        self.waiting: OrderedDict[object, None] = self.app.waiting
        self._head_bytes = 0
        self._is_in_head = True
        self._has_begun = True
        """Whether the head that is read has a deadline: the first one from the connection's begin on."""
        self._is_refused = False
        self._deadline = Deadline(self.loop)
        """Of a head that has begun, or of a connection that is idle."""
        self._write_timer: asyncio.TimerHandle | None = None
        self._unwritten = 0
        self._answered = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Makes room where there are too many connections, and expects a head in time."""
        super().connection_made(transport)
        if len(self.connections) > self.limits.connections:
            oldest = next(iter(self.waiting), self)
            assert isinstance(oldest, LimitedProtocol)  # noqa: S101
            oldest.refuse(later(ProblemType.OVERLOADED, "the server has too many connections", RETRY_AFTER_S))
        if not self._is_refused:
            self.waiting[self] = None
            self._deadline.set(self.limits.head_s, self._on_slow_head)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the connection."""
        self._stop_timers()
        self.waiting.pop(self, None)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Reads on, unless the connection is refused or its head is too large."""
        if self._is_refused:
            return
        self._answered = 0
        super().data_received(data)
        if self._is_refused:
            return
        if self._is_in_head:
            if not self._has_begun:
                self._has_begun = True
                self._deadline.set(self.limits.head_s, self._on_slow_head)
            self._head_bytes += len(data)
            if self._head_bytes > self.limits.head_max_bytes:
                self.refuse(self._too_large())

    def on_message_begin(self) -> None:
        """A new head begins; the scope is made only for a call that gets a task of its own."""
        self._is_in_head = True
        self.url, self.headers = b"", []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        """Starts the call, unless its head is too large or too many calls wait on this connection already."""
        if self._is_refused:
            return
        self._is_in_head, self._has_begun, self._head_bytes = False, False, 0
        self._deadline.clear()
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.limits.head_max_bytes:
            self.refuse(self._too_large())
            return
        if len(self.pipeline) >= PIPELINE_MAX:
            self.refuse(Problem(ProblemType.MALFORMED, f"more than {PIPELINE_MAX} calls wait on this connection"))
            return
        has_body = any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers)
        begun = None
        if not has_body and self._may_answer_at_once():
            begun = self._answer_at_once()
            if begun is None:
                return
        self.waiting.pop(self, None)
        self._make_scope(begun)
        super().on_headers_complete()
        if has_body:
            self.cycle.keep_alive = False

    def _make_scope(self, begun: Begun | None) -> None:
        url, headers, is_expected = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url, self.headers, self.expect_100_continue = url, headers, is_expected
        self.scope["headers"] = headers
        if begun is not None:
            self.scope[BEGUN] = begun  # type: ignore[literal-required]

    def _may_answer_at_once(self) -> bool:
        is_busy = self.cycle is not None and not self.cycle.response_complete
        is_waiting = is_busy or self.pipeline or self.flow.write_paused or self.transport.is_closing()
        return not is_waiting and self._answered < PIPELINE_MAX and self.parser.get_http_version() == "1.1"

    def _answer_at_once(self) -> Begun | None:
        """Writes the answer without a task of its own, which takes most of the time; what has begun, where it waits."""
        self._answered += 1
        url = httptools.parse_url(self.url)
        path = url.path.decode("ascii")
        method, query = self.parser.get_method().decode("ascii"), url.query or b""
        begun: Begun = self.app.begin(method, unquote(path) if "%" in path else path, query, self.headers)
        keep_alive = self.parser.should_keep_alive()
        parts = self.app.answer_at_once(begun, self.server_state.default_headers, keep_alive)
        if parts is None:
            return begun
        self.transport.writelines(parts)
        self.server_state.total_requests += 1
        if keep_alive:
            self.waiting[self] = None
            self.waiting.move_to_end(self)
            self._deadline.set(self.limits.idle_s, self.timeout_keep_alive_handler)
        else:
            self.transport.close()
            if self.transport.get_write_buffer_size():
                self._expect_writing()
        return None

    def on_message_complete(self) -> None:
        """Nothing waits for the end of a call that is answered already."""
        if self.cycle is not None:
            super().on_message_complete()

    def on_body(self, body: bytes) -> None:
        """Throws the bytes away: no call has a body."""

    def on_response_complete(self) -> None:
        """Waits for the next call, or for a slow reader."""
        super().on_response_complete()
        self._unset_keepalive_if_required()
        if not self.pipeline:
            self.waiting[self] = None
            if not self._is_in_head:
                self._deadline.set(self.limits.idle_s, self.timeout_keep_alive_handler)
        if self.transport.is_closing() and self.transport.get_write_buffer_size():
            self._expect_writing()

    def pause_writing(self) -> None:
        """The other side reads slowly: it has to read on."""
        super().pause_writing()
        self._expect_writing()

    def resume_writing(self) -> None:
        """The other side reads again."""
        if self._write_timer is not None and not self.transport.is_closing():
            self._write_timer.cancel()
            self._write_timer = None
        super().resume_writing()

    def timeout_keep_alive_handler(self) -> None:
        """Closes an idle connection; one that still reads its answer is idle later, or is cut off."""
        if self.transport.get_write_buffer_size():
            self._expect_writing()
            self._deadline.set(self.limits.idle_s, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()

    def send_400_response(self, msg: str) -> None:
        """Answers bytes that are no HTTP with a problem, as all other refusals."""
        self.refuse(Problem(ProblemType.MALFORMED, "the bytes on this connection are not HTTP/1.1"))

    def refuse(self, problem: Problem) -> None:
        """Answers with the problem, writes the line of the log, and closes the connection."""
        if self._is_refused or self.transport.is_closing():
            return
        self._is_refused = True
        self.waiting.pop(self, None)
        self._stop_timers()
        answer = self.app.refusal(problem)
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if not is_answering:  # an answer that has begun cannot be followed by another
            self.transport.write(answer)
        self.transport.close()
        if self.transport.get_write_buffer_size():
            self._expect_writing()

    def _too_large(self) -> Problem:
        detail = f"path and headers may have {self.limits.head_max_bytes} bytes together"
        return Problem(ProblemType.HEADERS_TOO_LARGE, detail)

    def _on_slow_head(self) -> None:
        seconds = f"{self.limits.head_s:g}"
        self.refuse(Problem(ProblemType.TOO_SLOW, f"no whole request arrived on this connection in {seconds} s"))

    def _expect_writing(self) -> None:
        if self._write_timer is None:
            self._unwritten = self.transport.get_write_buffer_size()
            self._write_timer = self.loop.call_later(self.limits.write_s, self._on_slow_reader)

    def _on_slow_reader(self) -> None:
        self._write_timer = None
        left = self.transport.get_write_buffer_size()
        if not left:
            return
        if self._unwritten - left < min(self.limits.write_least_bytes, self._unwritten):
            self.transport.abort()
        else:
            self._expect_writing()

    def _stop_timers(self) -> None:
        self._deadline.stop()
        if self._write_timer is not None:
            self._write_timer.cancel()
            self._write_timer = None
