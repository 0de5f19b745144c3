"""The items that differ between two publications of a feed; there may be any number of items."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from edye_delivery.catalog.feed_records import ItemChanges
from edye_delivery.feeds.lint.page_parser import split_page
from edye_delivery.feeds.roku.item import DIRECT_LIST_KEYS, ROW_LIST_KEYS, SEARCH_LIST_KEYS

SHOWN_MAX = 50
TABLES = "CREATE TABLE {} (id TEXT PRIMARY KEY, digest BLOB) WITHOUT ROWID"
QUESTIONS = {
    "added": "FROM new WHERE id NOT IN (SELECT id FROM old)",
    "changed": "FROM new JOIN old USING (id) WHERE new.digest != old.digest",
    "removed": "FROM old WHERE id NOT IN (SELECT id FROM new)",
}


def changes_between(old_pages: Iterable[bytes], new_pages: Iterable[bytes]) -> ItemChanges:
    """The items that were added, changed and removed; only one page at a time is in memory."""
    with sqlite3.connect("") as database:  # a private file that uses the disk when memory is full
        for table, pages in (("old", old_pages), ("new", new_pages)):
            database.execute(TABLES.format(table))
            database.executemany(
                f"INSERT OR REPLACE INTO {table} VALUES (?, ?)",  # noqa: S608 - our own names
                (row for page in pages for row in _items_of(page)),
            )
        changes: dict[str, Any] = {}
        for kind, items in QUESTIONS.items():
            changes[kind] = database.execute(f"SELECT count(*) {items}").fetchone()[0]
            first = database.execute(f"SELECT id {items} ORDER BY id LIMIT {SHOWN_MAX}")
            changes[f"first_{kind}"] = tuple(row[0] for row in first)
    database.close()
    return ItemChanges(**changes)


def _items_of(content: bytes) -> Iterator[tuple[str, bytes]]:
    page = split_page("a published page", content, SEARCH_LIST_KEYS | DIRECT_LIST_KEYS - ROW_LIST_KEYS)
    for items in page.lists.values():
        for raw in items:
            text = bytes(raw)
            name = orjson.loads(text).get("id")
            if name is not None:
                yield str(name), hashlib.blake2b(text, digest_size=16).digest()
