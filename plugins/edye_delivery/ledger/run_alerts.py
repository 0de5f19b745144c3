"""Alerts about whole runs: each run raises each kind once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine, insert, select

from edye_delivery.catalog.event import Outcome
from edye_delivery.catalog.run_alert import RunAlert
from edye_delivery.ledger.tables import ALERTS, EVENTS
from edye_delivery.ledger.transactions import repeating


class RunAlerts:
    """Writes alerts about runs; `ledger.alerts.Alerts` has them sent."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    @repeating
    def raise_once(self, alert: RunAlert) -> bool:
        """Writes the alert and its event; False where the run has raised one of this kind, also in this moment."""
        engine, at = self._engine, self._now()
        if engine.dialect.name != "sqlite":  # there writers follow each other; here one that met another repeats
            engine = engine.execution_options(isolation_level="SERIALIZABLE")
        shared = {"at": at, "partner": alert.partner, "client_id": alert.dag_id, "detail": alert.detail}
        with engine.begin() as connection:
            if _is_raised(connection, alert):
                return False
            connection.execute(insert(ALERTS).values(**shared, kind=alert.kind.value, errors=0))
            event = {"external_id": "", "delivery_key": "", "run_id": alert.run_id, "state": alert.kind.value}
            event |= {"action": _action_of(alert), "outcome": Outcome.FAILURE.value}
            connection.execute(insert(EVENTS).values(**shared, **event))
        return True


def _action_of(alert: RunAlert) -> str:
    return f"run {alert.kind.value}"


def _is_raised(connection: Connection, alert: RunAlert) -> bool:
    """Looks among the partner's few events that are about no title, which the index finds."""
    event = EVENTS.c
    of_no_title = (event.partner == alert.partner) & (event.external_id == "")
    same = (event.run_id == alert.run_id) & (event.client_id == alert.dag_id) & (event.action == _action_of(alert))
    return connection.execute(select(event.id).where(of_no_title, same).limit(1)).first() is not None
