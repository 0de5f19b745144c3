"""A webhook on 127.0.0.1 that keeps the messages of the connection `alerts`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


class Webhook(ThreadingHTTPServer):
    """Takes messages; answers what it is told to, 200 by default."""

    def __init__(self) -> None:
        self.messages: list[dict[str, str]] = []
        self.answers: list[int] = []
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def connection(self) -> dict[str, Any]:
        """The connection `alerts` that leads here, with a secret in its address."""
        config = [{"path": f"json://127.0.0.1:{self.server_port}/hook/s3cret-t0ken", "tag": "all"}]
        return {"conn_type": "apprise", "extra": {"config": config}}


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = self.server.answers.pop(0) if self.server.answers else 200
        if status == 200:
            self.server.messages.append(body)
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running_webhook() -> Iterator[Webhook]:
    """A webhook, up until the end of the block."""
    with Webhook() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
