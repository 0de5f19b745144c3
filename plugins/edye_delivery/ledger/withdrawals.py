"""Withdrawals by hand: accepted titles leave the feeds or get an end date, and whether the partner was told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select, update

from edye_delivery.catalog.snapshot import Withdrawal
from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.catalog.window import Window
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.offers import raise_version
from edye_delivery.ledger.records import Revision, is_offered_content
from edye_delivery.ledger.revisions import OFFERED, is_of_title
from edye_delivery.ledger.rows import chunks, revision_of
from edye_delivery.ledger.tables import DELIVERIES, REVISIONS
from edye_delivery.ledger.trail import Call
from edye_delivery.ledger.transactions import repeating
from edye_delivery.ledger.transitions import Transitions

BY_HAND = "withdrawn"
CURRENT = REVISIONS.join(DELIVERIES, REVISIONS.c.delivery_key == DELIVERIES.c.delivery_key)


class Withdrawals:
    """Finds the titles that can be withdrawn at a partner, and writes each withdrawal before the partner is told."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], partner: str, client: Client | None = None) -> None:
        self._engine, self._now, self._partner = engine, now, partner
        self._transitions = Transitions(now, client)

    def of_titles(self, external_ids: Sequence[str], run_id: str, reason: str) -> list[Withdrawal]:
        """Those of these titles that are offered, and those that this run has withdrawn already."""
        found: list[Withdrawal] = []
        for names in chunks(sorted(set(external_ids))):
            found += self._find(REVISIONS.c.external_id.in_(names), run_id, reason)
        return found

    def of_window(self, window: Window, run_id: str, reason: str) -> list[Withdrawal]:
        """The same, of all titles that were accepted within the window."""
        accepted_at = REVISIONS.c.accepted_at
        return self._find((accepted_at >= window.start_at) & (accepted_at < window.end_at), run_id, reason)

    @repeating
    def begin(self, key: str, run_id: str, reason: str, end_at: datetime | None) -> bool:
        """Takes this delivery's title out of the feeds, or gives it an end date; whether this run withdrew it.

        It does not matter which of the title's deliveries the partner has now. Safe to repeat within a run.
        """
        of_title = is_of_title(self._partner, key)
        with self._engine.begin() as connection:
            changed = connection.execute(
                update(REVISIONS)
                .where(of_title, OFFERED)
                .where(REVISIONS.c.end_at.is_(None) | REVISIONS.c.withdrawn_by_run.is_distinct_from(run_id))
                .values(
                    withdrawn_at=self._now(),
                    withdrawal_reason=reason,
                    withdrawal_told_at=None,
                    withdrawn_by_run=run_id,
                    end_at=end_at,
                )
            )
            if not changed.rowcount:
                ours = select(REVISIONS.c.external_id).where(of_title, REVISIONS.c.withdrawn_by_run == run_id)
                return connection.execute(ours).first() is not None
            detail = f"{reason}; in the feeds until {end_at:%Y-%m-%d %H:%M} UTC" if end_at else reason
            row = self._row(connection, key)
            if is_offered_content(row):
                current = row["delivery_key"]
                self._transitions.apply(
                    connection, current, DeliveryState.WITHDRAWN, "withdraw", detail=detail, by_run=run_id
                )
            else:  # end-dated before, or being sent again: there is only the event
                self._transitions.note(connection, {**row, "detail": detail}, "withdraw")
            raise_version(connection, self._partner, row["external_id"], removed=True, because=BY_HAND)
            return True

    @repeating
    def mark_told(self, key: str, request_id: str, call: Call) -> None:
        """Notes that the partner was told."""
        with self._engine.begin() as connection:
            of_title = is_of_title(self._partner, key)
            connection.execute(update(REVISIONS).where(of_title).values(withdrawal_told_at=self._now()))
            row = {**self._row(connection, key), "detail": "the partner knows", "request_id": request_id}
            self._transitions.note(connection, row, "tell withdrawal", call)

    @repeating
    def mark_not_told(self, key: str, detail: str, request_id: str, call: Call) -> None:
        """Writes an event that the partner could not be told; the title stays withdrawn."""
        with self._engine.begin() as connection:
            row = {**self._row(connection, key), "detail": detail, "request_id": request_id}
            self._transitions.note(connection, row, "withdrawal not told", call)

    def revisions(self, external_ids: Sequence[str]) -> dict[str, Revision]:
        """The revisions of these titles, by external_id."""
        with self._engine.connect() as connection:
            return {
                row["external_id"]: revision_of(row)
                for names in chunks(sorted(set(external_ids)))
                for row in connection.execute(
                    select(REVISIONS).where(REVISIONS.c.partner == self._partner, REVISIONS.c.external_id.in_(names))
                ).mappings()
            }

    def _find(self, condition: Any, run_id: str, reason: str) -> list[Withdrawal]:
        ours = (DELIVERIES.c.state == DeliveryState.WITHDRAWN) & (REVISIONS.c.withdrawn_by_run == run_id)
        query = (
            select(DELIVERIES.c.delivery_key, DELIVERIES.c.external_id, DELIVERIES.c.edye_id, DELIVERIES.c.title)
            .select_from(CURRENT)
            .where(REVISIONS.c.partner == self._partner, condition, OFFERED | ours)
            .order_by(DELIVERIES.c.external_id)
        )
        with self._engine.connect() as connection:
            return [Withdrawal(reason=reason, by_hand=True, **row) for row in connection.execute(query).mappings()]

    def _row(self, connection: Connection, key: str) -> Mapping[Any, Any]:
        """The accepted delivery of this delivery's title; its `run_id` is the run that withdraws it, for the events.

        The row is locked until the transaction ends, so that its state does not change before the result is written.
        """
        query = select(DELIVERIES, REVISIONS.c.withdrawn_by_run).select_from(CURRENT)
        of_title = query.where(is_of_title(self._partner, key)).with_for_update(of=DELIVERIES)
        row = connection.execute(of_title).mappings().one()
        return {**row, "run_id": row["withdrawn_by_run"] or row["run_id"]}
