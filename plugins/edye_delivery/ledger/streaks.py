"""Errors in a row: counted with the delivery that failed, in its own transaction (annex section 8)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, insert, literal, select, update
from sqlalchemy.dialects import postgresql, sqlite

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.printable import printable
from edye_delivery.catalog.window import rfc3339
from edye_delivery.ledger.tables import ALERTS, STREAKS, Moment
from edye_delivery.ledger.trail import note

BEGAN, ENDED = "streak began", "streak ended"


@dataclass(frozen=True, slots=True)
class Client:
    """Whose errors are counted together, and after how many in a row somebody is woken."""

    partner: str
    client_id: str
    errors_borne: int
    technical_errors_borne: int

    @classmethod
    def of(cls, annex: Annex) -> Client:
        """The annex's client: one more error in a row than `alert.consecutive_errors` is an alert.

        So many technical errors in a row as `circuit_breaker.technical_errors` open the circuit.
        """
        return cls(
            annex.partner, annex.client_id, annex.alert.consecutive_errors, annex.circuit_breaker.technical_errors
        )


def count_error(connection: Connection, client: Client, failed: Mapping[Any, Any], at: datetime) -> None:
    """One more error in a row; the first above what is borne writes the streak's one alert.

    The streak's row stays locked until the transaction ends, so that writers count one after the other.
    """
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    first = {"errors": 1, "first_error_at": at}
    streak = connection.execute(
        dialect.insert(STREAKS)
        .values(partner=client.partner, client_id=client.client_id, **first)
        .on_conflict_do_update(
            index_elements=["partner", "client_id"],
            set_={
                "errors": STREAKS.c.errors + 1,
                "first_error_at": case((STREAKS.c.errors == 0, literal(at, Moment)), else_=STREAKS.c.first_error_at),
            },
        )
        .returning(STREAKS.c.errors, STREAKS.c.first_error_at, STREAKS.c.alerted_at)
    ).one()
    if streak.errors <= client.errors_borne or streak.alerted_at is not None:
        return
    connection.execute(update(STREAKS).where(row_of(client)).values(alerted_at=at))
    since = f"{streak.errors} errors in a row since {rfc3339(streak.first_error_at)}"
    words = f"{since}, the last at {printable(failed['external_id'])} ({failed['cause']}): {failed['detail']}"
    _alert(connection, client, BEGAN, streak.errors, words, failed, at)


def count_success(connection: Connection, client: Client, accepted: Mapping[Any, Any], at: datetime) -> None:
    """The streak is over; the end of one that was alerted is told too."""
    query = select(STREAKS.c.errors, STREAKS.c.alerted_at).where(row_of(client), STREAKS.c.errors > 0)
    streak = connection.execute(query.with_for_update()).first()
    if streak is None:
        return
    connection.execute(update(STREAKS).where(row_of(client)).values(errors=0, alerted_at=None))
    if streak.alerted_at is not None:
        words = f"{printable(accepted['external_id'])} was accepted after {streak.errors} errors in a row"
        _alert(connection, client, ENDED, streak.errors, words, accepted, at)


def _alert(
    connection: Connection,
    client: Client,
    kind: str,
    errors: int,
    detail: str,
    delivery: Mapping[Any, Any],
    at: datetime,
) -> None:
    whose = {"partner": client.partner, "detail": detail}
    connection.execute(insert(ALERTS).values(client_id=client.client_id, kind=kind, errors=errors, at=at, **whose))
    note(connection, {**delivery, **whose}, kind, at, client.client_id)


def row_of(client: Client) -> Any:
    """The condition for the client's row."""
    return (STREAKS.c.partner == client.partner) & (STREAKS.c.client_id == client.client_id)
