"""Leases: who sends a delivery now, and until when, by the database's clock; a title has one sender at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select, update

from edye_delivery.catalog.vocabulary import Channel, DeliveryState
from edye_delivery.catalog.window import rfc3339
from edye_delivery.ledger.comparison import AT_PARTNER, is_superseded
from edye_delivery.ledger.database_clock import time_expression
from edye_delivery.ledger.records import TRANSITIONS, WAITED_FOR, Delivery, TransitionRefused
from edye_delivery.ledger.revisions import withdrawn_by_hand
from edye_delivery.ledger.rows import delivery_of
from edye_delivery.ledger.tables import DELIVERIES

NO_LEASE: dict[str, Any] = dict.fromkeys(("lease_holder", "lease_run_id", "lease_try", "lease_expires_at"))
WITH_PARTNER = frozenset({DeliveryState.RECEIVED, DeliveryState.PROCESSING, DeliveryState.COMPLETED})


@dataclass(frozen=True, slots=True)
class Holder:
    """Who sends: a name that no other sender has, and its run's number of this try."""

    name: str = ""
    try_number: int = 1


class TitleBusy(TransitionRefused):
    """Somebody else has the title: sends it under a lease, or waits for an ingest of the same content.

    `until` is when the lease ends if it is not renewed; `tracking_id` is the ingest's, where the partner has it.
    """

    def __init__(
        self, external_id: str, run_id: str, since: datetime | None, until: datetime | None, tracking_id: str | None
    ) -> None:
        self.external_id, self.run_id, self.since = external_id, run_id, since
        self.until, self.tracking_id = until, tracking_id
        began = f" since {rfc3339(since)}" if since else ""
        if tracking_id:
            told = f"the partner has {external_id} as {tracking_id} from the run {run_id}{began} and has not ended it"
        else:
            ends = f", its lease ends {rfc3339(until)} if it is not renewed" if until else ""
            told = f"the run {run_id} has been sending {external_id}{began}{ends}"
        super().__init__(told)

    def __reduce__(self) -> tuple[type[TitleBusy], tuple[str, str, datetime | None, datetime | None, str | None]]:
        return type(self), (self.external_id, self.run_id, self.since, self.until, self.tracking_id)

    @classmethod
    def by(cls, delivery: Delivery) -> TitleBusy:
        """Who has this delivery."""
        with_partner = delivery.state in WITH_PARTNER
        run_id = delivery.lease_run_id or delivery.run_id
        tracking_id = delivery.tracking_id if with_partner else None
        return cls(delivery.external_id, run_id, delivery.sent_at, delivery.lease_expires_at, tracking_id)


class LeaseLost(TransitionRefused):
    """The lease ended without a renewal, and somebody else has gone on with the delivery: this sender stops."""


class NotToBeSent(TransitionRefused):
    """The delivery is not to be sent any more, by whatever run: something newer stands in its place."""


class AlreadyAccepted(NotToBeSent):
    """The same content of the title was accepted meanwhile, from another delivery: it is not sent again."""


class ContentOutdated(NotToBeSent):
    """Content that was read later from the catalogue went to the partner meanwhile: older content does not follow."""


class WithdrawnByHand(NotToBeSent):
    """A person has withdrawn the title since it was planned."""


def is_free_for(connection: Connection, holder: str) -> ColumnElement[bool]:
    """The condition that nobody else holds a delivery."""
    lease = DELIVERIES.c
    ended = lease.lease_expires_at <= time_expression(connection)
    return or_(lease.lease_holder.is_(None), lease.lease_holder == holder, ended)


def lease_values(connection: Connection, run_id: str, holder: Holder, length_s: float) -> dict[str, Any]:
    """What a delivery gets when it is begun."""
    return {
        "lease_holder": holder.name,
        "lease_run_id": run_id,
        "lease_try": holder.try_number,
        "lease_expires_at": time_expression(connection, length_s),
    }


def renew_lease(connection: Connection, key: str, holder: str, length_s: float) -> None:
    """The lease lasts so long from now on; LeaseLost where it is somebody else's, or the delivery has moved on."""
    mine = (DELIVERIES.c.lease_holder == holder) & (DELIVERIES.c.state == DeliveryState.SENDING)
    renewal = update(DELIVERIES).where(DELIVERIES.c.delivery_key == key, mine)
    if connection.execute(renewal.values(lease_expires_at=time_expression(connection, length_s))).rowcount != 1:
        row = connection.execute(select(DELIVERIES).where(DELIVERIES.c.delivery_key == key)).mappings().first()
        raise lease_lost(key, row)


def lease_lost(key: str, row: Mapping[Any, Any] | None) -> LeaseLost:
    """That the lease is lost, and to whom."""
    stands = f"it stands at {row['state']} by the run {row['lease_run_id'] or row['run_id']}" if row else "it is gone"
    return LeaseLost(f"the lease on the delivery {key[:12]} ended without a renewal, and {stands}: this run stops")


def take_title(
    connection: Connection, key: str, holder: str, channel: Channel, undone_withdrawal_at: datetime | None
) -> None:
    """Raises TitleBusy or NotToBeSent where the delivery must not be begun now; its title's rows are locked then.

    Whoever begins another delivery of the title waits for this transaction's end, and sees what it wrote. A sender
    whose lease has ended has lost the title for good: it cannot renew the lease any more.
    """
    rows = _lock_rows_of_title(connection, key)
    deliveries = {row["delivery_key"]: delivery_of(row) for row in rows}
    delivery = deliveries.get(key)
    if delivery is None or delivery.state not in TRANSITIONS[DeliveryState.SENDING]:
        return  # the move itself is refused, and says where it stands
    for row in rows:
        if row["is_living"] and row["lease_holder"] != holder:
            raise TitleBusy.by(deliveries[row["delivery_key"]])
    _check_content_is_free(delivery, deliveries.values(), channel)
    _check_content_is_newest(delivery, deliveries.values())
    _check_not_withdrawn(connection, delivery, undone_withdrawal_at)
    ended = [other.delivery_key for other in deliveries.values() if other.lease_holder and other.delivery_key != key]
    if ended:
        connection.execute(update(DELIVERIES).where(DELIVERIES.c.delivery_key.in_(ended)).values(**NO_LEASE))


def _check_content_is_free(delivery: Delivery, deliveries: Iterable[Delivery], channel: Channel) -> None:
    """That no other delivery carries the same content; one by force yields to a running ingest alone."""
    is_forced = delivery.delivery_key != delivery.content_key
    for other in deliveries:
        is_twin = other.content_key == delivery.content_key and other.delivery_key != delivery.delivery_key
        if not is_twin or is_superseded(other, deliveries):
            continue
        if other.state in WITH_PARTNER and not other.channel is channel is Channel.FTP:  # there it is taken back
            raise TitleBusy.by(other)
        if not is_forced and other.state is DeliveryState.SENDING:
            raise TitleBusy.by(other)
        if not is_forced and other.state is DeliveryState.ACCEPTED:
            raise AlreadyAccepted(
                f"{delivery.external_id} was accepted meanwhile as {other.tracking_id} from the run {other.run_id}"
            )


def _check_content_is_newest(delivery: Delivery, deliveries: Iterable[Delivery]) -> None:
    for other in deliveries:
        went = other.content_key != delivery.content_key and other.state in AT_PARTNER and other.sent_at is not None
        if went and delivery.read_at and other.read_at and other.read_at > delivery.read_at:
            raise ContentOutdated(
                f"the run {other.run_id} has sent newer content of {delivery.external_id}, of what the catalogue said "
                f"{rfc3339(other.read_at)}; this one is of {rfc3339(delivery.read_at)}"
            )


def _check_not_withdrawn(connection: Connection, delivery: Delivery, undone_withdrawal_at: datetime | None) -> None:
    row = withdrawn_by_hand(connection, delivery.partner, delivery.external_id)
    if row is not None and row.withdrawn_at != undone_withdrawal_at:
        raise WithdrawnByHand(
            f"{delivery.external_id} was withdrawn {rfc3339(row.withdrawn_at)}: {row.withdrawal_reason}; a redelivery "
            "offers it again"
        )


def _lock_rows_of_title(connection: Connection, key: str) -> list[Mapping[Any, Any]]:
    """Every delivery of the title with `is_living`, in the order of their keys; SQLite locks as a whole."""
    own = DELIVERIES.alias()
    of_title = [
        column == select(own.c[column.name]).where(own.c.delivery_key == key).scalar_subquery()
        for column in (DELIVERIES.c.partner, DELIVERIES.c.external_id)
    ]
    is_living = (DELIVERIES.c.lease_expires_at > time_expression(connection)).label("is_living")
    query = select(DELIVERIES, is_living).where(*of_title).order_by(DELIVERIES.c.delivery_key)
    return list(connection.execute(query.with_for_update(of=DELIVERIES)).mappings())


def is_kept(row: Mapping[Any, Any], tracking_id: str) -> bool:
    """Whether a receipt becomes the delivery's, whoever holds it: the first one to come does, unless it has ended.

    One that failed may be taken all the same, but where the partner has it under another tracking id, or where it is
    this very ingest that the partner has ended.
    """
    is_ended = row["cause"] in WAITED_FOR or (row["refused_cause"] and row["tracking_id"] == tracking_id)
    return row["state"] == DeliveryState.SENDING or (row["state"] == DeliveryState.FAILED and not is_ended)
