"""Peers that repeat the secret that they were called with, each time otherwise encoded, and commands of a terminal."""

from __future__ import annotations

import gzip
import itertools
import json
import threading
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import quote

import httpx

ENCODINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda secret: secret,
    "base64": lambda secret: b64encode(secret.encode()).decode(),
    "base64 of a header": lambda secret: b64encode(f"Bearer {secret}".encode()).decode(),
    "urlsafe base64": lambda secret: urlsafe_b64encode(secret.encode()).decode().rstrip("="),
    "percent": lambda secret: quote(secret, safe=""),
    "address": lambda secret: f"https://edye:{quote(secret, safe='').lower()}@peer.example/",
    "JSON in JSON": lambda secret: json.dumps({"Authorization": secret}).replace("/", "\\/"),
}
COMMANDS = "\x1b[2J\x9b31m\u202egnp\u200b\r\n[2026-03-01T06:00:00Z] INFO all is well \x00\x07"


class Echoes:
    """What a peer says of its caller's secrets: the next encoding with every word."""

    def __init__(self, *secrets: str) -> None:
        self._secrets, self._encodings, self._lock = secrets, itertools.cycle(ENCODINGS.values()), threading.Lock()

    def words(self) -> str:
        """All secrets in the next encoding, among signs that a terminal obeys."""
        with self._lock:
            encode = next(self._encodings)
        return f"{COMMANDS} you sent {' and '.join(map(encode, self._secrets))} {COMMANDS}"

    def header(self) -> str:
        """The secrets as a header can hold them."""
        return ", ".join(self._secrets)


Answer = tuple[int, bytes, dict[str, str]]


def as_json(status: int, content: Any, **headers: str) -> Answer:
    """An answer with a JSON body."""
    return status, json.dumps(content).encode(), {"Content-Type": "application/json", **headers}


class Peer:
    """One HTTP server: `answer` says what it says; `taken` are the bodies that came, `calls` their lines."""

    def __init__(self, echoes: Echoes) -> None:
        self.echoes, self.taken, self.calls = echoes, [], []
        self.url = ""

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer | bytes:
        """Status, body and headers; bytes go out as they are, which breaks the protocol."""
        raise NotImplementedError


class Forwarding(Peer):
    """Stands before a service of the sandbox and knows the token that it wants."""

    def __init__(self, echoes: Echoes, upstream: str, token: str, secret: str) -> None:
        super().__init__(echoes)
        self._token, self._secret = token, secret
        self._client = httpx.Client(base_url=upstream, timeout=60, trust_env=False)

    def forward(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        """The sandbox's answer, with the caller's secret in a header of it."""
        assert headers["authorization"] == f"Bearer {self._secret}", "the client's own token has to arrive"
        kept = {name: value for name, value in headers.items() if name not in ("host", "content-length")}
        kept |= {"authorization": f"Bearer {self._token}", "accept-encoding": "identity"}
        told = self._client.request(method, path, headers=kept, content=body)
        content_type = told.headers.get("content-type", "application/json")
        return told.status_code, told.content, {"Content-Type": content_type, "X-Echo": self.echoes.header()}


class Catalogue(Forwarding):
    """Refuses its first call for now; then its titles have commands of a terminal in them, or it refuses for good."""

    refuses = False

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer | bytes:
        if self.refuses:
            return 400, self.echoes.words().encode("utf-8", "surrogatepass"), {"X-Echo": self.echoes.header()}
        if len(self.calls) == 1:
            return 503, self.echoes.words().encode(), {"Retry-After": "0"}
        status, content, kept = self.forward(method, path, headers, body)
        listing = json.loads(content) if content else {}
        for item in listing.get("items", [])[::5]:
            item["titles"] = {lang: f"{title} {COMMANDS}" for lang, title in item.get("titles", {}).items()}
        return status, json.dumps(listing).encode() if content else b"", kept


class Partner(Forwarding):
    """Takes every fifth upload, and of these completes every second; it refuses the others, each in another way."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._uploads = itertools.count()
        self._polled: list[str] = []
        self._lock = threading.Lock()

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer | bytes:
        words = self.echoes.words()
        if method == "GET":
            ends_badly = self._ends_badly(path)
            told = {"status": "error", "error": {"code": words[:60], "message": words}}
            return (
                as_json(200, told, **{"X-Echo": self.echoes.header()})
                if ends_badly
                else self.forward(method, path, headers, body)
            )
        match next(self._uploads) % 5:
            case 0:
                return self.forward(method, path, headers, body)
            case 1:
                return as_json(422, {"error": {"code": self.echoes.header(), "message": words}})
            case 2:
                message = f"{self.echoes.header()} {'x' * 430} {words}"  # is cut in its second words
                return as_json(200, {"status": "error", "message": message})
            case 3:
                return as_json(400, {"error": words}, **{"X-Echo": self.echoes.header()})
            case _:
                return f"HTTP/1.1 200 OK\r\nthis is no header, {self.echoes.header()}\r\n\r\n".encode()

    def _ends_badly(self, path: str) -> bool:
        """True for every second ingest: by the order in which they are polled first, as their ids are random."""
        with self._lock:
            if path not in self._polled:
                self._polled.append(path)
            return self._polled.index(path) % 2 == 1


class Bucket(Peer):
    """An S3 that has no object, and refuses every call whose answer has a body."""

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer | bytes:
        if method == "HEAD":
            return 404, b"", {"x-amz-request-id": self.echoes.header()}
        words = "".join(sign if sign.isprintable() else " " for sign in self.echoes.words()).replace("&", "&amp;")
        error = f"<Error><Code>AccessDenied</Code><Message>{words}</Message></Error>"
        return 403, error.encode(), {"Content-Type": "application/xml", "x-amz-request-id": self.echoes.header()}


class Cluster(Peer):
    """An Elasticsearch that takes the template, refuses every event for good, each for another reason."""

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer | bytes:
        known = {"X-Elastic-Product": "Elasticsearch", "X-Echo": self.echoes.header()}
        if "_bulk" not in path:
            return as_json(404 if method in ("GET", "HEAD") else 200, {"acknowledged": True}, **known)
        items = [
            {"create": {"status": 400, "error": {"type": "mapper", "reason": self.echoes.words()}}}
            for _ in range(body.count(b'{"create"'))
        ]
        return as_json(200, {"errors": True, "items": items}, **known)


class AlertService(Peer):
    """A webhook that takes no message."""

    def answer(self, method: str, path: str, headers: dict[str, str], body: bytes) -> Answer | bytes:
        return 500, self.echoes.words().encode(), {"X-Echo": self.echoes.header()}


@contextmanager
def serving(peer: Peer) -> Iterator[Peer]:
    """The peer on a free port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            peer.calls.append(f"{self.command} {self.path}")
            peer.taken.append(body)
            headers = {name.lower(): value for name, value in self.headers.items()}
            told = peer.answer(self.command, self.path, headers, body)
            if isinstance(told, bytes):
                self.close_connection = True
                self.wfile.write(told)
                return
            status, content, named = told
            self.send_response(status)
            for name, value in named.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(content)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            return

    server = Server(("127.0.0.1", 0), Handler)
    peer.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield peer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
