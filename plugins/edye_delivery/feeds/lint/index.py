"""What the pages of a feed say about each other, in a private database that uses the disk when memory is full."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

BUFFER_MAX_ROWS = 2000
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
    """The place of something in a feed, and of the first thing with the same key; `subject` says what it is."""

    page: int
    place: str
    asset_id: str | None
    subject: str
    first_page: int = 0
    first_place: str = ""


@dataclass(frozen=True, slots=True)
class Notes:
    """Rows for the tables of a FeedIndex, of one page that is read apart from the others."""

    rows: dict[str, list[Sequence[Any]]]

    def note(self, table: str, row: Sequence[Any]) -> None:
        """Remembers a row for one of the tables."""
        self.rows.setdefault(table, []).append(row)


class FeedIndex:
    """Ids, series, seasons, episodes, play ids and mentions of ids, with page and place of each."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect("")  # a private file that stays in the cache until it is too large for it
        self._connection.execute(f"PRAGMA cache_size=-{CACHE_KIB}")
        self._connection.execute("PRAGMA journal_mode=OFF")
        self._connection.execute("PRAGMA synchronous=OFF")
        self._connection.executescript(TABLES)
        self._buffers: dict[str, list[tuple[Any, ...]]] = {}

    def note(self, table: str, row: tuple[Any, ...]) -> None:
        """Remembers a row for one of the tables."""
        buffer = self._buffers.get(table)
        if buffer is None:
            buffer = self._buffers[table] = []
        buffer.append(row)
        if len(buffer) >= BUFFER_MAX_ROWS:
            self._write(table)

    def add(self, notes: Notes) -> None:
        """Remembers the rows of a page that was read apart."""
        for table, rows in notes.rows.items():
            self._write(table)
            self._insert(table, rows)

    def build_indexes(self) -> None:
        """Writes the last rows and makes the queries below fast; call it once, after the last row."""
        for table in [*self._buffers]:
            self._write(table)
        self._connection.executescript(INDEXES)

    def close(self) -> None:
        """Deletes the database."""
        self._connection.close()

    def duplicate_ids(self) -> Iterator[Spot]:
        """Every item with the id of an earlier one."""
        return self._duplicates("items", ("id",), "id")

    def duplicate_seasons(self) -> Iterator[Spot]:
        """Every season with the series and number of an earlier one."""
        return self._duplicates("seasons", ("series", "number"), "'season ' || number || ' of ' || series")

    def duplicate_episodes(self) -> Iterator[Spot]:
        """Every episode with the series, season and number of an earlier one that has another id."""
        subject = "coalesce('season ' || season || ', ', '') || 'episode ' || number || ' of ' || series"
        return self._duplicates("episodes", ("series", "season", "number"), subject)

    def shared_play_ids(self) -> Iterator[Spot]:
        """The first play option of every item that has the playId of an earlier item."""
        return self._duplicates("play_ids", ("play_id",), "play_id")

    def unknown_series(self) -> Iterator[Spot]:
        """Every episode and season whose series is not in the feed."""
        unknown = "WHERE series NOT IN (SELECT id FROM series WHERE id IS NOT NULL)"
        yield from self._spots(f"SELECT page, place, id, series FROM episodes {unknown}")  # noqa: S608 - no input
        yield from self._spots(f"SELECT page, place, id, series FROM seasons {unknown}")  # noqa: S608 - no input

    def unknown_seasons(self) -> Iterator[Spot]:
        """Every episode whose series is in the feed, but without a season of that number."""
        return self._spots(
            "SELECT page, place, id, 'season ' || season || ' of ' || series FROM episodes AS e "
            "WHERE season IS NOT NULL AND series IN (SELECT id FROM series) AND NOT EXISTS "
            "(SELECT 1 FROM seasons AS s WHERE s.series = e.series AND s.number = e.season)"
        )

    def missing_season_numbers(self) -> Iterator[Spot]:
        """Every episode without season number whose series has seasons."""
        return self._spots(
            "SELECT page, place, id, series FROM episodes "
            "WHERE season IS NULL AND series IN (SELECT series FROM seasons)"
        )

    def unknown_mentions(self) -> Iterator[Spot]:
        """Every mention of an id that no item has."""
        return self._spots(
            "SELECT page, place, NULL, id FROM mentions WHERE id NOT IN (SELECT id FROM items WHERE id IS NOT NULL)"
        )

    def unlistable_mentions(self) -> Iterator[Spot]:
        """Every mention of an id that belongs only to episodes, which a playlist cannot have."""
        return self._spots(
            "SELECT page, place, NULL, id FROM mentions "
            "WHERE id IN (SELECT id FROM items) AND id NOT IN (SELECT id FROM listable)"
        )

    def unknown_tags(self) -> Iterator[Spot]:
        """Every use of a tag that no item has."""
        return self._spots("SELECT page, place, NULL, tag FROM tag_uses WHERE tag NOT IN (SELECT tag FROM tags)")

    def duplicate_playlists(self) -> Iterator[Spot]:
        """Every playlist with the name of an earlier one."""
        return self._duplicates("playlists", ("name",), "name")

    def unknown_playlists(self) -> Iterator[Spot]:
        """Every use of a playlist that is not in the feed."""
        return self._spots(
            "SELECT page, place, NULL, name FROM playlist_uses WHERE name NOT IN (SELECT name FROM playlists)"
        )

    def _write(self, table: str) -> None:
        rows = self._buffers.get(table)
        if rows:
            self._insert(table, rows)
            rows.clear()

    def _insert(self, table: str, rows: Sequence[Sequence[Any]]) -> None:
        marks = ", ".join("?" * len(rows[0]))
        self._connection.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)  # noqa: S608 - our own names

    def _spots(self, query: str) -> Iterator[Spot]:
        for page, place, asset_id, subject in self._connection.execute(query):
            yield Spot(page, place, asset_id, subject)

    def _duplicates(self, table: str, key: tuple[str, ...], subject: str) -> Iterator[Spot]:
        """Rows with the key of an earlier row, in the order in which they came; NULL counts as a key.

        If the same item is there twice, only its id is reported, and not everything else in it.
        """
        columns = ", ".join(key)
        groups = f"SELECT {columns} FROM {table} GROUP BY {columns} HAVING count(*) > 1"  # noqa: S608 - no input
        same = " AND ".join(f"t.{column} IS r.{column}" for column in key)
        rows = f"SELECT t.rowid AS row, t.* FROM ({groups}) AS r JOIN {table} AS t ON {same}"  # noqa: S608 - no input
        window = f"OVER (PARTITION BY {columns} ORDER BY row)"
        query = (
            f"SELECT page, place, id, {subject}, first_page, first_place FROM (SELECT *, row_number() {window} AS nth, "  # noqa: S608
            f"first_value(page) {window} AS first_page, first_value(place) {window} AS first_place, "
            f"first_value(id) {window} AS first_id FROM ({rows})) "
            f"WHERE nth > 1 AND ({table == 'items':d} OR id IS NULL OR id IS NOT first_id) ORDER BY row"
        )
        for row in self._connection.execute(query):
            yield Spot(*row)
