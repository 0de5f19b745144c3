"""Which titles are where: pages of titles with their status at each partner, filtered and sorted, at a million titles.

A page is read by its place between two rows, never by a number of rows to skip. It takes a constant number of queries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from edye_delivery.ledger.distribution_filter import DistributionFilter, Order, SortKey
from edye_delivery.ledger.distribution_query import KeyQuery, value_types
from edye_delivery.ledger.page_cursor import Cursor, cursor_of
from edye_delivery.ledger.status import StatusReader
from edye_delivery.ledger.status_records import Status

ROWS_MAX = 100
ROWS_A_READ = 250
LIST_NAME = "distribution"
FIRST_ORDER = Order(SortKey.SINCE, descending=True)


@dataclass(frozen=True, slots=True)
class TitleKey:
    """One title in one language (empty where it has none), and the status for which it is listed."""

    edye_id: str
    lang: str
    partner: str
    external_id: str


@dataclass(frozen=True, slots=True)
class TitleRow:
    """One title in one language, and its status at each allowed partner that has it.

    `found` is the status that the title is listed for: the first one of the order that fits the filter.
    """

    found: Status
    statuses: tuple[Status, ...]

    @property
    def edye_id(self) -> str:
        """The title's id at EDYE."""
        return self.found.edye_id

    @property
    def lang(self) -> str | None:
        """The title's language."""
        return self.found.lang

    def at(self, partner: str) -> Status | None:
        """The title's status at a partner; None where the partner does not have it. Of several, the latest."""
        return max((one for one in self.statuses if one.partner == partner), key=lambda one: one.since, default=None)


@dataclass(frozen=True, slots=True)
class DistributionPage:
    """Some rows of the list, and the cursors of the pages after and before; None where there is no such page.

    A page may have few rows, or none, and a next one: then very many titles in a row are listed elsewhere already, for
    their status at another partner.
    """

    rows: tuple[TitleRow, ...]
    next_cursor: str | None
    previous_cursor: str | None


def distribution_page(
    connection: Connection,
    wanted: DistributionFilter,
    now: datetime,
    order: Order = FIRST_ORDER,
    cursor: str = "",
    limit: int = ROWS_MAX,
) -> DistributionPage:
    """One page of at most `limit` titles (at most 100); the first one without a cursor.

    InvalidRequest for a cursor that is none, or one of another order. It may be used with another filter: the page then
    begins at the same place.
    """
    limit = max(1, min(limit, ROWS_MAX))
    name = f"{LIST_NAME} {order.key} {'down' if order.descending else 'up'}"
    begin = cursor_of(cursor, name, value_types(order.key)) if cursor else None
    is_backward = begin is not None and begin.is_backward
    query = KeyQuery(connection, wanted, now, order)
    found = query.keys(begin.values if begin else None, limit + 1, is_backward=is_backward)
    has_more, keys = len(found.rows) > limit, found.rows[:limit]
    further = query.values_of(keys[-1]) if has_more else found.stopped_at
    back = query.values_of(keys[0]) if keys and begin else None
    after, before = (back, further) if is_backward else (further, back)
    keys = list(reversed(keys)) if is_backward else keys
    return DistributionPage(
        tuple(title_rows(connection, map(_key_of, keys), wanted.partners, now)),
        None if after is None else Cursor(name, after).text(),
        None if before is None else Cursor(name, before, is_backward=True).text(),
    )


def distribution_rows(
    connection: Connection, wanted: DistributionFilter, now: datetime, order: Order = FIRST_ORDER
) -> Iterator[TitleRow]:
    """All titles of the list one after the other, read in pages: memory stays the same however many there are."""
    query = KeyQuery(connection, wanted, now, order)
    after = None
    while True:
        found = query.keys(after, ROWS_A_READ)
        yield from title_rows(connection, map(_key_of, found.rows), wanted.partners, now)
        if len(found.rows) < ROWS_A_READ and found.stopped_at is None:
            return
        after = query.values_of(found.rows[-1]) if found.stopped_at is None else found.stopped_at


def title_rows(
    connection: Connection, keys: Iterable[TitleKey], partners: tuple[str, ...], now: datetime
) -> Iterator[TitleRow]:
    """The titles of these keys, in their order, each with its statuses at the partners."""
    chosen = list(keys)
    found: dict[tuple[str, str], list[Status]] = {(key.edye_id, key.lang): [] for key in chosen}
    if chosen:
        for status in StatusReader(connection, now).of_edye_ids(partners, {key.edye_id for key in chosen}):
            of_title = found.get((status.edye_id, status.lang or ""))
            if of_title is not None:
                of_title.append(status)
    for key in chosen:
        statuses = sorted(found[key.edye_id, key.lang], key=lambda one: (one.partner, one.external_id))
        listed = next(one for one in statuses if (one.partner, one.external_id) == (key.partner, key.external_id))
        yield TitleRow(listed, tuple(statuses))


def _key_of(row: Row[Any]) -> TitleKey:
    return TitleKey(row.edye_id, row.lang, row.partner, row.external_id)
