"""The ledger: the memory of every delivery, written before and after each call (architecture, decision 4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any

from sqlalchemy import select, true, update

from edye_delivery.catalog.order import Accepted
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.vocabulary import CAUSE_OWNERS, Cause, Channel, DeliveryState
from edye_delivery.ledger.circuit_breaker import count_failure
from edye_delivery.ledger.consecutive_errors import count_error, count_success
from edye_delivery.ledger.fetches import Fetches
from edye_delivery.ledger.ingest_conditions import is_running, may_fail, of_ingest
from edye_delivery.ledger.leases import is_free
from edye_delivery.ledger.offers import Offer, offer, raise_version
from edye_delivery.ledger.records import Delivery, Memory, Revision, TransitionRefused, is_offered_content
from edye_delivery.ledger.revisions import (
    OFFERED,
    accepted_titles,
    is_of_title,
    is_overtaken,
    keep_revision,
    refresh_revision,
    withdrawn_by_hand,
)
from edye_delivery.ledger.rows import chunks, deliveries_of, delivery_of, revision_of
from edye_delivery.ledger.tables import DELIVERIES, REVISIONS, TITLE_STATUS
from edye_delivery.ledger.title_status import CONFIRM, confirm_accepted, make_accepted_current
from edye_delivery.ledger.trail import Call
from edye_delivery.ledger.transactions import repeating
from edye_delivery.ledger.transitions import ROUND_ENDED
from edye_delivery.ledger.waits import Unattended, nobody_waits, note_wait, unattended_titles


class Ledger(Fetches):
    """Makes every change of a delivery's state: one row, one event, one transaction."""

    def memories(self, partner: str, external_ids: Iterable[str]) -> dict[str, Memory]:
        """What the ledger knows about these external_ids; an unknown one has an empty memory."""
        names_of_titles = sorted(set(external_ids))
        revisions: dict[str, Revision] = {}
        current: dict[str, str] = {}
        with self._engine.connect() as connection:
            deliveries = deliveries_of(connection, partner, names_of_titles)
            for names in chunks(names_of_titles):
                accepted = connection.execute(
                    select(REVISIONS).where(REVISIONS.c.partner == partner, REVISIONS.c.external_id.in_(names))
                )
                revisions |= {row["external_id"]: revision_of(row) for row in accepted.mappings()}
                status_rows = connection.execute(
                    select(TITLE_STATUS.c.external_id, TITLE_STATUS.c.delivery_key).where(
                        TITLE_STATUS.c.partner == partner, TITLE_STATUS.c.external_id.in_(names)
                    )
                )
                current |= {row.external_id: row.delivery_key for row in status_rows}
        return {name: Memory(revisions.get(name), deliveries[name], current.get(name)) for name in names_of_titles}

    def deliveries(self, keys: Iterable[str]) -> dict[str, Delivery]:
        """The deliveries with these keys; an unknown key is missing."""
        with self._engine.connect() as connection:
            return {
                row["delivery_key"]: delivery_of(row)
                for names in chunks(sorted(set(keys)))
                for row in connection.execute(select(DELIVERIES).where(DELIVERIES.c.delivery_key.in_(names))).mappings()
            }

    def offered_deliveries(self, partner: str, edye_ids: Iterable[str], run_id: str) -> list[Delivery]:
        """Accepted deliveries of these EDYE titles, and deliveries that this run has withdrawn already."""
        current = REVISIONS.join(DELIVERIES, REVISIONS.c.delivery_key == DELIVERIES.c.delivery_key)
        withdrawn_by_run = (DELIVERIES.c.state == DeliveryState.WITHDRAWN) & (REVISIONS.c.withdrawn_by_run == run_id)
        with self._engine.connect() as connection:
            return [
                delivery_of(row)
                for names in chunks(sorted(set(edye_ids)))
                for row in connection.execute(
                    select(DELIVERIES)
                    .select_from(current)
                    .where(REVISIONS.c.partner == partner, REVISIONS.c.edye_id.in_(names))
                    .where(OFFERED | withdrawn_by_run)
                ).mappings()
            ]

    @repeating
    def plan(self, partner: str, run_id: str, plans: Sequence[PlannedTitle], channel: Channel = Channel.API) -> None:
        """Plans the deliveries before they are sent: unknown ones, and again those that were refused or failed.

        A delivery that is under way stays as it is. So does an accepted one, unless other content of the title was sent
        to the partner after it. A delivery that failed while the partner still has it under a tracking id (`stuck`)
        becomes `received` again: a run waits for it and does not send it again. A delivery that another channel has
        begun is left to that channel.
        """
        by_key = {plan.delivery_key: plan for plan in plans}
        if not by_key:
            return
        with self._engine.begin() as connection:
            self._transitions.plan_all(connection, partner, run_id, [by_key[key] for key in sorted(by_key)], channel)

    @repeating
    def reject(self, key: str, cause: Cause, owner: str, detail: str, rules: Sequence[str], holder: str = "") -> None:
        """Quality control refused the title: it is not sent. TitleBusy where somebody else sends it."""
        values: dict[str, Any] = {"cause": cause, "owner": owner, "detail": detail, "rules": list(rules)}
        with self._engine.begin() as connection:
            self._transitions.apply(
                connection,
                key,
                DeliveryState.REJECTED,
                "reject",
                is_free(connection),
                given={"by_holder": holder},
                **values,
            )

    @repeating
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
        holder: str = "",
        tracking_id: str | None = None,
        was_completed: bool = False,
    ) -> None:
        """The delivery failed; `ended_by_partner` where the partner ended the ingest: a resend begins a new one.

        A delivery that was `held_back`, because an error before it stopped the sending, does not count as an error in
        a row. One that the partner never saw (not `was_tried`) does not count for the circuit. With a `tracking_id`,
        that ingest failed: TransitionRefused where it has ended, or the partner has the delivery under another id;
        `was_completed` says that it is the one that was completed. With a `holder`, that sender's try failed:
        TransitionRefused where the partner has the delivery after all, TitleBusy where somebody else sends it.
        """
        values: dict[str, Any] = {"cause": cause, "owner": CAUSE_OWNERS[cause], "detail": detail}
        with self._engine.begin() as connection:
            more = ROUND_ENDED | {"refused_cause": cause} if ended_by_partner else {"refused_cause": None}
            is_allowed = may_fail(is_free(connection), tracking_id is not None, was_completed, bool(holder))
            given = {"by_holder": holder, **of_ingest(tracking_id)}
            failed = self._transitions.apply(
                connection, key, DeliveryState.FAILED, "fail", is_allowed, call=call, given=given, **values, **more
            )
            if self._client is not None and not held_back:
                count_error(connection, self._client, failed, self._now())
                if was_tried:
                    count_failure(connection, self._client, failed, call, self._now())

    @repeating
    def note_trouble(self, key: str, detail: str) -> None:
        """A step broke off: its delivery keeps its state, and its detail says why, unless it has ended."""
        not_ended = (DELIVERIES.c.delivery_key == key) & DELIVERIES.c.finished_at.is_(None)
        with self._engine.begin() as connection:
            if connection.execute(update(DELIVERIES).where(not_ended).values(detail=detail)).rowcount:
                row = connection.execute(select(DELIVERIES).where(not_ended)).mappings().one()
                self._transitions.note(connection, row, "break off")

    @repeating
    def note_wait(self, keys: Sequence[str], until: datetime) -> None:
        """Notes until when a run waits for these deliveries."""
        with self._engine.begin() as connection:
            note_wait(connection, keys, until)

    def unattended_titles(self, partner: str, channel: Channel) -> list[Unattended]:
        """Titles that have not ended and that nobody waits for."""
        with self._engine.connect() as connection:
            return unattended_titles(connection, partner, channel, self._now())

    @repeating
    def observe(self, key: str, state: DeliveryState, tracking_id: str | None = None) -> None:
        """The partner says `processing` or `completed`; with a `tracking_id`, of that ingest only."""
        with self._engine.begin() as connection:
            is_allowed, given = is_running(tracking_id is not None), of_ingest(tracking_id)
            self._transitions.apply(connection, key, state, "observe", is_allowed, given=given)

    @repeating
    def leave(self, key: str, detail: str, *, for_good: bool = False) -> None:
        """Notes why a planned delivery is not sent: somebody else has its title.

        `for_good`: the accepted delivery becomes the title's current one again, or the title is withdrawn where a
        person withdrew it.
        """
        planned = (DELIVERIES.c.delivery_key == key) & (DELIVERIES.c.state == DeliveryState.PLANNED)
        at = self._now()
        with self._engine.begin() as connection:
            if not connection.execute(update(DELIVERIES).where(planned).values(detail=detail)).rowcount:
                return
            row = connection.execute(select(DELIVERIES).where(planned)).mappings().one()
            if for_good and withdrawn_by_hand(connection, row["partner"], row["external_id"]) is not None:
                self._transitions.apply(connection, key, DeliveryState.WITHDRAWN, "withdraw", detail=detail)
                return
            self._transitions.note(connection, row, "leave", at=at)
            confirmed = make_accepted_current(connection, row, at) if for_good else None
            if confirmed is not None:
                self._transitions.note(connection, confirmed, CONFIRM, at=at)

    @repeating
    def end_unattended(self, key: str, run_id: str, detail: str) -> bool:
        """Withdraws a delivery that nobody waits for, because its title is not offered any more; whether it did."""
        with self._engine.begin() as connection:
            try:
                idle = nobody_waits(self._now())
                self._transitions.apply(
                    connection, key, DeliveryState.WITHDRAWN, "withdraw", idle, detail=detail, by_run=run_id
                )
            except TransitionRefused:  # a run waits for it after all
                return False
            return True

    @repeating
    def accept(self, partner: str, plan: PlannedTitle, criteria: Sequence[dict[str, Any]]) -> None:
        """All acceptance criteria are met: the title's revision becomes the accepted one, in the same transaction.

        Its revision stays where the accepted content of the title was sent later: that is what the partner has.
        """
        with self._engine.begin() as connection:
            more = ROUND_ENDED | {"criteria": list(criteria)}
            accepted = self._transitions.apply(connection, plan.delivery_key, DeliveryState.ACCEPTED, "accept", **more)
            if self._client is not None:
                count_success(connection, self._client, accepted, self._now())
            if not is_overtaken(connection, accepted):
                shows = keep_revision(connection, partner, plan, accepted["updated_at"])
                raise_version(connection, partner, plan.external_id, shows=shows)

    @repeating
    def refresh(self, partner: str, plan: PlannedTitle) -> None:
        """Writes the newer catalogue revision of a title whose content is accepted already; else changes nothing.

        Where other content was begun since, and has ended, the accepted delivery becomes the title's current one again.
        """
        at = self._now()
        of_title = (DELIVERIES.c.partner == partner) & (DELIVERIES.c.external_id == plan.external_id)
        # The query has no state: with one, SQLite would read every accepted delivery of the partner.
        query = select(DELIVERIES.c.content_key, DELIVERIES.c.state).where(of_title)
        with self._engine.begin() as connection:
            if (plan.content_key, DeliveryState.ACCEPTED) not in map(tuple, connection.execute(query)):
                return
            confirmed = confirm_accepted(connection, partner, plan, at)
            if confirmed is not None:
                self._transitions.note(connection, confirmed, CONFIRM, at=at)
            if shows := refresh_revision(connection, partner, plan, at):
                raise_version(connection, partner, plan.external_id, shows=shows)

    @repeating
    def withdraw(
        self, partner: str, key: str, run_id: str, detail: str, read_at: datetime | None = None, because: str = ""
    ) -> None:
        """The catalogue no longer offers the accepted title of this delivery: it leaves the offer and the feeds.

        `because` is the word for why, such as `tag`. Nothing changes where another run has read later that the
        catalogue offers it. Safe to repeat.
        """
        read = {"read_at": read_at} if read_at is not None else {}
        not_newer = true() if read_at is None else (REVISIONS.c.read_at.is_(None) | (REVISIONS.c.read_at <= read_at))
        with self._engine.begin() as connection:
            withdrawn = connection.execute(
                update(REVISIONS)
                .where(is_of_title(partner, key), OFFERED, not_newer)
                .values(withdrawn_at=self._now(), end_at=None, withdrawn_by_run=run_id, **read)
                .returning(REVISIONS.c.delivery_key, REVISIONS.c.external_id)
            ).one_or_none()
            if withdrawn is None:
                return
            current = withdrawn.delivery_key
            query = select(DELIVERIES).where(DELIVERIES.c.delivery_key == current).with_for_update()
            row = connection.execute(query).mappings().first()
            if row is not None and is_offered_content(row):
                self._transitions.apply(
                    connection, current, DeliveryState.WITHDRAWN, "withdraw", detail=detail, by_run=run_id
                )
            elif row is not None:  # it is being sent again; only the event says that it was withdrawn
                self._transitions.note(connection, {**row, "detail": detail, "run_id": run_id}, "withdraw")
            raise_version(connection, partner, withdrawn.external_id, removed=True, because=because)

    def accepted_titles(self, partner: str) -> Iterator[Accepted]:
        """Every offered title by show, season, episode and language, all as they were when the reading began."""
        return accepted_titles(self._engine, partner)

    def offer(self, partner: str) -> AbstractContextManager[Offer]:
        """The same with the version of the offer; valid inside the context."""
        return offer(self._engine, partner)
