"""The trail: every step of every delivery as an event, written with the step and shipped later (annex section 8)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, func, insert, select, update

from edye_delivery.catalog.event import Event, Outcome
from edye_delivery.errors import DeliveryError
from edye_delivery.ledger.driver_statement import DriverStatement
from edye_delivery.ledger.rows import chunks
from edye_delivery.ledger.tables import EVENTS
from edye_delivery.ledger.transactions import repeating

BEGINS = frozenset({"plan", "plan again", "send", "wait again"})
FAILS = frozenset({"reject", "retry", "fail", "withdrawal not told", "break off", "errors began", "circuit opened"})
SECONDS_SINCE = {"observe": "received_at", "accept": "first_sent_at"}
COPIED = ("partner", "external_id", "delivery_key", "run_id", "state", "detail")
COPIED_WHERE_KNOWN = ("cause", "owner", "tracking_id", "request_id")
INSERT = insert(EVENTS).inline()
"""Built once, as every step needs it; nobody needs the event's number."""
INSERT_ONE = DriverStatement(
    INSERT,
    (
        *("at", "action", "outcome", "client_id", "attempt", "seconds", "http_status", "error_code"),
        *COPIED,
        *COPIED_WHERE_KNOWN,
    ),
)
UNSHIPPED = EVENTS.c.shipped_at.is_(None) & EVENTS.c.refusal.is_(None)


@dataclass(frozen=True, slots=True)
class Call:
    """What is known about one step besides the delivery's row: its seconds, and the answer that it got."""

    seconds: float | None = None
    http_status: int | None = None
    error_code: str = ""

    @classmethod
    def of(cls, error: DeliveryError) -> Call:
        """The call that failed with this error."""
        return cls(error.seconds, error.http_status, error.error_code)


def note(
    connection: Connection,
    row: Mapping[Any, Any],
    action: str,
    at: datetime,
    client_id: str | None,
    call: Call | None = None,
) -> None:
    """Writes the event of a step that has just changed a delivery's row, in the step's own transaction."""
    INSERT_ONE.execute(connection, _event_row(row, action, at, client_id, call))


def note_all(
    connection: Connection, steps: Sequence[tuple[Mapping[Any, Any], str]], at: datetime, client_id: str | None
) -> None:
    """Writes the events of steps that have just changed several rows: each row with its action."""
    if steps:
        connection.execute(INSERT, [_event_row(row, action, at, client_id) for row, action in steps])


def _event_row(
    row: Mapping[Any, Any], action: str, at: datetime, client_id: str | None, call: Call | None = None
) -> dict[str, Any]:
    """The event of one step. An observation's seconds count from the receipt, an acceptance's from the first send."""
    call = call or Call(_seconds_since(row.get(SECONDS_SINCE.get(action)), at))
    return {
        "at": at,
        "action": action,
        "outcome": _outcome_of(action),
        "client_id": client_id,
        "attempt": row.get("attempts"),
        "seconds": call.seconds,
        "http_status": call.http_status,
        "error_code": call.error_code or None,
        **{name: row[name] for name in COPIED},
        **{name: row.get(name) for name in COPIED_WHERE_KNOWN},
    }


class Trail:
    """The events, oldest first: those that are still to be shipped, and the result of a shipment."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    @repeating
    def write(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Writes events of steps that change no delivery, such as a check, in one transaction; sets `at`."""
        if not events:
            return
        with self._engine.begin() as connection:
            connection.execute(INSERT, [{"at": self._now(), **event} for event in events])

    def next_events(self, limit: int) -> list[Event]:
        """The next events to ship, oldest first, at most `limit`."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(EVENTS).where(UNSHIPPED).order_by(EVENTS.c.id).limit(limit))
            return [_event_of(row) for row in rows]

    @repeating
    def mark_shipped(self, ids: Sequence[int]) -> None:
        """Notes that these events have arrived."""
        at = self._now()
        with self._engine.begin() as connection:
            for group in chunks(ids):
                connection.execute(update(EVENTS).where(EVENTS.c.id.in_(group)).values(shipped_at=at))

    @repeating
    def set_aside(self, refusals: Mapping[int, str]) -> None:
        """Notes why these events were refused for good: they are not shipped until `ship_again`."""
        if not refusals:
            return
        change = update(EVENTS).where(EVENTS.c.id == bindparam("of_event")).values(refusal=bindparam("why"))
        with self._engine.begin() as connection:
            connection.execute(change, [{"of_event": number, "why": why} for number, why in refusals.items()])

    @repeating
    def ship_again(self) -> int:
        """Lets events that were set aside be shipped again; how many."""
        with self._engine.begin() as connection:
            return connection.execute(update(EVENTS).where(EVENTS.c.refusal.is_not(None)).values(refusal=None)).rowcount

    def unshipped_counts(self) -> tuple[int, int]:
        """How many events are still to be shipped, and how many are set aside."""
        with self._engine.connect() as connection:
            waiting = connection.execute(select(func.count()).select_from(EVENTS).where(UNSHIPPED)).scalar_one()
            aside = select(func.count()).select_from(EVENTS).where(EVENTS.c.refusal.is_not(None))
            return waiting, connection.execute(aside).scalar_one()


def _seconds_since(began_at: datetime | None, at: datetime) -> float | None:
    return (at - began_at).total_seconds() if began_at else None


def _outcome_of(action: str) -> Outcome:
    if action in BEGINS:
        return Outcome.UNKNOWN
    return Outcome.FAILURE if action in FAILS else Outcome.SUCCESS


def _event_of(row: Row[Any]) -> Event:
    fields = {name: getattr(row, name) for name in Event.__slots__ if name != "outcome"}
    return Event(outcome=Outcome(row.outcome) if row.outcome else _outcome_of(row.action), **fields)
