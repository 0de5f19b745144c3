"""A ledger of titles that a partner who pulls was shown and that are accepted, and changes of some of them.

A series and a hundred movies are written by the project's own tables; the others are copies of them with another
number, made by SQLite. To make each title by itself takes longer than all that is measured.
"""

from __future__ import annotations

import hashlib
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table, insert, select

from benchmarks.feed_catalogue import AT, MOVIES_EVERY, SHOW_TITLES, episodes, movies, row_of
from edye_delivery.annex.channels import pull_annex_of, pull_channel_of
from edye_delivery.annex.load import DEFAULT_FOLDER, load_annexes
from edye_delivery.annex.model import Annex
from edye_delivery.annex.naming import external_id_of
from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.exposed_thumbnail import ExposedThumbnail
from edye_delivery.catalog.stored_title import title_of
from edye_delivery.catalog.title import Title
from edye_delivery.catalog.vocabulary import Channel, DeliveryState
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.exposures import Exposures
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.pull_tables import EXPOSURES
from edye_delivery.ledger.tables import DELIVERIES, OFFERS, REVISIONS

RUN_ID = "benchmark"
"""The run that delivered all titles."""
MARK = 987_654
"""The number of the show that is copied; six digits that nothing else in its rows has."""
STEP = 7919
"""A prime: the shows' numbers go in steps of it, so that the order of the ids is not that of the rows."""
NUMBERED = frozenset({"external_id", "edye_id", "show_id", "title", "thumbnails", "file_name"})
"""The columns that have the number of the show."""
COPIED = {"copied-series": episodes, "copied-movies": movies}
"""The partners whose titles are copied, and how those are made."""
CACHE = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -400000;"
SHOWS = "WITH RECURSIVE shows(show) AS (SELECT 0 UNION ALL SELECT show + 1 FROM shows WHERE show + 1 < :shows)"
MOMENTS = ("planned_at", "first_sent_at", "sent_at", "received_at", "finished_at", "updated_at")


def pull_annex() -> Annex:
    """The first partner that pulls shows and episodes, as the DAGs of its pull channel use it."""
    annexes = (annex for annex in load_annexes(DEFAULT_FOLDER).values() if annex.pull is not None)
    return next(pull_annex_of(annex) for annex in annexes if not pull_channel_of(annex).scope.sources)


def fill_ledger(path: Path, annex: Annex, count: int) -> None:
    """Makes a ledger with so many titles that readers are shown; the nth one has version n of the offer."""
    tables = (DELIVERIES, REVISIONS, EXPOSURES)
    engine = open_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(insert(OFFERS).values(partner=annex.partner, version=count, removed_version=0))
        for partner, made in COPIED.items():
            rows = [_rows(annex, partner, number, title) for number, title in enumerate(made(MARK, SHOW_TITLES), 1)]
            for table, of_table in zip(tables, zip(*rows, strict=True), strict=True):
                connection.execute(insert(table), list(of_table))
    engine.dispose()
    values = {"partner": annex.partner, "count": count, "shows": -(-count // SHOW_TITLES)}
    with closing(sqlite3.connect(path)) as database:
        database.executescript(CACHE)
        database.create_function("digest", 1, _digest, deterministic=True)
        for table in tables:
            with database:
                database.execute(_copy(table), values)
                database.execute(f"DELETE FROM {table.name} WHERE partner IN {tuple(COPIED)}")  # noqa: S608


def change_titles(path: Path, annex: Annex, count: int, changed: int, number: int) -> None:
    """Gives some of `count` titles another synopsis, delivered and accepted as a run does it.

    They are others for each `number` from 1 on, up to `count / changed`.
    """
    at = AT + timedelta(days=number)
    engine = open_engine(f"sqlite:///{path}")
    ledger, exposures = Ledger(engine, lambda: at), Exposures(engine, annex.partner)
    every = random.Random(1).sample(range(1, count + 1), count)
    versions = every[(number - 1) * changed : number * changed]
    ours = (EXPOSURES.c.partner == annex.partner) & EXPOSURES.c.version.in_(versions)
    with engine.connect() as connection:
        titles = [title_of(content) for content in connection.execute(select(EXPOSURES.c.title).where(ours)).scalars()]
    for title in titles:
        synopsis = {lang: f"{number}. {text}" for lang, text in title.synopsis_short.items()}
        plan = plan_of(annex, title.model_copy(update={"synopsis_short": synopsis, "updated_at": at}))
        ledger.plan(annex.partner, RUN_ID, [plan], Channel.PULL)
        ledger.begin_send(plan.delivery_key, RUN_ID, Channel.PULL)
        exposures.put(plan, list(_thumbnails(annex, title)))
        ledger.mark_received(plan.delivery_key, f"exposure-{plan.delivery_key[:16]}", 0, 0.1)
        ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
        ledger.accept(annex.partner, plan, [])
    engine.dispose()


def _copy(table: Table) -> str:
    """The statement that copies the rows of the numbered show to all shows."""
    special = {"partner": ":partner", "delivery_key": f"digest({_numbered('external_id')})"}
    if table is EXPOSURES:
        special["version"] = f"show * {SHOW_TITLES} + version"
    columns = [column.name for column in table.columns]
    values = [special.get(name) or (_numbered(name) if name in NUMBERED else name) for name in columns]
    # the copied rows are in the order of their titles, so that the last show is cut where the count ends
    return (
        f"{SHOWS} INSERT INTO {table.name} ({', '.join(columns)}) SELECT {', '.join(values)} FROM shows"  # noqa: S608
        f" JOIN (SELECT *, row_number() OVER (PARTITION BY partner ORDER BY rowid) AS nth FROM {table.name}"
        " WHERE partner LIKE 'copied-%') AS copied"
        f" ON partner = iif(show % {MOVIES_EVERY} = {MOVIES_EVERY - 1}, 'copied-movies', 'copied-series')"
        f" AND show * {SHOW_TITLES} + nth <= :count"
    )


def _numbered(name: str) -> str:
    """The column's value with the number of the show in place of the copied one; bytes stay bytes."""
    text = f"replace(CAST({name} AS TEXT), '{MARK}', printf('%06d', show * {STEP} % :shows))"
    return f"CASE typeof({name}) WHEN 'blob' THEN CAST({text} AS BLOB) WHEN 'null' THEN NULL ELSE {text} END"


def _rows(annex: Annex, partner: str, number: int, title: Title) -> tuple[dict[str, Any], ...]:
    """The rows of a delivery, of its accepted revision, and of what is shown of it."""
    external_id = external_id_of(annex, title)
    key = _digest(external_id)
    named = {"partner": partner, "external_id": external_id, "edye_id": title.id, "delivery_key": key}
    revision = row_of(annex, external_id, title) | named
    delivery = named | {
        "content_key": key,
        "title": title.name,
        "kind": title.kind.value,
        "lang": title.lang,
        "file_name": f"{external_id}.mp4",
        "media_digest": key,
        "revision": key,
        "state": DeliveryState.ACCEPTED.value,
        "attempts": 1,
        "channel": Channel.PULL.value,
        "tracking_id": f"exposure-{key[:16]}",
        "run_id": RUN_ID,
        **dict.fromkeys(MOMENTS, AT),
    }
    exposure = named | {
        "show_id": title.show_id,
        "title": revision["title"],
        "thumbnails": [thumbnail.model_dump(mode="json") for thumbnail in _thumbnails(annex, title)],
        "opens_at": title.availability.start,
        "closes_at": title.availability.end,
        "version": number,
    }
    return delivery, revision, exposure


def _thumbnails(annex: Annex, title: Title) -> Iterator[ExposedThumbnail]:
    for spec in annex.thumbnails:
        yield ExposedThumbnail(
            name=spec.name,
            url=f"https://pictures.example/thumbnails/{title.id}/{spec.name}.jpg",
            width=spec.width_px,
            height=spec.height_px,
            type="image/jpeg",
            sha256=_digest(f"{spec.name} {title.id}"),
            watermark=spec.watermark,
        )


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()
