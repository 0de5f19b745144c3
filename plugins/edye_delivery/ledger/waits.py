"""Which deliveries the partner has, or has ended well, while no run waits for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, or_, select, update

from edye_delivery.catalog.vocabulary import Channel, DeliveryState
from edye_delivery.ledger.rows import chunks
from edye_delivery.ledger.tables import DELIVERIES

NEEDS_A_WAIT = (DeliveryState.RECEIVED, DeliveryState.PROCESSING, DeliveryState.COMPLETED)
WAIT_BEGINS_WITHIN = timedelta(hours=6)
"""A batch is waited for when all its titles are sent, and a task of ours is ended after six hours."""


def nobody_waits(now: datetime) -> ColumnElement[bool]:
    """Whether a run would have had to look after the delivery by now, and none has."""
    never_begun = and_(DELIVERIES.c.waited_until.is_(None), DELIVERIES.c.updated_at < now - WAIT_BEGINS_WITHIN)
    return and_(DELIVERIES.c.state.in_(NEEDS_A_WAIT), or_(DELIVERIES.c.waited_until < now, never_begun))


def note_wait(connection: Connection, keys: Sequence[str], until: datetime) -> None:
    """A run waits for these deliveries until then; each step of a delivery forgets it."""
    for some in chunks(sorted(keys)):
        change = update(DELIVERIES).where(DELIVERIES.c.delivery_key.in_(some), DELIVERIES.c.state.in_(NEEDS_A_WAIT))
        connection.execute(change.values(waited_until=until))


def unattended(connection: Connection, partner: str, channel: Channel, now: datetime) -> list[str]:
    """The EDYE ids of titles that went over the channel and that nobody waits for."""
    of_channel = and_(DELIVERIES.c.partner == partner, DELIVERIES.c.channel == channel)
    query = select(DELIVERIES.c.edye_id).where(of_channel, nobody_waits(now)).distinct()
    return sorted(connection.execute(query).scalars())
