"""Deliveries that have not ended while no run waits for them or sends them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from edye_delivery.catalog.vocabulary import Channel, DeliveryState
from edye_delivery.ledger.open_titles import only_open
from edye_delivery.ledger.rows import chunks
from edye_delivery.ledger.tables import DELIVERIES, REVISIONS, TITLE_STATUS

NEEDS_A_WAIT = (DeliveryState.RECEIVED, DeliveryState.PROCESSING, DeliveryState.COMPLETED)
WAIT_BEGINS_WITHIN = timedelta(hours=6)
"""The wait begins when all titles of a batch are sent, and no task runs longer than six hours."""


@dataclass(frozen=True, slots=True)
class Unattended:
    """A delivery that nobody waits for, and whether a person has withdrawn its title."""

    delivery_key: str
    external_id: str
    edye_id: str
    title: str
    is_withdrawn_by_hand: bool


def nobody_waits(now: datetime) -> ColumnElement[bool]:
    """The condition that nobody waits for a delivery or sends it, although it has not ended."""
    latest = now - WAIT_BEGINS_WITHIN
    never_begun = and_(DELIVERIES.c.waited_until.is_(None), DELIVERIES.c.updated_at < latest)
    sent_by_nobody = func.coalesce(DELIVERIES.c.lease_expires_at, DELIVERIES.c.updated_at) < latest
    return or_(
        and_(DELIVERIES.c.state.in_(NEEDS_A_WAIT), or_(DELIVERIES.c.waited_until < now, never_begun)),
        and_(DELIVERIES.c.state.in_((DeliveryState.PLANNED, DeliveryState.SENDING)), sent_by_nobody),
    )


def note_wait(connection: Connection, keys: Sequence[str], until: datetime) -> None:
    """Notes until when a run waits for these deliveries; each transition clears it."""
    for group in chunks(sorted(keys)):
        change = update(DELIVERIES).where(DELIVERIES.c.delivery_key.in_(group), DELIVERIES.c.state.in_(NEEDS_A_WAIT))
        connection.execute(change.values(waited_until=until))


def unattended_titles(connection: Connection, partner: str, channel: Channel, now: datetime) -> list[Unattended]:
    """The current deliveries of titles that nobody waits for, unless they were sent over another channel."""
    by_hand = REVISIONS.c.withdrawal_reason.is_not(None).label("is_withdrawn_by_hand")
    of_its_title = and_(REVISIONS.c.partner == partner, REVISIONS.c.external_id == DELIVERIES.c.external_id)
    of_titles = (
        select(*(DELIVERIES.c[name] for name in ("delivery_key", "external_id", "edye_id", "title")), by_hand)
        .join(TITLE_STATUS, TITLE_STATUS.c.delivery_key == DELIVERIES.c.delivery_key)
        .outerjoin(REVISIONS, of_its_title)
    )
    query = (
        only_open(of_titles, [partner])
        .where(nobody_waits(now), or_(DELIVERIES.c.channel == channel, DELIVERIES.c.channel.is_(None)))
        .order_by(DELIVERIES.c.external_id)
    )
    return [Unattended(**row) for row in connection.execute(query).mappings()]
