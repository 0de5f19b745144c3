"""Events and calls that wait too long to be shipped, and events that were refused for good."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Select, func, select

from edye_delivery.catalog.alarm import Alarm, AlarmKind
from edye_delivery.catalog.window import rfc3339
from edye_delivery.catalog.wording import count_of
from edye_delivery.ledger.api_call_outbox import UNSHIPPED as UNSHIPPED_CALLS
from edye_delivery.ledger.pull_tables import API_CALLS
from edye_delivery.ledger.tables import EVENTS
from edye_delivery.ledger.trail import UNSHIPPED

READ_MAX = 10_000
"""So many of what waits are looked at, the oldest ones; of more, nobody needs the exact number."""
SHIPPED_WITHIN = timedelta(minutes=30)
"""Shipping runs every five minutes; what waits for so long is in trouble."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    partner: str
    number: str
    since: datetime


def shipment_alarms(connection: Connection, partners: Collection[str], now: datetime) -> Iterator[Alarm]:
    """The alarms of these partners, one for each partner and kind."""
    events = select(EVENTS.c.partner, EVENTS.c.at).order_by(EVENTS.c.id).limit(READ_MAX)
    calls = select(API_CALLS.c.partner, API_CALLS.c.at).order_by(API_CALLS.c.at).limit(READ_MAX)
    latest = now - SHIPPED_WITHIN
    for one in _by_partner(connection, events.where(UNSHIPPED), partners, "event"):
        if one.since < latest:
            yield Alarm(AlarmKind.EVENTS_WAIT, one.partner, one.since, _waits(one, "ship_ingesta_logs"))
    for one in _by_partner(connection, events.where(EVENTS.c.refusal.is_not(None)), partners, "event"):
        sentence = (
            f"IngestaLogs refused {one.number} for good, the oldest of {rfc3339(one.since)}: set aside in the ledger. "
            "When the reason is gone, trigger the DAG ship_ingesta_logs with ship_refused"
        )
        yield Alarm(AlarmKind.EVENTS_SET_ASIDE, one.partner, one.since, sentence)
    for one in _by_partner(connection, calls.where(UNSHIPPED_CALLS), partners, "call"):
        if one.since < latest:
            yield Alarm(AlarmKind.CALLS_WAIT, one.partner, one.since, _waits(one, "ship_api_calls"))


def _by_partner(
    connection: Connection, oldest: Select[Any], partners: Collection[str], word: str
) -> Iterator[_Waiting]:
    """The oldest ones by partner; where there may be more than were looked at, the number says "at least"."""
    found = oldest.subquery()
    query = select(found.c.partner, func.count().label("number"), func.min(found.c.at).label("since"))
    rows = connection.execute(query.group_by(found.c.partner).order_by(found.c.partner)).all()
    has_more = sum(row.number for row in rows) >= READ_MAX
    for row in rows:
        if row.partner in partners:
            number = f"{'at least ' if has_more else ''}{count_of(row.number, word)}"
            yield _Waiting(row.partner, number, row.since)


def _waits(one: _Waiting, dag_id: str) -> str:
    waits = "waits" if one.number.startswith("1 ") else "wait"
    return (
        f"{one.number} of this partner {waits} in the ledger to be shipped, the oldest of {rfc3339(one.since)}: the "
        f"log of the DAG {dag_id} says why. Nothing is lost"
    )
