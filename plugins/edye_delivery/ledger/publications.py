"""Publications of a feed: who may publish now, the intent before its first page goes up, and the switch of readers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select, update

from edye_delivery.catalog.feed_records import FeedPage
from edye_delivery.errors import Transient
from edye_delivery.ledger.database_clock import database_now
from edye_delivery.ledger.offers import OfferVersion, offer_version
from edye_delivery.ledger.rows import upsert_into
from edye_delivery.ledger.tables import FEEDS, PUBLICATIONS
from edye_delivery.ledger.transactions import repeating

LEASE_S = 600
"""After so long without a renewal, a feed is free for the next publisher."""


class FeedLeaseLost(Transient):
    """The lease ended, and another run publishes the feed now; this run may be tried again."""


@dataclass(frozen=True, slots=True)
class FeedLease:
    """The right to publish one feed; it belongs to one try of one run, because an earlier try may still be alive."""

    holder: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Publication:
    """A published chain of pages: its run, and its version of the offer (None: versions were not counted yet).

    `kept` is the name of what the next assembly may start from; None where it has to be a full one.
    """

    run_id: str
    version: int | None
    pages: tuple[FeedPage, ...]
    kept: str | None = None


class Publications:
    """The publications of one partner's feed. A method with a lease raises FeedLeaseLost where another run has it."""

    def __init__(
        self,
        engine: Engine,
        now: Callable[[], datetime],
        partner: str,
        feed: str,
        lease_s: float = LEASE_S,
        database_now: Callable[[Connection], datetime] = database_now,
    ) -> None:
        self._engine, self._now, self._partner, self._feed = engine, now, partner, feed
        self._lease_s, self._database_now = lease_s, database_now
        self._row = (FEEDS.c.partner == partner) & (FEEDS.c.feed == feed)
        self._ours = (PUBLICATIONS.c.partner == partner) & (PUBLICATIONS.c.feed == feed)

    def newest(self) -> Publication | None:
        """The publication that readers were switched to last; None where nothing was published yet."""
        published = self._ours & PUBLICATIONS.c.published_at.is_not(None)
        query = select(PUBLICATIONS).where(published).order_by(PUBLICATIONS.c.id.desc()).limit(1)
        with self._engine.connect() as connection:
            row = connection.execute(query).first()
        if row is None:
            return None
        return Publication(
            row.run_id, row.version, tuple(FeedPage.model_validate(page) for page in row.pages), row.kept
        )

    def current(self) -> tuple[FeedPage, ...]:
        """The pages of the chain that readers have, in its order; none where nothing was published yet."""
        newest = self.newest()
        return newest.pages if newest is not None else ()

    def offer_version(self) -> OfferVersion:
        """The version of what the partner is offered now."""
        with self._engine.connect() as connection:
            return offer_version(connection, self._partner)

    @repeating
    def acquire(self, run_id: str) -> FeedLease | None:
        """The feed's lease; None while somebody else has it."""
        lease = FeedLease(str(uuid.uuid4()), run_id)
        with self._engine.begin() as connection:
            new_row = upsert_into(connection, FEEDS).values(partner=self._partner, feed=self._feed, version=0)
            connection.execute(new_row.on_conflict_do_nothing())
            row = connection.execute(select(FEEDS).where(self._row).with_for_update()).one()
            if row.holder is not None and row.expires_at > self._database_now(connection):
                return None
            self._extend(connection, holder=lease.holder, run_id=run_id)
        return lease

    def holder(self) -> str:
        """Who has the lease, as a text: the run and until when."""
        with self._engine.connect() as connection:
            row = connection.execute(select(FEEDS).where(self._row)).first()
        if row is None or row.holder is None:
            return "nobody"
        return f"the run {row.run_id}, until {row.expires_at:%H:%M:%S} UTC"

    @repeating
    def renew(self, lease: FeedLease) -> None:
        """Extends the lease."""
        with self._transaction_under(lease):
            pass

    @repeating
    def release(self, lease: FeedLease) -> None:
        """Ends the lease, unless somebody else has the feed now."""
        with self._engine.begin() as connection:
            own_lease = self._row & (FEEDS.c.holder == lease.holder)
            connection.execute(update(FEEDS).where(own_lease).values(holder=None, run_id=None, expires_at=None))

    @repeating
    def begin(
        self,
        lease: FeedLease,
        version: int,
        pages: Sequence[FeedPage],
        kinds: dict[str, int],
        kept: str | None = None,
    ) -> int:
        """Writes the publication before the first page is uploaded; its number."""
        row = {
            "partner": self._partner,
            "feed": self._feed,
            "run_id": lease.run_id,
            "pages": [page.model_dump(mode="json") for page in pages],
            "kinds": kinds,
            "version": version,
            "kept": kept,
            "began_at": self._now(),
        }
        with self._transaction_under(lease) as (connection, _):
            statement = insert(PUBLICATIONS).values(row).returning(PUBLICATIONS.c.id)
            return int(connection.execute(statement).scalar_one())

    @repeating
    def allow_switch(self, lease: FeedLease, version: int, *, older_is_allowed: bool = False) -> bool:
        """Whether readers may be switched to a draft of this version now; called right before the switch.

        It has to be the version of the offer. Where an older one is allowed, no title may have been withdrawn or
        end-dated since, and readers may not have been switched to a newer one.
        """
        with self._transaction_under(lease) as (connection, row):
            offered = offer_version(connection, self._partner)
            is_sound = version >= max(row.version, offered.removed_version)
            is_allowed = is_sound and (version == offered.version or older_is_allowed)
            if is_allowed:
                connection.execute(update(FEEDS).where(self._row).values(version=version))
            return is_allowed

    @repeating
    def mark_published(self, lease: FeedLease, number: int) -> None:
        """Notes that readers were switched to the publication."""
        with self._transaction_under(lease) as (connection, _):
            connection.execute(update(PUBLICATIONS).where(PUBLICATIONS.c.id == number).values(published_at=self._now()))

    def find_outdated(self, keep_old_s: int) -> tuple[list[int], list[str]]:
        """Publications whose grace period is over, and the pages that no other publication needs.

        The grace period begins when the next publication is published. A publication that was never marked as published
        may have been live too: its run may have died before it could mark it.
        """
        with self._engine.connect() as connection:
            query = select(PUBLICATIONS).where(self._ours, PUBLICATIONS.c.cleaned_at.is_(None))
            rows = connection.execute(query.order_by(PUBLICATIONS.c.id)).all()
        published = [row for row in rows if row.published_at is not None]
        over_at = self._now() - timedelta(seconds=keep_old_s)
        numbers = []
        for row in rows:
            successor = next((later for later in published if later.id > row.id), None)
            if successor is not None and successor.published_at <= over_at:
                numbers.append(row.id)
        outdated_pages = {page["name"] for row in rows if row.id in numbers for page in row.pages}
        needed_pages = {page["name"] for row in rows if row.id not in numbers for page in row.pages}
        return numbers, sorted(outdated_pages - needed_pages)

    @repeating
    def mark_cleaned(self, lease: FeedLease, numbers: Sequence[int]) -> None:
        """Notes that the pages of these publications were deleted."""
        with self._transaction_under(lease) as (connection, _):
            connection.execute(
                update(PUBLICATIONS).where(PUBLICATIONS.c.id.in_(numbers)).values(cleaned_at=self._now())
            )

    @contextmanager
    def _transaction_under(self, lease: FeedLease) -> Iterator[tuple[Connection, Row[Any]]]:
        """A transaction of the lease's holder that renews the lease; nobody can take the lease meanwhile.

        The holder keeps a lease that has ended, until somebody else takes it.
        """
        with self._engine.begin() as connection:
            row = connection.execute(select(FEEDS).where(self._row).with_for_update()).one()
            if row.holder != lease.holder:
                now_by = f"the run {row.run_id} publishes it now" if row.holder else "another run has published it"
                raise FeedLeaseLost(
                    f"the feed {self._feed}: this run paused for longer than its lease, and {now_by}; it switches "
                    "nothing, and may be tried again"
                )
            self._extend(connection)
            yield connection, row

    def _extend(self, connection: Connection, **values: str) -> None:
        until = self._database_now(connection) + timedelta(seconds=self._lease_s)
        connection.execute(update(FEEDS).where(self._row).values(expires_at=until, **values))
