"""The status of every title at a partner, from the table `title_status`: queries only, each streamed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from heapq import merge
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, false, func, literal, select

from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState
from edye_delivery.catalog.window import Window
from edye_delivery.ledger.ended_well import STATES, count_ended_well, queries_of_ended_well, since_in
from edye_delivery.ledger.fetches import waits_for_fetch
from edye_delivery.ledger.open_titles import only_open
from edye_delivery.ledger.rows import chunks
from edye_delivery.ledger.status_records import (
    ErrorsInARow,
    Event,
    Selection,
    Status,
    cause_of,
    state_of,
    status_of,
)
from edye_delivery.ledger.tables import CONSECUTIVE_ERRORS, DELIVERIES, EVENTS, REVISIONS, TITLE_STATUS
from edye_delivery.ledger.title_counts import ENDED_WELL, Count
from edye_delivery.ledger.waits import nobody_waits

State = DeliveryState
WORST_FIRST = (
    State.FAILED, State.REJECTED, State.SENDING, State.RECEIVED, State.PROCESSING, State.COMPLETED, State.PLANNED,
    State.WITHDRAWN, State.ACCEPTED,
)  # fmt: skip
ROWS_A_READ = 1000
BADNESS = case(
    *((TITLE_STATUS.c.state == state.value, literal(number)) for number, state in enumerate(WORST_FIRST)),
    else_=literal(len(WORST_FIRST)),
)
SINCE = func.min(TITLE_STATUS.c.since).label("since")
BY_CAUSE = func.coalesce(TITLE_STATUS.c.cause, "")
OF_ITS_TITLE = (REVISIONS.c.partner == TITLE_STATUS.c.partner) & (REVISIONS.c.external_id == TITLE_STATUS.c.external_id)
IS_ORIGINAL_REFUSED = case(
    (
        and_(
            TITLE_STATUS.c.state == State.FAILED,
            DELIVERIES.c.refused_cause == Cause.MEDIA,
            DELIVERIES.c.encode_name.is_(None),
        ),
        literal(1),
    ),
    else_=literal(0),
).label("is_original_refused")
IS_PULLED = case((DELIVERIES.c.channel == Channel.PULL, literal(1)), else_=literal(0)).label("is_pulled")
LONGEST_FIRST = (TITLE_STATUS.c.since, TITLE_STATUS.c.partner, TITLE_STATUS.c.external_id)
FACTS = ("partner", "external_id", "delivery_key", "state", "cause", "owner", "since", "accepted_key", "accepted_at")
OF_THE_DELIVERY = (
    "edye_id", "title", "kind", "lang", "detail", "rules", "attempts", "tracking_id", "run_id", "planned_at", "sent_at",
    "channel",
)  # fmt: skip


class StatusReader:
    """Queries over one connection; with `now` they also say for which deliveries nobody is waiting."""

    def __init__(self, connection: Connection, now: datetime | None = None) -> None:
        self._connection = connection
        unattended = false() if now is None else nobody_waits(now)
        self._nobody_waits = case((unattended, literal(1)), else_=literal(0)).label("nobody_waits")
        waits = waits_for_fetch() & ~unattended
        self._waits_for_partner = case((waits, literal(1)), else_=literal(0)).label("waits_for_partner")
        self._kinds = (self._nobody_waits, IS_ORIGINAL_REFUSED, IS_PULLED, self._waits_for_partner)
        self._worst_first = (BADNESS, BY_CAUSE, *(kind.desc() for kind in self._kinds), *LONGEST_FIRST)

    def partners(self) -> list[str]:
        """Every partner that the ledger knows; one short read each."""
        found: list[str] = []
        first = select(func.min(TITLE_STATUS.c.partner))
        while True:
            query = first.where(TITLE_STATUS.c.partner > found[-1]) if found else first
            partner = self._connection.execute(query).scalar()
            if partner is None:
                return found
            found.append(partner)

    def counts(self, selection: Selection) -> list[Count]:
        """How many titles have the same state, cause and owner: by partner, worst state first.

        Titles that ended well have no cause, and whether their partner pulls is not counted.
        """
        if selection.external_ids:
            return self._counts(self._grouped().where(*self._conditions_of(selection)))
        partners, window = self._partners_of(selection), selection.window
        ended_well = count_ended_well(self._connection, partners, window)
        found = [*self.open_counts(partners, window), *ended_well]
        return sorted(found, key=lambda count: (count.partner, WORST_FIRST.index(count.state)))

    def open_counts(self, partners: Collection[str], window: Window | None = None) -> list[Count]:
        """The same, of the titles at these partners that have not ended well; as fast as these are few."""
        return self._counts(only_open(self._grouped(), partners).where(*since_in(window)))

    def _grouped(self) -> Select[Any]:
        group = [TITLE_STATUS.c[name] for name in ("partner", "state", "cause", "owner")]
        return (
            select(*group, *self._kinds, func.count().label("titles"), SINCE)
            .join(DELIVERIES, DELIVERIES.c.delivery_key == TITLE_STATUS.c.delivery_key)
            .group_by(*group, *self._kinds)
            .order_by(TITLE_STATUS.c.partner, BADNESS, BY_CAUSE, *(kind.desc() for kind in self._kinds))
        )

    def _counts(self, query: Select[Any]) -> list[Count]:
        return [
            Count(
                row.partner,
                state_of(row.state),
                cause_of(row.cause),
                row.owner,
                row.titles,
                row.since,
                bool(row.nobody_waits),
                bool(row.is_original_refused),
                bool(row.is_pulled),
                bool(row.waits_for_partner),
            )
            for row in self._connection.execute(query)
        ]

    def titles(self, selection: Selection, *, ended_well: bool = False, limit: int | None = None) -> Iterator[Status]:
        """The titles: the worst state first, then the oldest first; those that ended well only with `ended_well`."""
        if selection.external_ids:
            query = self._statuses().where(*self._conditions_of(selection)).order_by(*self._worst_first)
            query = query if ended_well else query.where(TITLE_STATUS.c.state.not_in(ENDED_WELL))
            yield from map(status_of, self._rows(query.limit(limit)))
            return
        partners, window, number = self._partners_of(selection), selection.window, 0
        for number, one in enumerate(self._open_titles(partners, window, limit), 1):  # noqa: B007  the last one counts
            yield one
        for state in STATES if ended_well else ():
            left = None if limit is None else limit - number
            for one in self._titles_that_ended_well(partners, state, window, left):
                number += 1
                yield one

    def _open_titles(self, partners: Collection[str], window: Window | None, limit: int | None) -> Iterator[Status]:
        """The titles that have not ended well; with a limit they are chosen by indexes alone, then looked up."""
        if limit is None:
            query = only_open(self._statuses(), partners).where(*since_in(window)).order_by(*self._worst_first)
            yield from map(status_of, self._rows(query))
            return
        keys = select(TITLE_STATUS.c.partner, TITLE_STATUS.c.external_id).join(
            DELIVERIES, DELIVERIES.c.delivery_key == TITLE_STATUS.c.delivery_key
        )
        chosen = only_open(keys, partners).where(*since_in(window)).order_by(*self._worst_first).limit(limit)
        for group in chunks([(row.partner, row.external_id) for row in self._connection.execute(chosen)]):
            found = {(row.partner, row.external_id): row for row in self._of_keys(group)}
            yield from (status_of(found[key]) for key in group)

    def _of_keys(self, keys: Sequence[tuple[str, str]]) -> Iterator[Any]:
        for partner in {key[0] for key in keys}:
            names = tuple(name for of_partner, name in keys if of_partner == partner)
            yield from self._connection.execute(
                self._statuses().where(*self._conditions_of(Selection(partner, external_ids=names)))
            )

    def _titles_that_ended_well(
        self, partners: Collection[str], state: State, window: Window | None, limit: int | None
    ) -> Iterator[Status]:
        if limit == 0:
            return
        queries = queries_of_ended_well(self._statuses(), partners, state, window, limit)
        rows = merge(*map(self._rows, queries), key=lambda row: (row.since, row.partner, row.external_id))
        yield from map(status_of, islice(rows, limit))

    def of_edye_ids(self, partners: Collection[str], edye_ids: Collection[str]) -> list[Status]:
        """The status of these titles at these partners, in all languages; ask for some hundred at a time."""
        query = self._statuses().where(TITLE_STATUS.c.edye_id.in_(edye_ids), TITLE_STATUS.c.partner.in_(partners))
        return [status_of(row) for row in self._connection.execute(query)]

    def history(self, partner: str, external_id: str) -> Iterator[Event]:
        """All events of a title at a partner, in order."""
        query = (
            select(*(EVENTS.c[name] for name in ("at", "action", "state", "detail", "run_id", "delivery_key")))
            .where(EVENTS.c.partner == partner, EVENTS.c.external_id == external_id)
            .order_by(EVENTS.c.id)
        )
        yield from (Event(*row) for row in self._rows(query))

    def errors_in_a_row(self, partner: str) -> list[ErrorsInARow]:
        """The errors in a row of the partner's clients."""
        columns = (CONSECUTIVE_ERRORS.c[name] for name in ("client_id", "errors", "first_error_at", "alerted_at"))
        query = (
            select(*columns)
            .where(CONSECUTIVE_ERRORS.c.partner == partner, CONSECUTIVE_ERRORS.c.errors > 0)
            .order_by(CONSECUTIVE_ERRORS.c.client_id)
        )
        return [ErrorsInARow(*row) for row in self._connection.execute(query)]

    def _statuses(self) -> Select[Any]:
        columns = (*(TITLE_STATUS.c[name] for name in FACTS), *(DELIVERIES.c[name] for name in OF_THE_DELIVERY))
        kinds = (self._nobody_waits, IS_ORIGINAL_REFUSED, self._waits_for_partner)
        return (
            select(*columns, REVISIONS.c.withdrawn_at, *kinds)
            .join(DELIVERIES, DELIVERIES.c.delivery_key == TITLE_STATUS.c.delivery_key)
            .outerjoin(REVISIONS, OF_ITS_TITLE)
        )

    def _partners_of(self, selection: Selection) -> list[str]:
        return self.partners() if selection.partner is None else [selection.partner]

    def _conditions_of(self, selection: Selection) -> Iterator[ColumnElement[bool]]:
        """The conditions for some titles by name, which name the partners too: indexes begin with them."""
        yield TITLE_STATUS.c.partner.in_(self._partners_of(selection))
        yield TITLE_STATUS.c.external_id.in_(selection.external_ids)
        yield from since_in(selection.window)

    def _rows(self, query: Select[Any]) -> Iterator[Any]:
        yield from self._connection.execute(query, execution_options={"yield_per": ROWS_A_READ})
