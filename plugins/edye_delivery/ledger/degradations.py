"""What the watch over a partner that pulls found: each look is one transaction, and one of two at once counts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, insert, or_, select, update

from edye_delivery.catalog.degradation import RECOVERED, Degradation, DegradationKind, Subject
from edye_delivery.catalog.event import Outcome
from edye_delivery.catalog.window import rfc3339
from edye_delivery.ledger.pull_tables import DEGRADATIONS, PULL_WATCHES
from edye_delivery.ledger.rows import upsert_into
from edye_delivery.ledger.tables import ALERTS, EVENTS
from edye_delivery.ledger.transactions import repeating

KEY = ("partner", "subject", "user", "began_at")
VALUES = tuple(field.name for field in fields(Degradation))


@dataclass(frozen=True, slots=True)
class WatchState:
    """How far the watch has looked, None before the first look; and the degradations that go on."""

    watched_until: datetime | None
    degradations: tuple[Degradation, ...]


class Degradations:
    """The degradations of one partner; its alerts name the client."""

    def __init__(self, engine: Engine, partner: str, client_id: str) -> None:
        self._engine, self._partner, self._client_id = engine, partner, client_id

    def state(self) -> WatchState:
        """How far the watch has looked, and what goes on, from one moment."""
        with self._engine.connect() as connection:
            query = select(PULL_WATCHES.c.watched_until).where(PULL_WATCHES.c.partner == self._partner)
            until = connection.execute(query).scalar()
            return WatchState(until, _select(connection, self._partner, DEGRADATIONS.c.ended_at.is_(None)))

    def between(self, start_at: datetime, end_at: datetime) -> tuple[Degradation, ...]:
        """The degradations that went on at some moment of the half-open span, oldest first."""
        with self._engine.connect() as connection:
            return degradations_between(connection, self._partner, start_at, end_at)

    @repeating
    def record(self, before: WatchState, watched_until: datetime, found: Iterable[Degradation]) -> bool:
        """Writes what a look found, with an alert for each begin, each that became critical, and each end.

        Nothing is written, and it says False, where another look has been recorded since `before` was read. A
        degradation that began and ended between two looks raises both alerts.
        """
        known = {(one.subject, one.user, one.began_at): one for one in before.degradations}
        with self._engine.begin() as connection:
            if not self._claim(connection, before.watched_until, watched_until):
                return False
            for one in found:
                self._write(connection, one)
                old = known.get((one.subject, one.user, one.began_at))
                if old is None or (one.kind.is_critical and not old.kind.is_critical):
                    self._alert(connection, one, one.kind.value, one.detail, watched_until)
                if one.ended_at is not None:
                    self._alert(connection, one, RECOVERED, _end_of(one), watched_until)
        return True

    def _claim(self, connection: Connection, before: datetime | None, until: datetime) -> bool:
        """Whether this look is the next one after `before`; the row stays locked until the transaction ends."""
        watch = PULL_WATCHES.c
        if before is None:
            row = upsert_into(connection, PULL_WATCHES).values(partner=self._partner, watched_until=until)
            change = row.on_conflict_do_nothing(index_elements=["partner"])
        else:
            is_next = (watch.partner == self._partner) & (watch.watched_until == before)
            change = update(PULL_WATCHES).where(is_next).values(watched_until=until)
        return bool(connection.execute(change).rowcount == 1)

    def _write(self, connection: Connection, one: Degradation) -> None:
        values: dict[str, Any] = {name: getattr(one, name) for name in VALUES}
        row = values | {"partner": self._partner, "subject": one.subject.value, "kind": one.kind.value}
        changes = {name: value for name, value in row.items() if name not in KEY}
        change = upsert_into(connection, DEGRADATIONS).values(**row)
        connection.execute(change.on_conflict_do_update(index_elements=list(KEY), set_=changes))

    def _alert(self, connection: Connection, one: Degradation, kind: str, detail: str, at: datetime) -> None:
        """One alert, and its event, which ends up in the trail."""
        if one.user:
            detail = f"user {one.user}: {detail}"
        shared = {"at": at, "partner": self._partner, "client_id": self._client_id, "detail": detail}
        connection.execute(insert(ALERTS).values(**shared, kind=kind, errors=one.calls))
        is_end = kind == RECOVERED
        event = {"external_id": "", "delivery_key": "", "run_id": "", "state": kind}
        event["action"] = "degradation ended" if is_end else "degradation began"
        outcome = Outcome.SUCCESS if is_end else Outcome.FAILURE
        connection.execute(insert(EVENTS).values(**shared, **event, outcome=outcome.value))


def degradations_between(
    connection: Connection, partner: str, start_at: datetime, end_at: datetime
) -> tuple[Degradation, ...]:
    """The partner's degradations that went on at some moment of the half-open span, oldest first."""
    ended = DEGRADATIONS.c.ended_at
    inside = (DEGRADATIONS.c.began_at < end_at) & or_(ended.is_(None), ended > start_at)
    return _select(connection, partner, inside)


def _select(connection: Connection, partner: str, condition: Any) -> tuple[Degradation, ...]:
    query = select(DEGRADATIONS).where(DEGRADATIONS.c.partner == partner, condition)
    rows = connection.execute(query.order_by(DEGRADATIONS.c.began_at, DEGRADATIONS.c.subject)).mappings()
    return tuple(_degradation_of(row) for row in rows)


def _degradation_of(row: Any) -> Degradation:
    values = {name: row[name] for name in VALUES}
    return Degradation(**values | {"subject": Subject(row["subject"]), "kind": DegradationKind(row["kind"])})


def _end_of(one: Degradation) -> str:
    return f"{one.kind.value} since {rfc3339(one.began_at)}, over at {rfc3339(one.ended_at or one.broken_at)}"


def open_ones(found: Sequence[Degradation]) -> tuple[Degradation, ...]:
    """Those of the degradations that go on."""
    return tuple(one for one in found if one.ended_at is None)
