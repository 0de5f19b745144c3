"""A small delivery API by its contract, for tests of what reads it: full lists, deltas, items; can be made wrong."""

from __future__ import annotations

import json
import threading
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

TOKEN, OTHER_TOKEN = "token-of-the-check-user", "token-of-a-user-without-episodes"
ENDPOINTS = {"shows": "shows", "episodes": "episodes", "feed": "feed", "media": "media"}
PAGE = 100


@dataclass
class Answer:
    """One answer, which a test may change before it is sent."""

    status: int
    body: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    raw: bytes | None = None


@dataclass
class Call:
    """One call: its path, query and headers (lower case)."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]


@dataclass
class PullServer:
    """`items` and `gone` (tombstones) by list, each with `updated_at`; `alter` may change an answer."""

    items: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"shows": [], "episodes": [], "feed": []})
    gone: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"shows": [], "episodes": [], "feed": []})
    generation: int = 7
    as_of: str = "2026-03-02T06:00:00.000Z"
    users: dict[str, set[str]] = field(default_factory=lambda: {TOKEN: set(ENDPOINTS.values()), OTHER_TOKEN: {"shows"}})
    alter: Callable[[Call, Answer], Answer | None] = lambda call, answer: None
    calls: list[Call] = field(default_factory=list)
    url: str = ""

    def answer(self, call: Call) -> Answer:
        """The answer by the contract."""
        parts = call.path.strip("/").split("/")
        endpoints = self.users.get(call.headers.get("authorization", "").removeprefix("Bearer "))
        if endpoints is None:
            return problem(401, "no-token")
        if parts[0] != "v1" or len(parts) < 2 or parts[1] not in ENDPOINTS:
            return problem(404, "not-found")
        if ENDPOINTS[parts[1]] not in endpoints:
            return problem(403, "not-permitted")
        key = "feed" if parts[1] == "media" else parts[1]
        answer = self._item(key, parts[2]) if len(parts) > 2 else self._page(key, call.query)
        if answer.status == 200:
            etag = f'"{sha256(json.dumps(answer.body).encode()).hexdigest()[:16]}"'
            answer.headers |= {"ETag": etag, "Cache-Control": "private, no-cache"}
            if call.headers.get("if-none-match") == etag:
                return Answer(304, None, {"ETag": etag})
        return answer

    def _item(self, key: str, item_id: str) -> Answer:
        for item in self.items[key]:
            if item["id"] == item_id:
                return Answer(200, item)
        return problem(410, "withdrawn") if any(one["id"] == item_id for one in self.gone[key]) else problem(404, "x")

    def _page(self, key: str, query: dict[str, str]) -> Answer:
        state = read_cursor(query["cursor"]) if "cursor" in query else {}
        if state and state["list"] != key:
            return problem(400, "bad-parameter")
        since, strict = state.get("since") or query.get("updated_since"), state.get("strict", False)
        size, start = int(state.get("size") or query.get("page_size", PAGE)), int(state.get("start", 0))
        start = start or (int(query.get("page", 1)) - 1) * size
        held = sorted(self._held(key, since, strict=strict), key=lambda item: (item["updated_at"], item["id"]))
        if not held[start:] and start == 0:
            return Answer(204)
        body: dict[str, Any] = {"generation": self.generation, "as_of": self.as_of, "page_size": size}
        body["playlist" if key == "feed" else "items"] = held[start : start + size]
        body |= {} if since else {"total": len(held)}
        more = {"list": key, "since": since, "strict": strict, "size": size}
        if start + size < len(held):
            body["next"] = f"/v1/{key}?cursor={cursor(more | {'start': start + size})}"
        else:
            body["checkpoint"] = cursor({"list": key, "since": self.as_of, "strict": True, "size": size})
        return Answer(200, body)

    def _held(self, key: str, since: str | None, *, strict: bool) -> list[dict[str, Any]]:
        if since is None:
            return self.items[key]
        both, since = [*self.items[key], *self.gone[key]], milliseconds(since)
        return [one for one in both if one["updated_at"] > since or (not strict and one["updated_at"] == since)]


def milliseconds(moment: str) -> str:
    return moment if "." in moment else moment.replace("Z", ".000Z")


def cursor(state: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")


def read_cursor(text: str) -> dict[str, Any]:
    state: dict[str, Any] = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    return state


def problem(status: int, kind: str) -> Answer:
    body = {"type": f"/problems/{kind}", "title": kind, "status": status, "request_id": "r-1"}
    return Answer(status, body, {"Content-Type": "application/problem+json"})


@contextmanager
def pull_server(server: PullServer | None = None) -> Iterator[PullServer]:
    """The server on a free port of 127.0.0.1."""
    held = server or PullServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True  # head and body are two writes, and the second would wait for 40 ms

        def do_GET(self) -> None:
            split = urlsplit(self.path)
            headers = {name.lower(): value for name, value in self.headers.items()}
            call = Call(split.path, dict(parse_qsl(split.query)), headers)
            held.calls.append(call)
            answer = held.answer(call)
            answer = held.alter(call, answer) or answer
            body = answer.raw if answer.raw is not None else b"" if answer.body is None else dump(answer.body)
            self.send_response(answer.status)
            for name, value in {"Content-Type": "application/json", **answer.headers}.items():
                self.send_header(name, value)
            if answer.status not in (204, 304):
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if answer.status not in (204, 304):
                self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        request_queue_size = 64

        def handle_error(self, *_: object) -> None:
            return

    web = Server(("127.0.0.1", 0), Handler)
    held.url = f"http://127.0.0.1:{web.server_address[1]}"
    thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield held
    finally:
        web.shutdown()
        web.server_close()
        thread.join()


def dump(body: Any) -> bytes:
    return json.dumps(body).encode()


def an_item(number: int, **changes: Any) -> dict[str, Any]:
    """An episode as the API shows it."""
    return {
        "id": f"ep-{number}",
        "kind": "episode",
        "title_id": "EDYE_PLANETA",
        "external_id": f"EDYE_PLANETA_S01E{number:02}_ES",
        "show_id": "show-1",
        "season_number": 1,
        "episode_number": number,
        "titles": {"es": f"Capítulo {number}"},
        "tags": ["kids"],
        "geo": ["mx"],
        "lang": "es",
        "sources": [],
        "images": [],
        "updated_at": f"2026-03-01T{number // 60:02}:{number % 60:02}:00.000Z",
    } | changes


def a_show(**changes: Any) -> dict[str, Any]:
    """The series of those episodes."""
    return {
        "id": "show-1",
        "kind": "series",
        "title_id": "EDYE_PLANETA",
        "titles": {"es": "Planeta Azul"},
        "tags": ["kids"],
        "geo": ["mx"],
        "images": [],
        "updated_at": "2026-03-01T00:00:00.000Z",
    } | changes


def an_entry(number: int, **changes: Any) -> dict[str, Any]:
    """The same episode as an entry of the feed."""
    return {
        "id": f"ep-{number}",
        "title": f"Capítulo {number}",
        "sources": [{"file": f"https://media.example/ep-{number}.mp4", "type": "video/mp4"}],
        "tags": ["kids"],
        "pubdate": "2026-01-01T00:00:00Z",
        "updated_at": f"2026-03-01T{number // 60:02}:{number % 60:02}:00.000Z",
    } | changes


def a_tombstone(item_id: str, **changes: Any) -> dict[str, Any]:
    """An item that left."""
    return {"id": item_id, "deleted": True, "reason": "withdrawn", "updated_at": "2026-03-02T06:00:00.000Z"} | changes
