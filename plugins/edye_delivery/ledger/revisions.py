"""Accepted revisions: what the partner has of each title, and what feeds are built from."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite

from edye_delivery.catalog.order import Accepted, place_of
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.ledger.rows import title_json, title_of
from edye_delivery.ledger.tables import REVISIONS

TITLES_A_READ = 2000


def keep_revision(connection: Connection, partner: str, plan: PlannedTitle, at: datetime) -> None:
    """The plan's title becomes the accepted revision of its external_id."""
    values = {
        "edye_id": plan.title.id,
        "delivery_key": plan.delivery_key,
        "revision": plan.revision,
        "title": title_json(plan.title),
        "place": place_of(plan.title),
        "accepted_at": at,
        "withdrawn_at": None,
    }
    dialect: Any = postgresql if connection.dialect.name == "postgresql" else sqlite
    connection.execute(
        dialect.insert(REVISIONS)
        .values(partner=partner, external_id=plan.external_id, **values)
        .on_conflict_do_update(index_elements=["partner", "external_id"], set_=values)
    )


def accepted_titles(engine: Engine, partner: str) -> Iterator[Accepted]:
    """Every accepted, not withdrawn title by show, season, episode and language; streamed in short reads."""
    place = tuple_(REVISIONS.c.place, REVISIONS.c.external_id)
    query = (
        select(REVISIONS.c.place, REVISIONS.c.external_id, REVISIONS.c.title)
        .where(REVISIONS.c.partner == partner, REVISIONS.c.withdrawn_at.is_(None))
        .order_by(REVISIONS.c.place, REVISIONS.c.external_id)
        .limit(TITLES_A_READ)
    )
    after = query
    while True:
        with engine.connect() as connection:
            rows = connection.execute(after).all()
        for row in rows:
            yield Accepted(row.external_id, title_of(row.title))
        if len(rows) < TITLES_A_READ:
            return
        after = query.where(place > tuple_(rows[-1].place, rows[-1].external_id))
