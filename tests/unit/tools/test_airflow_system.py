"""`make up`'s Airflow: the scheduler starts when the api-server answers, for its tasks report there."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tools import airflow_system
from tools.airflow_system import HEALTH_PARTS, AirflowSystem

FAILURES = 2


class Started(list[str]):
    """Stands in for the processes: the api-server is a server that fails twice before it answers."""

    system: AirflowSystem
    server: ThreadingHTTPServer

    def __init__(self) -> None:
        super().__init__()
        self.at_each_call: list[tuple[str, int, list[str]]] = []

    def start(self, name: str, *_: Any) -> None:
        if name == "api-server":
            self.server = ThreadingHTTPServer(("127.0.0.1", self.system.port), self._handler())
            threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.append(name)

    def check(self) -> None:
        return None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        started = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self._answer({"access_token": "t"})

            def do_GET(self) -> None:
                self._answer({part: {"status": "healthy"} for part in HEALTH_PARTS})

            def _answer(self, body: Any) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                status = 200 if len(started.at_each_call) >= FAILURES else 503
                started.at_each_call.append((self.path, status, list(started)))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(json.dumps(body).encode())

            def log_message(self, *_: Any) -> None:
                pass

        return Handler


@pytest.fixture
def started(tmp_path, monkeypatch) -> Iterator[Started]:
    for name in ("start_database", "finish_database"):
        monkeypatch.setattr(airflow_system, name, lambda *_: None)
    monkeypatch.setattr(airflow_system.settings, "load", lambda *_: None)
    started = Started()
    started.system = AirflowSystem(started, tmp_path, {})
    yield started
    started.server.shutdown()
    started.server.server_close()


def test_the_scheduler_starts_only_when_the_api_server_has_answered(started):
    started.system.start()
    assert started == ["api-server", "scheduler", "dag-processor", "triggerer"]
    until_the_first_answer = [names for _, _, names in started.at_each_call[: FAILURES + 1]]
    assert [status for _, status, _ in started.at_each_call[: FAILURES + 1]] == [503, 503, 200]
    assert until_the_first_answer == [["api-server"]] * (FAILURES + 1)
