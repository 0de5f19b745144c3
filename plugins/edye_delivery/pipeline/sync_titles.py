"""The titles of a comparison with JW Player, and what is compared, in a temporary database: never all in memory."""

from __future__ import annotations

import sqlite3
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson

from edye_delivery.annex.model import Annex
from edye_delivery.annex.naming import external_id_of
from edye_delivery.annex.selection import exclusion_reason, exclusion_reason_by
from edye_delivery.catalog.jw_library import JwLibrary
from edye_delivery.catalog.jw_player import JwMedia
from edye_delivery.catalog.order import Accepted
from edye_delivery.catalog.stored_title import title_json, title_of
from edye_delivery.catalog.title import Title
from edye_delivery.pipeline.sync_facts import MEDIA_FACTS, TITLE_FACTS, media_facts, title_facts

READ_ROWS = 500
_FACTS = ", ".join(TITLE_FACTS)
TABLES = f"""
PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA temp_store = FILE;
CREATE TABLE titles (
    number INTEGER PRIMARY KEY, edye_id TEXT, media_id TEXT, lang TEXT, name TEXT, is_visible INTEGER,
    is_asked INTEGER, {_FACTS}
);
CREATE TABLE contents (number INTEGER PRIMARY KEY, title BLOB);
CREATE TABLE given (edye_id TEXT PRIMARY KEY, external_id TEXT, media_id TEXT, {_FACTS}, title BLOB) WITHOUT ROWID;
CREATE TABLE media ({", ".join(MEDIA_FACTS)}, PRIMARY KEY (id)) WITHOUT ROWID;
CREATE TABLE looks (id TEXT PRIMARY KEY) WITHOUT ROWID;
BEGIN;
"""
INDEXES = """
CREATE INDEX titles_by_media ON titles (media_id, number); CREATE INDEX titles_by_id ON titles (edye_id);
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
    titles to compare, empty for all. One thread at a time may use it. `database` has the tables, for sync_agreement.
    """

    def __init__(self, annexes: Mapping[str, Annex], partner: str = "", asked: Iterable[str] = ()) -> None:
        self._annexes = [annexes[partner]] if partner else list(annexes.values())
        self._only_partners, self._asked, self._found = bool(partner), frozenset(asked), set[str]()
        self._count = 0
        self.database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self.database.executescript(TABLES)
        weakref.finalize(self, self.database.close)

    def add(self, titles: Iterable[bytes]) -> None:
        """Adds titles of the catalogue, each as JSON."""
        insert, all_titles = _insert("titles", 7 + len(TITLE_FACTS)), iter(titles)
        while contents := list(islice(all_titles, READ_ROWS)):
            numbers = range(self._count, self._count + len(contents))
            self._count += len(contents)
            rows = ((number, *self._row(content)) for number, content in zip(numbers, contents, strict=True))
            self.database.executemany(insert, rows)
            self.database.executemany("INSERT INTO contents VALUES (?, ?)", zip(numbers, contents, strict=True))

    def add_given(self, accepted: Iterable[Accepted]) -> None:
        """Adds the titles that the partner was given, as it has them."""
        insert = _insert("given", 4 + len(TITLE_FACTS))
        for one in accepted:
            content = title_json(one.title)
            row = (one.title.id, one.external_id, one.title.jwp_id or "", *title_facts(orjson.loads(content)), content)
            self.database.execute(insert, row)

    def finish(self) -> None:
        """Call it when all titles are added."""
        self.database.execute("COMMIT")
        self.database.executescript(INDEXES)

    def load_media(self, library: JwLibrary) -> None:
        """Call it after `finish`: takes over what is compared of each media."""
        self.database.execute("BEGIN")
        self.database.execute("DELETE FROM media")
        insert = _insert("media", len(MEDIA_FACTS))
        self.database.executemany(insert, map(media_facts, library.objects()))
        self.database.execute("COMMIT")

    def keep_media(self, media: JwMedia) -> None:
        """Takes over one more media, after `load_media`."""
        self.database.execute(_insert("media", len(MEDIA_FACTS)), media_facts(orjson.loads(orjson.dumps(media))))

    def load_looks(self, media_ids: Iterable[str]) -> None:
        """Takes over which media the Delivery API answered on."""
        self.database.execute("BEGIN")
        self.database.execute("DELETE FROM looks")
        self.database.executemany("INSERT INTO looks VALUES (?)", ((media_id,) for media_id in media_ids))
        self.database.execute("COMMIT")

    @property
    def not_found(self) -> list[str]:
        """The names that were asked for and that no title has."""
        return sorted(self._asked - self._found)

    def title(self, number: int) -> SyncTitle:
        """One title of those that are compared."""
        query = (
            "SELECT c.title, g.title FROM titles t JOIN contents c USING (number) "
            "LEFT JOIN given g ON g.edye_id = t.edye_id WHERE number = ?"
        )
        ((content, given),) = self.database.execute(query, (number,)).fetchall()
        title = title_of(content)
        taker = next((annex for annex in self._annexes if exclusion_reason(annex, title) is None), None)
        external_id = external_id_of(taker, title) if taker is not None else ""
        return SyncTitle(title, external_id, title_of(given) if given is not None else None)

    def content(self, number: int) -> dict[str, Any]:
        """One title, as it is in JSON: for what needs no check of its form."""
        ((content,),) = self.database.execute("SELECT title FROM contents WHERE number = ?", (number,)).fetchall()
        fields: dict[str, Any] = orjson.loads(content)
        return fields

    def titles_of_partner_alone(self) -> Iterator[SyncTitle]:
        """The titles that the partner was given, and that are not among those compared; as it has them."""
        query = (
            "SELECT g.edye_id, g.external_id, g.title FROM given g WHERE g.edye_id > ? AND NOT EXISTS "
            "(SELECT 1 FROM titles t WHERE t.edye_id = g.edye_id AND t.is_visible) ORDER BY g.edye_id LIMIT ?"
        )
        after = ""
        while rows := self.database.execute(query, (after, READ_ROWS)).fetchall():
            for after, external_id, title in rows:
                if not self._asked or {after, external_id} & self._asked:
                    yield SyncTitle(title_of(title), external_id)

    def media_ids(self) -> Iterator[str]:
        """The media that the compared titles name, each once, in order."""
        query = "SELECT DISTINCT media_id FROM titles WHERE is_visible AND is_asked AND media_id > '' ORDER BY media_id"
        for (media_id,) in self.database.execute(query):
            yield media_id

    def uses(self, media_id: str) -> int:
        """How many titles of the whole catalogue name the media, hidden ones too."""
        ((count,),) = self.database.execute("SELECT count(*) FROM titles WHERE media_id = ?", (media_id,))
        return int(count)

    def visible_users(self, media_id: str) -> tuple[tuple[str, str], ...]:
        """(name, language) of the visible titles of the whole catalogue that name the media, the first hundred."""
        query = "SELECT name, lang FROM titles WHERE media_id = ? AND is_visible ORDER BY number LIMIT 100"
        return tuple(self.database.execute(query, (media_id,)))

    def with_tag(self, tag: str | None) -> Iterator[tuple[str, str]]:
        """(media, name) of every visible title that has the tag, or of every one where None is given."""
        query = "SELECT media_id, name, tags FROM titles WHERE is_visible AND media_id > '' AND instr(tags, ?)"
        for media_id, name, tags in self.database.execute(query, (orjson.dumps(tag) if tag is not None else b"[",)):
            if tag is None or tag in orjson.loads(tags):
                yield media_id, name

    def has_tag(self, media_id: str, tag: str | None) -> bool:
        """Whether a visible title that names the media has the tag; where None is given, whether there is one."""
        rows = self.database.execute("SELECT tags FROM titles WHERE media_id = ? AND is_visible", (media_id,))
        return any(tag is None or tag in orjson.loads(tags) for (tags,) in rows)

    def _row(self, content: bytes) -> tuple[Any, ...]:
        """A row of `titles`, without its number."""
        fields = orjson.loads(content)
        series, titles, lang = fields["series"], fields["titles"], fields["lang"] or ""
        is_visible = fields["visible"] and (series is None or series["visible"])
        name = titles.get(lang) or next(iter(titles.values()), "")
        media_id, is_asked = fields.get("jwp_id") or "", self._is_asked(content, fields, is_visible=is_visible)
        return (fields["id"], media_id, lang, name, is_visible, is_asked, *title_facts(fields))

    def _is_asked(self, content: bytes, fields: Mapping[str, Any], *, is_visible: bool) -> bool:
        """Whether the title is compared, if it is visible."""
        if not (self._asked or self._only_partners):
            return True
        terms = {"is_visible": is_visible, "tags": fields["tags"], "geo": fields["geo"]}
        takers = [annex for annex in self._annexes if exclusion_reason_by(annex, **terms) is None]
        if self._asked:
            title = title_of(content)
            names = {title.id, *(external_id_of(annex, title) for annex in takers)} & self._asked
            self._found |= names
            if not names:
                return False
        return bool(takers) or not self._only_partners


def _insert(table: str, columns: int) -> str:
    return f"INSERT OR REPLACE INTO {table} VALUES ({', '.join('?' * columns)})"  # noqa: S608
