"""The sandbox's memory on disk: one SQLite file that a kill -9 does not hurt."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_TABLES = """
CREATE TABLE IF NOT EXISTS journal (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    at REAL NOT NULL, service TEXT NOT NULL, operation TEXT, method TEXT NOT NULL, path TEXT NOT NULL,
    query TEXT NOT NULL, status INTEGER, external_id TEXT, tracking_id TEXT, idempotency_key TEXT, request_id TEXT,
    bytes_in INTEGER NOT NULL, bytes_out INTEGER NOT NULL, sha256 TEXT, outcome TEXT NOT NULL, fault TEXT
);
CREATE INDEX IF NOT EXISTS journal_external_id ON journal (external_id);
CREATE TABLE IF NOT EXISTS contents (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    tracking_id TEXT NOT NULL UNIQUE, external_id TEXT, idempotency_key TEXT, request_id TEXT, filename TEXT,
    sha256 TEXT NOT NULL, size_bytes INTEGER NOT NULL, metadata TEXT NOT NULL, extra_parts TEXT NOT NULL,
    taken_at REAL NOT NULL, times_sent INTEGER NOT NULL,
    is_stuck INTEGER NOT NULL, error_code TEXT, error_message TEXT
);
CREATE INDEX IF NOT EXISTS contents_external_id ON contents (external_id);
CREATE INDEX IF NOT EXISTS contents_idempotency_key ON contents (idempotency_key);
CREATE TABLE IF NOT EXISTS withdrawals (external_id TEXT PRIMARY KEY, end_at TEXT);
CREATE TABLE IF NOT EXISTS probes (sha256 TEXT PRIMARY KEY, code TEXT, message TEXT);
CREATE TABLE IF NOT EXISTS ftp_titles (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    client TEXT NOT NULL, metadata_file TEXT NOT NULL, picked_up_at REAL NOT NULL,
    is_stuck INTEGER NOT NULL, planned_code TEXT, planned_message TEXT,
    found TEXT, code TEXT, message TEXT, ended_at REAL, is_told INTEGER NOT NULL DEFAULT 0
);
"""


class Store:
    """One SQLite connection shared by the sandbox's threads, one statement or transaction at a time."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._connection.row_factory = sqlite3.Row
        self._connection.execute("PRAGMA journal_mode=WAL")
        # WAL with NORMAL survives the death of the process; only a power cut could lose the last commits.
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_TABLES)

    @contextmanager
    def transaction(self) -> Iterator[Store]:
        """Run the statements of the block as one: all are kept or none is."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def execute(self, statement: str, values: tuple[Any, ...] | dict[str, Any] = ()) -> int:
        """Run one statement that changes something; return the id of the row that it put in."""
        with self._lock:
            return self._connection.execute(statement, values).lastrowid or 0

    def rows(self, statement: str, values: tuple[Any, ...] = ()) -> list[sqlite3.Row]:
        """Return all rows of a query."""
        with self._lock:
            return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, values: tuple[Any, ...] = ()) -> sqlite3.Row | None:
        """Return the first row of a query, or None."""
        with self._lock:
            found: sqlite3.Row | None = self._connection.execute(statement, values).fetchone()
            return found

    def close(self) -> None:
        """Close the file; what was committed stays."""
        with self._lock:
            self._connection.close()
