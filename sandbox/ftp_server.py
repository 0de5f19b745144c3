"""The partner's FTP server, plain or with explicit TLS, on a port and a thread of its own."""

from __future__ import annotations

import logging
import socket
import threading
from pathlib import Path
from typing import Any

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer

from sandbox.faults import FaultPlan
from sandbox.ftp_session import Session, TlsSession
from sandbox.hosting import open_listener
from sandbox.journal import Journal

FTP_LOGIN = "edye"
FTP_PASSWORD = "edye-sandbox-ftp"
_LOOK_S = 0.05  # how often the server looks whether it has to stop
_STOP_LIMIT_S = 3


class FtpHost:
    """An FTP server for one folder, with one login that may do everything in it.

    With a certificate and its key it is an FTPS server: AUTH TLS and PROT P are required. Passive connections name
    the address that the caller reached; where the server listens on 0.0.0.0, the address of `public_host`.
    """

    def __init__(
        self,
        root: Path,
        journal: Journal,
        plan: FaultPlan,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        public_host: str | None = None,
        certificate_file: Path | None = None,
        key_file: Path | None = None,
    ) -> None:
        self._root, self._host, self._port = root, host, port
        self._sessions: set[Session] = set()
        self._settings: dict[str, Any] = {
            "journal": journal,
            "plan": plan,
            "open_sessions": self._sessions,
            "masquerade_address": _address(public_host) if host == "0.0.0.0" else None,  # noqa: S104 - compared
        }
        if certificate_file:
            self._settings |= {"certfile": str(certificate_file), "keyfile": str(key_file or certificate_file)}
        self._base = TlsSession if certificate_file else Session
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="sandbox-ftp", daemon=True)

    def start(self, listener: socket.socket | None = None) -> int:
        """Serve, on a listener that is open already or on one of its own, and return the port."""
        _tell_errors_only()
        listener = listener or open_listener("ftp", self._host, self._port)
        self._root.mkdir(parents=True, exist_ok=True)
        authorizer = DummyAuthorizer()
        authorizer.add_user(FTP_LOGIN, FTP_PASSWORD, str(self._root), perm="elradfmwMT")
        session = type("HostSession", (self._base,), {**self._settings, "authorizer": authorizer})
        self._loop = IOLoop()
        self._server = FTPServer(listener, session, ioloop=self._loop)
        port: int = listener.getsockname()[1]
        self._thread.start()
        return port

    def stop(self) -> None:
        """Return once every connection is closed; transfers under way are dropped."""
        self._stopping.set()
        self._thread.join(_STOP_LIMIT_S)

    def _run(self) -> None:
        wait_s = 0.0
        while not self._stopping.is_set():
            next_call_s = self._loop.loop(wait_s, blocking=False)
            wait_s = _LOOK_S if next_call_s is None else min(_LOOK_S, next_call_s)
        for session in list(self._sessions):
            session.close()
        self._server.close_all()


def _address(host: str | None) -> str | None:
    """Return a host's address; None, and callers use the address that they reached, where the name is not known."""
    try:
        return socket.gethostbyname(host) if host else None
    except OSError:
        return None


def _tell_errors_only() -> None:
    """Let the server's library tell errors on stderr, and nothing else: it would tell every command."""
    logger = logging.getLogger("pyftpdlib")
    logger.setLevel(logging.ERROR)
    if not logger.handlers and logging.lastResort is not None:
        logger.addHandler(logging.lastResort)
