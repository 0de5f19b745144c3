"""What a sender writes of one delivery, from the intent to the receipt, each write under its own lease."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, func, or_, select, update

from edye_delivery.annex.api import LEASE_S
from edye_delivery.catalog.vocabulary import Channel, DeliveryState
from edye_delivery.ledger.circuit_breaker import count_answer
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.leases import (
    Holder,
    is_kept,
    lease_lost,
    lease_values,
    renew_lease,
    take_title,
)
from edye_delivery.ledger.records import Delivery
from edye_delivery.ledger.rows import delivery_of
from edye_delivery.ledger.tables import DELIVERIES
from edye_delivery.ledger.trail import Call
from edye_delivery.ledger.transactions import repeating
from edye_delivery.ledger.transitions import Transitions


class Sendings:
    """The part of the ledger that is a sender's: begin, renew, try again, receive.

    With a client, its errors in a row are counted in the same transaction.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime], client: Client | None = None) -> None:
        self._engine, self._now, self._client = engine, now, client
        self._transitions = Transitions(now, client)

    @repeating
    def begin_send(
        self,
        key: str,
        run_id: str,
        channel: Channel = Channel.API,
        encode_name: str | None = None,
        holder: Holder = Holder(),  # noqa: B008  a frozen value
        lease_s: float = LEASE_S,
        undone_withdrawal_at: datetime | None = None,
    ) -> Delivery:
        """The intent of one call, written before it; the delivery as it stands then (its attempts count this call).

        The call gets a request id of its own, by which the partner and the trail know it. From now on the delivery is
        the holder's for `lease_s`, so long as nobody renews that; one whose holder let it end may be begun by another.

        TitleBusy where somebody else sends the title, or the partner has its content already; NotToBeSent where it was
        accepted, overtaken by newer content or withdrawn by a person meanwhile, but for the withdrawal that this
        sending undoes; TransitionRefused where another channel is sending it.
        """
        free = or_(
            DELIVERIES.c.state != DeliveryState.SENDING, DELIVERIES.c.channel.is_(None), DELIVERIES.c.channel == channel
        )
        at = self._now()
        with self._engine.begin() as connection:
            take_title(connection, key, holder.name, channel, undone_withdrawal_at)
            row = self._transitions.apply(
                connection,
                key,
                DeliveryState.SENDING,
                "send",
                free,
                run_id=run_id,
                channel=channel,
                encode_name=encode_name,
                attempts=DELIVERIES.c.attempts + 1,
                unanswered=DELIVERIES.c.unanswered + int(channel is Channel.API),
                first_sent_at=func.coalesce(DELIVERIES.c.first_sent_at, at),
                sent_at=at,
                request_id=str(uuid.uuid4()),
                **lease_values(connection, run_id, holder, lease_s),
            )
            return delivery_of(row)

    @repeating
    def renew(self, key: str, holder: str, lease_s: float) -> None:
        """The holder is still at it: its lease lasts so long from now on; LeaseLost where another has gone on."""
        with self._engine.begin() as connection:
            renew_lease(connection, key, holder, lease_s)

    @repeating
    def note_whole(self, key: str, temporary_name: str, holder: str = "", lease_s: float = LEASE_S) -> None:
        """A file lies whole under its temporary name at the partner; written before it gets its final name.

        The lease is renewed with it; LeaseLost where another has gone on.
        """
        with self._engine.begin() as connection:
            renew_lease(connection, key, holder, lease_s)
            row = connection.execute(select(DELIVERIES).where(DELIVERIES.c.delivery_key == key)).mappings().one()
            files = [*(row["whole_files"] or ()), temporary_name]
            connection.execute(update(DELIVERIES).where(DELIVERIES.c.delivery_key == key).values(whole_files=files))
            self._transitions.note(connection, {**row, "detail": temporary_name}, "upload")

    @repeating
    def retry(self, key: str, detail: str, call: Call, holder: str = "", lease_s: float = LEASE_S) -> None:
        """One call failed and is tried again: an event, and the lease renewed; LeaseLost where another has gone on."""
        with self._engine.begin() as connection:
            renew_lease(connection, key, holder, lease_s)
            row = connection.execute(select(DELIVERIES).where(DELIVERIES.c.delivery_key == key)).mappings().one()
            self._transitions.note(connection, {**row, "detail": detail}, "retry", call)

    def mark_received(
        self,
        key: str,
        tracking_id: str,
        bytes_sent: int,
        seconds: float,
        http_status: int | None = None,
    ) -> None:
        """The partner took the title under a tracking id.

        Of several senders, one after the other because a lease ended, the first receipt is the delivery's. A later one
        is an event of its own, so that no tracking id is lost, and LeaseLost; the same tracking id again is no news.
        """
        call = Call(seconds, http_status)
        known = self._keep_receipt(key, tracking_id, bytes_sent, call)
        if known is not None:
            raise lease_lost(key, known)

    @repeating
    def _keep_receipt(self, key: str, tracking_id: str, bytes_sent: int, call: Call) -> Mapping[Any, Any] | None:
        """Keeps the receipt as the delivery's; else gives the delivery's row as somebody else has left it."""
        taken: dict[str, Any] = {
            "tracking_id": tracking_id,
            "unanswered": 0,
            "received_at": self._now(),
            "bytes_sent": DELIVERIES.c.bytes_sent + bytes_sent,
            "seconds_sending": DELIVERIES.c.seconds_sending + (call.seconds or 0.0),
        }
        query = select(DELIVERIES).where(DELIVERIES.c.delivery_key == key).with_for_update()
        with self._engine.begin() as connection:
            row = connection.execute(query).mappings().first()
            if row is not None and row["attempts"] and not is_kept(row, tracking_id):
                if row["tracking_id"] != tracking_id:
                    words = f"the partner took it as {tracking_id} too, from a sender whose lease had ended"
                    late = {**row, "tracking_id": tracking_id, "detail": words}
                    self._transitions.note(connection, late, "receive late", call)
                return row
            kept = self._transitions.apply(connection, key, DeliveryState.RECEIVED, "receive", call=call, **taken)
            if self._client is not None:
                count_answer(connection, self._client, kept, self._now())
            return None
