"""Bytes go up and come down whole over each kind of connection: plain, TLS, TLS within the TLS of a proxy."""

from __future__ import annotations

import hashlib
import os
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from edye_delivery.clients.bounds import CallBounds
from edye_delivery.clients.http import exchange
from tests.sandbox.ftp_caller import make_certificate

SIZE_BYTES = 8 * 1024 * 1024 + 1
BOUNDS = CallBounds(max_bytes=SIZE_BYTES)


class Mirror(BaseHTTPRequestHandler):
    """Answers with the body that came."""

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Nothing."""


class Tunnel(BaseHTTPRequestHandler):
    """A proxy that opens one connection and passes bytes both ways."""

    def do_CONNECT(self) -> None:
        host, _, port = self.path.rpartition(":")
        with socket.create_connection((host, int(port))) as far:
            self.send_response(200)
            self.end_headers()
            back = threading.Thread(target=pass_on, args=(far, self.connection), daemon=True)
            back.start()
            pass_on(self.connection, far)
            back.join()
        self.close_connection = True

    log_message = Mirror.log_message


def pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while block := source.recv(65536):
            target.sendall(block)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], context: ssl.SSLContext | None) -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as web:
        if context is not None:
            web.socket = context.wrap_socket(web.socket, server_side=True)
        threading.Thread(target=web.serve_forever, daemon=True).start()
        yield web.server_port
        web.shutdown()


@pytest.mark.parametrize("way", ["plain", "TLS", "TLS over a TLS proxy"])
def test_a_large_body_arrives_whole_and_so_does_its_answer(tmp_path, way):
    certificate, key = make_certificate(tmp_path)
    ours = ssl.create_default_context(cafile=str(certificate))
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificate, key)
    content = os.urandom(SIZE_BYTES)
    with serving(Mirror, None if way == "plain" else theirs) as port, serving(Tunnel, theirs) as proxy_port:
        proxy = httpx.Proxy(f"https://127.0.0.1:{proxy_port}", ssl_context=ours) if "proxy" in way else None
        with httpx.Client(verify=ours, proxy=proxy, timeout=20, trust_env=False) as client:
            url = f"http{'' if way == 'plain' else 's'}://127.0.0.1:{port}/a"
            answer = exchange(client, client.build_request("POST", url, content=content), "the mirror", BOUNDS)
    assert hashlib.sha256(answer.content).digest() == hashlib.sha256(content).digest()
