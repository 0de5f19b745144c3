"""Checks that the table `title_status` agrees with the events of the titles."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from edye_delivery.ledger.tables import EVENTS, TITLE_STATUS
from edye_delivery.ledger.title_status import TRANSITION_ACTIONS, TitleStatus, replay, title_status_of

ROWS_A_READ = 1000
READ = ("partner", "external_id", "delivery_key", "at", "action", "state", "cause", "owner")


def count_titles(connection: Connection) -> int:
    """How many titles the table has."""
    return sum(1 for _ in _rows(connection, select(TITLE_STATUS.c.partner)))


def differences(connection: Connection) -> Iterator[str]:
    """A sentence for every title whose row and events disagree, or that has only one of the two."""
    query = select(TITLE_STATUS)
    known = {(row.partner, row.external_id): title_status_of(row._mapping) for row in _rows(connection, query)}
    for (partner, external_id), status in _replay(connection):
        row = known.pop((partner, external_id), None)
        name = f"{external_id} at {partner}"
        if row is None:
            yield f"{name}: its events say {status.state}, and it has no row in title_status"
            continue
        for field in fields(TitleStatus):
            row_says, events_say = getattr(row, field.name), getattr(status, field.name)
            if row_says != events_say:
                yield f"{name}: {field.name} is {_word(row_says)} in title_status, {_word(events_say)} by its events"
    for partner, external_id in sorted(known):
        yield f"{external_id} at {partner}: it has a row in title_status, and no event that changes a delivery"


def _replay(connection: Connection) -> Iterator[tuple[tuple[str, str], TitleStatus]]:
    query = (
        select(*(EVENTS.c[name] for name in READ))
        .where(EVENTS.c.action.in_(TRANSITION_ACTIONS))
        .order_by(EVENTS.c.partner, EVENTS.c.external_id, EVENTS.c.id)
    )
    for title, events in groupby(_rows(connection, query), lambda row: (row.partner, row.external_id)):
        status = replay(events)
        if status is not None:
            yield title, status


def _rows(connection: Connection, query: Any) -> Iterator[Any]:
    yield from connection.execute(query, execution_options={"yield_per": ROWS_A_READ})


def _word(value: Any) -> str:
    return "nothing" if value is None else str(value)
