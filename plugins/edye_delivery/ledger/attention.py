"""What needs attention now: whose turn it is, how many titles are where, and what is wrong; each read is bounded."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, select

from edye_delivery.catalog.alarm import Alarm, AlarmKind
from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.catalog.window import rfc3339
from edye_delivery.catalog.wording import count_of
from edye_delivery.ledger.client_alarms import alerts_not_sent, errors_in_a_row, open_circuits, open_degradations
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.shipment_alarms import shipment_alarms
from edye_delivery.ledger.status import StatusReader
from edye_delivery.ledger.status_records import state_of
from edye_delivery.ledger.tables import TITLE_STATUS
from edye_delivery.ledger.title_counts import Count


def open_counts(connection: Connection, partners: Collection[str], now: datetime) -> list[Count]:
    """The titles of these partners that have not ended well, by state, cause, owner and remedy; worst state first."""
    return StatusReader(connection, now).open_counts(partners)


def title_totals(connection: Connection, partners: Collection[str]) -> dict[str, dict[DeliveryState, int]]:
    """How many titles each of these partners has in each state; of a million titles it reads a million index rows."""
    totals: dict[str, dict[DeliveryState, int]] = {partner: {} for partner in partners}
    group = (TITLE_STATUS.c.partner, TITLE_STATUS.c.state)
    query = select(*group, func.count().label("titles")).where(TITLE_STATUS.c.partner.in_(partners)).group_by(*group)
    for row in connection.execute(query):
        totals[row.partner][state_of(row.state)] = row.titles
    return totals


def alarms(
    connection: Connection,
    partners: Collection[str],
    clients: Collection[Client],
    counts: Iterable[Count],
    now: datetime,
) -> tuple[Alarm, ...]:
    """What is wrong at these partners: the critical alarms first, of each kind the oldest first.

    `partners` are the names of annexes and of what they pull; `clients` are the annexes' clients; `counts` are the
    partners' `open_counts`.
    """
    found = [
        *open_circuits(connection, clients),
        *errors_in_a_row(connection, clients),
        *open_degradations(connection, partners),
        *alerts_not_sent(connection, partners),
        *_unattended(counts),
        *shipment_alarms(connection, partners, now),
    ]
    return in_order(found)


def in_order(found: Iterable[Alarm]) -> tuple[Alarm, ...]:
    """The alarms as people read them: the critical ones first, of each kind the oldest first."""
    kinds = list(AlarmKind)
    return tuple(sorted(found, key=lambda one: (not one.is_critical, kinds.index(one.kind), one.since, one.partner)))


def _unattended(counts: Iterable[Count]) -> Iterator[Alarm]:
    """An alarm for each partner with titles that nobody waits for."""
    by_partner: dict[str, list[Count]] = {}
    for count in counts:
        if count.nobody_waits:
            by_partner.setdefault(count.partner, []).append(count)
    for partner, found in by_partner.items():
        since = min(count.since for count in found)
        number = sum(count.titles for count in found)
        yield Alarm(AlarmKind.NOBODY_WAITS, partner, since, _nobody_waits_sentence(number, found, since))


def _nobody_waits_sentence(number: int, counts: Sequence[Count], since: datetime) -> str:
    which = "has" if number == 1 else "have"
    return (
        f"{count_of(number, 'title')} {which} not ended, and nobody waits for {'it' if number == 1 else 'them'} since "
        f"{rfc3339(since)} at the earliest: {counts[0].next_step}"
    )
