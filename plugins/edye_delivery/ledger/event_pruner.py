"""Deletes old events of titles that ended well: those that were shipped, and that no title's status needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, select

from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.ledger.rows import chunks
from edye_delivery.ledger.tables import DELIVERIES, EVENTS, TITLE_STATUS
from edye_delivery.ledger.title_counts import ENDED_WELL
from edye_delivery.ledger.title_status import CONFIRM, TRANSITION_ACTIONS, replay
from edye_delivery.ledger.transactions import repeating

TITLES_A_TRANSACTION = 200
READ = ("id", "at", "external_id", "delivery_key", "action", "state", "cause", "owner", "shipped_at")
NOT_ENDED = tuple(state for state in DeliveryState if not state.is_terminal)


@dataclass(frozen=True, slots=True)
class PrunedEvents:
    """What one transaction looked at, and how many events it deleted, or would delete."""

    titles: int
    events: int


class EventPruner:
    """The events of a partner from before a moment.

    The last step, sending and acceptance of every delivery stay, so that `ledger verify` finds the same status.
    Titles that have not ended well, or whose status changed since the moment, keep all events.
    """

    def __init__(self, engine: Engine, partner: str, before: datetime) -> None:
        self._engine, self._partner, self._before = engine, partner, before

    def prune(self, *, deletes: bool) -> Iterator[PrunedEvents]:
        """Goes through the titles, some hundred in a transaction; without `deletes` it only counts.

        It may be stopped anywhere and begun again, and several may run at once.
        """
        after = ""
        while names := self._names(after):
            after = names[-1]
            yield PrunedEvents(len(names), self._delete(names) if deletes else self._count(names))

    def _names(self, after: str) -> list[str]:
        query = (
            select(TITLE_STATUS.c.external_id)
            .where(TITLE_STATUS.c.partner == self._partner, TITLE_STATUS.c.external_id > after)
            .order_by(TITLE_STATUS.c.external_id)
            .limit(TITLES_A_TRANSACTION)
        )
        with self._engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def _count(self, names: Sequence[str]) -> int:
        with self._engine.connect() as connection:
            return len(self._events_to_delete(connection, names, is_locked=False))

    @repeating
    def _delete(self, names: Sequence[str]) -> int:
        with self._engine.begin() as connection:
            ids = self._events_to_delete(connection, names, is_locked=True)
            for group in chunks(ids):
                connection.execute(delete(EVENTS).where(EVENTS.c.id.in_(group)))
            return len(ids)

    def _events_to_delete(self, connection: Connection, names: Sequence[str], *, is_locked: bool) -> list[int]:
        """The events of these titles that may go; where locked, no step changes the titles before the end."""
        status = TITLE_STATUS.c
        of_titles = (status.partner == self._partner, status.external_id.in_(names))
        query = select(status.external_id).where(*of_titles, status.since < self._before)
        ended_well = query.where(status.state.in_(sorted(ENDED_WELL))).order_by(status.external_id)
        chosen = list(connection.execute(ended_well.with_for_update() if is_locked else ended_well).scalars())
        chosen = sorted(set(chosen) - self._with_open_delivery(connection, chosen))
        events = EVENTS.c
        query_of_events = (
            select(*(events[name] for name in READ))
            .where(events.partner == self._partner, events.external_id.in_(chosen))
            .order_by(events.external_id, events.id)
        )
        found = connection.execute(query_of_events) if chosen else ()
        return [
            number
            for _, rows in groupby(found, lambda row: row.external_id)
            for number in numbers_not_needed(list(rows), self._before)
        ]

    def _with_open_delivery(self, connection: Connection, names: Sequence[str]) -> set[str]:
        """Which of these titles have a delivery that has not ended, current or not."""
        query = select(DELIVERIES.c.external_id, DELIVERIES.c.state).where(
            DELIVERIES.c.partner == self._partner, DELIVERIES.c.external_id.in_(names)
        )
        return {row.external_id for row in connection.execute(query) if row.state in NOT_ENDED} if names else set()


def numbers_not_needed(events: Sequence[Row[Any]], before: datetime) -> list[int]:
    """Of all events of one title, oldest first, those from before the moment that were shipped and may be deleted.

    None where the title's status could not be computed from the others.
    """
    needed = _numbers_that_stay(events)
    old = {one.id for one in events if one.at < before and one.shipped_at is not None} - needed
    left = [one for one in events if one.id not in old]
    return sorted(old) if replay(left) == replay(events) else []


def _numbers_that_stay(events: Sequence[Row[Any]]) -> set[int]:
    """Of every delivery the last change of its state, sending and acceptance; the title's last confirmation."""
    last: dict[tuple[str, str], int] = {}
    states: dict[str, str] = {}
    for one in events:
        is_repeated = one.state == states.get(one.delivery_key)
        if one.action not in TRANSITION_ACTIONS or (
            one.action == "withdraw" and (one.state != DeliveryState.WITHDRAWN or is_repeated)
        ):
            continue
        if one.action == CONFIRM:
            last[CONFIRM, ""] = one.id
            continue
        states[one.delivery_key] = one.state
        last["change", one.delivery_key] = one.id
        if one.action in ("send", "accept"):
            last[one.action, one.delivery_key] = one.id
    return set(last.values())
