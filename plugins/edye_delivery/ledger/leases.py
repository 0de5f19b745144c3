"""Leases: who sends a delivery, and until when, by the database's clock; a title has one sender at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, or_, select, update

from edye_delivery.catalog.channel_words import words_of
from edye_delivery.catalog.vocabulary import Channel, DeliveryState
from edye_delivery.catalog.window import rfc3339
from edye_delivery.ledger.comparison import AT_PARTNER, is_superseded
from edye_delivery.ledger.database_clock import time_expression
from edye_delivery.ledger.delivery_changes import change_delivery, delivery_row
from edye_delivery.ledger.records import TRANSITIONS, WAITED_FOR, Delivery, TransitionRefused
from edye_delivery.ledger.revisions import withdrawn_by_hand
from edye_delivery.ledger.rows import delivery_of
from edye_delivery.ledger.tables import DELIVERIES

NO_LEASE: dict[str, Any] = dict.fromkeys(("lease_holder", "lease_run_id", "lease_try", "lease_expires_at"))
OWN_LEASE = DELIVERIES.c.lease_holder == bindparam("by_holder")
WITH_PARTNER = frozenset({DeliveryState.RECEIVED, DeliveryState.PROCESSING, DeliveryState.COMPLETED})


@dataclass(frozen=True, slots=True)
class Holder:
    """A sender: a name that no other sender has, and the number of the task's try."""

    name: str = ""
    try_number: int = 1


class TitleBusy(TransitionRefused):
    """Somebody else sends the title under a lease, or waits for an ingest of the same content.

    `until` is when the lease ends if nobody renews it; `tracking_id` is the ingest's, where the partner has the title,
    or the exposure's.
    """

    def __init__(
        self,
        external_id: str,
        run_id: str,
        since: datetime | None,
        until: datetime | None,
        tracking_id: str | None,
        channel: Channel | None = None,
    ) -> None:
        self.external_id, self.run_id, self.since = external_id, run_id, since
        self.until, self.tracking_id, self.channel = until, tracking_id, channel
        since_text = f" since {rfc3339(since)}" if since else ""
        if tracking_id:
            ingest = f"as {tracking_id} from the run {run_id}{since_text}"
            sentence = f"the partner has {external_id} {ingest} and has not ended it"
            if channel is Channel.PULL:
                sentence = f"{external_id} is exposed {ingest} and not checked yet"
        else:
            ends = f", its lease ends {rfc3339(until)} if it is not renewed" if until else ""
            sentence = f"the run {run_id} has been {words_of(channel).progressive} {external_id}{since_text}{ends}"
        super().__init__(sentence)

    def __reduce__(self) -> tuple[type[TitleBusy], tuple[object, ...]]:
        return type(self), (self.external_id, self.run_id, self.since, self.until, self.tracking_id, self.channel)

    @classmethod
    def by(cls, delivery: Delivery) -> TitleBusy:
        """The error for whoever has this delivery."""
        with_partner = delivery.state in WITH_PARTNER
        run_id = delivery.lease_run_id or delivery.run_id
        tracking_id = delivery.tracking_id if with_partner else None
        until, channel = delivery.lease_expires_at, delivery.channel
        return cls(delivery.external_id, run_id, delivery.sent_at, until, tracking_id, channel)


class LeaseLost(TransitionRefused):
    """The lease ended without a renewal, and somebody else has taken the delivery over: this sender stops."""


class NotToBeSent(TransitionRefused):
    """No run may send the delivery any more, because something newer has replaced it."""


class AlreadyAccepted(NotToBeSent):
    """Another delivery of the same content was accepted meanwhile: the content is not sent again."""


class ContentOutdated(NotToBeSent):
    """A newer reading of the catalogue was sent to the partner meanwhile: older content is not sent after it."""


class WithdrawnByHand(NotToBeSent):
    """A person has withdrawn the title since it was planned."""


def is_free(connection: Connection) -> ColumnElement[bool]:
    """The condition that nobody but the parameter `by_holder` has a lease; the same object each time."""
    return _is_free(time_expression(connection))


@lru_cache(maxsize=4)
def _is_free(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    lease = DELIVERIES.c
    return or_(
        lease.lease_holder.is_(None), lease.lease_holder == bindparam("by_holder"), lease.lease_expires_at <= now
    )


def lease_values(connection: Connection, run_id: str, holder: Holder, length_s: float) -> dict[str, Any]:
    """The lease's columns of a delivery that is begun now."""
    return {
        "lease_holder": holder.name,
        "lease_run_id": run_id,
        "lease_try": holder.try_number,
        "lease_expires_at": time_expression(connection, length_s),
    }


def renew_lease(connection: Connection, key: str, holder: str, length_s: float) -> Mapping[Any, Any]:
    """Extends the lease from now on, and gives the delivery's row.

    LeaseLost where somebody else has the lease, or the delivery's state has changed.
    """
    ends = {"lease_expires_at": time_expression(connection, length_s)}
    row = change_delivery(connection, key, [DeliveryState.SENDING], ends, OWN_LEASE, {"by_holder": holder})
    if row is None:
        raise lease_lost(key, delivery_row(connection, key))
    return row


def lease_lost(key: str, row: Mapping[Any, Any] | None) -> LeaseLost:
    """The error for a lost lease, with who has it now."""
    holder = f"the run {row['lease_run_id'] or row['run_id']} has it now ({row['state']})" if row else "it is gone"
    return LeaseLost(f"the lease on the delivery {key[:12]} ended without a renewal, and {holder}: this run stops")


def take_title(
    connection: Connection, key: str, holder: str, channel: Channel, undone_withdrawal_at: datetime | None
) -> None:
    """Locks the title's rows for this sender; TitleBusy or NotToBeSent where it must not begin the delivery now.

    Whoever begins another delivery of the title waits for the end of this transaction, and sees what it wrote. A sender
    whose lease has ended loses the title for good: it cannot renew the lease any more.
    """
    rows = _lock_rows_of_title(connection, key)
    deliveries = {row["delivery_key"]: delivery_of(row) for row in rows}
    delivery = deliveries.get(key)
    if delivery is None or delivery.state not in TRANSITIONS[DeliveryState.SENDING]:
        return  # the transition itself is refused, and its error says the state
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
    """Raises where another delivery has the same content; a forced resend only waits for a running ingest."""
    is_forced = delivery.delivery_key != delivery.content_key
    for other in deliveries:
        is_twin = other.content_key == delivery.content_key and other.delivery_key != delivery.delivery_key
        if not is_twin or is_superseded(other, deliveries):
            continue
        if other.state in WITH_PARTNER and not other.channel is channel is Channel.FTP:  # by FTP it is removed
            raise TitleBusy.by(other)
        if not is_forced and other.state is DeliveryState.SENDING:
            raise TitleBusy.by(other)
        if not is_forced and other.state is DeliveryState.ACCEPTED:
            raise AlreadyAccepted(
                f"{delivery.external_id} was accepted meanwhile as {other.tracking_id} from the run {other.run_id}"
            )


def _check_content_is_newest(delivery: Delivery, deliveries: Iterable[Delivery]) -> None:
    for other in deliveries:
        was_sent = other.content_key != delivery.content_key and other.state in AT_PARTNER and other.sent_at is not None
        if was_sent and delivery.read_at and other.read_at and other.read_at > delivery.read_at:
            raise ContentOutdated(
                f"the run {other.run_id} has sent newer content of {delivery.external_id}, read from the catalogue at "
                f"{rfc3339(other.read_at)}; this content was read at {rfc3339(delivery.read_at)}"
            )


def _check_not_withdrawn(connection: Connection, delivery: Delivery, undone_withdrawal_at: datetime | None) -> None:
    row = withdrawn_by_hand(connection, delivery.partner, delivery.external_id)
    if row is not None and row.withdrawn_at != undone_withdrawal_at:
        raise WithdrawnByHand(
            f"{delivery.external_id} was withdrawn {rfc3339(row.withdrawn_at)}: {row.withdrawal_reason}; a redelivery "
            "offers it again"
        )


def _lock_rows_of_title(connection: Connection, key: str) -> list[Mapping[Any, Any]]:
    """Locks every delivery of the title, in the order of their keys; `is_living`: its lease has not ended."""
    query = _rows_of_title(time_expression(connection))
    return list(connection.execute(query, {"of_delivery": key}).mappings())


@lru_cache(maxsize=4)
def _rows_of_title(now: ColumnElement[datetime]) -> Select[Any]:
    own = DELIVERIES.alias()
    of_title = [
        column == select(own.c[column.name]).where(own.c.delivery_key == bindparam("of_delivery")).scalar_subquery()
        for column in (DELIVERIES.c.partner, DELIVERIES.c.external_id)
    ]
    is_living = (DELIVERIES.c.lease_expires_at > now).label("is_living")
    query = select(DELIVERIES, is_living).where(*of_title).order_by(DELIVERIES.c.delivery_key)
    return query.with_for_update(of=DELIVERIES)


def takes_receipt(row: Mapping[Any, Any], tracking_id: str) -> bool:
    """Whether the delivery takes a receipt, whoever has the lease: it takes the first one, unless it has ended.

    A failed delivery takes one too, unless the partner has it under another tracking id, or has ended this very ingest.
    """
    is_ended = row["cause"] in WAITED_FOR or (row["refused_cause"] and row["tracking_id"] == tracking_id)
    return row["state"] == DeliveryState.SENDING or (row["state"] == DeliveryState.FAILED and not is_ended)
