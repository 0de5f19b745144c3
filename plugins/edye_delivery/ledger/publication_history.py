"""What the ledger knows of a feed's publications: the newest ones, and who publishes at the moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, select

from edye_delivery.catalog.feed_records import FeedPage
from edye_delivery.ledger.tables import FEEDS, PUBLICATIONS


@dataclass(frozen=True, slots=True)
class PastPublication:
    """One publication, whether readers were ever switched to it (`published_at`) or not; its pages in their order."""

    id: int
    run_id: str
    version: int | None
    pages: tuple[FeedPage, ...]
    kinds: dict[str, int]
    began_at: datetime
    published_at: datetime | None
    cleaned_at: datetime | None

    @property
    def items(self) -> int:
        """How many items all pages have."""
        return sum(page.items for page in self.pages)

    @property
    def size_bytes(self) -> int:
        """The size of all pages."""
        return sum(page.size_bytes for page in self.pages)


@dataclass(frozen=True, slots=True)
class FeedState:
    """The version that readers were switched to last; the run that holds the right to publish, and until when."""

    version: int
    run_id: str | None
    expires_at: datetime | None


def publications_of(
    connection: Connection, partner: str, feed: str, limit: int, before: int | None = None
) -> tuple[PastPublication, ...]:
    """At most so many publications, the newest first; with `before`, a publication's id, only earlier ones."""
    of_feed = (PUBLICATIONS.c.partner == partner) & (PUBLICATIONS.c.feed == feed)
    query = select(PUBLICATIONS).where(of_feed).order_by(PUBLICATIONS.c.id.desc()).limit(limit)
    if before is not None:
        query = query.where(PUBLICATIONS.c.id < before)
    return tuple(map(_publication, connection.execute(query)))


def newest_publication(connection: Connection, partner: str, feed: str) -> PastPublication | None:
    """The publication that readers were switched to last; None where nothing was published yet."""
    of_feed = (PUBLICATIONS.c.partner == partner) & (PUBLICATIONS.c.feed == feed)
    query = select(PUBLICATIONS).where(of_feed, PUBLICATIONS.c.published_at.is_not(None))
    row = connection.execute(query.order_by(PUBLICATIONS.c.id.desc()).limit(1)).first()
    return _publication(row) if row is not None else None


def feed_state(connection: Connection, partner: str, feed: str) -> FeedState | None:
    """Where the feed is at the moment; None where no run has ever begun to publish it."""
    query = select(FEEDS).where(FEEDS.c.partner == partner, FEEDS.c.feed == feed)
    row = connection.execute(query).first()
    if row is None:
        return None
    return FeedState(row.version, row.run_id if row.holder is not None else None, row.expires_at)


def _publication(row: Row[tuple[object, ...]]) -> PastPublication:
    return PastPublication(
        id=row.id,
        run_id=row.run_id,
        version=row.version,
        pages=tuple(FeedPage.model_validate(page) for page in row.pages),
        kinds=dict(row.kinds),
        began_at=row.began_at,
        published_at=row.published_at,
        cleaned_at=row.cleaned_at,
    )
