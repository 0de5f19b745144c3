"""Which certificates the clients of connections take, from a real HTTPS server on this machine."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from edye_delivery.clients.http import exchange
from edye_delivery.errors import DeliveryError
from edye_delivery.hooks.feed_store import FeedStoreHook
from edye_delivery.hooks.http_client import ApiHook
from edye_delivery.hooks.ingesta_logs import IngestaLogsHook
from tests.builders import the_annex
from tests.sandbox.ftp_caller import make_certificate


class Answers(BaseHTTPRequestHandler):
    """Says 404 to everything, and notes that it was asked."""

    asked: list[str]

    def answer(self) -> None:
        self.asked.append(self.path)
        self.send_response(404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_PUT = answer

    def log_message(self, *_: Any) -> None:
        """Nothing."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[tuple[int, Path, list[str]]]:
    certificate, key = make_certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    asked: list[str] = []
    with ThreadingHTTPServer(("127.0.0.1", 0), type("Noting", (Answers,), {"asked": asked})) as web:
        web.socket = context.wrap_socket(web.socket, server_side=True)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        yield web.server_port, certificate, asked
        web.shutdown()


def ask_api() -> None:
    with ApiHook("roku_ingest").client() as client:
        exchange(client, client.build_request("GET", "/a"), "the API")


CALLS: dict[str, tuple[Callable[[], object], dict[str, Any]]] = {
    "roku_ingest": (ask_api, {"conn_type": "http"}),
    "ingesta_logs": (lambda: IngestaLogsHook().sink().prepare(), {"conn_type": "http"}),
    "feed_store": (
        lambda: FeedStoreHook(the_annex().feeds[0]).get_conn().sha256_of("a"),
        {"conn_type": "aws", "login": "a", "password": "b"},
    ),
}


@pytest.mark.parametrize("conn_id", CALLS)
@pytest.mark.parametrize(("verify", "is_taken"), [(True, False), (False, True), ("the file", True)])
def test_a_connection_s_verify_says_which_certificates_are_taken(server, monkeypatch, conn_id, verify, is_taken):
    port, certificate, asked = server
    call, fields = CALLS[conn_id]
    address = f"https://127.0.0.1:{port}"
    extra: dict[str, Any] = {"verify": str(certificate) if verify == "the file" else verify}
    if fields["conn_type"] == "aws":
        extra |= {"bucket_name": "edye", "region_name": "us-east-1", "endpoint_url": address}
    monkeypatch.setenv(f"AIRFLOW_CONN_{conn_id.upper()}", json.dumps({**fields, "host": address, "extra": extra}))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with suppress(DeliveryError):  # the answers are nobody's
        call()
    assert bool(asked) is is_taken
