"""An FTP server that says whatever a test wants, one connection after the other, on a thread."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

Answer = bytes | Callable[[Any], None]
TICK_S = 0.02
POLITE: dict[str, Answer] = {
    "greeting": b"220 hello\r\n",
    "USER": b"331 and the password?\r\n",
    "PASS": b"230 come in\r\n",
    "TYPE": b"200 binary\r\n",
    "FEAT": b"211-these\r\n SIZE\r\n REST STREAM\r\n211 end\r\n",
    "CWD": b"250 there\r\n",
    "SIZE": b"213 10\r\n",
    "QUIT": b"221 bye\r\n",
}


class HostileFtp:
    """Answers by the table; a callable gets the connection. `heard` has every command; `data` listens for data."""

    def __init__(self, **answers: Answer) -> None:
        self._answers = POLITE | answers
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.heard: list[str] = []
        self.met = 0
        self.data = socket.create_server(("127.0.0.1", 0))
        self.ending, self.was_left = threading.Event(), threading.Event()
        self._connections: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def passive(self, host: str = "127,0,0,1") -> bytes:
        """The answer to PASV that names the server's own data port, at whatever host."""
        port = self.data.getsockname()[1]
        return f"227 here ({host},{port // 256},{port % 256})\r\n".encode()

    def change(self, **answers: Answer) -> None:
        """Says these things from now on."""
        self._answers |= answers

    def end(self) -> None:
        """Stops; whoever still waits for a word gets none."""
        self.ending.set()
        self._listener.shutdown(socket.SHUT_RDWR)
        for connection in self._connections:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listener.close()
        self.data.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.met += 1
                self._connections.append(connection)
                with connection, suppress(OSError, ValueError):
                    self._talk(connection)

    def _talk(self, connection: socket.socket) -> None:
        try:
            self._answer(connection, "greeting")
            with connection.makefile("rb") as lines:
                for line in lines:
                    command = line.decode("latin-1").rstrip("\r\n")
                    self.heard.append(command)
                    self._answer(connection, command.partition(" ")[0])
        finally:
            self.was_left.set()

    def _answer(self, connection: socket.socket, command: str) -> None:
        answer = self._answers.get(command, b"502 no\r\n")
        _say(connection, answer)


def sending(
    server: HostileFtp, content: Answer, end: Answer = b"226 that was all\r\n"
) -> Callable[[socket.socket], None]:
    """The answer to a command whose bytes come over the data connection."""

    def answer(connection: socket.socket) -> None:
        data, _ = server.data.accept()
        connection.sendall(b"150 here\r\n")
        try:
            with data:
                _say(data, content)
        except OSError:
            connection.sendall(b"426 you went away\r\n")
        else:
            _say(connection, end)

    return answer


def taking(server: HostileFtp, end: Answer = b"226 all is here\r\n") -> Callable[[socket.socket], None]:
    """The answer to a command that brings bytes over the data connection."""

    def answer(connection: socket.socket) -> None:
        data, _ = server.data.accept()
        connection.sendall(b"150 let us have it\r\n")
        with data:
            silent(data)
        _say(connection, end)

    return answer


def _say(connection: socket.socket, answer: Answer) -> None:
    if callable(answer):
        answer(connection)
    else:
        connection.sendall(answer)


def transfers(server: HostileFtp) -> dict[str, Answer]:
    """What a server says to everything that a session asks, where it means well."""
    listed = b"-rw-r--r-- 1 edye edye 10 Mar 02 06:00 A.mp4\r\n"
    return {
        "PASV": server.passive(),
        "NLST": sending(server, b"A.mp4\r\n"),
        "LIST": sending(server, listed),
        "RETR": sending(server, b"ten bytes\n"),
        "STOR": taking(server),
        "APPE": taking(server),
        "MLST": b"250-\r\n size=10; /incoming/A.mp4\r\n250 end\r\n",
        "REST": b"350 go on\r\n",
        "RNFR": b"350 and to?\r\n",
        "RNTO": b"250 done\r\n",
        "DELE": b"250 gone\r\n",
        "MKD": b"257 made\r\n",
    }


def trickled(begin: bytes) -> Callable[[socket.socket], None]:
    """An answer that begins so and goes on with a byte every now and then."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(begin)
        while True:
            connection.sendall(b"a")
            time.sleep(TICK_S)

    return answer


def endless(block: bytes) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        while True:
            connection.sendall(block)

    return answer


def silent(connection: socket.socket) -> None:
    while connection.recv(65536):
        pass


def slow_reader(server: HostileFtp) -> Callable[[socket.socket], None]:
    """Takes a byte now and then of what is sent."""

    def answer(connection: socket.socket) -> None:
        server.data.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        data, _ = server.data.accept()
        connection.sendall(b"150 let us have it\r\n")
        with data:
            while data.recv(1) and not server.ending.wait(TICK_S):
                pass

    return answer


@contextmanager
def hostile_ftp(**answers: Answer) -> Iterator[HostileFtp]:
    """A server for the time of the block."""
    server = HostileFtp(**answers)
    try:
        yield server
    finally:
        server.end()
