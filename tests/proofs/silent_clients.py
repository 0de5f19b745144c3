"""A program that opens connections from one address, says nothing on them, and counts how each of them ends.

`python silent_clients.py PORT SOURCE COUNT SECONDS`: prints `open` once all are open, and at the end a JSON object with
the number of connections by end: the status that came, `reset`, `closed` without an answer, or `open` after SECONDS.
"""

from __future__ import annotations

import collections
import json
import resource
import selectors
import socket
import sys
import time

ANSWER_MAX_BYTES = 4096


def connect(port: int, source: str) -> socket.socket:
    """One connection from this address."""
    connection = socket.socket()
    connection.settimeout(60)
    connection.bind((source, 0))
    connection.connect(("127.0.0.1", port))
    connection.setblocking(False)
    return connection


def end_of(connection: socket.socket, received: bytes) -> tuple[str, bytes]:
    """How the connection ended, empty while it has not, and all that has come."""
    try:
        content = connection.recv(ANSWER_MAX_BYTES)
    except ConnectionResetError:
        return "reset", received
    received += content
    if content:
        return "", received
    return (received.split(b" ", 2)[1].decode() if received.startswith(b"HTTP/1.1 ") else "closed"), received


def main(port: int, source: str, count: int, seconds: float) -> None:
    """Opens all, waits for their ends, and tells them."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
    selector = selectors.DefaultSelector()
    for _ in range(count):
        selector.register(connect(port, source), selectors.EVENT_READ, b"")
    print("open", flush=True)
    ends: collections.Counter[str] = collections.Counter()
    deadline = time.monotonic() + seconds
    while selector.get_map() and time.monotonic() < deadline:
        for key, _ in selector.select(1):
            connection = key.fileobj
            assert isinstance(connection, socket.socket)
            end, received = end_of(connection, key.data)
            if end:
                ends[end] += 1
                selector.unregister(connection)
                connection.close()
            else:
                selector.modify(connection, selectors.EVENT_READ, received)
    if selector.get_map():
        ends["open"] = len(selector.get_map())
    print(json.dumps(ends), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), float(sys.argv[4]))
