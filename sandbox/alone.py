"""One stand-in in a process of its own, without the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from starlette.types import ASGIApp

from sandbox.connection import JournalledApp
from sandbox.faults import FaultPlan
from sandbox.hosting import Hosting, open_listener
from sandbox.journal import Journal
from sandbox.store import Store


def serve_alone(name: str, app: ASGIApp, tell: Callable[[int], None]) -> Hosting:
    """Serves the app on a free port, in a thread, and tells the port; the journal is in memory."""
    listener = open_listener(name, "127.0.0.1", 0)
    journalled = JournalledApp(name, app, Journal(Store(Path(":memory:"))), FaultPlan())
    hosting = Hosting({name: journalled}, {name: listener})
    hosting.start()
    tell(listener.getsockname()[1])
    return hosting
