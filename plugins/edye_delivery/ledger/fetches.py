"""Titles that wait for their partner's fetch: they meet all other criteria, and a partner that pulls did not read them.

Such a title is offered like an accepted one: its revision is the offered one, so it can be withdrawn and replaced. Its
delivery stays completed, and the watch waits for it (`waited_until`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, func, select, update

from edye_delivery.catalog.consumption import UnfetchedTitle
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.vocabulary import Channel, DeliveryState
from edye_delivery.ledger.consecutive_errors import count_success
from edye_delivery.ledger.offers import raise_version
from edye_delivery.ledger.pull_tables import EXPOSURES
from edye_delivery.ledger.records import TransitionRefused
from edye_delivery.ledger.revisions import OFFERED, is_overtaken, keep_revision
from edye_delivery.ledger.rows import chunks
from edye_delivery.ledger.sendings import Sendings
from edye_delivery.ledger.tables import DELIVERIES, REVISIONS
from edye_delivery.ledger.transactions import repeating
from edye_delivery.ledger.transitions import ROUND_ENDED, is_superseded_in_ledger

FETCHED = "fetched"
"""The criterion's name in an annex."""
LOOKED_AT_WITHIN = timedelta(hours=6)
"""The watch looks every hour; when it has not looked for so long, nobody waits for the title any more."""
NOT_FETCHED = "it is exposed and meets all other criteria; the partner did not read it yet"
REPLACED = "newer content of the title was exposed before the partner had read this"
WITHDRAWN_MEANWHILE = "the title was withdrawn before it was accepted"


class Fetches(Sendings):
    """The part of the ledger about titles that wait for their partner's fetch."""

    @repeating
    def wait_for_fetch(self, partner: str, plan: PlannedTitle, criteria: Sequence[dict[str, Any]]) -> DeliveryState:
        """All criteria are met but the fetch: the title's revision becomes the offered one, its delivery waits.

        Gives the delivery's state: `withdrawn` where the title was withdrawn meanwhile, or newer content replaced it.
        Safe to repeat; TransitionRefused where the delivery is not completed any more.
        """
        key, at = plan.delivery_key, self._now()
        query = select(DELIVERIES).where(
            DELIVERIES.c.delivery_key == key, DELIVERIES.c.state == DeliveryState.COMPLETED
        )
        with self._engine.begin() as connection:
            row = connection.execute(query.with_for_update()).mappings().first()
            if row is None:
                raise TransitionRefused(f"the delivery {key[:12]} is not completed any more, so nothing waits for it")
            if is_overtaken(connection, row):
                self._transitions.apply(connection, key, DeliveryState.WITHDRAWN, "withdraw", detail=REPLACED)
                return DeliveryState.WITHDRAWN
            shows = keep_revision(connection, partner, plan, at)
            if not _is_offered(connection, row):
                detail = WITHDRAWN_MEANWHILE
                self._transitions.apply(connection, key, DeliveryState.WITHDRAWN, "withdraw", detail=detail)
                return DeliveryState.WITHDRAWN
            values = {"criteria": list(criteria), "detail": NOT_FETCHED, "waited_until": at + LOOKED_AT_WITHIN}
            connection.execute(update(DELIVERIES).where(DELIVERIES.c.delivery_key == key).values(**values))
            if row["waited_until"] is None:
                self._transitions.note(connection, {**row, "detail": NOT_FETCHED}, "wait for fetch", at=at)
            if shows or row["waited_until"] is None:
                raise_version(connection, partner, plan.external_id, shows=shows)
            return DeliveryState.COMPLETED

    @repeating
    def end_replaced(self, key: str) -> None:
        """Withdraws older content of this delivery's title that still waits for a fetch: readers do not see it."""
        older, newer = DELIVERIES, DELIVERIES.alias()
        of_title = and_(
            newer.c.delivery_key == key,
            older.c.partner == newer.c.partner,
            older.c.external_id == newer.c.external_id,
            older.c.sent_at < newer.c.sent_at,
        )
        with self._engine.begin() as connection:
            keys = connection.execute(select(older.c.delivery_key).where(of_title, waits_for_fetch())).scalars().all()
            for found in keys:
                with suppress(TransitionRefused):  # it was accepted or withdrawn at this moment
                    self._transitions.apply(
                        connection, found, DeliveryState.WITHDRAWN, "withdraw", waits_for_fetch(), detail=REPLACED
                    )

    @repeating
    def look_for_fetches(self, partner: str) -> int:
        """Notes that somebody looks whether the partner has fetched the titles that wait; how many there are."""
        waiting = (DELIVERIES.c.partner == partner) & waits_for_fetch()
        with self._engine.begin() as connection:
            until = self._now() + LOOKED_AT_WITHIN
            return connection.execute(update(DELIVERIES).where(waiting).values(waited_until=until)).rowcount

    def waiting_keys(self, partner: str, external_ids: Collection[str]) -> dict[str, str]:
        """Which of these titles wait for a fetch: external_id and key of the delivery."""
        with self._engine.connect() as connection:
            return {
                row.external_id: row.delivery_key
                for names in chunks(sorted(set(external_ids)))
                for row in connection.execute(_waiting(partner).where(DELIVERIES.c.external_id.in_(names)))
            }

    @repeating
    def accept_fetched(self, key: str, evidence: str) -> None:
        """The partner has fetched the title that waits for nothing else: it is accepted.

        TransitionRefused where it was accepted, withdrawn or replaced meanwhile.
        """
        with self._engine.begin() as connection:
            criteria = connection.execute(
                select(DELIVERIES.c.criteria).where(DELIVERIES.c.delivery_key == key)
            ).scalar()
            met = [_met(one, evidence) for one in criteria or ()]
            is_allowed = waits_for_fetch() & _is_its_offer() & ~is_superseded_in_ledger()
            accepted = self._transitions.apply(
                connection, key, DeliveryState.ACCEPTED, "accept", is_allowed, criteria=met, **ROUND_ENDED
            )
            if self._client is not None:
                count_success(connection, self._client, accepted, self._now())
            connection.execute(
                update(REVISIONS)
                .where(*(REVISIONS.c[name] == accepted[name] for name in ("partner", "external_id", "delivery_key")))
                .values(accepted_at=accepted["updated_at"])
            )


def waits_for_fetch() -> ColumnElement[bool]:
    """As `Delivery.waits_for_partner`, for the database."""
    state, channel = DELIVERIES.c.state, DELIVERIES.c.channel
    waits = DELIVERIES.c.waited_until.is_not(None)
    return and_(state == DeliveryState.COMPLETED, channel == Channel.PULL, waits)


def waiting_titles(connection: Connection, partner: str, now: datetime) -> Iterator[UnfetchedTitle]:
    """All titles that wait for the partner's fetch and can still be read, the oldest first; read in pieces."""
    columns = (DELIVERIES.c.external_id, DELIVERIES.c.title, DELIVERIES.c.updated_at)
    of_delivery = (EXPOSURES.c[name] == DELIVERIES.c[name] for name in ("partner", "external_id", "delivery_key"))
    has_ended = select(EXPOSURES.c.external_id).where(*of_delivery, EXPOSURES.c.closes_at <= now).exists()
    query = select(*columns).where(DELIVERIES.c.partner == partner, waits_for_fetch(), _is_its_offer(), ~has_ended)
    ordered = query.order_by(DELIVERIES.c.updated_at, DELIVERIES.c.external_id)
    for row in connection.execute(ordered.execution_options(yield_per=1000)):
        yield UnfetchedTitle(row.external_id, row.title, row.updated_at)


def _waiting(partner: str) -> Any:
    """The query for titles that wait; it looks by title, not by state, or SQLite would read all that wait each time."""
    state = func.coalesce(DELIVERIES.c.state, "") == DeliveryState.COMPLETED
    waits = and_(state, DELIVERIES.c.channel == Channel.PULL, DELIVERIES.c.waited_until.is_not(None))
    columns = (DELIVERIES.c.external_id, DELIVERIES.c.delivery_key)
    return select(*columns).where(DELIVERIES.c.partner == partner, waits, _is_its_offer())


def _is_its_offer() -> ColumnElement[bool]:
    """The condition that this delivery's content is what is offered of its title, and nobody has withdrawn it."""
    of_delivery = (REVISIONS.c[name] == DELIVERIES.c[name] for name in ("partner", "external_id", "delivery_key"))
    return select(REVISIONS.c.external_id).where(*of_delivery, OFFERED).exists()


def _is_offered(connection: Connection, delivery: Mapping[Any, Any]) -> bool:
    of_title = (REVISIONS.c[name] == delivery[name] for name in ("partner", "external_id"))
    found: Row[Any] | None = connection.execute(select(REVISIONS.c.external_id).where(*of_title, OFFERED)).first()
    return found is not None


def _met(criterion: Mapping[str, Any], evidence: str) -> dict[str, Any]:
    is_fetch = criterion["criterion"] == FETCHED
    return {**criterion, "met": True, "evidence": evidence} if is_fetch else {**criterion}
