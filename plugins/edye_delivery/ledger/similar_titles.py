"""Titles that somebody may mean by the beginning of an id, by words of a name, or by an id with a slip in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from difflib import SequenceMatcher

from sqlalchemy import Connection

from edye_delivery.ledger.status import Status
from edye_delivery.ledger.title_search import QUERY_MAX_CHARS, search_titles

TITLES_A_SEARCH = 20
BEGINNING_MIN_CHARS = 4
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


def _beginnings(text: str) -> Iterator[str]:
    yield text
    for share in SHARES:
        beginning = text[: int(len(text) * share)].strip()
        if len(beginning) >= BEGINNING_MIN_CHARS:
            yield beginning


def _likeness(text: str, status: Status) -> float:
    wanted = text.casefold()
    return max(SequenceMatcher(None, wanted, one.casefold()).ratio() for one in (status.external_id, status.title))
