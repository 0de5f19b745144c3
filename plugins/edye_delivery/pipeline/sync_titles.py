"""The titles of a comparison with JW Player, in a temporary database: looked up by media, never all in memory."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from edye_delivery.annex.model import Annex
from edye_delivery.annex.naming import external_id_of
from edye_delivery.annex.selection import exclusion_reason
from edye_delivery.catalog.order import Accepted
from edye_delivery.catalog.title import Title
from edye_delivery.ledger.rows import title_json, title_of
from edye_delivery.qc.sync.subjects import is_visible

READ_ROWS = 500
TABLES = """
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;
CREATE TABLE titles (
    number INTEGER PRIMARY KEY, edye_id TEXT, external_id TEXT, media_id TEXT, lang TEXT, is_visible INTEGER,
    is_asked INTEGER, title BLOB
);
CREATE TABLE tags (media_id TEXT, tag TEXT, name TEXT);
CREATE TABLE given (edye_id TEXT PRIMARY KEY, external_id TEXT, title BLOB) WITHOUT ROWID;
BEGIN;
"""
INDEXES = """
CREATE INDEX titles_by_media ON titles (media_id, number); CREATE INDEX titles_by_id ON titles (edye_id);
CREATE INDEX tags_by_tag ON tags (tag, media_id);
"""


@dataclass(frozen=True, slots=True)
class SyncTitle:
    """A title of the catalogue, its name at a partner, and the state of it that the partner was given, if any."""

    title: Title
    external_id: str
    given: Title | None = None


class SyncTitles:
    """All titles of the catalogue, and those that a partner was given; deleted with this object.

    With a `partner` only titles that its annex takes are compared; `asked` are EDYE ids or external_ids of the only
    titles to compare, empty for all. One thread at a time may use it.
    """

    def __init__(self, annexes: Mapping[str, Annex], partner: str = "", asked: Iterable[str] = ()) -> None:
        self._annexes = [annexes[partner]] if partner else list(annexes.values())
        self._only_partners, self._asked, self._found = bool(partner), frozenset(asked), set[str]()
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.executescript(TABLES)
        weakref.finalize(self, self._database.close)

    def add(self, titles: Iterable[Title]) -> None:
        """Adds titles of the catalogue."""
        self._database.executemany("INSERT INTO titles VALUES (?, ?, ?, ?, ?, ?, ?, ?)", map(self._row, titles))

    def add_given(self, accepted: Iterable[Accepted]) -> None:
        """Adds the titles that the partner was given, as it has them."""
        rows = ((one.title.id, one.external_id, title_json(one.title)) for one in accepted)
        self._database.executemany("INSERT OR REPLACE INTO given VALUES (?, ?, ?)", rows)

    def finish(self) -> None:
        """Call it when all titles are added."""
        self._database.execute("COMMIT")
        self._database.executescript(INDEXES)

    @property
    def not_found(self) -> list[str]:
        """The names that were asked for and that no title has."""
        return sorted(self._asked - self._found)

    def compared(self) -> Iterator[SyncTitle]:
        """The visible titles that are compared, by media; a title without media comes first."""
        query = (
            "SELECT t.number, t.media_id, t.external_id, t.title, g.title FROM titles t "
            "LEFT JOIN given g ON g.edye_id = t.edye_id WHERE t.is_visible AND t.is_asked "
            "AND (t.media_id, t.number) > (?, ?) ORDER BY t.media_id, t.number LIMIT ?"
        )
        after: tuple[str, int] = ("", -1)
        while rows := self._database.execute(query, (*after, READ_ROWS)).fetchall():
            for number, media_id, external_id, title, given in rows:
                after = (media_id, number)
                yield SyncTitle(title_of(title), external_id, title_of(given) if given is not None else None)

    def given_alone(self) -> Iterator[SyncTitle]:
        """The titles that the partner was given, and that are not among those compared; as it has them."""
        query = (
            "SELECT g.edye_id, g.external_id, g.title FROM given g WHERE g.edye_id > ? AND NOT EXISTS "
            "(SELECT 1 FROM titles t WHERE t.edye_id = g.edye_id AND t.is_visible) ORDER BY g.edye_id LIMIT ?"
        )
        after = ""
        while rows := self._database.execute(query, (after, READ_ROWS)).fetchall():
            for after, external_id, title in rows:
                if not self._asked or {after, external_id} & self._asked:
                    yield SyncTitle(title_of(title), external_id)

    def media_ids(self) -> Iterator[str]:
        """The media that the compared titles name, each once, in order."""
        return self._media_ids(
            "SELECT DISTINCT media_id FROM titles WHERE is_visible AND is_asked AND media_id > ? "
            "ORDER BY media_id LIMIT ?"
        )

    def all_media_ids(self) -> Iterator[str]:
        """The media that visible titles of the whole catalogue name, compared or not, each once, in order."""
        return self._media_ids(
            "SELECT DISTINCT media_id FROM titles WHERE is_visible AND media_id > ? ORDER BY media_id LIMIT ?"
        )

    def _media_ids(self, query: str) -> Iterator[str]:
        after = ""
        while rows := self._database.execute(query, (after, READ_ROWS)).fetchall():
            for (after,) in rows:
                yield after

    def uses(self, media_id: str) -> int:
        """How many titles of the whole catalogue name the media, hidden ones too."""
        ((count,),) = self._database.execute("SELECT count(*) FROM titles WHERE media_id = ?", (media_id,))
        return int(count)

    def visible_users(self, media_id: str) -> tuple[tuple[str, str], ...]:
        """(name, language) of the visible titles of the whole catalogue that name the media, the first hundred."""
        rows = self._database.execute(
            "SELECT title, lang FROM titles WHERE media_id = ? AND is_visible ORDER BY number LIMIT 100", (media_id,)
        )
        return tuple((title_of(title).name, lang) for title, lang in rows)

    def with_tag(self, tag: str | None) -> Iterator[tuple[str, str]]:
        """(media, name) of every visible title that has the tag, or of every one where None is given."""
        yield from self._database.execute("SELECT media_id, name FROM tags WHERE tag IS ? ORDER BY media_id", (tag,))

    def _row(self, title: Title) -> tuple[str | int | bytes | None, ...]:
        takers = [annex for annex in self._annexes if exclusion_reason(annex, title) is None]
        external_id = external_id_of(takers[0], title) if takers else ""
        names = {title.id, *(external_id_of(annex, title) for annex in takers)} & self._asked
        self._found |= names
        is_asked = bool(names or not self._asked) and bool(takers or not self._only_partners)
        is_shown, media_id = is_visible(title), title.jwp_id or ""
        if is_shown and media_id:
            tags: list[str | None] = [*dict.fromkeys(title.tags), None]
            self._database.executemany(
                "INSERT INTO tags VALUES (?, ?, ?)", ((media_id, tag, title.name) for tag in tags)
            )
        lang = title.lang or ""
        return (None, title.id, external_id, media_id, lang, is_shown, is_asked, title_json(title))
