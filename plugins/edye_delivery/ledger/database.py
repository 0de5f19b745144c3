"""The ledger's database engine: SQLite with patience between processes, or PostgreSQL as it is."""

from __future__ import annotations

from typing import Any

from sqlalchemy import URL, Engine, create_engine, event
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from edye_delivery.ledger.tables import METADATA
from edye_delivery.ledger.upgrade import upgrade

BUSY_TIMEOUT_S = 60


def open_engine(url: URL | str) -> Engine:
    """An engine on the ledger, its tables made where they are missing; safe to call from many processes at once."""
    engine = create_engine(url, pool_pre_ping=True)
    if engine.dialect.name == "sqlite":
        _make_sqlite_patient(engine)
    try:
        METADATA.create_all(engine)
    except (IntegrityError, OperationalError, ProgrammingError):
        METADATA.create_all(engine)  # another process made the same tables at the same moment
    upgrade(engine)
    return engine


def _make_sqlite_patient(engine: Engine) -> None:
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
        connection.exec_driver_sql("BEGIN IMMEDIATE")
