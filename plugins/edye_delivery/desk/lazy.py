"""The desk as Airflow mounts it: it is built with its first request, so that the api-server starts no slower."""

from __future__ import annotations

import threading
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from edye_delivery.desk.navigation import AIRFLOW_APP

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class LazyDesk:
    """An ASGI application that builds the desk with its first request, once a process."""

    def __init__(self) -> None:
        self._app: Any = None
        self._lock = threading.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request."""
        if self._app is None:
            import asyncio

            await asyncio.to_thread(self._build)
        await self._app({**scope, AIRFLOW_APP: scope.get("app")}, receive, send)

    def _build(self) -> None:
        with self._lock:
            if self._app is None:
                from edye_delivery.desk.application import desk_application

                self._app = desk_application()
