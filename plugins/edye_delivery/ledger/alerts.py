"""Alerts on their way: written with the error that raised them, told by whoever claims them first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, func, or_, select, update

from edye_delivery.catalog.window import rfc3339
from edye_delivery.ledger.consecutive_errors import BEGAN, Client, row_of
from edye_delivery.ledger.tables import ALERTS, CIRCUIT_BREAKERS, CONSECUTIVE_ERRORS
from edye_delivery.ledger.transactions import repeating

CLAIM_S = 120
"""After so long a claim whose holder did not end is anybody's again."""


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that somebody is to be told: errors in a row have begun, or have ended.

    `was_tried` where somebody had it before, and it did not go out: its holder died, or there was nobody to tell.
    """

    id: int
    partner: str
    client_id: str
    kind: str
    errors: int
    detail: str
    was_tried: bool = False

    @property
    def is_critical(self) -> bool:
        """Whether somebody has to act; the end of errors in a row is good news."""
        return self.kind == BEGAN


class Alerts:
    """What has still to be told."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    def claim(self) -> Iterator[Alert]:
        """Every alert that is untold and nobody else's, oldest first; each is the caller's until `told` or `release`.

        One whose holder dies between its telling and `told` is told again: rather twice than never.
        """
        with self._engine.connect() as connection:
            rows = connection.execute(select(ALERTS).where(self._free).order_by(ALERTS.c.id)).all()
        for row in rows:
            if self._claim(row.id):
                was_tried = row.claimed_at is not None
                yield Alert(row.id, row.partner, row.client_id, row.kind, row.errors, row.detail, was_tried)

    def untold_count(self) -> int:
        """How many alerts nobody was told of yet."""
        query = select(func.count()).select_from(ALERTS).where(ALERTS.c.told_at.is_(None))
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def sentences_of(self, client: Client) -> tuple[str, ...]:
        """A sentence each for the client's open circuit, its errors in a row once they are an alert, untold alerts."""
        untold = select(func.count()).select_from(ALERTS).where(ALERTS.c.told_at.is_(None))
        with self._engine.connect() as connection:
            circuit = connection.execute(select(CIRCUIT_BREAKERS).where(row_of(CIRCUIT_BREAKERS, client))).first()
            errors = connection.execute(select(CONSECUTIVE_ERRORS).where(row_of(CONSECUTIVE_ERRORS, client))).first()
            count = connection.execute(untold.where(ALERTS.c.partner == client.partner)).scalar_one()
        told: list[str] = []
        if circuit is not None and circuit.opened_at is not None:
            told.append(
                f"the circuit is open since {rfc3339(circuit.opened_at)} ({circuit.opened_cause}, "
                f"{circuit.technical_errors} technical errors in a row): nothing is sent until the next run, "
                "which tries one title first"
            )
        if errors is not None and errors.errors > client.error_threshold:
            told.append(f"{errors.errors} errors in a row since {rfc3339(errors.first_error_at)}: DevOps looks why")
        if count:
            told.append(
                f"{count} alerts of this partner were told to nobody: DevOps looks at the connection alerts "
                "(docs/runbook.md, Errors in a row)"
            )
        return tuple(told)

    def mark_told(self, alert: Alert) -> None:
        """Somebody was told."""
        self._set(alert, told_at=self._now())

    def release(self, alert: Alert) -> None:
        """It could not be told now; the next who looks tries again."""
        self._set(alert, claimed_at=None)

    @repeating
    def _claim(self, number: int) -> bool:
        """Makes an alert the caller's, where it is free."""
        mine = update(ALERTS).where(ALERTS.c.id == number, self._free).values(claimed_at=self._now())
        with self._engine.begin() as connection:
            return connection.execute(mine).rowcount == 1

    @property
    def _free(self) -> ColumnElement[bool]:
        over_at = self._now() - timedelta(seconds=CLAIM_S)
        return ALERTS.c.told_at.is_(None) & or_(ALERTS.c.claimed_at.is_(None), ALERTS.c.claimed_at < over_at)

    @repeating
    def _set(self, alert: Alert, **values: datetime | None) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(ALERTS).where(ALERTS.c.id == alert.id).values(**values))
