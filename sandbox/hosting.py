"""Several ASGI apps, each on its own port, served from one event loop on one thread."""

from __future__ import annotations

import asyncio
import errno
import importlib.util
import logging
import socket
import threading
from collections.abc import Mapping
from typing import Any

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

_START_LIMIT_S = 20
_STOP_LIMIT_S = 3
_GRACE_S = 0.3


class PortTaken(OSError):
    """A port that was asked for is not free; the text says which."""


def open_listener(service: str, host: str, port: int, *, free_if_taken: bool = False) -> socket.socket:
    """Return a listening socket; port 0 takes a free one, and so does `free_if_taken` where the port is not free."""
    # The protocol is named because asyncio sets TCP_NODELAY only then: without it every small answer waits for 40 ms.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(1024)
    except OSError as exc:
        listener.close()
        if free_if_taken and exc.errno == errno.EADDRINUSE:
            return open_listener(service, host, 0)
        raise PortTaken(
            f"the {service} service cannot listen on {host}:{port} ({exc.strerror}); "
            f"stop the program that has the port, or choose another with --{service}-port (0: a free one)"
        ) from exc
    return listener


class _Server(uvicorn.Server):
    """Tells other threads when it answers."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.answers = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.answers.set()


class Hosting:
    """Serves apps on open listeners until `stop`."""

    def __init__(self, apps: Mapping[str, ASGIApp], listeners: Mapping[str, socket.socket]) -> None:
        self._listeners = [listeners[name] for name in apps]
        self._servers = [_Server(_config(app)) for app in apps.values()]
        self._thread = threading.Thread(target=self._run, name="sandbox-http", daemon=True)

    def start(self) -> None:
        """Return once every app answers."""
        self._thread.start()
        if not all(server.answers.wait(_START_LIMIT_S) for server in self._servers):
            raise RuntimeError(f"the sandbox's services did not start within {_START_LIMIT_S} s")

    def stop(self) -> None:
        """Return once every connection is closed; calls still open after a moment are dropped."""
        # A call that a fault still slows down is cancelled, which the server would tell as an error.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        for server in self._servers:
            server.should_exit = True
        self._thread.join(_STOP_LIMIT_S)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        pairs = zip(self._servers, self._listeners, strict=True)
        await asyncio.gather(*(server.serve(sockets=[listener]) for server, listener in pairs))


def _config(app: ASGIApp) -> uvicorn.Config:
    protocol = "httptools" if importlib.util.find_spec("httptools") else "h11"
    config = uvicorn.Config(
        app,
        http=protocol,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",
        access_log=False,
        timeout_keep_alive=60,
    )
    # Declared as whole seconds, used as a number of seconds: a second is too long for a test to wait.
    config.timeout_graceful_shutdown = _GRACE_S  # type: ignore[assignment]
    config.load()
    config.http_protocol_class = _with_transport(config.http_protocol_class)
    return config


def _with_transport(protocol: Any) -> Any:
    """Return the server's protocol class, changed to hand its connection to the app: faults have to cut it."""

    class WithTransport(protocol):  # type: ignore[misc]
        app: ASGIApp

        def connection_made(self, transport: asyncio.Transport) -> None:
            super().connection_made(transport)
            inner = self.app

            async def app(scope: Scope, receive: Receive, send: Send) -> None:
                scope["sandbox.transport"] = transport
                await inner(scope, receive, send)

            self.app = app

    return WithTransport
