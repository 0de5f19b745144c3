"""Accepted revisions: what the partner has of each title, and what feeds are built from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, case, false, null, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from edye_delivery.catalog.order import Accepted, place_of
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.title import Title
from edye_delivery.ledger.database import snapshot
from edye_delivery.ledger.rows import title_json, title_of
from edye_delivery.ledger.tables import REVISIONS

TITLES_A_READ = 2000


OFFERED = REVISIONS.c.withdrawn_at.is_(None) | REVISIONS.c.end_at.is_not(None)
"""What is in the feeds: not withdrawn, or only end-dated."""


def keep_revision(connection: Connection, partner: str, plan: PlannedTitle, accepted_at: datetime) -> bool:
    """The plan's title, whose delivery was accepted then, becomes its accepted revision; whether the offer changes.

    It is offered again if it was withdrawn by the catalogue. What a person has withdrawn stays so, but for a plan that
    undoes it.
    """
    accepted = {"delivery_key": plan.delivery_key, "accepted_at": accepted_at}
    return _keep(connection, partner, plan, accepted, overwritten=accepted)


def refresh_revision(connection: Connection, partner: str, plan: PlannedTitle, at: datetime) -> bool:
    """The accepted title gets what the catalogue says of it now; whether that changes what is offered.

    By which delivery and when it was accepted stays.
    """
    return _keep(connection, partner, plan, {"delivery_key": plan.delivery_key, "accepted_at": at}, overwritten={})


def _keep(
    connection: Connection,
    partner: str,
    plan: PlannedTitle,
    accepted: Mapping[str, Any],
    overwritten: Mapping[str, Any],
) -> bool:
    """Writes the title; `accepted` where it has no revision yet, else `overwritten`; whether the offer changes."""
    values = {
        "edye_id": plan.title.id,
        "revision": plan.revision,
        "title": title_json(plan.title),
        "place": place_of(plan.title),
    }
    by_hand = false() if plan.undoes_withdrawal else REVISIONS.c.withdrawal_reason.is_not(None)
    kept = {
        column.name: case((by_hand, column), else_=null())
        for column in (
            REVISIONS.c.withdrawn_at,
            REVISIONS.c.withdrawal_reason,
            REVISIONS.c.withdrawal_told_at,
            REVISIONS.c.withdrawn_by_run,
            REVISIONS.c.end_at,
        )
    }
    mine = (REVISIONS.c.partner == partner) & (REVISIONS.c.external_id == plan.external_id)
    known = connection.execute(select(REVISIONS).where(mine).with_for_update()).first()
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        dialect.insert(REVISIONS)
        .values(partner=partner, external_id=plan.external_id, **values, **accepted)
        .on_conflict_do_update(index_elements=["partner", "external_id"], set_={**values, **overwritten, **kept})
    )
    if known is None or (known.title, known.place) != (values["title"], values["place"]):
        return True
    stays_withdrawn = known.withdrawal_reason is not None and not plan.undoes_withdrawal
    return known.withdrawn_at is not None and not stays_withdrawn


def accepted_titles(engine: Engine, partner: str) -> Iterator[Accepted]:
    """Every offered title by show, season, episode and language, as it was when the first one was taken."""
    with snapshot(engine) as connection:
        yield from titles_offered(connection, partner)


def titles_offered(connection: Connection, partner: str) -> Iterator[Accepted]:
    """Every offered title by show, season, episode and language, read so many at a time.

    One that is end-dated is available until then at the latest.
    """
    place = tuple_(REVISIONS.c.place, REVISIONS.c.external_id)
    query = (
        select(REVISIONS.c.place, REVISIONS.c.external_id, REVISIONS.c.title, REVISIONS.c.end_at)
        .where(REVISIONS.c.partner == partner, OFFERED)
        .order_by(REVISIONS.c.place, REVISIONS.c.external_id)
        .limit(TITLES_A_READ)
    )
    after = query
    while True:
        rows = connection.execute(after).all()
        for row in rows:
            yield Accepted(row.external_id, _until(title_of(row.title), row.end_at))
        if len(rows) < TITLES_A_READ:
            return
        after = query.where(place > tuple_(rows[-1].place, rows[-1].external_id))


def _until(title: Title, end_at: datetime | None) -> Title:
    if end_at is None:
        return title
    end = min(end_at, title.availability.end) if title.availability.end else end_at
    return title.model_copy(update={"availability": title.availability.model_copy(update={"end": end})})
