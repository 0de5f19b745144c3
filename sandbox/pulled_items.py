"""What a pulling partner has read, kept whole in one SQLite file: items, checkpoints, calls, and what was wrong."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import Any

FILE_NAME = "pulled.sqlite"
_TABLES = """
CREATE TABLE IF NOT EXISTS items (list TEXT, id TEXT, sync INTEGER, updated_at TEXT, body TEXT, PRIMARY KEY (list, id));
CREATE TABLE IF NOT EXISTS deleted (list TEXT, id TEXT, updated_at TEXT, body TEXT, PRIMARY KEY (list, id));
CREATE TABLE IF NOT EXISTS checkpoints (
    number INTEGER PRIMARY KEY, list TEXT, checkpoint TEXT, generation INTEGER, as_of TEXT);
CREATE TABLE IF NOT EXISTS etags (list TEXT, query TEXT, etag TEXT, PRIMARY KEY (list, query));
CREATE TABLE IF NOT EXISTS calls (
    number INTEGER PRIMARY KEY, sync INTEGER, list TEXT, query TEXT, status INTEGER, generation INTEGER, items INTEGER,
    bytes INTEGER, request_id TEXT);
CREATE TABLE IF NOT EXISTS shown (call INTEGER, list TEXT, id TEXT, is_deleted INTEGER, updated_at TEXT);
CREATE TABLE IF NOT EXISTS problems (number INTEGER PRIMARY KEY, sync INTEGER, list TEXT, problem TEXT);
"""


class PulledItems:
    """The partner's copy of the lists. A call that fails in the middle of a page leaves the page out as a whole."""

    def __init__(self, state_dir: Path) -> None:
        state_dir.mkdir(parents=True, exist_ok=True)
        self._database = sqlite3.connect(state_dir / FILE_NAME, isolation_level=None, timeout=30)
        self._database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + _TABLES)

    def close(self) -> None:
        """Close the file."""
        self._database.close()

    def begin_sync(self) -> int:
        """Return the number of a new sync."""
        ((last,),) = self._database.execute("SELECT coalesce(max(sync), 0) FROM calls")
        return int(last) + 1

    def note_call(self, sync: int, name: str, query: str, status: int, page: dict[str, Any], size_bytes: int) -> int:
        """Note a call; return its number."""
        row = (sync, name, query, status, page.get("generation"), page.get("count"), size_bytes, page.get("request_id"))
        done = self._database.execute(
            "INSERT INTO calls (sync, list, query, status, generation, items, bytes, request_id) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        return int(done.lastrowid or 0)

    def keep_page(self, sync: int, call: int, name: str, items: Iterable[dict[str, Any]]) -> None:
        """Put the items and tombstones of a page into the copy."""
        self._database.execute("BEGIN")
        for item in items:
            key, at, body = str(item["id"]), str(item.get("updated_at", "")), json.dumps(item, sort_keys=True)
            is_deleted = "deleted" in item
            self._database.execute("INSERT INTO shown VALUES (?, ?, ?, ?, ?)", (call, name, key, is_deleted, at))
            if is_deleted:
                self._database.execute("DELETE FROM items WHERE list = ? AND id = ?", (name, key))
                self._database.execute("INSERT OR REPLACE INTO deleted VALUES (?, ?, ?, ?)", (name, key, at, body))
            else:
                self._database.execute("DELETE FROM deleted WHERE list = ? AND id = ?", (name, key))
                row = (name, key, sync, at, body)
                self._database.execute("INSERT OR REPLACE INTO items VALUES (?, ?, ?, ?, ?)", row)
        self._database.execute("COMMIT")

    def drop_others(self, sync: int, name: str) -> None:
        """After a full sync: delete the items of the list that it did not have."""
        self._database.execute("DELETE FROM items WHERE list = ? AND sync <> ?", (name, sync))

    def keep_checkpoint(self, name: str, checkpoint: str, generation: int | None, as_of: str) -> None:
        """Keep the checkpoint of a sync that came to its end."""
        self._database.execute(
            "INSERT INTO checkpoints (list, checkpoint, generation, as_of) VALUES (?, ?, ?, ?)",
            (name, checkpoint, generation, as_of),
        )

    def checkpoint(self, name: str, *, oldest: bool = False) -> tuple[str, str] | None:
        """Return the newest (or the oldest) checkpoint of a list and its as_of."""
        order = "ASC" if oldest else "DESC"
        query = f"SELECT checkpoint, as_of FROM checkpoints WHERE list = ? ORDER BY number {order} LIMIT 1"  # noqa: S608
        for checkpoint, as_of in self._database.execute(query, (name,)):
            return str(checkpoint), str(as_of)
        return None

    def forget_checkpoint(self, checkpoint: str) -> None:
        """Forget a checkpoint that is too old."""
        self._database.execute("DELETE FROM checkpoints WHERE checkpoint = ?", (checkpoint,))

    def etag(self, name: str, query: str) -> str:
        """Return the ETag of the last answer to this query; empty for none."""
        rows = self._database.execute("SELECT etag FROM etags WHERE list = ? AND query = ?", (name, query))
        return next((str(etag) for (etag,) in rows), "")

    def keep_etag(self, name: str, query: str, etag: str) -> None:
        """Keep the ETag of an answer."""
        self._database.execute("INSERT OR REPLACE INTO etags VALUES (?, ?, ?)", (name, query, etag))

    def note_problem(self, sync: int, name: str, problem: str) -> None:
        """Note what a partner would complain about."""
        row = (sync, name, problem[:500])
        self._database.execute("INSERT INTO problems (sync, list, problem) VALUES (?, ?, ?)", row)

    def items(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the items of a list that the partner has, by id."""
        rows = self._database.execute("SELECT id, body FROM items WHERE list = ? ORDER BY id", (name,))
        return {str(key): json.loads(body) for key, body in rows}

    def deleted(self, name: str) -> dict[str, dict[str, Any]]:
        """Return the tombstones that the partner has read, by id."""
        rows = self._database.execute("SELECT id, body FROM deleted WHERE list = ? ORDER BY id", (name,))
        return {str(key): json.loads(body) for key, body in rows}

    def problems(self) -> list[tuple[str, str]]:
        """Return list and sentence of every problem."""
        return [(str(name), str(problem)) for name, problem in self._rows("list, problem", "problems")]

    def calls(self) -> list[dict[str, Any]]:
        """Return every call, in order."""
        names = ("sync", "list", "query", "status", "generation", "items", "bytes", "request_id")
        return [dict(zip(names, row, strict=True)) for row in self._rows(", ".join(names), "calls")]

    def shown(self, item_id: str) -> list[tuple[int, bool, str]]:
        """Return every time that an item was shown: number of the call, whether as deleted, its updated_at."""
        rows = self._database.execute("SELECT call, is_deleted, updated_at FROM shown WHERE id = ?", (item_id,))
        return [(int(call), bool(is_deleted), str(at)) for call, is_deleted, at in rows]

    def _rows(self, columns: str, table: str) -> list[tuple[Any, ...]]:
        return list(self._database.execute(f"SELECT {columns} FROM {table} ORDER BY number"))  # noqa: S608
