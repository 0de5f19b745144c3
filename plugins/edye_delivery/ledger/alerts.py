"""Alerts: written with the error that raised them, and sent by whoever claims them first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Engine, func, or_, select, update

from edye_delivery.catalog.degradation import DegradationKind
from edye_delivery.catalog.run_alert import RunAlertKind
from edye_delivery.ledger.client_alarms import errors_in_a_row, not_sent_sentence, open_circuits, open_degradations
from edye_delivery.ledger.consecutive_errors import BEGAN, Client
from edye_delivery.ledger.tables import ALERTS
from edye_delivery.ledger.transactions import repeating

CLAIM_S = 120
"""After so long anybody may claim an alert again whose holder did not send it."""


@dataclass(frozen=True, slots=True)
class Alert:
    """A message for a person: errors in a row, or the degradation of what a partner pulls, began or ended; or a run.

    `errors` are the errors in a row, or the calls that a degradation's figure is of; 0 for a run, whose DAG is
    `client_id`.

    `was_tried` where somebody claimed it before and did not send it: the holder died, or there was nobody to tell.
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
        """Whether nothing reaches the partner, or nobody knows why."""
        return self.kind in (BEGAN, DegradationKind.UNAVAILABLE, RunAlertKind.NO_RESULT)

    @property
    def needs_action(self) -> bool:
        """Whether somebody has to act; an end is good news."""
        return self.kind == BEGAN or self.kind in {*DegradationKind, *RunAlertKind}


class Alerts:
    """The alerts that are still to be sent."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    def claim(self) -> Iterator[Alert]:
        """Every open alert that nobody else has, oldest first; the caller has each until `mark_told` or `release`.

        Where the caller dies between sending an alert and `mark_told`, it is sent again: rather twice than never.
        """
        with self._engine.connect() as connection:
            rows = connection.execute(select(ALERTS).where(self._is_free).order_by(ALERTS.c.id)).all()
        for row in rows:
            if self._claim(row.id):
                was_tried = row.claimed_at is not None
                yield Alert(row.id, row.partner, row.client_id, row.kind, row.errors, row.detail, was_tried)

    def untold_count(self) -> int:
        """How many alerts were not sent yet."""
        query = select(func.count()).select_from(ALERTS).where(ALERTS.c.told_at.is_(None))
        with self._engine.connect() as connection:
            return connection.execute(query).scalar_one()

    def sentences_of(self, client: Client, reader: str | None = None) -> tuple[str, ...]:
        """A sentence each for the client's open circuit, its errors in a row above the threshold, and open alerts.

        `reader` is the partner's name in the delivery API, where it pulls: then also for each open degradation.
        """
        partners = {client.partner, reader or client.partner}
        with self._engine.connect() as connection:
            found = [
                *open_circuits(connection, [client]),
                *errors_in_a_row(connection, [client]),
                *open_degradations(connection, [] if reader is None else [reader]),
            ]
            query = select(func.count()).select_from(ALERTS)
            open_alerts = query.where(ALERTS.c.told_at.is_(None), ALERTS.c.partner.in_(partners))
            count = connection.execute(open_alerts).scalar_one()
        return (*(one.sentence for one in found), *([not_sent_sentence(count)] if count else []))

    def mark_told(self, alert: Alert) -> None:
        """Notes that the alert was sent."""
        self._set(alert, told_at=self._now())

    def release(self, alert: Alert) -> None:
        """Gives the alert back, because it could not be sent now; the next step sends it."""
        self._set(alert, claimed_at=None)

    @repeating
    def _claim(self, number: int) -> bool:
        """Claims an alert for the caller, where nobody else has it."""
        claim = update(ALERTS).where(ALERTS.c.id == number, self._is_free).values(claimed_at=self._now())
        with self._engine.begin() as connection:
            return connection.execute(claim).rowcount == 1

    @property
    def _is_free(self) -> ColumnElement[bool]:
        over_at = self._now() - timedelta(seconds=CLAIM_S)
        return ALERTS.c.told_at.is_(None) & or_(ALERTS.c.claimed_at.is_(None), ALERTS.c.claimed_at < over_at)

    @repeating
    def _set(self, alert: Alert, **values: datetime | None) -> None:
        with self._engine.begin() as connection:
            connection.execute(update(ALERTS).where(ALERTS.c.id == alert.id).values(**values))
