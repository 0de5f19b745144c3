"""All that the ledger knows of one title at one partner: status, deliveries, revision, feeds, exposures, events."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from edye_delivery.catalog.stored_title import title_of
from edye_delivery.catalog.title import Title
from edye_delivery.ledger.page_cursor import NO_TEXT, Cursor, cursor_of
from edye_delivery.ledger.pull_tables import EXPOSURES
from edye_delivery.ledger.records import Delivery
from edye_delivery.ledger.rows import delivery_of
from edye_delivery.ledger.status import StatusReader
from edye_delivery.ledger.status_records import Selection, Status
from edye_delivery.ledger.tables import DELIVERIES, EVENTS, PUBLICATIONS, REVISIONS

DELIVERIES_MAX = 50
EVENTS_MAX = 100
LIST_NAME = "events"


@dataclass(frozen=True, slots=True)
class TitleDelivery:
    """One delivery of the title, and what it said of it."""

    delivery: Delivery
    title: str
    kind: str
    lang: str | None
    file_name: str
    media_digest: str
    revision: str
    planned_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class AcceptedRevision:
    """What the partner has of the title; `content` is None where this program cannot read it.

    `withdrawal_told_at` is when the partner was told of the withdrawal. With `end_at` the title stays until then.
    """

    delivery_key: str
    revision: str
    content: Title | None
    accepted_at: datetime
    withdrawn_at: datetime | None
    withdrawal_reason: str | None
    withdrawal_told_at: datetime | None
    withdrawn_by_run: str | None
    end_at: datetime | None
    read_at: datetime | None

    def is_offered(self, at: datetime) -> bool:
        """Whether a feed that is published at this moment has the title."""
        return self.withdrawn_at is None or (self.end_at is not None and self.end_at > at)


@dataclass(frozen=True, slots=True)
class LatestPublication:
    """The publication that readers of a feed have; `has_title` as far as the ledger knows when it began."""

    feed: str
    run_id: str
    version: int | None
    began_at: datetime
    published_at: datetime
    has_title: bool


@dataclass(frozen=True, slots=True)
class TitleExposure:
    """What one delivery shows a partner that pulls; `version` is that of the offer at its last change."""

    delivery_key: str
    show_id: str | None
    opens_at: datetime | None
    closes_at: datetime | None
    removed_because: str | None
    version: int


@dataclass(frozen=True, slots=True)
class TitleEvent:
    """One event of the title, with the call that it is about."""

    id: int
    at: datetime
    action: str
    state: str
    detail: str
    outcome: str | None
    cause: str | None
    owner: str | None
    run_id: str
    delivery_key: str
    attempt: int | None
    client_id: str | None
    seconds: float | None
    http_status: int | None
    error_code: str | None
    refusal: str | None
    tracking_id: str | None
    request_id: str | None


@dataclass(frozen=True, slots=True)
class EventPage:
    """Some events, the newest first, and the cursor of older ones, or None."""

    events: tuple[TitleEvent, ...]
    next_cursor: str | None


@dataclass(frozen=True, slots=True)
class TitlePage:
    """One title at one partner; `has_more_deliveries` where older ones are left out."""

    status: Status
    deliveries: tuple[TitleDelivery, ...]
    has_more_deliveries: bool
    revision: AcceptedRevision | None
    publications: tuple[LatestPublication, ...]
    exposures: tuple[TitleExposure, ...]


def title_page(connection: Connection, partner: str, external_id: str, now: datetime) -> TitlePage | None:
    """The title at the partner, with its newest 50 deliveries; None where the ledger does not know it."""
    if not _is_text(partner, external_id):
        return None
    selection = Selection(partner, external_ids=(external_id,))
    status = next(StatusReader(connection, now).titles(selection, ended_well=True), None)
    if status is None:
        return None
    deliveries = _deliveries(connection, partner, external_id)
    revision = _revision(connection, partner, external_id)
    return TitlePage(
        status,
        tuple(deliveries[:DELIVERIES_MAX]),
        len(deliveries) > DELIVERIES_MAX,
        revision,
        tuple(_publications(connection, partner, revision)),
        tuple(_exposures(connection, partner, external_id)),
    )


def title_events(
    connection: Connection, partner: str, external_id: str, cursor: str = "", limit: int = EVENTS_MAX
) -> EventPage:
    """At most `limit` events of the title (at most 100), the newest first; InvalidRequest for a cursor that is none."""
    limit = max(1, min(limit, EVENTS_MAX))
    if not _is_text(partner, external_id):
        return EventPage((), None)
    names = [field.name for field in fields(TitleEvent)]
    query = (
        select(*(EVENTS.c[name] for name in names))
        .where(EVENTS.c.partner == partner, EVENTS.c.external_id == external_id)
        .order_by(EVENTS.c.id.desc())
        .limit(limit + 1)
    )
    if cursor:
        (before,) = cursor_of(cursor, LIST_NAME, (int,)).values
        query = query.where(EVENTS.c.id < before)
    found = [TitleEvent(*row) for row in connection.execute(query)]
    has_more, found = len(found) > limit, found[:limit]
    return EventPage(tuple(found), Cursor(LIST_NAME, (found[-1].id,)).text() if has_more else None)


def _deliveries(connection: Connection, partner: str, external_id: str) -> list[TitleDelivery]:
    query = (
        select(DELIVERIES)
        .where(DELIVERIES.c.partner == partner, DELIVERIES.c.external_id == external_id)
        .order_by(DELIVERIES.c.planned_at.desc(), DELIVERIES.c.delivery_key)
        .limit(DELIVERIES_MAX + 1)
    )
    own = [field.name for field in fields(TitleDelivery) if field.name != "delivery"]
    rows = connection.execute(query).mappings()
    return [TitleDelivery(delivery_of(row), **{name: row[name] for name in own}) for row in rows]


def _revision(connection: Connection, partner: str, external_id: str) -> AcceptedRevision | None:
    of_title = (REVISIONS.c.partner == partner) & (REVISIONS.c.external_id == external_id)
    row = connection.execute(select(REVISIONS).where(of_title)).mappings().first()
    if row is None:
        return None
    own = [field.name for field in fields(AcceptedRevision) if field.name != "content"]
    return AcceptedRevision(content=_content(row["title"]), **{name: row[name] for name in own})


def _content(title: bytes) -> Title | None:
    try:
        return title_of(bytes(title))
    except ValueError:  # pydantic's errors are of this kind
        return None


def _publications(
    connection: Connection, partner: str, revision: AcceptedRevision | None
) -> list[LatestPublication]:  # fmt: skip
    latest = (
        select(func.max(PUBLICATIONS.c.id))
        .where(PUBLICATIONS.c.partner == partner, PUBLICATIONS.c.published_at.is_not(None))
        .group_by(PUBLICATIONS.c.feed)
    )
    names = ("feed", "run_id", "version", "began_at", "published_at")
    query = select(*(PUBLICATIONS.c[name] for name in names)).where(PUBLICATIONS.c.id.in_(latest))
    rows = connection.execute(query.order_by(PUBLICATIONS.c.feed))
    return [LatestPublication(**row._mapping, has_title=_has_title(revision, row)) for row in rows]


def _has_title(revision: AcceptedRevision | None, publication: Row[Any]) -> bool:
    began_at = publication.began_at
    if revision is None or revision.accepted_at > began_at:
        return False
    was_withdrawn = revision.withdrawn_at is not None and revision.withdrawn_at <= began_at
    return not was_withdrawn or revision.is_offered(began_at)


def _exposures(connection: Connection, partner: str, external_id: str) -> list[TitleExposure]:
    names = [field.name for field in fields(TitleExposure)]
    query = (
        select(*(EXPOSURES.c[name] for name in names))
        .where(EXPOSURES.c.partner == partner, EXPOSURES.c.external_id == external_id)
        .order_by(EXPOSURES.c.version.desc(), EXPOSURES.c.delivery_key)
        .limit(DELIVERIES_MAX)
    )
    return [TitleExposure(*row) for row in connection.execute(query)]


def _is_text(*texts: str) -> bool:
    """Whether a database can look for these; no title has others."""
    return not any(NO_TEXT.search(text) for text in texts)
