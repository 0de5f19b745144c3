"""What the pages of a feed say of each other, kept in a private database that outgrows memory onto the disk."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, NamedTuple

BUFFERED_MAX = 2000
CACHE_KIB = 8192
TABLES = """
CREATE TABLE items (id TEXT, page INTEGER, place TEXT);
CREATE TABLE series (id TEXT);
CREATE TABLE seasons (series TEXT, number INTEGER, page INTEGER, place TEXT, id TEXT);
CREATE TABLE episodes (series TEXT, season INTEGER, number INTEGER, page INTEGER, place TEXT, id TEXT);
CREATE TABLE play_ids (play_id TEXT, page INTEGER, place TEXT, id TEXT);
CREATE TABLE mentions (id TEXT, page INTEGER, place TEXT);
CREATE TABLE listable (id TEXT);
CREATE TABLE tags (tag TEXT);
CREATE TABLE tag_uses (tag TEXT, page INTEGER, place TEXT);
CREATE TABLE playlists (name TEXT, page INTEGER, place TEXT, id TEXT);
CREATE TABLE playlist_uses (name TEXT, page INTEGER, place TEXT);
"""
INDEXES = """
CREATE INDEX items_by_id ON items (id);
CREATE INDEX seasons_by_number ON seasons (series, number);
CREATE INDEX episodes_by_number ON episodes (series, season, number);
CREATE INDEX play_ids_by_id ON play_ids (play_id);
"""


class Spot(NamedTuple):
    """Where something stands, and where its like stood first; `subject` says what it is."""

    page: int
    place: str
    asset_id: str | None
    subject: str
    first_page: int = 0
    first_place: str = ""


class FeedIndex:
    """Ids, series, seasons, episodes, play ids and mentions of ids, with page and place of each."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("")  # a private file that lives in the cache until it no longer fits
        self._connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        self._connection.execute("PRAGMA journal_mode=OFF")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.executescript(TABLES)
        self._buffers: dict[str, list[tuple[Any, ...]]] = {}

    def note(self, table: str, row: tuple[Any, ...]) -> None:
        """Remembers a row of one of the tables."""
        buffer = self._buffers.get(table)
        if buffer is None:
            buffer = self._buffers[table] = []
        buffer.append(row)
        if len(buffer) >= BUFFERED_MAX:
            self._write(table)

    def seal(self) -> None:
        """Nothing more comes: makes the questions below quick."""
        for table in [*self._buffers]:
            self._write(table)
        self._connection.executescript(INDEXES)

    def close(self) -> None:
        """Forgets everything."""
        self._connection.close()

    def ids_twice(self) -> Iterator[Spot]:
        """Every item whose id an earlier one has."""
        return self._duplicates("items", ("id",), "id")

    def seasons_twice(self) -> Iterator[Spot]:
        """Every season whose series has an earlier one of the same number."""
        return self._duplicates("seasons", ("series", "number"), "'season ' || number || ' of ' || series")

    def episodes_twice(self) -> Iterator[Spot]:
        """Every episode whose series has an earlier one, of another id, of the same season and number."""
        subject = "coalesce('season ' || season || ', ', '') || 'episode ' || number || ' of ' || series"
        return self._duplicates("episodes", ("series", "season", "number"), subject)

    def play_ids_shared(self) -> Iterator[Spot]:
        """The first play option of every item whose playId an earlier item has."""
        return self._duplicates("play_ids", ("play_id",), "play_id")

    def series_unknown(self) -> Iterator[Spot]:
        """Every episode and season whose series the feed does not have."""
        unknown = "WHERE series NOT IN (SELECT id FROM series WHERE id IS NOT NULL)"
        yield from self._spots(f"SELECT page, place, id, series FROM episodes {unknown}")  # noqa: S608 - no input
        yield from self._spots(f"SELECT page, place, id, series FROM seasons {unknown}")  # noqa: S608 - no input

    def seasons_unknown(self) -> Iterator[Spot]:
        """Every episode whose season number has no season, where its series is known."""
        return self._spots(
            "SELECT page, place, id, 'season ' || season || ' of ' || series FROM episodes AS e "
            "WHERE season IS NOT NULL AND series IN (SELECT id FROM series) AND NOT EXISTS "
            "(SELECT 1 FROM seasons AS s WHERE s.series = e.series AND s.number = e.season)"
        )

    def season_numbers_missing(self) -> Iterator[Spot]:
        """Every episode without season number whose series has seasons."""
        return self._spots(
            "SELECT page, place, id, series FROM episodes "
            "WHERE season IS NULL AND series IN (SELECT series FROM seasons)"
        )

    def mentions_unknown(self) -> Iterator[Spot]:
        """Every mention of an id that no item has."""
        return self._spots(
            "SELECT page, place, NULL, id FROM mentions WHERE id NOT IN (SELECT id FROM items WHERE id IS NOT NULL)"
        )

    def mentions_not_listable(self) -> Iterator[Spot]:
        """Every mention of an id that only items have which cannot be listed: episodes."""
        return self._spots(
            "SELECT page, place, NULL, id FROM mentions "
            "WHERE id IN (SELECT id FROM items) AND id NOT IN (SELECT id FROM listable)"
        )

    def tags_unknown(self) -> Iterator[Spot]:
        """Every use of a tag that no item has."""
        return self._spots("SELECT page, place, NULL, tag FROM tag_uses WHERE tag NOT IN (SELECT tag FROM tags)")

    def playlists_twice(self) -> Iterator[Spot]:
        """Every playlist whose name an earlier one has."""
        return self._duplicates("playlists", ("name",), "name")

    def playlists_unknown(self) -> Iterator[Spot]:
        """Every use of a playlist that the feed does not have."""
        return self._spots(
            "SELECT page, place, NULL, name FROM playlist_uses WHERE name NOT IN (SELECT name FROM playlists)"
        )

    def _write(self, table: str) -> None:
        rows = self._buffers[table]
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - our own names
            rows.clear()

    def _spots(self, query: str) -> Iterator[Spot]:
        for page, place, asset_id, subject in self._connection.execute(query):
            yield Spot(page, place, asset_id, subject)

    def _duplicates(self, table: str, key: tuple[str, ...], subject: str) -> Iterator[Spot]:
        """Rows whose key an earlier row has, in the order of their coming; NULL is a key like others.

        An item that is there twice says the rest twice too: only its id is told.
        """
        columns = ", ".join(key)
        repeated = f"SELECT {columns} FROM {table} GROUP BY {columns} HAVING count(*) > 1"  # noqa: S608 - no input
        same = " AND ".join(f"t.{column} IS r.{column}" for column in key)
        rows = f"SELECT t.rowid AS row, t.* FROM ({repeated}) AS r JOIN {table} AS t ON {same}"  # noqa: S608 - no input
        window = f"OVER (PARTITION BY {columns} ORDER BY row)"
        query = (
            f"SELECT page, place, id, {subject}, first_page, first_place FROM (SELECT *, row_number() {window} AS nth, "  # noqa: S608
            f"first_value(page) {window} AS first_page, first_value(place) {window} AS first_place, "
            f"first_value(id) {window} AS first_id FROM ({rows})) "
            f"WHERE nth > 1 AND ({table == 'items':d} OR id IS NULL OR id IS NOT first_id) ORDER BY row"
        )
        for row in self._connection.execute(query):
            yield Spot(*row)
