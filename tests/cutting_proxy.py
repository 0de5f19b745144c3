"""A TCP proxy in front of an FTP server that counts uploads and cuts sessions, by resets, where a plan says so."""

from __future__ import annotations

import re
import selectors
import socket
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

HOST = "127.0.0.1"
BLOCK_BYTES = 32 * 1024
BUFFER_BYTES = 64 * 1024  # small, so that little is under way when a session is cut
RESET_AT_CLOSE = struct.pack("ii", 1, 0)
PASSIVE = re.compile(rb"227 .*\((?:\d+,){4}(\d+),(\d+)\)")
EXTENDED_PASSIVE = re.compile(rb"229 .*\(\|\|\|(\d+)\|\)")


@dataclass(frozen=True, slots=True)
class Cut:
    """A session is cut once so many bytes of uploads passed: in the upload, or at the next command of that name.

    That is before the command reaches the server, or when it has answered.
    """

    at_bytes: int
    command: str = ""
    is_answered: bool = False


class _Session:
    """A control connection and its data connection, on both sides."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self.client, self.server = client, server
        self.lines = {client: b"", server: b""}
        self.data: dict[socket.socket, socket.socket] = {}
        self.listener: socket.socket | None = None
        self.server_data_port = 0
        self.is_cut_at_answer = False
        self.renames_to = ""


class CuttingProxy:
    """Use as a context manager; `port` is for clients. One thread does all, so its order is the order of things.

    `uploaded_bytes` came from clients on data connections; `renamed` counts what the server said was done, by new name.
    `pace_bytes_s` bounds uploads, all together.
    """

    def __init__(self, server_port: int, cuts: Collection[Cut] = (), pace_bytes_s: float = 0.0) -> None:
        self._server_port, self._pace_bytes_s = server_port, pace_bytes_s
        self._at_commands = [cut for cut in cuts if cut.command]
        self._in_uploads = sorted({cut.at_bytes for cut in cuts if not cut.command})
        self._selector = selectors.DefaultSelector()
        self._listener = _listener()
        self.port = self._listener.getsockname()[1]
        self.cuts_done: Counter[str] = Counter()
        self.uploaded_bytes, self.renamed = 0, Counter[str]()
        self._sessions: set[_Session] = set()
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="cutting-proxy", daemon=True)

    def __enter__(self) -> Self:
        self._watch(self._listener, self._accept)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self._is_ending.set()
        self._thread.join(10)
        for session in list(self._sessions):
            self._cut(session)
        self._forget(self._listener)
        self._selector.close()

    def _run(self) -> None:
        while not self._is_ending.is_set():
            for key, _ in self._selector.select(0.05):
                if key.fileobj.fileno() != -1:  # an event before this one may have closed it
                    key.data()

    def _watch(self, sock: socket.socket, react: Callable[[], None]) -> None:
        self._selector.register(sock, selectors.EVENT_READ, react)

    def _forget(self, sock: socket.socket) -> None:
        with suppress(KeyError, ValueError):
            self._selector.unregister(sock)
        sock.close()

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        session = _Session(client, socket.create_connection((HOST, self._server_port)))
        self._sessions.add(session)
        self._watch(client, lambda: self._talk(session, client, self._command))
        self._watch(session.server, lambda: self._talk(session, session.server, self._answer))

    def _talk(self, session: _Session, sock: socket.socket, heard: Callable[[_Session, bytes], None]) -> None:
        try:
            block = sock.recv(BLOCK_BYTES)
        except OSError:
            block = b""
        if not block:
            self._end(session)
            return
        *lines, session.lines[sock] = (session.lines[sock] + block).split(b"\n")
        for line in lines:
            if session in self._sessions:
                try:
                    heard(session, line + b"\n")
                except OSError:
                    self._end(session)

    def _command(self, session: _Session, line: bytes) -> None:
        name, _, argument = line.decode().rstrip().partition(" ")
        due = [cut for cut in self._at_commands if cut.command == name and cut.at_bytes <= self.uploaded_bytes]
        if due:
            self._at_commands.remove(due[0])
            if not due[0].is_answered:
                self._cut(session, f"before {name}")
                return
            session.is_cut_at_answer = True
        session.renames_to = argument if name == "RNTO" else ""
        session.server.sendall(line)

    def _answer(self, session: _Session, line: bytes) -> None:
        if session.renames_to and line.startswith(b"250"):
            self.renamed[session.renames_to] += 1
        if session.is_cut_at_answer:
            self._cut(session, "after an answer")
            return
        passive, extended = PASSIVE.match(line), EXTENDED_PASSIVE.match(line)
        if passive:
            port = self._passive(session, int(passive[1]) * 256 + int(passive[2]))
            line = f"227 Entering passive mode (127,0,0,1,{port // 256},{port % 256}).\r\n".encode()
        elif extended:
            line = f"229 Entering passive mode (|||{self._passive(session, int(extended[1]))}|)\r\n".encode()
        session.client.sendall(line)

    def _passive(self, session: _Session, server_data_port: int) -> int:
        session.server_data_port = server_data_port
        if session.listener:
            self._forget(session.listener)
        session.listener = _listener()
        self._watch(session.listener, lambda: self._accept_data(session))
        return int(session.listener.getsockname()[1])

    def _accept_data(self, session: _Session) -> None:
        if session.listener is None:
            return
        client, _ = session.listener.accept()
        self._forget(session.listener)
        session.listener = None
        server = socket.socket()
        server.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        server.connect((HOST, session.server_data_port))
        session.data = {client: server, server: client}
        self._watch(client, lambda: self._pump(session, client, is_upload=True))
        self._watch(server, lambda: self._pump(session, server, is_upload=False))

    def _pump(self, session: _Session, source: socket.socket, *, is_upload: bool) -> None:
        left_bytes = self._in_uploads[0] - self.uploaded_bytes if is_upload and self._in_uploads else BLOCK_BYTES
        try:
            block = source.recv(min(BLOCK_BYTES, left_bytes))
            if block:
                session.data[source].sendall(block)
        except OSError:
            block = b""
        if not block:
            self._end_data(session)
            return
        if not is_upload:
            return
        self.uploaded_bytes += len(block)
        if self._pace_bytes_s:
            time.sleep(len(block) / self._pace_bytes_s)
        if self._in_uploads and self.uploaded_bytes == self._in_uploads[0]:
            self._in_uploads.pop(0)
            self._cut(session, "in an upload")

    def _cut(self, session: _Session, told: str = "") -> None:
        if told:
            self.cuts_done[told] += 1
        for sock in (*session.data, session.client, session.server):
            with suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
        self._end(session)

    def _end(self, session: _Session) -> None:
        self._end_data(session)
        for sock in filter(None, (session.listener, session.client, session.server)):
            self._forget(sock)
        self._sessions.discard(session)

    def _end_data(self, session: _Session) -> None:
        for sock in session.data:
            self._forget(sock)
        session.data = {}


def _listener() -> Any:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
    listener.bind((HOST, 0))
    listener.listen(16)
    return listener
