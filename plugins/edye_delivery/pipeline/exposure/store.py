"""The items of a check and what was seen of them, in a temporary database: a million items take little memory."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from edye_delivery.catalog.exposure import ExpectedItem, ExpectedThumbnail, RemovedItem, sum_of
from edye_delivery.catalog.exposure_seen import Address
from edye_delivery.catalog.vocabulary import ListName

Known = ExpectedItem | RemovedItem
TABLES = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;
CREATE TABLE items (
    list TEXT, id TEXT, external_id TEXT, digest TEXT, is_new INTEGER, reason TEXT, rest BLOB,
    seen INTEGER DEFAULT 0, in_delta INTEGER, PRIMARY KEY (list, id)) WITHOUT ROWID;
CREATE INDEX items_by_external_id ON items (external_id) WHERE external_id <> '';
CREATE TABLE bad_titles (external_id TEXT PRIMARY KEY, code TEXT, message TEXT) WITHOUT ROWID;
CREATE TABLE held_titles (external_id TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE shows (id TEXT PRIMARY KEY, kind TEXT) WITHOUT ROWID;
CREATE TABLE addresses (
    url TEXT, list TEXT, id TEXT, what TEXT, media_type TEXT, size_bytes INTEGER, width_px INTEGER, height_px INTEGER,
    external_id TEXT,
    PRIMARY KEY (url, list, id, what)) WITHOUT ROWID;
"""
COLUMNS = "list, id, external_id, digest, is_new, reason, rest"
GOOD = "reason IS NULL AND external_id <> '' GROUP BY external_id HAVING min(seen) = 1 AND max(seen) = 1"


class CheckStore:
    """What is expected, and what was seen of it. The database is deleted with this object."""

    def __init__(self) -> None:
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(TABLES)
        weakref.finalize(self, self._database.close)

    def load(self, items: Iterable[Known]) -> None:
        """Keeps the expected items; of an id that comes twice in a list, the last one."""
        self._database.execute("BEGIN")
        insert = f"INSERT OR REPLACE INTO items ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        self._database.executemany(insert, map(_row, items))
        self._database.execute("COMMIT")

    def items(self, where: str = "1", *values: Any) -> Iterator[Known]:
        """The expected items for which a condition holds."""
        for row in self._database.execute(f"SELECT {COLUMNS} FROM items WHERE {where}", values):  # noqa: S608
            yield _known(row)

    def find(self, list_name: ListName, ids: Sequence[str]) -> dict[str, Known]:
        """Those of the ids that are expected or known as removed, by id."""
        query = f"SELECT {COLUMNS} FROM items WHERE list = ? AND id IN ({', '.join('?' * len(ids))})"  # noqa: S608
        return {row[1]: _known(row) for row in self._database.execute(query, (list_name, *ids))}

    def sum_of_list(self, list_name: ListName) -> int | None:
        """The sum of the digests of the list's items; None where an item has none."""
        total = 0
        query = "SELECT digest FROM items WHERE list = ? AND reason IS NULL"
        for (digest,) in self._database.execute(query, (list_name,)):
            if not digest:
                return None
            total = sum_of(total, digest)
        return total

    def note_seen(self, list_name: ListName, ids: Sequence[str]) -> None:
        """Counts each of the ids once more as seen."""
        self._database.executemany(
            "UPDATE items SET seen = seen + 1 WHERE list = ? AND id = ?", ((list_name, one) for one in ids)
        )

    def note_delta(self, list_name: ListName, seen: Iterable[tuple[str, bool]]) -> None:
        """Keeps of each id whether the delta shows it as deleted; the last time counts."""
        self._database.executemany(
            "UPDATE items SET in_delta = ? WHERE list = ? AND id = ?", ((gone, list_name, one) for one, gone in seen)
        )

    def delta_of(self, list_name: ListName) -> Iterator[tuple[Known, bool | None]]:
        """The changes that the delta has to have, each with whether it shows them as deleted (None: not at all)."""
        query = f"SELECT {COLUMNS}, in_delta FROM items WHERE list = ? AND is_new"  # noqa: S608
        for *row, is_deleted in self._database.execute(query, (list_name,)):
            yield _known(row), None if is_deleted is None else bool(is_deleted)

    def seen_twice(self, list_name: ListName) -> Iterator[tuple[ExpectedItem, int]]:
        """The expected items that were seen more than once, with how often."""
        query = f"SELECT {COLUMNS}, seen FROM items WHERE list = ? AND seen > 1 AND reason IS NULL"  # noqa: S608
        for *row, times in self._database.execute(query, (list_name,)):
            known = _known(row)
            if isinstance(known, ExpectedItem):
                yield known, times

    def keep_shows(self, shows: Iterable[tuple[str, str]]) -> None:
        """Keeps id and kind of the list of shows."""
        self._database.executemany("INSERT OR REPLACE INTO shows VALUES (?, ?)", shows)

    def kinds_of(self, show_ids: Sequence[str]) -> dict[str, str]:
        """The kinds of those shows that the list has."""
        query = f"SELECT id, kind FROM shows WHERE id IN ({', '.join('?' * len(show_ids))})"  # noqa: S608
        return dict(self._database.execute(query, tuple(show_ids)))

    def keep_addresses(self, list_name: ListName, item_id: str, external_id: str, found: Iterable[Address]) -> None:
        """Keeps addresses of an item that are to be asked for."""
        self._database.executemany(
            "INSERT OR IGNORE INTO addresses VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                (one.url, list_name, item_id, one.what, one.media_type, *map(_size, _sizes(one)), external_id)
                for one in found
            ),
        )

    def addresses(self) -> Iterator[tuple[Address, ListName, str, str]]:
        """Every address with list, id and external_id of its item; the same address comes in a row."""
        for list_name, item_id, external_id, *address in self._database.execute(
            "SELECT list, id, external_id, url, what, media_type, size_bytes, width_px, height_px FROM addresses "
            "ORDER BY url"
        ):
            yield Address(*address), ListName(list_name), item_id, external_id

    def mark_bad(self, external_id: str, code: str, message: str) -> None:
        """Keeps the first finding about a title."""
        self._database.execute("INSERT OR IGNORE INTO bad_titles VALUES (?, ?, ?)", (external_id, code, message))

    def hold(self, external_id: str) -> None:
        """Keeps a title from being good, because a part of it was not looked at."""
        self._database.execute("INSERT OR IGNORE INTO held_titles VALUES (?)", (external_id,))

    def finding_of(self, external_id: str) -> tuple[str, str] | None:
        """Code and message of the first finding about a title; None where there is none."""
        query = "SELECT code, message FROM bad_titles WHERE external_id = ?"
        for code, message in self._database.execute(query, (external_id,)):
            return code, message
        return None

    def good_titles(self) -> Iterator[str]:
        """The titles that were seen once in every list that has them, without a finding."""
        query = f"SELECT external_id FROM items WHERE {GOOD}"  # noqa: S608
        for (external_id,) in self._database.execute(query):
            if self._has_passed(external_id):
                yield external_id

    def is_good(self, external_id: str) -> bool:
        """Whether a title is one of the good ones."""
        query = f"SELECT 1 FROM items WHERE external_id = ? AND {GOOD}"  # noqa: S608
        return any(self._database.execute(query, (external_id,))) and self._has_passed(external_id)

    def _has_passed(self, external_id: str) -> bool:
        tables = ("bad_titles", "held_titles")
        queries = (f"SELECT 1 FROM {table} WHERE external_id = ?" for table in tables)  # noqa: S608
        return not any(any(self._database.execute(query, (external_id,))) for query in queries)


def _row(item: Known) -> tuple[Any, ...]:
    if isinstance(item, RemovedItem):
        return item.list, item.id, item.external_id, "", item.is_new, item.reason, b"[]"
    rest = [
        item.show_id, item.season_number, item.episode_number, item.tags, item.geo, item.opens_at, item.closes_at,
        item.thumbnails,
    ]  # fmt: skip
    return item.list, item.id, item.external_id, item.digest, item.is_new, None, orjson.dumps(rest)


def _known(row: Sequence[Any]) -> Known:
    list_name, item_id, external_id, digest, is_new, reason, packed = row
    if reason is not None:
        return RemovedItem(ListName(list_name), item_id, reason, external_id, bool(is_new))
    show_id, season, episode, tags, geo, opens_at, closes_at, thumbnails = orjson.loads(packed)
    return ExpectedItem(
        ListName(list_name), item_id, external_id, digest, show_id, season, episode, tuple(tags), tuple(geo),
        _moment(opens_at), _moment(closes_at), tuple(ExpectedThumbnail(**one) for one in thumbnails), bool(is_new),
    )  # fmt: skip


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def _sizes(address: Address) -> tuple[int | None, int | None, int | None]:
    return address.size_bytes, address.width_px, address.height_px


def _size(size_bytes: int | None) -> int | None:
    """A size that the database can hold; a larger one is no file's."""
    return size_bytes if size_bytes is None or abs(size_bytes) < 2**63 else -1
