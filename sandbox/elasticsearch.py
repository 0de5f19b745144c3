"""A stand-in for Elasticsearch that speaks its bulk protocol, with its partial failures.

`python -m sandbox.elasticsearch` prints {"port": ...} and serves until it is ended.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any

MIME = "application/vnd.elasticsearch+json; compatible-with=8"
Refusal = tuple[int, str] | None


class Cluster(ThreadingHTTPServer):
    """One data stream; documents by `_id`, checked against the index template's mapping.

    `refuse_item` is asked for every item, `refuse_call` for every bulk call: a status and a reason, or None.
    """

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        self.documents: dict[str, dict[str, Any]] = {}
        self.template: dict[str, Any] | None = None
        self.lifecycle: dict[str, Any] | None = None
        self.calls: list[int] = []
        self.keys: set[str | None] = set()
        self.max_bytes = 100_000_000
        self.refuse_item: Callable[[dict[str, Any]], Refusal] = lambda document: None
        self.refuse_call: Callable[[], Refusal] = lambda: None
        self.lock = Lock()
        super().__init__(("127.0.0.1", port), Handler)

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.server_port}"

    def create(self, header: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
        """One item of a bulk call, as the cluster answers it."""
        name = header["create"]["_id"]
        refused = self.refuse_item(document) or self._mapping_refusal(document)
        if refused:
            return {"create": {"_id": name, "status": refused[0], "error": {"type": "x", "reason": refused[1]}}}
        if name in self.documents:
            error = {"type": "version_conflict_engine_exception", "reason": "document already exists"}
            return {"create": {"_id": name, "status": 409, "error": error}}
        self.documents[name] = document
        return {"create": {"_id": name, "status": 201, "result": "created"}}

    def _mapping_refusal(self, document: dict[str, Any]) -> Refusal:
        if self.template is None:
            return 404, "no matching index template found for data stream"
        properties = self.template["template"]["mappings"]["properties"]
        for name, value in document.items():
            kind = properties.get(name, {}).get("type")
            if kind is None:
                return 400, f"the mapping has no field {name}"
            if kind == "long" and not isinstance(value, int):
                return 400, f"failed to parse field [{name}] of type [long]"
            if kind in ("keyword", "match_only_text") and not isinstance(value, str):
                return 400, f"failed to parse field [{name}] of type [{kind}]"
            if kind == "date":
                datetime.fromisoformat(value)
        return None


class Handler(BaseHTTPRequestHandler):
    """Index template, lifecycle and bulk; every other call is unknown."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body of an answer leave together
    server: Cluster

    def do_GET(self) -> None:
        """The index template, where there is one."""
        template = self.server.template
        if template is None:
            self._answer(404, {"error": {"type": "resource_not_found_exception"}, "status": 404})
        else:
            self._answer(200, {"index_templates": [{"name": "ingestalogs", "index_template": template}]})

    def do_PUT(self) -> None:
        """Takes the lifecycle or the index template; a bulk call otherwise."""
        content = self._content()
        if self.path.startswith("/_ilm/policy/ingestalogs"):
            self.server.lifecycle = json.loads(content)["policy"]
            self._answer(200, {"acknowledged": True})
        elif self.path.startswith("/_index_template/ingestalogs"):
            self.server.template = json.loads(content)
            self._answer(200, {"acknowledged": True})
        else:
            self._bulk(content)

    def do_POST(self) -> None:
        """A bulk call."""
        self._bulk(self._content())

    def _bulk(self, content: bytes) -> None:
        cluster = self.server
        if not self.path.startswith("/ingestalogs-edye/_bulk"):
            self._answer(404, {"error": {"type": "x", "reason": f"there is no {self.path}"}, "status": 404})
            return
        with cluster.lock:
            lines = [json.loads(line) for line in content.splitlines()]
            cluster.calls.append(len(lines) // 2)
            cluster.keys.add(self.headers.get("Authorization"))
            refused = cluster.refuse_call()
            if len(content) > cluster.max_bytes:
                refused = (413, "Request Entity Too Large")
            if refused:
                self._answer(refused[0], {"error": {"type": "x", "reason": refused[1]}, "status": refused[0]})
                return
            items = [cluster.create(*pair) for pair in zip(lines[::2], lines[1::2], strict=True)]
        errors = any(item["create"]["status"] >= 300 for item in items)
        self._answer(200, {"took": 1, "errors": errors, "items": items})

    def _content(self) -> bytes:
        content = self.rfile.read(int(self.headers["Content-Length"]))
        return gzip.decompress(content) if self.headers.get("Content-Encoding") == "gzip" else content

    def _answer(self, status: int, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("X-Elastic-Product", "Elasticsearch")
        self.send_header("Content-Type", MIME)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@contextmanager
def running(cluster: Cluster) -> Iterator[Cluster]:
    """The cluster, answering until the end of the block."""
    thread = Thread(target=cluster.serve_forever, daemon=True)
    thread.start()
    try:
        yield cluster
    finally:
        cluster.shutdown()
        thread.join()
        cluster.server_close()


if __name__ == "__main__":
    alone = Cluster()
    print(json.dumps({"port": alone.server_port}), flush=True)
    alone.serve_forever()
