"""What is wrong with partners' clients now: open circuits, errors in a row, degradations, alerts that were not sent."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import ColumnElement, Connection, false, func, or_, select

from edye_delivery.catalog.alarm import Alarm, AlarmKind
from edye_delivery.catalog.degradation import DegradationKind
from edye_delivery.catalog.window import rfc3339
from edye_delivery.catalog.wording import count_of
from edye_delivery.ledger.consecutive_errors import Client, row_of
from edye_delivery.ledger.pull_tables import DEGRADATIONS
from edye_delivery.ledger.tables import ALERTS, CIRCUIT_BREAKERS, CONSECUTIVE_ERRORS


def open_circuits(connection: Connection, clients: Collection[Client]) -> Iterator[Alarm]:
    """An alarm for each of these clients whose circuit is open."""
    columns = CIRCUIT_BREAKERS.c
    query = select(CIRCUIT_BREAKERS).where(_of(CIRCUIT_BREAKERS, clients), columns.opened_at.is_not(None))
    for row in connection.execute(query.order_by(columns.opened_at, columns.partner)):
        yield Alarm(
            AlarmKind.CIRCUIT_OPEN,
            row.partner,
            row.opened_at,
            f"the circuit is open since {rfc3339(row.opened_at)} ({row.opened_cause}, "
            f"{row.technical_errors} technical errors in a row): no title is tried until the next "
            "run, which tries one first",
            is_critical=True,
        )


def errors_in_a_row(connection: Connection, clients: Collection[Client]) -> Iterator[Alarm]:
    """An alarm for each of these clients that has more errors in a row than its annex allows."""
    thresholds = {(client.partner, client.client_id): client.error_threshold for client in clients}
    columns = CONSECUTIVE_ERRORS.c
    query = select(CONSECUTIVE_ERRORS).where(_of(CONSECUTIVE_ERRORS, clients), columns.errors > 0)
    for row in connection.execute(query.order_by(columns.first_error_at, columns.partner)):
        if row.errors > thresholds[row.partner, row.client_id]:
            since = rfc3339(row.first_error_at)
            sentence = f"{row.errors} errors in a row since {since}: DevOps finds out why"
            yield Alarm(AlarmKind.ERRORS_IN_A_ROW, row.partner, row.first_error_at, sentence, is_critical=True)


def open_degradations(connection: Connection, partners: Collection[str]) -> Iterator[Alarm]:
    """An alarm for each degradation of what these partners pull that goes on; `partners` are the annexes' names."""
    columns = DEGRADATIONS.c
    query = select(DEGRADATIONS).where(columns.partner.in_(partners), columns.ended_at.is_(None))
    for row in connection.execute(query.order_by(columns.began_at, columns.partner, columns.subject, columns.user)):
        user = f", user {row.user}" if row.user else ""
        sentence = (
            f"what the partner pulls is degraded ({row.kind}{user}) since {rfc3339(row.began_at)}: {row.detail} "
            "(docs/runbook.md, A degraded delivery)"
        )
        is_critical = row.kind == DegradationKind.UNAVAILABLE
        yield Alarm(AlarmKind.DEGRADED, row.partner, row.began_at, sentence, is_critical)


def alerts_not_sent(connection: Connection, partners: Collection[str]) -> Iterator[Alarm]:
    """An alarm for each of these partners that has alerts of which nobody was told."""
    query = (
        select(ALERTS.c.partner, func.count().label("alerts"), func.min(ALERTS.c.at).label("since"))
        .where(ALERTS.c.told_at.is_(None), ALERTS.c.partner.in_(partners))
        .group_by(ALERTS.c.partner)
        .order_by(ALERTS.c.partner)
    )
    for row in connection.execute(query):
        sentence = not_sent_sentence(row.alerts)
        yield Alarm(AlarmKind.ALERTS_NOT_SENT, row.partner, row.since, sentence, is_critical=True)


def not_sent_sentence(alerts: int) -> str:
    """What to say of so many alerts of a partner that were not sent."""
    return (
        f"{count_of(alerts, 'alert')} of this partner {'was' if alerts == 1 else 'were'} not sent: DevOps checks the "
        "connection alerts (docs/runbook.md, Errors in a row)"
    )


def _of(table: Any, clients: Collection[Client]) -> ColumnElement[bool]:
    return or_(false(), *(row_of(table, client) for client in clients))
