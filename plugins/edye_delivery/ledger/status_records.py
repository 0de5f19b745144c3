"""What the ledger says of a title's status: which titles are asked for, and the records that are read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edye_delivery.catalog.next_steps import next_step
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState
from edye_delivery.catalog.window import Window
from edye_delivery.ledger.read_only import NoLedger
from edye_delivery.ledger.title_counts import NEEDS_A_PERSON


@dataclass(frozen=True, slots=True)
class Selection:
    """Which titles to read: of one partner, with these ids, whose state began in a window."""

    partner: str | None = None
    window: Window | None = None
    external_ids: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """One title at one partner: its current delivery, and its accepted one."""

    partner: str
    external_id: str
    edye_id: str
    title: str
    kind: str
    lang: str | None
    state: DeliveryState
    cause: Cause | None
    owner: str | None
    detail: str
    rules: tuple[str, ...]
    attempts: int
    tracking_id: str | None
    delivery_key: str
    run_id: str
    planned_at: datetime
    sent_at: datetime | None
    since: datetime
    channel: str | None
    accepted_key: str | None
    accepted_at: datetime | None
    withdrawn_at: datetime | None
    nobody_waits: bool = False
    is_original_refused: bool = False
    waits_for_partner: bool = False

    @property
    def needs_a_person(self) -> bool:
        """Whether the title waits for a person."""
        return self.state in NEEDS_A_PERSON or self.nobody_waits

    @property
    def is_pulled(self) -> bool:
        """Whether the partner reads it by itself."""
        return self.channel == Channel.PULL

    @property
    def next_step(self) -> str:
        """What to do next, as the report says it."""
        return next_step(
            self.state,
            self.cause,
            is_pulled=self.is_pulled,
            nobody_waits=self.nobody_waits,
            is_original_refused=self.is_original_refused,
            waits_for_partner=self.waits_for_partner,
        )


@dataclass(frozen=True, slots=True)
class Event:
    """One event of a title."""

    at: datetime
    action: str
    state: str
    detail: str
    run_id: str
    delivery_key: str


@dataclass(frozen=True, slots=True)
class ErrorsInARow:
    """The errors in a row of one client; `alerted_at` is when they raised an alert."""

    client_id: str
    errors: int
    first_error_at: datetime | None
    alerted_at: datetime | None


def state_of(name: str) -> DeliveryState:
    """The state with this name; NoLedger where a later version wrote it."""
    try:
        return DeliveryState(name)
    except ValueError:
        raise NoLedger(f"the ledger is of a later version: it has the state {name!r:.40}, unknown here") from None


def cause_of(name: str | None) -> Cause | None:
    """The cause with this name; NoLedger where a later version wrote it."""
    try:
        return Cause(name) if name else None
    except ValueError:
        raise NoLedger(f"the ledger is of a later version: it has the cause {name!r:.40}, unknown here") from None


def status_of(row: Any) -> Status:
    """A title from a row with all columns of `Status`; NoLedger where a later version wrote it."""
    known = dict(row._mapping) | {
        "state": state_of(row.state),
        "cause": cause_of(row.cause),
        "rules": tuple(row.rules or ()),
        "nobody_waits": bool(row.nobody_waits),
        "is_original_refused": bool(row.is_original_refused),
        "waits_for_partner": bool(row.waits_for_partner),
    }
    return Status(**known)
