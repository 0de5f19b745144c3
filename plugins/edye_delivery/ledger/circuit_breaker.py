"""The circuit breaker: after technical errors in a row a run sends nothing more; the next run tries one title first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Engine, or_, select, update

from edye_delivery.catalog.vocabulary import Cause
from edye_delivery.ledger.consecutive_errors import Client, row_of
from edye_delivery.ledger.rows import upsert_into
from edye_delivery.ledger.tables import CIRCUIT_BREAKERS
from edye_delivery.ledger.trail import Call, note
from edye_delivery.ledger.transactions import repeating

CIRCUIT = CIRCUIT_BREAKERS.c
TECHNICAL = frozenset({Cause.TRANSIENT, Cause.AUTH, Cause.STUCK, Cause.NOT_PICKED_UP, Cause.UNKNOWN})
OPENED, CLOSED = "circuit opened", "circuit closed"
TRIAL_LEASE_S = 600
"""After so long without a try, another title may become the trial."""


class Permission(StrEnum):
    """What a title may do now: be sent, wait for the trial, or be held back."""

    SEND = "send"
    WAIT = "wait"
    HOLD_BACK = "hold back"


@dataclass(frozen=True, slots=True)
class Decision:
    """A permission; for a title that is held back, the cause that opened the circuit and a sentence for people."""

    permission: Permission
    cause: Cause | None = None
    sentence: str = ""


class CircuitBreaker:
    """One run's look at a client's circuit: a run that began before the circuit opened sends nothing more."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], client: Client, run_began_at: datetime) -> None:
        self._engine, self._now, self._client, self._run_began_at = engine, now, client, run_began_at

    def allow(self, key: str) -> Decision:
        """Whether the delivery may be sent now; asked before every try."""
        columns = (CIRCUIT.opened_at, CIRCUIT.opened_cause, CIRCUIT.technical_errors)
        with self._engine.connect() as connection:
            circuit = connection.execute(select(*columns).where(row_of(CIRCUIT_BREAKERS, self._client))).first()
        if circuit is None or circuit.opened_at is None:
            return Decision(Permission.SEND)
        if circuit.opened_at >= self._run_began_at:
            cause = Cause(circuit.opened_cause)
            return Decision(Permission.HOLD_BACK, cause, _sentence(cause, circuit.technical_errors))
        return Decision(Permission.SEND if self._is_trial(key, circuit.opened_at) else Permission.WAIT)

    @repeating
    def _is_trial(self, key: str, opened_at: datetime) -> bool:
        """Whether the delivery is the trial; makes it the trial where there is none."""
        at = self._now()
        over_at = at - timedelta(seconds=TRIAL_LEASE_S)
        free = or_(
            CIRCUIT.trial_key.is_(None),
            CIRCUIT.trial_key == key,
            CIRCUIT.trial_at < over_at,
        )
        claim = update(CIRCUIT_BREAKERS).where(
            row_of(CIRCUIT_BREAKERS, self._client), CIRCUIT.opened_at == opened_at, free
        )
        with self._engine.begin() as connection:
            return connection.execute(claim.values(trial_key=key, trial_at=at)).rowcount == 1


def count_failure(
    connection: Connection, client: Client, failed: Mapping[Any, Any], call: Call | None, at: datetime
) -> None:
    """Counts a failed delivery: as a technical error, or as an answer, which shows that the partner works.

    A refused token opens the circuit at once.
    """
    if failed["cause"] in TECHNICAL:
        row = connection.execute(
            upsert_into(connection, CIRCUIT_BREAKERS)
            .values(partner=client.partner, client_id=client.client_id, technical_errors=1)
            .on_conflict_do_update(
                index_elements=["partner", "client_id"],
                set_={"technical_errors": CIRCUIT.technical_errors + 1, "trial_key": None},
            )
            .returning(CIRCUIT.technical_errors)
        ).one()
        if failed["cause"] == Cause.AUTH or row.technical_errors >= client.technical_error_threshold:
            _open(connection, client, failed, row.technical_errors, at)
    elif call is not None and (call.http_status or call.error_code):
        count_answer(connection, client, failed, at)
    else:  # its media could not be read: that says nothing about the partner, so another title becomes the trial
        own_trial = row_of(CIRCUIT_BREAKERS, client) & (CIRCUIT.trial_key == failed["delivery_key"])
        connection.execute(update(CIRCUIT_BREAKERS).where(own_trial).values(trial_key=None))


def count_answer(connection: Connection, client: Client, delivery: Mapping[Any, Any], at: datetime) -> None:
    """Closes the circuit: the partner took or refused a title, so it works."""
    known = row_of(CIRCUIT_BREAKERS, client) & (CIRCUIT.technical_errors > 0)
    circuit = connection.execute(select(CIRCUIT.opened_at).where(known).with_for_update()).first()
    if circuit is None:
        return
    values = {"technical_errors": 0, "opened_at": None, "opened_cause": None, "trial_key": None, "trial_at": None}
    connection.execute(update(CIRCUIT_BREAKERS).where(row_of(CIRCUIT_BREAKERS, client)).values(**values))
    if circuit.opened_at is not None:
        detail = f"{delivery['external_id']} went through: other titles are tried again"
        note(connection, {**delivery, "detail": detail}, CLOSED, at, client.client_id)


def _open(connection: Connection, client: Client, failed: Mapping[Any, Any], errors: int, at: datetime) -> None:
    opened_at = connection.execute(select(CIRCUIT.opened_at).where(row_of(CIRCUIT_BREAKERS, client))).scalar_one()
    values = {"opened_at": at, "opened_cause": failed["cause"]}
    connection.execute(update(CIRCUIT_BREAKERS).where(row_of(CIRCUIT_BREAKERS, client)).values(**values))
    if opened_at is None:
        detail = _sentence(Cause(failed["cause"]), errors)
        note(connection, {**failed, "detail": detail}, OPENED, at, client.client_id)


def _sentence(cause: Cause, errors: int) -> str:
    reason = "the token was refused" if cause is Cause.AUTH else f"{errors} technical errors in a row"
    return f"{reason}: this run tries no more titles of the partner, the next one tries one title first"
