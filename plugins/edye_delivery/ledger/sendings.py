"""What a sender writes of one delivery, from the intent to the receipt, each write under its own lease."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Engine, Float, bindparam, func, or_, update

from edye_delivery.annex.api import LEASE_S
from edye_delivery.catalog.vocabulary import Channel, DeliveryState
from edye_delivery.ledger.circuit_breaker import count_answer
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.delivery_changes import delivery_row
from edye_delivery.ledger.leases import (
    Holder,
    lease_lost,
    lease_values,
    renew_lease,
    take_title,
    takes_receipt,
)
from edye_delivery.ledger.records import Delivery
from edye_delivery.ledger.rows import delivery_of
from edye_delivery.ledger.tables import DELIVERIES, Moment
from edye_delivery.ledger.trail import Call
from edye_delivery.ledger.transactions import repeating
from edye_delivery.ledger.transitions import Transitions

IS_NOT_OF_ANOTHER_CHANNEL = or_(
    DELIVERIES.c.state != DeliveryState.SENDING,
    DELIVERIES.c.channel.is_(None),
    DELIVERIES.c.channel == bindparam("by_channel"),
)
ONE_MORE_ATTEMPT, ONE_MORE_UNANSWERED = DELIVERIES.c.attempts + 1, DELIVERIES.c.unanswered + 1
FIRST_SENT_AT = func.coalesce(DELIVERIES.c.first_sent_at, bindparam("began_at", type_=Moment()))
MORE_BYTES_SENT = DELIVERIES.c.bytes_sent + bindparam("more_bytes", type_=BigInteger())
MORE_SECONDS_SENDING = DELIVERIES.c.seconds_sending + bindparam("more_seconds", type_=Float())


class Sendings:
    """The part of the ledger that a sender uses: begin, renew, retry, receive.

    With a client, errors in a row are counted in the same transaction.
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
        """Writes one call before it is made; the delivery after that (its attempts count this call).

        The call gets a request id of its own, which the partner and the trail know. From now on the holder has the
        delivery for `lease_s`, or longer where it renews the lease; when the lease has ended, another sender may begin.

        TitleBusy where somebody else sends the title, or the partner has its content already. NotToBeSent where it was
        accepted, replaced by newer content or withdrawn by a person meanwhile; the withdrawal that this call undoes
        does not count. TransitionRefused where another channel is sending it.
        """
        at = self._now()
        with self._engine.begin() as connection:
            take_title(connection, key, holder.name, channel, undone_withdrawal_at)
            row = self._transitions.apply(
                connection,
                key,
                DeliveryState.SENDING,
                "send",
                IS_NOT_OF_ANOTHER_CHANNEL,
                given={"by_channel": channel, "began_at": at},
                run_id=run_id,
                channel=channel,
                encode_name=encode_name,
                attempts=ONE_MORE_ATTEMPT,
                unanswered=ONE_MORE_UNANSWERED if channel is Channel.API else DELIVERIES.c.unanswered,
                first_sent_at=FIRST_SENT_AT,
                sent_at=at,
                request_id=str(uuid.uuid4()),
                **lease_values(connection, run_id, holder, lease_s),
            )
            return delivery_of(row)

    @repeating
    def renew(self, key: str, holder: str, lease_s: float) -> None:
        """Extends the holder's lease from now on; LeaseLost where somebody else has taken the delivery over."""
        with self._engine.begin() as connection:
            renew_lease(connection, key, holder, lease_s)

    @repeating
    def note_whole(self, key: str, temporary_name: str, holder: str = "", lease_s: float = LEASE_S) -> None:
        """Notes that a file is whole at the partner under its temporary name, before it is renamed; renews the lease.

        LeaseLost where somebody else has taken the delivery over.
        """
        with self._engine.begin() as connection:
            row = renew_lease(connection, key, holder, lease_s)
            files = [*(row["whole_files"] or ()), temporary_name]
            connection.execute(update(DELIVERIES).where(DELIVERIES.c.delivery_key == key).values(whole_files=files))
            self._transitions.note(connection, {**row, "detail": temporary_name}, "upload")

    @repeating
    def retry(self, key: str, detail: str, call: Call, holder: str = "", lease_s: float = LEASE_S) -> None:
        """Notes that one call failed and is tried again; renews the lease. LeaseLost where somebody else took over."""
        with self._engine.begin() as connection:
            row = renew_lease(connection, key, holder, lease_s)
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

        Where a lease ended and several senders sent the title, the delivery takes the first receipt. A later receipt
        becomes an event, so that no tracking id is lost, and raises LeaseLost; the same tracking id again changes
        nothing.
        """
        call = Call(seconds, http_status)
        known = self._keep_receipt(key, tracking_id, bytes_sent, call)
        if known is not None:
            raise lease_lost(key, known)

    @repeating
    def _keep_receipt(self, key: str, tracking_id: str, bytes_sent: int, call: Call) -> Mapping[Any, Any] | None:
        """Writes the receipt to the delivery and gives None; else the delivery's row as somebody else has left it."""
        receipt: dict[str, Any] = {
            "tracking_id": tracking_id,
            "unanswered": 0,
            "received_at": self._now(),
            "bytes_sent": MORE_BYTES_SENT,
            "seconds_sending": MORE_SECONDS_SENDING,
        }
        given = {"more_bytes": bytes_sent, "more_seconds": call.seconds or 0.0}
        with self._engine.begin() as connection:
            row = delivery_row(connection, key, is_locked=True)
            if row is not None and row["attempts"] and not takes_receipt(row, tracking_id):
                if row["tracking_id"] != tracking_id:
                    detail = f"the partner took it as {tracking_id} too, from a sender whose lease had ended"
                    late = {**row, "tracking_id": tracking_id, "detail": detail}
                    self._transitions.note(connection, late, "receive late", call)
                return row
            delivery = self._transitions.apply(
                connection, key, DeliveryState.RECEIVED, "receive", call=call, given=given, **receipt
            )
            if self._client is not None:
                count_answer(connection, self._client, delivery, self._now())
            return None
