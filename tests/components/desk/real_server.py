"""Airflow's application with the desk, on a free port: for calls whose bytes a test writes itself."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn

WAIT_S = 30.0


@contextmanager
def serve(app) -> Iterator[int]:
    """Serves the application in a thread; gives the port."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(16)
        config = uvicorn.Config(app, lifespan="off", log_level="error", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        give_up_at = time.monotonic() + WAIT_S
        while not server.started:
            assert time.monotonic() < give_up_at, "the server did not start"
            time.sleep(0.01)
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = server.force_exit = True
            thread.join(WAIT_S)


def exchange(port: int, head: str, *pieces: bytes, half_close: bool = False) -> bytes:
    """Sends the head and the pieces; what comes back until the other side has nothing more for a while, or closes."""
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as line:
        line.sendall(head.encode("latin-1"))
        for piece in pieces:
            line.sendall(piece)
        if half_close:
            line.shutdown(socket.SHUT_WR)
        return read_answer(line)


def read_answer(line: socket.socket) -> bytes:
    """One answer with its Content-Length, or all until the other side closes."""
    content = b""
    while True:
        head, separator, body = content.partition(b"\r\n\r\n")
        lengths = [part.split(b":")[1] for part in head.lower().split(b"\r\n") if part.startswith(b"content-length:")]
        if separator and lengths and len(body) >= int(lengths[0]):
            return content
        piece = line.recv(65536)
        if not piece:
            return content
        content += piece
