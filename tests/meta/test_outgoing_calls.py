"""Every place from which something goes out of the package is known, with the proof that it is bounded."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "plugins" / "edye_delivery"
VERBS = {"send", "stream", "request", "get", "post", "put", "patch", "delete", "head", "options"}
SENDERS = {"client", "_client", "httpx", "requests", "session", "http", "web"}
OPENERS = {
    "open_answer", "open_answer_async", "open_stream", "exchange", "exchange_async", "Client", "AsyncClient",
    "Elasticsearch", "Apprise", "S3Hook", "ObjectStoragePath", "Popen", "urlopen", "urlretrieve", "create_connection",
    "getaddrinfo", "open_connection", "SMTP", "FTP", "FTP_TLS", "PlainControl", "TlsControl", "Session",
    "ClientSession", "start_process",
}  # fmt: skip
"""What opens a line to somebody, by the last part of its name."""

KNOWN: dict[str, str] = {
    "clients/alert_call.py: start_process": "alert: a process with a deadline and a bound on memory",
    "clients/alert_program.py: Apprise": "alert",
    "clients/child_process.py: subprocess.Popen": "the programs of start_process",
    "clients/delivery_api/client.py: exchange": "exposure check",
    "clients/edye.py: exchange": "catalogue",
    "clients/elastic.py: _client.options": "Elasticsearch: options of the client, no call by itself",
    "clients/elastic_node.py: exchange": "Elasticsearch",
    "clients/elastic_node.py: httpx.Client": "Elasticsearch",
    "clients/encode.py: start_process": "ffmpeg, without network, bounded by itself",
    "clients/feed_pages.py: open_stream": "feed page (read-back, linter)",
    "clients/feed_pictures.py: open_stream": "feed picture (linter)",
    "clients/ffprobe.py: start_process": "ffprobe, without network, bounded by itself",
    "clients/ftp_control.py: PlainControl": "FTP: tests/components/test_ftp_slow.py",
    "clients/ftp_control.py: TlsControl": "FTP: tests/components/test_ftp_slow.py",
    "clients/ftp_line.py: socket.create_connection": "FTP: tests/components/test_ftp_slow.py",
    "clients/delivery_api/probe.py: exchange": "delivery API, as a partner",
    "clients/http.py: client.send": "all of HTTP: the one place",
    "clients/http.py: open_answer": "all of HTTP",
    "clients/http.py: open_answer_async": "all of HTTP",
    "clients/ingest.py: exchange": "upload, withdrawal",
    "clients/jw_player/delivery.py: exchange": "JW Player, sources",
    "clients/jw_player/management.py: exchange": "JW Player, page of media",
    "clients/media.py: open_answer": "media, head for the probe; media, range for the probe; media, download; picture",
    "clients/network.py: socket.getaddrinfo": "all of HTTP: in a thread that keeps nobody waiting",
    "clients/s3_transport.py: httpx.Client": "S3, head; S3, put; S3, get; S3, delete",
    "clients/s3_transport.py: open_answer": "S3, head; S3, put; S3, get; S3, delete",
    "clients/watch.py: exchange_async": "status",
    "clients/workers.py: start_process": "pictures, without network, bounded by itself",
    "command_line/generation_bucket.py: Session": "bucket of generations, state, read, replace, names, delete",
    "command_line/network.py: httpx.AsyncClient": "feed page (read-back, linter); feed picture (linter)",
    "command_line/network.py: socket.getaddrinfo": "linter: within the time of a page or picture",
    "desk/airflow_api.py: client.post": "Airflow's own application, in this process: nothing goes out",
    "desk/airflow_api.py: httpx.AsyncClient": "Airflow's own application, in this process: nothing goes out",
    "hooks/alerts.py: Apprise": "alert: addresses are read, nobody is called",
    "hooks/artifacts.py: ObjectStoragePath": "a folder; a bucket: tests/components/test_artifact_bucket.py",
    "hooks/delivery_api.py: httpx.Client": "delivery API, as a partner",
    "hooks/delivery_api_store.py: S3Hook": "bucket of generations, state, read, replace, names, delete",
    "hooks/feed_store.py: S3Hook": "S3, head; S3, put; S3, get; S3, delete",
    "hooks/feed_store.py: httpx.AsyncClient": "feed page (read-back, linter)",
    "hooks/http_client.py: httpx.AsyncClient": "status",
    "hooks/http_client.py: httpx.Client": "catalogue, upload, withdrawal, media",
    "hooks/ingesta_logs.py: Elasticsearch": "Elasticsearch",
    "hooks/ingesta_logs.py: ObjectStoragePath": "a folder of this machine",
    "pipeline/uploaders/ftp.py: session.delete": "FTP: tests/components/test_ftp_slow.py",
    "pipeline/uploaders/ftp_parts.py: session.delete": "FTP: tests/components/test_ftp_slow.py",
}
"""Place and callee: the rows of tests/proofs/outgoing_calls.py that show its bounds, or why it needs none there."""


def outgoing() -> Iterator[str]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and (callee := name_of(node.func)) is not None:
                yield f"{path.relative_to(PACKAGE)}: {callee}"


def name_of(function: ast.expr) -> str | None:
    """The callee, where calling it may go out."""
    if isinstance(function, ast.Name):
        return function.id if function.id in OPENERS else None
    if not isinstance(function, ast.Attribute):
        return None
    owner = function.value
    owner_name = owner.id if isinstance(owner, ast.Name) else owner.attr if isinstance(owner, ast.Attribute) else ""
    if function.attr in OPENERS or (function.attr in VERBS and owner_name in SENDERS):
        return f"{owner_name}.{function.attr}"
    return None


def test_every_outgoing_call_is_in_the_table():
    found = set(outgoing())
    assert found - KNOWN.keys() == set(), "give it a bound, a row in tests/proofs/outgoing_calls.py, and a line here"
    assert KNOWN.keys() - found == set(), "these are gone: take their lines out"
