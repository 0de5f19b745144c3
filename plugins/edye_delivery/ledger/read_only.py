"""The ledger for somebody who only looks: nothing is made, upgraded or written, and what is missing is said."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event, inspect, select
from sqlalchemy.exc import DBAPIError, NoSuchModuleError

from edye_delivery.errors import Terminal
from edye_delivery.ledger.schema import refuse_mismatch
from edye_delivery.ledger.sqlite_hints import write_hints
from edye_delivery.ledger.tables import DELIVERIES, EVENTS, REVISIONS, TITLE_STATUS, VERSION

CONNECT_MAX_S, BUSY_MAX_S = 10, 10
CONNECTS = {"connect_timeout": CONNECT_MAX_S, "tcp_user_timeout": CONNECT_MAX_S * 1000}
"""For libpq: seconds for a connection to be made, and milliseconds until one that acknowledges nothing is given up."""
OLDEST_TABLES = frozenset({DELIVERIES.name, EVENTS.name, REVISIONS.name})
NEEDED_TABLES = (DELIVERIES, EVENTS, REVISIONS, TITLE_STATUS)
SECRET_OPTIONS = ("password", "sslpassword")
REASON_MAX_CHARS = 300


class NoLedger(Terminal):
    """There is no ledger at the address, or it cannot be read; the message says why, without a password."""


@contextmanager
def open_read_only(url: URL) -> Iterator[Connection]:
    """A connection to one snapshot of a ledger; NoLedger where there is none, or reading it fails.

    SchemaMismatch for a ledger of another revision than this program's.
    """
    engine = read_only_engine(url)
    try:
        with refuse_database_errors(url, "read"), engine.connect() as connection:
            refuse_other_database(connection, url)
            yield connection
    finally:
        engine.dispose()


def refuse_other_database(connection: Connection, url: URL) -> None:
    """NoLedger for a database that is no ledger; SchemaMismatch for a ledger of another revision."""
    tables = set(inspect(connection).get_table_names())
    is_versioned = VERSION.name in tables
    revision = connection.execute(select(VERSION.c.version_num)).scalar() if is_versioned else None
    if revision is not None or tables >= OLDEST_TABLES:
        refuse_mismatch(revision)
    missing = [table.name for table in NEEDED_TABLES if table.name not in tables]
    if missing:
        raise NoLedger(f"{address_of(url)} is no ledger: it lacks the tables {', '.join(missing)}")


@contextmanager
def refuse_database_errors(url: URL, done: str) -> Iterator[None]:
    """NoLedger with the database's own message, without a password, where the ledger cannot be `done` (read, ...)."""
    try:
        yield
    except DBAPIError as error:
        raise NoLedger(f"the ledger {address_of(url)} cannot be {done}: {_reason(error, url)}") from None
    except (NoSuchModuleError, ImportError):
        raise NoLedger(f"{address_of(url)} names the driver {url.drivername!r}, which is not there") from None


def refuse_absent(url: URL) -> None:
    """NoLedger for an address that cannot be a ledger's, and for a file that does not exist."""
    backend = url.get_backend_name()
    if backend not in ("sqlite", "postgresql"):
        raise NoLedger(f"{address_of(url)} is no address of a ledger: name a file of SQLite, or postgresql://...")
    path = Path(url.database or "")
    if backend == "sqlite" and not path.is_file():
        what = "a folder" if path.is_dir() else "no such file"
        raise NoLedger(f"there is no ledger at {address_of(url)}: {what}; a first run makes one")


def address_of(url: URL) -> str:
    """The address without login, password and options, for people."""
    if url.get_backend_name() == "sqlite":
        return url.database or "(no file)"
    port = f":{url.port}" if url.port else ""
    return f"{url.get_backend_name()}://{url.host or ''}{port}/{url.database or ''}"


def read_only_engine(url: URL, connections: int = 0, wait_s: float = CONNECT_MAX_S) -> Engine:
    """An engine that the database itself keeps from writing; every transaction reads one snapshot.

    On PostgreSQL it keeps so many connections, and waits so long for a free one; with 0 it keeps none, as on SQLite,
    where an open file would outlive its replacement. NoLedger where there is no ledger at the address.
    """
    refuse_absent(url)
    if url.get_backend_name() == "sqlite":
        return _sqlite(url)
    kept: dict[str, Any] = {"poolclass": NullPool}
    if connections:
        kept = {"pool_size": connections, "max_overflow": 0, "pool_timeout": wait_s, "pool_pre_ping": True}
    with refuse_database_errors(url, "read"):
        engine = create_engine(url, connect_args=CONNECTS, hide_parameters=True, **kept)
    return engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _sqlite(url: URL) -> Engine:
    def connect() -> sqlite3.Connection:
        # Opened read-only, SQLite would leave its -wal and -shm files, owned by whoever read the ledger.
        address = f"file:{quote(str(Path(url.database or '').absolute()))}?mode=rw"
        # A server may read the rows of one answer in several threads, one after the other.
        connection = sqlite3.connect(
            address, uri=True, timeout=BUSY_MAX_S, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA query_only=ON")
        return connection

    engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    write_hints(engine)

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN")  # all queries of one call read one snapshot

    return engine


def _reason(error: DBAPIError, url: URL) -> str:
    """The first line of the database's message, without passwords."""
    line = (str(error.orig).strip().splitlines() or [type(error).__name__])[0][:REASON_MAX_CHARS]
    for secret in (url.password, *(url.query.get(name) for name in SECRET_OPTIONS)):
        line = line.replace(str(secret), "***") if secret else line
    return line
