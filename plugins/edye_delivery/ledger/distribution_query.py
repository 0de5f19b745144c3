"""The keys of a page of titles: which index to read so that neither a rare nor a frequent filter reads a million rows.

Where few rows fit one condition that has an index, all of them are read and sorted. Else the rows are read in the order
of the list until the page is full; then enough of them fit. The databases' planners cannot tell the two apart: SQLite
has no statistics here, and PostgreSQL does not know which conditions go together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, case, func, literal, select, tuple_, union_all

from edye_delivery.catalog.vocabulary import DeliveryState, TitleKind
from edye_delivery.ledger.distribution_filter import DistributionFilter, Order, SortKey
from edye_delivery.ledger.status import WORST_FIRST
from edye_delivery.ledger.tables import DELIVERIES, TITLE_STATUS
from edye_delivery.ledger.waits import NEEDS_A_WAIT, nobody_waits

FEW = 10_000
"""So many rows are sorted in some 20 ms; where more fit, a page is full after few rows of the list."""
LOOKED_AT_MAX, READ_MAX = 8000, 2000
"""Of so many statuses at most, one page finds out for which of its partners a title is listed."""
UNENDED = (*NEEDS_A_WAIT, DeliveryState.PLANNED, DeliveryState.SENDING)
KEYS = ("edye_id", "lang", "partner", "external_id", "state")
KEY_TYPES = {"since": datetime, "folded_title": bytes, "external_id": str, "partner": str, "rank": int}
Values = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of some titles; `stopped_at` is where the reading was ended before so many were found, else None."""

    rows: list[Row[Any]]
    stopped_at: Values | None


ORDERED_BY: dict[SortKey, tuple[str, ...]] = {
    SortKey.SINCE: ("since", "external_id", "partner"),
    SortKey.TITLE: ("folded_title", "external_id", "partner"),
    SortKey.EXTERNAL_ID: ("external_id", "partner"),
    SortKey.STATE: ("since", "external_id", "partner"),  # state after state, the worst one first
}


def value_types(key: SortKey) -> tuple[type, ...]:
    """The types of a cursor's values in a list that is sorted so."""
    names = ("rank", *ORDERED_BY[key]) if key is SortKey.STATE else ORDERED_BY[key]
    return tuple(KEY_TYPES[name] for name in names)


class KeyQuery:
    """Reads the keys of the titles that a filter lists, in one order; asks once which conditions few rows fit."""

    def __init__(self, connection: Connection, wanted: DistributionFilter, now: datetime, order: Order) -> None:
        self._connection, self._wanted, self._now, self._order = connection, wanted, now, order
        self._names = ORDERED_BY[order.key]
        self._few = self._condition_of_few()

    def keys(self, begin: Values | None, limit: int, *, is_backward: bool = False) -> Keys:
        """The next titles after these values, in reading order; if backward, those before them, the nearest first."""
        descending = self._order.descending != is_backward
        if not self._wanted.partners:
            return Keys([], None)
        if self._order.key is not SortKey.STATE:
            return self._listed(begin, limit, descending, None, LOOKED_AT_MAX)
        states = list(WORST_FIRST) if self._wanted.state is None else [self._wanted.state]
        found: list[Row[Any]] = []
        for state in reversed(states) if descending else states:
            rank, first = WORST_FIRST.index(state), begin[0] if begin else None
            if first is not None and (rank > first if descending else rank < first):
                continue
            after = begin[1:] if begin is not None and rank == first else None
            of_state = self._listed(after, limit - len(found), descending, state, LOOKED_AT_MAX)
            found += of_state.rows
            if len(found) >= limit or of_state.stopped_at is not None:
                return Keys(found, of_state.stopped_at)
        return Keys(found, None)

    def _listed(
        self, begin: Values | None, limit: int, descending: bool, state: DeliveryState | None, looked_at_max: int
    ) -> Keys:
        """The statuses for which titles are listed; a title whose status at another partner comes first is left out."""
        found: list[Row[Any]] = []
        after, looked_at = begin, 0
        size = limit * len(self._wanted.partners)
        while True:
            rows = self._read(after, size, descending, state)
            for row in rows:
                if row.is_listed:
                    found.append(row)
                    if len(found) == limit:
                        return Keys(found, None)
            looked_at += len(rows)
            if len(rows) < size:
                return Keys(found, None)
            if looked_at >= looked_at_max:
                return Keys(found, self.values_of(rows[-1]))
            after, size = tuple(self._of(rows[-1])), max(size, READ_MAX)

    def values_of(self, row: Row[Any]) -> Values:
        """The values of a cursor that stands at this row."""
        values = tuple(bytes(one) if isinstance(one, bytes | memoryview) else one for one in self._of(row))
        return (WORST_FIRST.index(row.state), *values) if self._order.key is SortKey.STATE else values

    def _of(self, row: Row[Any]) -> Iterator[Any]:
        yield from (getattr(row, name) for name in self._names)

    def _read(self, begin: Values | None, limit: int, descending: bool, state: DeliveryState | None) -> list[Row[Any]]:
        pages = [
            self._page_of(partner, begin, limit, descending, state).subquery() for partner in self._wanted.partners
        ]
        together = union_all(*(select(page) for page in pages)).subquery()
        first = select(together).order_by(*self._direction(together, descending)).limit(limit).subquery("first")
        is_listed = case((self._other_first(first), literal(0)), else_=literal(1)).label("is_listed")
        query = select(first, is_listed).order_by(*self._direction(first, descending))
        return list(self._connection.execute(query))

    def _direction(self, source: Any, descending: bool) -> Iterator[ColumnElement[Any]]:
        for name in self._names:
            yield source.c[name].desc() if descending else source.c[name]

    def _page_of(
        self, partner: str, begin: Values | None, limit: int, descending: bool, state: DeliveryState | None
    ) -> Select[Any]:
        """A page of one partner's statuses that fit the filter."""
        source: Any = TITLE_STATUS
        conditions = list(self._conditions(TITLE_STATUS, is_state_indexed=self._order.key is SortKey.SINCE))
        if self._few is not None:
            few = select(TITLE_STATUS).where(TITLE_STATUS.c.partner == partner, self._few).limit(FEW + 1)
            source = few.subquery("few")
            conditions = list(self._conditions(source))
        if state is not None:
            conditions.append(source.c.state == state)
        if begin is not None:
            conditions.append(self._is_beyond(source, partner, begin, descending))
        names = self._names[:-1]  # one partner only
        return (
            select(*(source.c[name] for name in dict.fromkeys((*KEYS, *self._names))))
            .where(source.c.partner == partner, *conditions)
            .order_by(*(source.c[name].desc() if descending else source.c[name] for name in names))
            .limit(limit)
        )

    def _is_beyond(self, source: Any, partner: str, begin: Values, descending: bool) -> ColumnElement[bool]:
        """Whether a row comes after the values; in the words that let an index begin there."""
        *values, of_partner = begin
        columns = [source.c[name] for name in self._names[:-1]]
        place = tuple_(*columns)
        first = tuple_(*(literal(value, column.type) for value, column in zip(values, columns, strict=True)))
        if descending:
            return place <= first if partner < of_partner else place < first
        return place >= first if partner > of_partner else place > first

    def _conditions(self, source: Any, *, is_state_indexed: bool = False) -> Iterator[ColumnElement[bool]]:
        """The filter; unless the state's index gives the order too, no index of it is offered to SQLite's planner."""
        wanted = self._wanted
        for name in ("state", "cause", "owner", "kind", "lang"):
            value = getattr(wanted, name)
            if value is not None:
                column = source.c[name]
                is_plain = name == "state" and is_state_indexed
                yield (column if is_plain else self._without_index(column)) == str(value)
        if wanted.window is not None:
            is_plain = self._order.key in (SortKey.SINCE, SortKey.STATE)
            since = source.c.since if is_plain else self._without_index(source.c.since)
            yield and_(since >= wanted.window.start_at, since < wanted.window.end_at)
        if wanted.nobody_waits:
            yield self._without_index(source.c.state).in_(UNENDED)
            of_row = DELIVERIES.c.delivery_key == source.c.delivery_key
            yield select(DELIVERIES.c.delivery_key).where(of_row, nobody_waits(self._now)).correlate(source).exists()

    def _without_index(self, column: ColumnElement[Any]) -> ColumnElement[Any]:
        """The column so that SQLite uses no index for it.

        PostgreSQL would take this for a condition that one row of 200 fits, and sort hundreds of thousands of rows.
        """
        return func.coalesce(column, column) if self._connection.dialect.name == "sqlite" else column

    def _other_first(self, source: Any) -> ColumnElement[bool]:
        """Whether the same title is listed already, for another status that fits the filter too."""
        other = TITLE_STATUS.alias("other")
        place, own = (tuple_(*self._place(one)) for one in (other, source))
        return (
            select(other.c.edye_id)
            .where(other.c.edye_id == source.c.edye_id, func.coalesce(other.c.lang, "") == source.c.lang)
            .where(func.coalesce(other.c.partner, "").in_(self._wanted.partners), *self._conditions(other))
            .where(place > own if self._order.descending else place < own)
            .correlate(source)
            .exists()
        )

    def _place(self, source: Any) -> Iterator[Any]:
        if self._order.key is SortKey.STATE:
            ranks = ((source.c.state == state.value, literal(rank)) for rank, state in enumerate(WORST_FIRST))
            yield case(*ranks, else_=literal(len(WORST_FIRST)))
        yield from (source.c[name] for name in self._names)

    def _condition_of_few(self) -> ColumnElement[bool] | None:
        """The condition with an index that the fewest rows fit, where they are few; else None."""
        counts = [(self._count(condition), number) for number, condition in enumerate(self._indexed())]
        count, number = min(counts, default=(FEW + 1, 0))
        return list(self._indexed())[number] if count <= FEW else None

    def _count(self, condition: ColumnElement[bool]) -> int:
        of_partners = TITLE_STATUS.c.partner.in_(self._wanted.partners)
        rows = select(literal(1)).select_from(TITLE_STATUS).where(of_partners, condition).limit(FEW + 1).subquery()
        return self._connection.execute(select(func.count()).select_from(rows)).scalar_one()

    def _indexed(self) -> Iterator[ColumnElement[bool]]:
        wanted, columns = self._wanted, TITLE_STATUS.c
        if wanted.state is not None:
            yield columns.state == wanted.state
        if wanted.cause is not None or wanted.owner is not None:
            given = ((columns.cause, wanted.cause), (columns.owner, wanted.owner))
            yield and_(columns.cause.is_not(None), *(column == value for column, value in given if value is not None))
        if wanted.kind is not None or wanted.lang is not None:
            kinds = list(TitleKind) if wanted.kind is None else [wanted.kind]
            in_lang = () if wanted.lang is None else (columns.lang == wanted.lang,)
            yield and_(columns.kind.in_(kinds), *in_lang)
        if wanted.window is not None:
            yield and_(columns.since >= wanted.window.start_at, columns.since < wanted.window.end_at)
        if wanted.nobody_waits:
            yield columns.state.in_(UNENDED)
