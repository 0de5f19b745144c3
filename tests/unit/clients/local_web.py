"""A web server on a free port of this machine, whose answers a test gives."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import BinaryIO


@dataclass(frozen=True)
class Answer:
    """One answer; `raw` writes whatever it likes to the socket instead."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    raw: Callable[[BinaryIO, threading.Event], None] | None = None


class LocalWeb:
    """Answers by path; `asked` are the paths that were asked for, `over` is set when the test is done."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.by_name = f"http://localhost:{port}"
        self.answers: dict[str, Answer] = {}
        self.asked: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.over = threading.Event()

    def put(self, path: str, body: bytes = b"", status: int = 200, **headers: str) -> str:
        """Publishes an answer; gives its URL."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers[path] = Answer(body, status, named)
        return self.origin + path

    def put_raw(self, path: str, raw: Callable[[BinaryIO, threading.Event], None]) -> str:
        """Publishes an answer that is written by hand; gives its URL."""
        self.answers[path] = Answer(raw=raw)
        return self.origin + path


@contextmanager
def local_web() -> Iterator[LocalWeb]:
    """A running server."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            web.asked.append(self.path)
            web.headers.append({name.lower(): value for name, value in self.headers.items()})
            answer = web.answers.get(self.path, Answer(b"not here", 404))
            if answer.raw is not None:
                self.close_connection = True
                answer.raw(self.wfile, web.over)
                return
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_: object) -> None:
            return

    server = Server(("127.0.0.1", 0), Handler)
    web = LocalWeb(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        web.over.set()
        server.shutdown()
        server.server_close()
        thread.join()
