"""Two servers as plain as they can be, each in a process of its own: what is measured is the client beside them.

`sink` takes any upload and throws it away; `files FOLDER` serves files with ranges and counts what it sent
(GET /-/sent: {"bytes", "requests"}). Both print {"port": ...} and serve until they are ended.
"""

from __future__ import annotations

import json
import os
import re
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from urllib.parse import unquote

BUFFER_BYTES = 1024 * 1024
HEAD_MAX_BYTES = 64 * 1024
ANSWER = {"status": "received", "tracking_id": "benchmark-1"}
CONTENT_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
EXPECTS = re.compile(rb"\r\nexpect: *100-continue", re.IGNORECASE)
TARGET = re.compile(rb"GET (/[^ ?]*)")
RANGE = re.compile(rb"\r\nrange: *bytes=(\d+)-(\d*)", re.IGNORECASE)

Handler = Callable[[socket.socket, bytes, int], None]


def serve(handle: Handler) -> None:
    """Answers every call of every connection with `handle(connection, head, body bytes already read)`."""
    with socket.create_server(("127.0.0.1", 0), backlog=256) as listener:
        print(json.dumps({"port": listener.getsockname()[1]}), flush=True)
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=_converse, args=(connection, handle), daemon=True).start()


def _converse(connection: socket.socket, handle: Handler) -> None:
    with connection:
        try:
            while (call := _head(connection)) is not None:
                handle(connection, *call)
        except OSError:
            return  # the client went away, as ffprobe does in the middle of an answer


def _head(connection: socket.socket) -> tuple[bytes, int] | None:
    """The head of the next call, and how many bytes of its body came with it; None when the client is done."""
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        block = connection.recv(HEAD_MAX_BYTES)
        if not block or len(received) > HEAD_MAX_BYTES:
            return None
        received += block
    return received[: end + 2], len(received) - end - 4


def _discard(connection: socket.socket, head: bytes, come: int) -> None:
    found = CONTENT_LENGTH.search(head)
    rest = int(found[1]) - come if found else 0
    if EXPECTS.search(head) and not come:
        connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
    buffer = bytearray(BUFFER_BYTES)
    while rest > 0:
        count = connection.recv_into(buffer, min(rest, BUFFER_BYTES))
        if not count:
            return
        rest -= count
    _answer_json(connection, ANSWER)


def _answer_json(connection: socket.socket, value: object) -> None:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)


class Files:
    """The files of one folder, by range; every body byte that leaves is counted."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._sent = {"bytes": 0, "requests": 0}

    def answer(self, connection: socket.socket, head: bytes, _come: int) -> None:
        """Sends the file or the range that the head asks for; 404 for anything else."""
        target = TARGET.match(head)
        name = unquote(target[1].decode()).lstrip("/") if target else ""
        if name == "-/sent":
            _answer_json(connection, self._sent)
            return
        try:
            if not name or "/" in name or name.startswith("."):
                raise FileNotFoundError(name)
            file = (self._folder / name).open("rb")
        except FileNotFoundError:
            connection.sendall(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")
            return
        with file:
            size_bytes = os.fstat(file.fileno()).st_size
            start, stop, status, more = _span(head, size_bytes)
            connection.sendall(
                f"HTTP/1.1 {status}\r\ncontent-type: video/mp4\r\naccept-ranges: bytes\r\n"
                f'etag: "{size_bytes:x}"\r\ncontent-length: {stop - start}\r\n{more}\r\n'.encode()
            )
            self._send(connection, file.fileno(), start, stop)

    def _send(self, connection: socket.socket, descriptor: int, start: int, stop: int) -> None:
        offset = start
        try:
            while offset < stop:
                offset += os.sendfile(connection.fileno(), descriptor, offset, stop - offset)
        finally:
            with self._lock:
                self._sent["bytes"] += offset - start
                self._sent["requests"] += 1


def _span(head: bytes, size_bytes: int) -> tuple[int, int, str, str]:
    """First byte, byte after the last, status and the range's header line."""
    found = RANGE.search(head)
    if found is None or int(found[1]) >= size_bytes:
        return 0, size_bytes, "200 OK", ""
    start = int(found[1])
    stop = min(int(found[2]) + 1, size_bytes) if found[2] else size_bytes
    return start, stop, "206 Partial Content", f"content-range: bytes {start}-{stop - 1}/{size_bytes}\r\n"


if __name__ == "__main__":
    if sys.argv[1] == "sink":
        serve(_discard)
    else:
        serve(Files(Path(sys.argv[2])).answer)
