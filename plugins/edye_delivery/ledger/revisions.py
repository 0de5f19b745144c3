"""Accepted revisions: what the partner has of each title, and what feeds are built from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, bindparam, select, tuple_, update

from edye_delivery.catalog.order import END_OF_SHOW, Accepted, place_of, show_key, show_key_of_place
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.stored_title import StoredTitle, title_json
from edye_delivery.ledger.database import snapshot
from edye_delivery.ledger.rows import upsert_into
from edye_delivery.ledger.tables import DELIVERIES, REVISIONS

TITLES_A_READ = 2000
NOT_WITHDRAWN: dict[str, Any] = dict.fromkeys(
    ("withdrawn_at", "withdrawal_reason", "withdrawal_told_at", "withdrawn_by_run", "end_at")
)
AFTER_SHOW = bytes([ord(END_OF_SHOW) + 1])
NOTHING_MORE: Mapping[str, Any] = {}

OFFERED = REVISIONS.c.withdrawn_at.is_(None) | REVISIONS.c.end_at.is_not(None)
"""The condition that a title is in the feeds: it is not withdrawn, or only end-dated."""

WITHDRAWN_BY_HAND = select(REVISIONS).where(
    REVISIONS.c.partner == bindparam("of_partner"),
    REVISIONS.c.external_id == bindparam("of_title"),
    REVISIONS.c.withdrawal_reason.is_not(None),
)


def keep_revision(connection: Connection, partner: str, plan: PlannedTitle, accepted_at: datetime) -> frozenset[str]:
    """Writes the plan's title as the accepted revision; the keys of the shows of which that changes the offer.

    A title that the catalogue withdrew is offered again. A title that a person withdrew stays withdrawn, unless the
    plan undoes that very withdrawal. Content from a newer reading of the catalogue stays too.
    """
    return _keep(connection, partner, plan, {"delivery_key": plan.delivery_key, "accepted_at": accepted_at})


def refresh_revision(connection: Connection, partner: str, plan: PlannedTitle, at: datetime) -> frozenset[str]:
    """Writes what the catalogue says about the accepted title now; the keys of the shows of which the offer changes.

    The accepted delivery and its time stay.
    """
    first = {"delivery_key": plan.delivery_key, "accepted_at": at}
    return _keep(connection, partner, plan, {}, first)


def is_of_title(partner: str, delivery_key: str) -> ColumnElement[bool]:
    """The condition that a revision belongs to this delivery's title, whichever delivery was accepted."""
    external_id = select(DELIVERIES.c.external_id).where(DELIVERIES.c.delivery_key == delivery_key)
    return (REVISIONS.c.partner == partner) & (REVISIONS.c.external_id == external_id.scalar_subquery())


def withdrawn_by_hand(connection: Connection, partner: str, external_id: str) -> Row[Any] | None:
    """The title's revision, where a person has withdrawn it."""
    return connection.execute(WITHDRAWN_BY_HAND, {"of_partner": partner, "of_title": external_id}).first()


def is_overtaken(connection: Connection, delivery: Mapping[Any, Any]) -> bool:
    """Whether the accepted content of the delivery's title was sent after this delivery."""
    if delivery["sent_at"] is None:
        return False
    accepted_by = DELIVERIES.alias()
    later = (
        select(accepted_by.c.delivery_key)
        .join(REVISIONS, REVISIONS.c.delivery_key == accepted_by.c.delivery_key)
        .where(REVISIONS.c.partner == delivery["partner"], REVISIONS.c.external_id == delivery["external_id"])
        .where(accepted_by.c.sent_at > delivery["sent_at"])
    )
    return connection.execute(later).first() is not None


def is_older(plan: PlannedTitle, read_at: datetime | None) -> bool:
    """Whether the plan's reading of the catalogue is known to be older than this one."""
    return plan.read_at is not None and read_at is not None and plan.read_at < read_at


def _keep(
    connection: Connection,
    partner: str,
    plan: PlannedTitle,
    accepted: Mapping[str, Any],
    first: Mapping[str, Any] = NOTHING_MORE,
) -> frozenset[str]:
    """Writes the title with `accepted`, and with `first` where it is new; the shows of which the offer changes."""
    of_title = (REVISIONS.c.partner == partner) & (REVISIONS.c.external_id == plan.external_id)
    values: dict[str, Any] = {
        "edye_id": plan.title.id,
        "revision": plan.revision,
        "title": title_json(plan.title),
        "place": place_of(plan.title),
        **({"read_at": plan.read_at} if plan.read_at is not None else {}),
    }
    known = connection.execute(select(REVISIONS).where(of_title).with_for_update()).first()
    if known is None:
        row = {"partner": partner, "external_id": plan.external_id, **values, **accepted, **first}
        new = upsert_into(connection, REVISIONS).values(row).on_conflict_do_nothing().returning(REVISIONS.c.partner)
        if connection.execute(new).first() is not None:
            return frozenset({show_key(plan.title.title_id)})
        known = connection.execute(select(REVISIONS).where(of_title).with_for_update()).one()  # it came meanwhile
    if is_older(plan, known.read_at):
        if accepted:
            connection.execute(update(REVISIONS).where(of_title).values(**accepted))
        return frozenset()
    stays_withdrawn = known.withdrawal_reason is not None and known.withdrawn_at != plan.undone_withdrawal_at
    changed = {**values, **accepted, **({} if stays_withdrawn else NOT_WITHDRAWN)}
    connection.execute(update(REVISIONS).where(of_title).values(**changed))
    is_offered_again = known.withdrawn_at is not None and not stays_withdrawn
    if (known.title, known.place) == (values["title"], values["place"]) and not is_offered_again:
        return frozenset()
    return frozenset(show_key_of_place(place) for place in (known.place, values["place"]) if place is not None)


def accepted_titles(engine: Engine, partner: str) -> Iterator[Accepted]:
    """Every offered title by show, season, episode and language, all as they were when the reading began."""
    with snapshot(engine) as connection:
        yield from (stored.accepted() for stored in titles_offered(connection, partner))


def titles_of_show(connection: Connection, partner: str, key: str) -> Iterator[Accepted]:
    """Every offered title of the show, in the same order."""
    first, end = key.encode(), key[:-1].encode() + AFTER_SHOW
    of_show = (REVISIONS.c.place >= first) & (REVISIONS.c.place < end)
    yield from (stored.accepted() for stored in titles_offered(connection, partner, of_show))


def titles_offered(
    connection: Connection, partner: str, condition: ColumnElement[bool] | None = None
) -> Iterator[StoredTitle]:
    """Every offered title by show, season, episode and language, read in pages."""
    place = tuple_(REVISIONS.c.place, REVISIONS.c.external_id)
    query = (
        select(REVISIONS.c.place, REVISIONS.c.external_id, REVISIONS.c.title, REVISIONS.c.end_at)
        .where(REVISIONS.c.partner == partner, OFFERED, *([condition] if condition is not None else []))
        .order_by(REVISIONS.c.place, REVISIONS.c.external_id)
        .limit(TITLES_A_READ)
    )
    after = query
    while True:
        rows = connection.execute(after).all()
        for row in rows:
            yield StoredTitle(row.external_id, bytes(row.place), bytes(row.title), row.end_at)
        if len(rows) < TITLES_A_READ:
            return
        after = query.where(place > tuple_(rows[-1].place, rows[-1].external_id))
