"""The items of a catalogue's list, kept on disk while the list is read: the latest version of each, within limits."""

from __future__ import annotations

import json
import sqlite3
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from edye_delivery.clients.http import parse_json
from edye_delivery.errors import CatalogueTooLarge

Item = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ListBounds:
    """How much one list may hold: items, and bytes of their JSON (annex: catalogue)."""

    items_max: int
    bytes_max: int


class Items:
    """The items of one list by id, in a temporary database that is deleted with this object.

    SQLite writes what does not fit into its cache of two megabytes to the folder for temporary files.
    """

    def __init__(self, what: str, bounds: ListBounds) -> None:
        self._what, self._bounds, self._bytes, self._count = what, bounds, 0, 0
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
            "CREATE TABLE items (number INTEGER PRIMARY KEY, id BLOB UNIQUE, item BLOB NOT NULL);"
        )
        weakref.finalize(self, self._database.close)

    def begin_sweep(self) -> None:
        """Deletes the items without an id: the new sweep reads them again."""
        query = "SELECT count(*), coalesce(sum(length(item)), 0) FROM items WHERE id IS NULL"
        ((count, size_bytes),) = self._database.execute(query)
        self._count, self._bytes = self._count - count, self._bytes - size_bytes
        self._database.execute("DELETE FROM items WHERE id IS NULL")

    def keep(self, items: Sequence[Any]) -> None:
        """Keeps the version of each item that was read last; an item without an id is kept for the report.

        CatalogueTooLarge where the list is larger than its bounds.
        """
        self._database.execute("BEGIN")
        self._database.executemany(  # one at a time: together, the items may take far more memory than their page
            "INSERT INTO items (id, item) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET item = excluded.item",
            map(self._count_row, items),
        )
        self._database.execute("COMMIT")

    def _count_row(self, item: Any) -> tuple[bytes | None, bytes]:
        key = _key(item)
        text = _dump(_trim(item))
        for (length,) in self._database.execute("SELECT length(item) FROM items WHERE id = ?", (key,)):
            self._bytes, self._count = self._bytes - length, self._count - 1
        self._bytes, self._count = self._bytes + len(text), self._count + 1
        if self._bytes > self._bounds.bytes_max:
            raise CatalogueTooLarge(self._too_large(f"{self._bounds.bytes_max:,} bytes", "bytes_max"))
        self.refuse_more_than_bound(self._count)
        return key, text

    def refuse_more_than_bound(self, count: int) -> None:
        """CatalogueTooLarge where a list of so many items is too large."""
        if count > self._bounds.items_max:
            raise CatalogueTooLarge(self._too_large(f"{self._bounds.items_max:,} items", "items_max"))

    def get(self, name: str) -> Item | None:
        """The item of this id; None where the list has none."""
        key = name.encode("utf-8", "surrogatepass")
        for (text,) in self._database.execute("SELECT item FROM items WHERE id = ?", (key,)):
            return _load(text)
        return None

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Item]:
        """Every item, in the order in which the items were first read."""
        for (text,) in self._database.execute("SELECT item FROM items ORDER BY number"):
            yield _load(text)

    def _too_large(self, bound: str, key: str) -> str:
        return (
            f"{self._what} holds more than {bound}, so it was not used: ask for a narrower window, or raise "
            f"catalogue.{key} of the annex"
        )


def _key(item: Any) -> bytes | None:
    name = item.get("id") if isinstance(item, dict) else None
    return name.encode("utf-8", "surrogatepass") if isinstance(name, str) and name else None


def _trim(item: Any) -> Item:
    if isinstance(item, dict):
        return item
    try:
        return {"id": None, "item": str(item)[:200]}
    except RecursionError:
        return {"id": None, "item": "nested too deeply"}


def _dump(item: Item) -> bytes:
    try:
        return orjson.dumps(item)
    except TypeError:  # half a character, a huge number or deep nesting; the parser later refuses this one item
        try:
            return json.dumps(item).encode("ascii")
        except RecursionError:
            return json.dumps({"id": item.get("id"), "item": "nested too deeply"}).encode("ascii")


def _load(text: bytes) -> Item:
    item: Item = parse_json(text)
    return item
