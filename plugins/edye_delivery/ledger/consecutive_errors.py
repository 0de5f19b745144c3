"""Errors in a row: counted with the delivery that failed, in its own transaction (annex section 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, case, insert, literal, select, update

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.window import rfc3339
from edye_delivery.ledger.rows import upsert_into
from edye_delivery.ledger.tables import ALERTS, CONSECUTIVE_ERRORS, Moment
from edye_delivery.ledger.trail import note

ERRORS = CONSECUTIVE_ERRORS.c
BEGAN, ENDED = "errors began", "errors ended"


@dataclass(frozen=True, slots=True)
class Client:
    """A client whose errors are counted together, and how many errors in a row raise an alert."""

    partner: str
    client_id: str
    error_threshold: int
    technical_error_threshold: int

    @classmethod
    def of(cls, annex: Annex) -> Client:
        """The annex's client: more errors in a row than `alert.consecutive_errors` raise an alert.

        `circuit_breaker.technical_errors` technical errors in a row open the circuit.
        """
        return cls(
            annex.partner, annex.client_id, annex.alert.consecutive_errors, annex.circuit_breaker.technical_errors
        )


def count_error(connection: Connection, client: Client, failed: Mapping[Any, Any], at: datetime) -> None:
    """Counts one more error in a row; the first above the threshold raises the one alert.

    The row stays locked until the transaction ends, so that writers count one after the other.
    """
    first = {"errors": 1, "first_error_at": at}
    row = connection.execute(
        upsert_into(connection, CONSECUTIVE_ERRORS)
        .values(partner=client.partner, client_id=client.client_id, **first)
        .on_conflict_do_update(
            index_elements=["partner", "client_id"],
            set_={
                "errors": ERRORS.errors + 1,
                "first_error_at": case((ERRORS.errors == 0, literal(at, Moment)), else_=ERRORS.first_error_at),
            },
        )
        .returning(ERRORS.errors, ERRORS.first_error_at, ERRORS.alerted_at)
    ).one()
    if row.errors <= client.error_threshold or row.alerted_at is not None:
        return
    connection.execute(update(CONSECUTIVE_ERRORS).where(row_of(CONSECUTIVE_ERRORS, client)).values(alerted_at=at))
    since = f"{row.errors} errors in a row since {rfc3339(row.first_error_at)}"
    detail = f"{since}, the last at {printable(failed['external_id'])} ({failed['cause']}): {failed['detail']}"
    _alert(connection, client, BEGAN, row.errors, detail, failed, at)


def count_success(connection: Connection, client: Client, accepted: Mapping[Any, Any], at: datetime) -> None:
    """Ends the errors in a row; where they raised an alert, their end raises another one."""
    query = select(ERRORS.errors, ERRORS.alerted_at).where(row_of(CONSECUTIVE_ERRORS, client), ERRORS.errors > 0)
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        return
    connection.execute(
        update(CONSECUTIVE_ERRORS).where(row_of(CONSECUTIVE_ERRORS, client)).values(errors=0, alerted_at=None)
    )
    if row.alerted_at is not None:
        detail = f"{printable(accepted['external_id'])} was accepted after {row.errors} errors in a row"
        _alert(connection, client, ENDED, row.errors, detail, accepted, at)


def _alert(
    connection: Connection,
    client: Client,
    kind: str,
    errors: int,
    detail: str,
    delivery: Mapping[Any, Any],
    at: datetime,
) -> None:
    values = {"partner": client.partner, "detail": detail}
    connection.execute(insert(ALERTS).values(client_id=client.client_id, kind=kind, errors=errors, at=at, **values))
    note(connection, {**delivery, **values}, kind, at, client.client_id)


def row_of(table: Table, client: Client) -> Any:
    """The condition for the client's row of a table."""
    return (table.c.partner == client.partner) & (table.c.client_id == client.client_id)
