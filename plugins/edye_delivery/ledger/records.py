"""What the ledger gives back: frozen records, and the moves that a delivery may make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState, Owner
from edye_delivery.errors import Terminal

State = DeliveryState
TRANSITIONS: dict[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.PLANNED, State.REJECTED, State.FAILED, State.ACCEPTED, State.WITHDRAWN}),
    State.REJECTED: frozenset({State.PLANNED, State.REJECTED, State.SENDING}),
    State.SENDING: frozenset({State.PLANNED, State.SENDING}),
    State.RECEIVED: frozenset({State.SENDING, State.FAILED}),
    State.PROCESSING: frozenset({State.RECEIVED, State.PROCESSING}),
    State.COMPLETED: frozenset({State.RECEIVED, State.PROCESSING}),
    State.FAILED: frozenset({State.PLANNED, State.SENDING, State.RECEIVED, State.PROCESSING, State.COMPLETED}),
    State.ACCEPTED: frozenset({State.COMPLETED}),
    State.WITHDRAWN: frozenset(
        {State.ACCEPTED, State.PLANNED, State.SENDING, State.RECEIVED, State.PROCESSING, State.COMPLETED}
    ),
}
"""state -> the states from which it may be reached (architecture, States of a delivery)."""


WAITED_FOR = frozenset({Cause.STUCK, Cause.NOT_PICKED_UP})
"""Failures after which the partner still has the title under a tracking id: runs wait for it and do not send it."""


class TransitionRefused(Terminal):
    """The ledger does not allow this change of state: another run has changed the delivery meanwhile."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One row of the ledger: a delivery in its present state.

    `refused_cause` is set when the partner ends an ingest with an error, until the delivery fails in another way.
    `encode_name` names the re-encode, where the last try sent one. The lease belongs to the sender while the state is
    `sending`; it ends by the database's clock. `read_at` is when this content was read from the catalogue. Until
    `waited_until` somebody waits for the delivery.
    """

    delivery_key: str
    content_key: str
    partner: str
    external_id: str
    edye_id: str
    state: DeliveryState
    cause: Cause | None
    owner: Owner | None
    detail: str
    rules: tuple[str, ...]
    criteria: tuple[dict[str, Any], ...]
    attempts: int
    unanswered: int
    rounds_ended: int
    channel: Channel | None
    whole_files: tuple[str, ...]
    encode_name: str | None
    refused_cause: Cause | None
    tracking_id: str | None
    request_id: str | None
    bytes_sent: int
    seconds_sending: float
    run_id: str
    first_sent_at: datetime | None
    sent_at: datetime | None
    received_at: datetime | None
    finished_at: datetime | None
    lease_holder: str | None = None
    lease_run_id: str | None = None
    lease_try: int | None = None
    lease_expires_at: datetime | None = None
    read_at: datetime | None = None
    waited_until: datetime | None = None

    @property
    def waits_for_partner(self) -> bool:
        """Whether all criteria are met but one: the partner, which reads titles by itself, has not fetched it yet."""
        return self.channel is Channel.PULL and self.state is State.COMPLETED and self.waited_until is not None

    @property
    def idempotency_key(self) -> str:
        """The same key for every resend of one ingest; a new one after the partner has ended an ingest, well or not."""
        return f"{self.delivery_key}-{self.rounds_ended}" if self.rounds_ended else self.delivery_key

    @property
    def is_original_refused(self) -> bool:
        """Whether the partner refused the media file, and it was the original, so that a new encode may help."""
        return self.refused_cause is Cause.MEDIA and self.encode_name is None

    def is_left_to(self, channel: Channel) -> bool:
        """Whether another channel has begun the delivery and has not failed, so that this channel leaves it alone."""
        other = self.channel is not None and self.channel is not channel
        return other and (self.state is State.SENDING or self.state.is_with_partner or self.cause in WAITED_FOR)

    @property
    def seconds(self) -> float | None:
        """Seconds from the first send to the final state; None while there is none."""
        if self.first_sent_at is None or self.finished_at is None:
            return None
        return (self.finished_at - self.first_sent_at).total_seconds()


def is_offered_content(row: Mapping[Any, Any]) -> bool:
    """Whether the row of `deliveries` is accepted, or waits for the partner's fetch alone: it can be withdrawn."""
    waits = row["channel"] == Channel.PULL and row["state"] == State.COMPLETED and row["waited_until"] is not None
    return row["state"] == State.ACCEPTED or waits


@dataclass(frozen=True, slots=True)
class Revision:
    """The revision of a title that a partner is offered: accepted, or waiting for nothing but the partner's fetch.

    With a `withdrawal_reason`, a person has withdrawn it, else the catalogue; `withdrawal_told_at` is when the partner
    was told by its API. A withdrawn revision with `end_at` is in the feeds until then.
    """

    external_id: str
    edye_id: str
    delivery_key: str
    revision: str
    accepted_at: datetime
    withdrawn_at: datetime | None
    withdrawal_reason: str | None
    withdrawal_told_at: datetime | None
    end_at: datetime | None

    @property
    def is_withdrawn_by_hand(self) -> bool:
        """Whether a person has withdrawn it: only a redelivery or a forced resend offers it again."""
        return self.withdrawn_at is not None and self.withdrawal_reason is not None


@dataclass(frozen=True, slots=True)
class Memory:
    """What the ledger knows about one external_id: its accepted revision, its deliveries by key, the current key."""

    revision: Revision | None
    deliveries: dict[str, Delivery]
    current_key: str | None = None
