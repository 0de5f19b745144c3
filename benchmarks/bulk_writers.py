"""Writes very many rows into a database, past the program: by COPY on PostgreSQL, in one transaction on SQLite."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Engine

CACHE_KIB = 1_500_000
Row = dict[str, Any]


class Writer(Protocol):
    """Puts rows into tables of a ledger."""

    def write(self, table: str, rows: Sequence[Row]) -> None:
        """Appends the rows; all have the same columns."""

    def execute(self, statement: str) -> None:
        """Executes a statement without values."""


class SqliteWriter:
    """Inserts into a file, in one transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def write(self, table: str, rows: Sequence[Row]) -> None:
        """Appends the rows."""
        marks = ", ".join("?" * len(rows[0]))
        statement = f"INSERT INTO {table} ({_names(rows)}) VALUES ({marks})"  # noqa: S608
        self._connection.executemany(statement, [tuple(row.values()) for row in rows])

    def execute(self, statement: str) -> None:
        """Executes a statement without values."""
        self._connection.execute(statement)


class PostgresqlWriter:
    """Copies into a database."""

    def __init__(self, cursor: Any) -> None:
        self._cursor = cursor

    def write(self, table: str, rows: Sequence[Row]) -> None:
        """Appends the rows."""
        lines = "".join("\t".join(map(_copied, row.values())) + "\n" for row in rows)
        self._cursor.copy_expert(f"COPY {table} ({_names(rows)}) FROM STDIN", io.StringIO(lines))

    def execute(self, statement: str) -> None:
        """Executes a statement without values."""
        self._cursor.execute(statement)


@contextmanager
def bulk_writer(engine: Engine) -> Iterator[Writer]:
    """Writes to the engine's database, where nobody else may be; all is there when the context ends."""
    if engine.dialect.name == "sqlite":
        engine.dispose()  # nobody else may have the file open
        with closing(sqlite3.connect(engine.url.database or "")) as connection:
            for setting in ("journal_mode=OFF", "synchronous=OFF", f"cache_size=-{CACHE_KIB}"):
                connection.execute(f"PRAGMA {setting}")
            yield SqliteWriter(connection)
            connection.commit()
    else:
        with closing(engine.raw_connection()) as pooled:
            cursor = pooled.cursor()
            cursor.execute("SET TIME ZONE 'UTC'")
            yield PostgresqlWriter(cursor)
            pooled.commit()


def moment(at: datetime) -> str:
    """A time in UTC as both databases read it."""
    return f"{at:%Y-%m-%d %H:%M:%S.%f}"


def _names(rows: Sequence[Row]) -> str:
    return ", ".join(f'"{name}"' for name in rows[0])


def _copied(value: Any) -> str:
    if value is None:
        return "\\N"
    return f"\\\\x{value.hex()}" if isinstance(value, bytes) else str(value)
