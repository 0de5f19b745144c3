"""A real PostgreSQL server for tests: what it wrote need not outlive the machine."""

from __future__ import annotations

from contextlib import AbstractContextManager

from benchmarks import postgresql

SETTINGS = "ALTER SYSTEM SET fsync = off; ALTER SYSTEM SET full_page_writes = off; SELECT pg_reload_conf();"


def postgresql_server() -> AbstractContextManager[str]:
    """The address of an empty database on a server of its own."""
    return postgresql.postgresql_server(settings=SETTINGS)


def postgresql_service() -> AbstractContextManager[postgresql.PostgreSQL]:
    """A server that a test may kill and start again."""
    return postgresql.postgresql_service(settings=SETTINGS)
