"""Titles by words of their name, accents and case ignored, or by the beginning of one of their ids."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, select, tuple_, union_all

from edye_delivery.ledger.distribution import TitleKey, TitleRow, title_rows
from edye_delivery.ledger.page_cursor import NO_TEXT, Cursor, cursor_of
from edye_delivery.ledger.tables import DELIVERIES, TITLE_STATUS, TITLE_WORDS
from edye_delivery.ledger.title_words import TitleFacts, folded_id, folded_title, search_words, words_of

QUERY_MAX_CHARS = 200
QUERY_WORDS_MAX = 8
ROWS_MAX = 50
COUNTED_MAX = 5000
WORDS_A_READ, WORDS_A_PAGE_MAX = 500, 2000
AFTER_ALL = b"\xff"
"""No text in UTF-8 has this byte, so every word with a beginning is before the beginning with it."""
TRACKING_MIN_CHARS = 4
LIST_NAME = "search"
CURSOR_TYPES = (bytes, bytes, str, str)


@dataclass(frozen=True, slots=True)
class SearchPage:
    """Some titles that fit, and the cursor of the next ones, or None.

    A page may have few titles, or none, and a next one: then many titles were looked at, and few of them fit.
    """

    rows: tuple[TitleRow, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class _Found:
    """A word of one title at one partner, in the order of the search."""

    word: bytes
    edye_id: str
    partner: str


def search_titles(
    connection: Connection, query: str, partners: Sequence[str], now: datetime, cursor: str = "", limit: int = ROWS_MAX
) -> SearchPage:
    """A page of about `limit` titles (at most 50) at these partners, in all languages.

    All words of the query have to begin a word of the name. A query without a space may also be the beginning of an
    external_id, an EDYE id or a tracking id. InvalidRequest for a cursor that is none.
    """
    query = NO_TEXT.sub("", query[:QUERY_MAX_CHARS]).strip()
    limit = max(1, min(limit, ROWS_MAX))
    if not partners or not query:
        return SearchPage((), None)
    search = _Search(connection, tuple(partners), now, limit)
    words = words_of(folded_title(query))[:QUERY_WORDS_MAX]
    whole = folded_id(query)
    is_one = len(query.split()) == 1
    if cursor:
        driver, *place = cursor_of(cursor, LIST_NAME, CURSOR_TYPES).values
        return search.page(driver, () if driver == whole and is_one else words, _Found(*place))
    if is_one and whole:
        page = search.page(whole, (), None)
        if page.rows or page.next_cursor:
            return page
        rows = search.by_tracking_id(query)
        if rows:
            return SearchPage(rows, None)
    return search.page(search.rarest(words), words, None) if words else SearchPage((), None)


class _Search:
    def __init__(self, connection: Connection, partners: tuple[str, ...], now: datetime, limit: int) -> None:
        self._connection, self._partners, self._now, self._limit = connection, partners, now, limit

    def rarest(self, words: Sequence[bytes]) -> bytes:
        """The word that begins the fewest words of titles: its titles are looked at."""
        return min(words, key=lambda word: (self._count(word), -len(word)))

    def page(self, driver: bytes, words: Sequence[bytes], after: _Found | None) -> SearchPage:
        """Titles with a word that begins with `driver`, of whose names all `words` begin a word."""
        keys: list[TitleKey] = []
        looked_at = 0
        while looked_at < WORDS_A_PAGE_MAX:
            found = self._read(driver, after)
            facts = self._facts({one.edye_id for one in found})
            for one in found:
                keys += _listed(one, driver, words, facts.get(one.edye_id, []))
                after = one
                if len(keys) >= self._limit:
                    return self._page(keys, driver, after)
            looked_at += len(found)
            if len(found) < WORDS_A_READ:
                return self._page(keys, driver, None)
        return self._page(keys, driver, after)

    def by_tracking_id(self, beginning: str) -> tuple[TitleRow, ...]:
        """The titles of deliveries whose tracking id begins so."""
        if len(beginning) < TRACKING_MIN_CHARS:
            return ()
        query = (
            select(TITLE_STATUS.c.edye_id, TITLE_STATUS.c.lang, TITLE_STATUS.c.partner, TITLE_STATUS.c.external_id)
            .join(
                DELIVERIES,
                (DELIVERIES.c.partner == TITLE_STATUS.c.partner)
                & (DELIVERIES.c.external_id == TITLE_STATUS.c.external_id),
            )
            .where(_begins(self._connection, beginning), func.coalesce(DELIVERIES.c.partner, "").in_(self._partners))
            .limit(self._limit)
        )
        keys = {(row.edye_id, row.lang): TitleKey(*row) for row in self._connection.execute(query)}
        return tuple(title_rows(self._connection, keys.values(), self._partners, self._now))

    def _page(self, keys: Sequence[TitleKey], driver: bytes, after: _Found | None) -> SearchPage:
        rows = tuple(title_rows(self._connection, keys, self._partners, self._now))
        if after is None:
            return SearchPage(rows, None)
        return SearchPage(rows, Cursor(LIST_NAME, (driver, after.word, after.edye_id, after.partner)).text())

    def _count(self, word: bytes) -> int:
        rows = [self._words(partner, word).limit(COUNTED_MAX).subquery() for partner in self._partners]
        return sum(
            self._connection.execute(select(func.count()).select_from(one)).scalar_one() for one in rows
        )  # fmt: skip

    def _read(self, driver: bytes, after: _Found | None) -> list[_Found]:
        pages = []
        for partner in self._partners:
            query = self._words(partner, driver)
            if after is not None:
                place = tuple_(TITLE_WORDS.c.word, TITLE_WORDS.c.edye_id)
                last = tuple_(literal(after.word, TITLE_WORDS.c.word.type), literal(after.edye_id))
                query = query.where(place >= last if partner > after.partner else place > last)
            ordered = query.order_by(TITLE_WORDS.c.word, TITLE_WORDS.c.edye_id).limit(WORDS_A_READ).subquery()
            pages.append(select(ordered))
        together = union_all(*pages).subquery()
        order = (together.c.word, together.c.edye_id, together.c.partner)
        rows = self._connection.execute(select(together).order_by(*order).limit(WORDS_A_READ))
        return [_Found(bytes(row.word), row.edye_id, row.partner) for row in rows]

    def _words(self, partner: str, beginning: bytes) -> Any:
        columns = (TITLE_WORDS.c.word, TITLE_WORDS.c.edye_id, TITLE_WORDS.c.partner)
        return select(*columns).where(
            TITLE_WORDS.c.partner == partner,
            TITLE_WORDS.c.word >= beginning,
            TITLE_WORDS.c.word < beginning + AFTER_ALL,
        )

    def _facts(self, edye_ids: set[str]) -> dict[str, list[Any]]:
        """The statuses of these titles at the partners, by EDYE id."""
        names = ("edye_id", "lang", "partner", "external_id", "kind", "folded_title")
        of_partners = func.coalesce(TITLE_STATUS.c.partner, "").in_(self._partners)  # or SQLite reads all of a partner
        query = select(*(TITLE_STATUS.c[name] for name in names)).where(
            TITLE_STATUS.c.edye_id.in_(edye_ids), of_partners
        )
        found: dict[str, list[Any]] = {}
        for row in self._connection.execute(query) if edye_ids else ():
            found.setdefault(row.edye_id, []).append(row)
        return found


def _listed(found: _Found, driver: bytes, words: Sequence[bytes], rows: Sequence[Any]) -> Iterator[TitleKey]:
    """The languages of a title that are listed for this word: the first one, in the search's order, that finds them."""
    for lang, of_lang in groupby(sorted(rows, key=lambda row: row.lang), lambda row: row.lang):
        places = []
        for row in of_lang:
            facts = TitleFacts(row.edye_id, row.kind, row.lang, bytes(row.folded_title or b""))
            own = words_of(facts.folded_title)
            if all(any(one.startswith(word) for one in own) for word in words):
                its = (one for one in search_words(row.external_id, facts) if one.startswith(driver))
                places += [(word, row.partner, row.external_id) for word in its]
        if places:
            word, partner, external_id = min(places)
            if (word, partner) == (found.word, found.partner):
                yield TitleKey(found.edye_id, lang, partner, external_id)


def _begins(connection: Connection, beginning: str) -> ColumnElement[bool]:
    """Whether a tracking id begins so, in the words that let each database's index find it."""
    column = DELIVERIES.c.tracking_id
    if connection.dialect.name == "postgresql":
        return column.startswith(beginning, autoescape=True)
    return (column >= beginning) & (column < beginning + "\U0010ffff")
