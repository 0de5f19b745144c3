"""Titles that ended well, which are nearly all: counted and listed in the order of an index, no other table read."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, func, select

from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.catalog.window import Window
from edye_delivery.ledger.tables import TITLE_STATUS
from edye_delivery.ledger.title_counts import Count

STATES = (DeliveryState.WITHDRAWN, DeliveryState.ACCEPTED)
"""In the order in which a list has them."""


def since_in(window: Window | None) -> Iterator[ColumnElement[bool]]:
    """The conditions that a title's state began in the window; none without one."""
    if window is not None:
        yield TITLE_STATUS.c.since >= window.start_at
        yield TITLE_STATUS.c.since < window.end_at


def count_ended_well(connection: Connection, partners: Collection[str], window: Window | None) -> Iterator[Count]:
    """How many titles each of these partners has in each of the two states, and since when the first of them has it."""
    for partner in partners:
        for state in STATES:
            condition = _condition_of(partner, state, window)
            number = select(func.count()).select_from(TITLE_STATUS).where(condition).scalar_subquery()
            since = select(func.min(TITLE_STATUS.c.since)).where(condition).scalar_subquery()
            titles, first = connection.execute(select(number, since)).one()
            if titles:
                yield Count(partner, state, None, None, titles, first)


def queries_of_ended_well(
    statuses: Select[Any], partners: Collection[str], state: DeliveryState, window: Window | None, limit: int | None
) -> list[Select[Any]]:
    """For each of these partners the query for its titles in the state, the oldest first."""
    order = (TITLE_STATUS.c.since, TITLE_STATUS.c.external_id)
    return [statuses.where(_condition_of(one, state, window)).order_by(*order).limit(limit) for one in partners]


def _condition_of(partner: str, state: DeliveryState, window: Window | None) -> ColumnElement[bool]:
    return and_(TITLE_STATUS.c.partner == partner, TITLE_STATUS.c.state == state, *since_in(window))
