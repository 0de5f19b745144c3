"""Titles that somebody may mean by the beginning of an id, by words of a name, or by an id with a slip in it."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime
from difflib import SequenceMatcher

from sqlalchemy import Connection, select

from edye_delivery.ledger.rows import chunks
from edye_delivery.ledger.status_records import Status
from edye_delivery.ledger.tables import TITLE_STATUS
from edye_delivery.ledger.title_search import QUERY_MAX_CHARS, search_titles

TITLES_A_SEARCH = 20
BEGINNING_MIN_CHARS = 4
NAMES_READ_MAX, NAMES_SEARCHED_MAX = 5_000, 20
SHARES = (0.75, 0.5, 0.3)
"""How much of a text is searched for where the whole of it finds nothing: its end may have a slip."""


def similar_titles(
    connection: Connection, partner: str, text: str, now: datetime, limit: int = 3
) -> tuple[Status, ...]:
    """The titles at the partner that are most like the text, the most similar one first; at most four short reads."""
    text = text.strip()[:QUERY_MAX_CHARS]
    for beginning in _beginnings(text):
        rows = search_titles(connection, beginning, (partner,), now, limit=TITLES_A_SEARCH).rows
        found = {row.found.external_id: row.found for row in rows}
        if found:
            return tuple(sorted(found.values(), key=lambda one: (-_likeness(text, one), one.external_id))[:limit])
    return ()


def names_like(
    connection: Connection, partners: Collection[str], names: Collection[str], now: datetime
) -> frozenset[str]:
    """The external_ids at these partners that may be meant by these names, and those of the names that there are.

    Of a partner with few titles they are all its ids; of one with very many they are those that begin alike.
    """
    found: set[str] = set()
    for partner in partners:
        of_partner = select(TITLE_STATUS.c.external_id).where(TITLE_STATUS.c.partner == partner)
        first = of_partner.order_by(TITLE_STATUS.c.external_id).limit(NAMES_READ_MAX)
        ids = connection.execute(first).scalars().all()
        if len(ids) < NAMES_READ_MAX:
            found.update(ids)
            continue
        for group in chunks(sorted(names)):
            found.update(connection.execute(of_partner.where(TITLE_STATUS.c.external_id.in_(group))).scalars())
        for name in sorted(names)[:NAMES_SEARCHED_MAX]:
            found.update(one.external_id for one in similar_titles(connection, partner, name, now, TITLES_A_SEARCH))
    return frozenset(found)


def _beginnings(text: str) -> Iterator[str]:
    yield text
    for share in SHARES:
        beginning = text[: int(len(text) * share)].strip()
        if len(beginning) >= BEGINNING_MIN_CHARS:
            yield beginning


def _likeness(text: str, status: Status) -> float:
    wanted = text.casefold()
    return max(SequenceMatcher(None, wanted, one.casefold()).ratio() for one in (status.external_id, status.title))
