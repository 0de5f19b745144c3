"""The ledger's database engine: SQLite, set to wait for other processes, or PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import InterfaceError, OperationalError, TimeoutError

from edye_delivery.ledger.schema import make_where_empty, refuse_mismatch, revision_of
from edye_delivery.ledger.sqlite_hints import write_hints

BUSY_TIMEOUT_S = 60
SERVER_OPTIONS = {"pool_size": 4, "max_overflow": 6, "pool_pre_ping": True, "use_native_hstore": False}
"""So many connections to a server a process keeps, and so many more it has at times: the runbook counts with them.

One that it keeps may have ended while nobody used it, and is tested first; that of a file cannot. The ledger has no
hstore columns: to look for that type would ask PostgreSQL twice more for each connection.
"""
ONLY_READS = "ledger_only_reads"
LEDGER_GONE: tuple[type[Exception], ...] = (OperationalError, InterfaceError, TimeoutError)
"""Errors of a database that does not answer, or cannot work now; errors about one row are of other classes."""


def open_engine(url: URL | str) -> Engine:
    """An engine on a ledger of this program's revision; safe to call from many processes at once.

    An empty database gets the ledger's tables. SchemaMismatch where the ledger is of an older or a later revision.
    """
    engine = open_unchecked_engine(url)
    try:
        with engine.connect() as connection:
            revision = revision_of(connection)
        if revision is None:
            with engine.begin() as connection:
                revision = make_where_empty(connection)
        refuse_mismatch(revision)
    except BaseException:
        engine.dispose()
        raise
    return engine


def open_unchecked_engine(url: URL | str) -> Engine:
    """An engine on a database of any revision; it makes no tables and checks nothing."""
    options: dict[str, Any] = {} if make_url(url).get_backend_name() == "sqlite" else SERVER_OPTIONS
    engine = create_engine(url, json_deserializer=orjson.loads, **options)
    if engine.dialect.name == "sqlite":
        write_hints(engine)
        _set_busy_timeout(engine)
    return engine


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection whose reads all see the ledger as it was at the first read; no writer waits for it."""
    is_sqlite = engine.dialect.name == "sqlite"
    options = {ONLY_READS: True} if is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with engine.connect() as connection:
        yield connection.execution_options(**options)


def _set_busy_timeout(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def on_connect(connection: Any, _: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_S * 1000}")
        cursor.execute("PRAGMA journal_mode=WAL")
        # NORMAL loses nothing to a killed process; a power cut may take the last intents, whose resend is harmless.
        cursor.execute("PRAGMA synchronous=NORMAL")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        # A transaction that starts by reading and then writes would fail at once under another writer.
        only_reads = connection.get_execution_options().get(ONLY_READS)
        connection.exec_driver_sql("BEGIN" if only_reads else "BEGIN IMMEDIATE")
