"""Exposures: what partners that pull are shown of each title, and what changed since a version of the offer.

A title is exposed with the content of its delivery that is under way, so that the exposure check can see it; else with
the accepted content. It is not exposed while it is withdrawn, before its availability begins, or after it ended.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, delete, select

from edye_delivery.catalog.exposed_thumbnail import ExposedThumbnail
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.stored_title import title_json, title_of
from edye_delivery.catalog.title import Title
from edye_delivery.catalog.vocabulary import DeliveryState, TitleKind
from edye_delivery.ledger.comparison import UNDER_WAY
from edye_delivery.ledger.database import snapshot
from edye_delivery.ledger.offers import offer_version
from edye_delivery.ledger.pull_tables import EXPOSURES
from edye_delivery.ledger.rows import chunks, upsert_into
from edye_delivery.ledger.tables import DELIVERIES, REVISIONS
from edye_delivery.ledger.transactions import repeating

ROWS_A_READ = 1000
CANDIDATE = frozenset({DeliveryState.RECEIVED, DeliveryState.PROCESSING, DeliveryState.COMPLETED})
WITHDRAWN, WINDOW_ENDED, REJECTED = "withdrawn", "window_ended", "rejected"


@dataclass(frozen=True, slots=True)
class Exposure:
    """A title as readers may see it now; without a `title` it is not exposed, and `because` is the word for why.

    `closes_at` is when it ends. `is_candidate` where the content still has to be accepted; `was_accepted` where some
    content of it was. `show_ids` are the series that it belonged to, in all that was exposed of it. `version` is that
    of the offer at its last change. It `is_waiting` where only the begin of its availability is still to come.
    """

    edye_id: str
    external_id: str
    delivery_key: str
    kind: TitleKind
    title: Title | None
    thumbnails: tuple[ExposedThumbnail, ...]
    closes_at: datetime | None
    is_candidate: bool
    was_accepted: bool
    because: str
    show_ids: frozenset[str]
    version: int
    is_waiting: bool = False


@dataclass(frozen=True, slots=True)
class ExposureChanges:
    """The exposures that changed since a version, in the order of their EDYE ids, and the version that they show."""

    version: int
    exposures: Iterator[Exposure]


class Exposures:
    """The exposures of one partner."""

    def __init__(self, engine: Engine, partner: str) -> None:
        self._engine, self._partner = engine, partner

    @repeating
    def put(self, plan: PlannedTitle, thumbnails: Sequence[ExposedThumbnail]) -> None:
        """Writes what the delivery would show; readers see it once the delivery is received. Safe to repeat.

        What older deliveries of the title showed is deleted, except of the accepted one and those under way.
        """
        title = plan.title
        values = {
            "edye_id": title.id,
            "show_id": title.show_id,
            "title": title_json(title),
            "thumbnails": [thumbnail.model_dump(mode="json") for thumbnail in thumbnails],
            "opens_at": title.availability.start,
            "closes_at": title.availability.end,
        }
        key = {"partner": self._partner, "external_id": plan.external_id, "delivery_key": plan.delivery_key}
        with self._engine.begin() as connection:
            connection.execute(
                upsert_into(connection, EXPOSURES)
                .values(**key, **values, version=0)
                .on_conflict_do_update(index_elements=list(key), set_=values)
            )
            self._delete_unused(connection, plan)

    def _delete_unused(self, connection: Connection, plan: PlannedTitle) -> None:
        of_title = (EXPOSURES.c.partner == self._partner) & (EXPOSURES.c.external_id == plan.external_id)
        accepted = select(REVISIONS.c.delivery_key).where(
            REVISIONS.c.partner == self._partner, REVISIONS.c.external_id == plan.external_id
        )
        under_way = select(DELIVERIES.c.delivery_key).where(
            DELIVERIES.c.partner == self._partner,
            DELIVERIES.c.external_id == plan.external_id,
            DELIVERIES.c.state.in_(UNDER_WAY),
        )
        used = [plan.delivery_key, *connection.execute(accepted.union(under_way)).scalars()]
        connection.execute(delete(EXPOSURES).where(of_title, EXPOSURES.c.delivery_key.not_in(used)))

    @contextmanager
    def changes(self, after: int | None, after_at: datetime | None, now: datetime) -> Iterator[ExposureChanges]:
        """What changed after a version of the offer, and what began or ended after a moment; all where they are None.

        From one snapshot of the ledger, whatever is written meanwhile; valid inside the context.
        """
        with snapshot(self._engine) as connection:
            version = offer_version(connection, self._partner).version
            edye_ids = None if after is None else self._ids_of_changes(connection, after, after_at, now)
            yield ExposureChanges(version, self._exposures(connection, edye_ids, now))

    def of_shows(self, show_ids: Iterable[str], now: datetime) -> Iterator[Exposure]:
        """The exposures of all titles that are episodes of these series, or were in what was exposed of them.

        Their ids are looked up first: asked for their rows in order, SQLite reads those of all series.
        """
        with snapshot(self._engine) as connection:
            found: set[str] = set()
            for ids in chunks(sorted(set(show_ids))):
                of_shows = (EXPOSURES.c.partner == self._partner) & EXPOSURES.c.show_id.in_(ids)
                found |= set(connection.execute(select(EXPOSURES.c.edye_id).where(of_shows)).scalars())
            yield from self._exposures(connection, sorted(found), now)

    def of_titles(self, external_ids: Iterable[str], now: datetime) -> dict[str, Exposure]:
        """The exposures of these titles by external_id."""
        found: dict[str, Exposure] = {}
        with snapshot(self._engine) as connection:
            for names in chunks(sorted(set(external_ids))):
                query = _exposure_query().where(
                    EXPOSURES.c.partner == self._partner, EXPOSURES.c.external_id.in_(names)
                )
                found |= {one.external_id: one for one in _choose_each(_read_in_pages(connection, query), now)}
        return found

    def foreign_id(self, kinds: Sequence[TitleKind]) -> str | None:
        """The EDYE id of a title of one of these kinds that other partners are shown, and this one never was."""
        own = EXPOSURES.alias()
        known = select(own.c.edye_id).where(own.c.partner == self._partner, own.c.edye_id == EXPOSURES.c.edye_id)
        query = (
            select(EXPOSURES.c.edye_id)
            .join(DELIVERIES, DELIVERIES.c.delivery_key == EXPOSURES.c.delivery_key)
            .where(EXPOSURES.c.partner != self._partner, DELIVERIES.c.kind.in_(kinds), ~known.exists())
            .limit(1)
        )
        with self._engine.connect() as connection:
            found: str | None = connection.execute(query).scalar()
        return found

    def _ids_of_changes(
        self, connection: Connection, after: int, after_at: datetime | None, now: datetime
    ) -> list[str]:  # fmt: skip
        changed: ColumnElement[bool] = EXPOSURES.c.version > after
        conditions = [changed]
        if after_at is not None:
            conditions += [column.between(after_at, now) for column in (EXPOSURES.c.opens_at, EXPOSURES.c.closes_at)]
            ended = (REVISIONS.c.partner == self._partner) & REVISIONS.c.end_at.between(after_at, now)
            rows = select(REVISIONS.c.edye_id).where(ended)
            found = set(connection.execute(rows).scalars())
        else:
            found = set()
        for condition in conditions:
            query = select(EXPOSURES.c.edye_id).where(EXPOSURES.c.partner == self._partner, condition).distinct()
            found |= set(connection.execute(query).scalars())
        return sorted(found)

    def _exposures(
        self, connection: Connection, edye_ids: Sequence[str] | None, now: datetime
    ) -> Iterator[Exposure]:  # fmt: skip
        of_partner = _exposure_query().where(EXPOSURES.c.partner == self._partner)
        if edye_ids is None:
            yield from _choose_each(_read_in_pages(connection, of_partner), now)
            return
        for ids in chunks(edye_ids):
            yield from _choose_each(_read_in_pages(connection, of_partner.where(EXPOSURES.c.edye_id.in_(ids))), now)


def _exposure_query() -> Select[Any]:
    """Every exposure with its delivery and with the accepted revision of its title."""
    revision = (REVISIONS.c.partner == EXPOSURES.c.partner) & (REVISIONS.c.external_id == EXPOSURES.c.external_id)
    return select(
        EXPOSURES.c.edye_id,
        EXPOSURES.c.external_id,
        EXPOSURES.c.delivery_key,
        EXPOSURES.c.show_id,
        EXPOSURES.c.title,
        EXPOSURES.c.thumbnails,
        EXPOSURES.c.removed_because,
        EXPOSURES.c.version,
        DELIVERIES.c.state,
        DELIVERIES.c.sent_at,
        REVISIONS.c.delivery_key.label("accepted_key"),
        REVISIONS.c.withdrawn_at,
        REVISIONS.c.end_at,
    ).select_from(
        EXPOSURES.join(DELIVERIES, DELIVERIES.c.delivery_key == EXPOSURES.c.delivery_key).outerjoin(REVISIONS, revision)
    )


def _read_in_pages(connection: Connection, query: Select[Any]) -> Iterator[Row[Any]]:
    """The rows by EDYE id, read in pages."""
    ordered = query.order_by(EXPOSURES.c.edye_id, EXPOSURES.c.external_id, EXPOSURES.c.delivery_key)
    result = connection.execution_options(yield_per=ROWS_A_READ).execute(ordered)
    yield from result


def _choose_each(rows: Iterator[Row[Any]], now: datetime) -> Iterator[Exposure]:
    for _, group in groupby(rows, key=lambda row: row.edye_id):
        yield choose(list(group), now)


def choose(rows: Sequence[Row[Any]], now: datetime) -> Exposure:
    """The exposure of one EDYE id among all that was exposed of it; the content that was sent last counts."""
    show_ids = frozenset(row.show_id for row in rows if row.show_id)
    possible = [row for row in rows if _is_candidate(row) or _is_accepted(row, now)]
    shown = max(possible, key=_sending_order) if len(possible) > 1 else next(iter(possible), None)
    row = shown if shown is not None else rows[-1]
    title = title_of(row.title)
    ends = [at for at in (title.availability.end, row.end_at if _is_accepted(row, now) else None) if at is not None]
    closes_at = min(ends, default=None)
    is_open = title.availability.start is None or title.availability.start <= now
    because = "" if shown is not None else _reason_of(row, now)
    if shown is not None and closes_at is not None and closes_at <= now:
        because = WINDOW_ENDED
    is_shown = shown is not None and is_open and not because
    return Exposure(
        edye_id=row.edye_id,
        external_id=row.external_id,
        delivery_key=row.delivery_key,
        kind=title.kind,
        title=title if is_shown else None,
        thumbnails=tuple(ExposedThumbnail.model_validate(one) for one in row.thumbnails) if is_shown else (),
        closes_at=closes_at,
        is_candidate=_is_candidate(row),
        was_accepted=any(one.accepted_key is not None for one in rows),
        because=because or (WITHDRAWN if not is_open else ""),
        is_waiting=shown is not None and not is_open and not because,
        show_ids=show_ids,
        version=max(one.version for one in rows),
    )


def _sending_order(row: Row[Any]) -> tuple[Any, ...]:
    return row.sent_at is not None, row.sent_at, row.delivery_key


def _is_candidate(row: Row[Any]) -> bool:
    """Whether the delivery is under way and nobody has withdrawn the title since it was sent."""
    if row.state not in CANDIDATE:
        return False
    return row.withdrawn_at is None or row.sent_at is None or row.withdrawn_at <= row.sent_at


def _is_accepted(row: Row[Any], now: datetime) -> bool:
    """Whether this content is the accepted one and is offered now; an end-dated title is until its end."""
    if row.accepted_key != row.delivery_key:
        return False
    return row.withdrawn_at is None or (row.end_at is not None and row.end_at > now)


def _reason_of(row: Row[Any], now: datetime) -> str:
    if row.end_at is not None and row.end_at <= now:
        return WINDOW_ENDED
    if row.withdrawn_at is not None:
        return row.removed_because or WITHDRAWN
    return REJECTED
