"""The ledger: the memory of every delivery, written before and after each call (architecture, decision 4)."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, or_, select, update

from edye_delivery.catalog.order import Accepted
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.vocabulary import CAUSE_OWNERS, Cause, Channel, DeliveryState
from edye_delivery.ledger.breaker import count_answer, count_failure
from edye_delivery.ledger.moves import Moves
from edye_delivery.ledger.records import Delivery, Memory, Revision
from edye_delivery.ledger.revisions import OFFERED, accepted_titles, keep_revision
from edye_delivery.ledger.rows import chunks, deliveries_of, delivery_of, revision_of
from edye_delivery.ledger.streaks import Client, count_error, count_success
from edye_delivery.ledger.tables import DELIVERIES, EVENTS, REVISIONS
from edye_delivery.ledger.trail import Call
from edye_delivery.ledger.transactions import repeated

ROUND_ENDED: dict[str, Any] = {"rounds_ended": DELIVERIES.c.rounds_ended + 1, "unanswered": 0}


class Ledger:
    """Every change of a delivery's state goes through here: one row, one event, one transaction.

    With a client, its errors in a row are counted in the same transaction.
    """

    def __init__(self, engine: Engine, now: Callable[[], datetime], client: Client | None = None) -> None:
        self._engine, self._now, self._client = engine, now, client
        self._moves = Moves(now, client)

    def memories(self, partner: str, external_ids: Iterable[str]) -> dict[str, Memory]:
        """What is known of these external_ids; one that is unknown has an empty memory."""
        wanted = sorted(set(external_ids))
        revisions: dict[str, Revision] = {}
        with self._engine.connect() as connection:
            deliveries = deliveries_of(connection, partner, wanted)
            for names in chunks(wanted):
                accepted = connection.execute(
                    select(REVISIONS).where(REVISIONS.c.partner == partner, REVISIONS.c.external_id.in_(names))
                )
                revisions |= {row["external_id"]: revision_of(row) for row in accepted.mappings()}
        return {name: Memory(revisions.get(name), deliveries[name]) for name in wanted}

    def deliveries(self, keys: Iterable[str]) -> dict[str, Delivery]:
        """The deliveries of these keys as they stand now; an unknown key is missing."""
        with self._engine.connect() as connection:
            return {
                row["delivery_key"]: delivery_of(row)
                for names in chunks(sorted(set(keys)))
                for row in connection.execute(select(DELIVERIES).where(DELIVERIES.c.delivery_key.in_(names))).mappings()
            }

    def offered(self, partner: str, edye_ids: Iterable[str], run_id: str) -> list[Delivery]:
        """Accepted deliveries of these EDYE titles, and those that this very run has withdrawn already."""
        current = REVISIONS.join(DELIVERIES, REVISIONS.c.delivery_key == DELIVERIES.c.delivery_key)
        theirs = (DELIVERIES.c.state == DeliveryState.WITHDRAWN) & (REVISIONS.c.withdrawn_by_run == run_id)
        with self._engine.connect() as connection:
            return [
                delivery_of(row)
                for names in chunks(sorted(set(edye_ids)))
                for row in connection.execute(
                    select(DELIVERIES)
                    .select_from(current)
                    .where(REVISIONS.c.partner == partner, REVISIONS.c.edye_id.in_(names))
                    .where(OFFERED | theirs)
                ).mappings()
            ]

    @repeated
    def plan(self, partner: str, run_id: str, plans: Sequence[PlannedTitle], channel: Channel = Channel.API) -> None:
        """Writes the intent: unknown deliveries are planned, refused and failed ones planned again.

        A delivery that is under way stays as it is, and so does an accepted one, unless other content of the title went
        to the partner after it. One that failed while the partner still has it under a tracking id (`stuck`) goes back
        to `received`: it is waited for again, not sent again. What another channel has begun is left to it.
        """
        by_key = {plan.delivery_key: plan for plan in plans}
        if not by_key:
            return
        with self._engine.begin() as connection:
            self._moves.plan_all(connection, partner, run_id, [by_key[key] for key in sorted(by_key)], channel)

    def reject(self, key: str, cause: Cause, owner: str, detail: str, rules: Sequence[str]) -> None:
        """Quality control refused the title: it is not sent."""
        self._moved(key, DeliveryState.REJECTED, "reject", cause=cause, owner=owner, detail=detail, rules=list(rules))

    @repeated
    def begin_send(
        self, key: str, run_id: str, channel: Channel = Channel.API, encode_name: str | None = None
    ) -> Delivery:
        """The intent of one call, written before it; the delivery as it stands then (its attempts count this call).

        The call gets a request id of its own, by which the partner and the trail know it.

        MoveRefused where another channel is sending it.
        """
        free = or_(
            DELIVERIES.c.state != DeliveryState.SENDING, DELIVERIES.c.channel.is_(None), DELIVERIES.c.channel == channel
        )
        with self._engine.begin() as connection:
            self._moves.move(
                connection,
                key,
                DeliveryState.SENDING,
                "send",
                free,
                run_id=run_id,
                channel=channel,
                encode_name=encode_name,
                attempts=DELIVERIES.c.attempts + 1,
                unanswered=DELIVERIES.c.unanswered + int(channel is Channel.API),
                sent_at=self._now(),
                request_id=str(uuid.uuid4()),
            )
            connection.execute(
                update(DELIVERIES)
                .where(DELIVERIES.c.delivery_key == key, DELIVERIES.c.first_sent_at.is_(None))
                .values(first_sent_at=self._now())
            )
            row = connection.execute(select(DELIVERIES).where(DELIVERIES.c.delivery_key == key)).mappings().one()
            return delivery_of(row)

    @repeated
    def note_whole(self, key: str, temporary_name: str) -> None:
        """A file lies whole under its temporary name at the partner; written before it gets its final name."""
        with self._engine.begin() as connection:
            row = connection.execute(select(DELIVERIES).where(DELIVERIES.c.delivery_key == key)).mappings().one()
            files = [*(row["whole_files"] or ()), temporary_name]
            connection.execute(update(DELIVERIES).where(DELIVERIES.c.delivery_key == key).values(whole_files=files))
            self._moves.note(connection, {**row, "detail": temporary_name}, "upload")

    @repeated
    def retry(self, key: str, detail: str, call: Call) -> None:
        """One call failed and is tried again: an event alone, for the delivery stays as it is."""
        with self._engine.begin() as connection:
            row = connection.execute(select(DELIVERIES).where(DELIVERIES.c.delivery_key == key)).mappings().one()
            self._moves.note(connection, {**row, "detail": detail}, "retry", call)

    @repeated
    def received(
        self, key: str, tracking_id: str, bytes_sent: int, seconds: float, http_status: int | None = None
    ) -> None:
        """The partner took the title under a tracking id."""
        taken: dict[str, Any] = {
            "tracking_id": tracking_id,
            "unanswered": 0,
            "received_at": self._now(),
            "bytes_sent": DELIVERIES.c.bytes_sent + bytes_sent,
            "seconds_sending": DELIVERIES.c.seconds_sending + seconds,
        }
        with self._engine.begin() as connection:
            row = self._moves.move(
                connection, key, DeliveryState.RECEIVED, "receive", call=Call(seconds, http_status), **taken
            )
            if self._client is not None:
                count_answer(connection, self._client, row, self._now())

    @repeated
    def fail(
        self,
        key: str,
        cause: Cause,
        detail: str,
        *,
        ended_by_partner: bool = False,
        held_back: bool = False,
        was_tried: bool = True,
        call: Call | None = None,
    ) -> None:
        """The delivery failed; `ended_by_partner` where an ingest came to its end there: a resend is a new one.

        One that was `held_back`, because an error before it stopped the sending, is no further error in a row; one
        that the partner never saw (not `was_tried`) says nothing of the circuit.
        """
        told: dict[str, Any] = {"cause": cause, "owner": CAUSE_OWNERS[cause], "detail": detail}
        with self._engine.begin() as connection:
            more = ROUND_ENDED | {"refused_cause": cause} if ended_by_partner else {"refused_cause": None}
            failed = self._moves.move(connection, key, DeliveryState.FAILED, "fail", call=call, **told, **more)
            if self._client is not None and not held_back:
                count_error(connection, self._client, failed, self._now())
                if was_tried:
                    count_failure(connection, self._client, failed, call, self._now())

    def observe(self, key: str, state: DeliveryState) -> None:
        """The partner says `processing` or `completed`."""
        self._moved(key, state, "observe")

    @repeated
    def accept(self, partner: str, plan: PlannedTitle, criteria: Sequence[dict[str, Any]]) -> None:
        """All acceptance criteria are met: the title's revision becomes the accepted one, in the same transaction."""
        with self._engine.begin() as connection:
            kept = ROUND_ENDED | {"criteria": list(criteria)}
            accepted = self._moves.move(connection, plan.delivery_key, DeliveryState.ACCEPTED, "accept", **kept)
            keep_revision(connection, partner, plan, self._now())
            if self._client is not None:
                count_success(connection, self._client, accepted, self._now())

    @repeated
    def refresh(self, partner: str, plan: PlannedTitle) -> None:
        """An accepted title whose delivery is unchanged gets its newer catalogue revision."""
        with self._engine.begin() as connection:
            keep_revision(connection, partner, plan, self._now())

    @repeated
    def withdraw(self, partner: str, key: str, run_id: str, detail: str) -> None:
        """The catalogue no longer offers an accepted title: it leaves what feeds are built from. Safe to repeat."""
        with self._engine.begin() as connection:
            gone = connection.execute(
                update(REVISIONS)
                .where(REVISIONS.c.partner == partner, REVISIONS.c.delivery_key == key)
                .where(OFFERED)
                .values(withdrawn_at=self._now(), end_at=None, withdrawn_by_run=run_id)
            )
            row = connection.execute(select(DELIVERIES).where(DELIVERIES.c.delivery_key == key)).mappings().first()
            if gone.rowcount and row is not None and row["state"] == DeliveryState.ACCEPTED:
                self._moves.move(connection, key, DeliveryState.WITHDRAWN, "withdraw", detail=detail, by_run=run_id)
            elif gone.rowcount and row is not None:  # it is being sent again; the event alone tells of the withdrawal
                self._moves.note(connection, {**row, "detail": detail, "run_id": run_id}, "withdraw")

    def accepted_titles(self, partner: str) -> Iterator[Accepted]:
        """Every offered title by show, season, episode and language; streamed in short reads."""
        return accepted_titles(self._engine, partner)

    def history(self, partner: str, external_id: str) -> list[tuple[datetime, str, str, str]]:
        """Every event of a title at a partner: when, what was done, the state after it, a sentence."""
        query = (
            select(EVENTS.c.at, EVENTS.c.action, EVENTS.c.state, EVENTS.c.detail)
            .where(EVENTS.c.partner == partner, EVENTS.c.external_id == external_id)
            .order_by(EVENTS.c.id)
        )
        with self._engine.connect() as connection:
            return [(row.at, row.action, row.state, row.detail) for row in connection.execute(query)]

    @repeated
    def _moved(self, key: str, state: DeliveryState, action: str, **values: Any) -> None:
        with self._engine.begin() as connection:
            self._moves.move(connection, key, state, action, **values)
