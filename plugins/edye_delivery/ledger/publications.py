"""What was published of a feed: the intent before its first page goes up, and when readers were switched to it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine, insert, select, update

from edye_delivery.catalog.feed_records import FeedPage
from edye_delivery.ledger.tables import PUBLICATIONS
from edye_delivery.ledger.transactions import repeated


class Publications:
    """The publications of one partner's feed."""

    def __init__(self, engine: Engine, now: Callable[[], datetime], partner: str, feed: str) -> None:
        self._engine, self._now, self._partner, self._feed = engine, now, partner, feed
        self._ours = (PUBLICATIONS.c.partner == partner) & (PUBLICATIONS.c.feed == feed)

    def current(self) -> tuple[FeedPage, ...]:
        """The pages of the chain that readers have, in its order; none where nothing was published yet."""
        published = self._ours & PUBLICATIONS.c.published_at.is_not(None)
        query = select(PUBLICATIONS.c.pages).where(published).order_by(PUBLICATIONS.c.id.desc()).limit(1)
        with self._engine.connect() as connection:
            pages = connection.execute(query).scalar()
        return tuple(FeedPage.model_validate(page) for page in pages or ())

    @repeated
    def begin(self, run_id: str, pages: Sequence[FeedPage], kinds: dict[str, int]) -> int:
        """Writes the intent; the publication's number."""
        row = {
            "partner": self._partner,
            "feed": self._feed,
            "run_id": run_id,
            "pages": [page.model_dump(mode="json") for page in pages],
            "kinds": kinds,
            "began_at": self._now(),
        }
        with self._engine.begin() as connection:
            statement = insert(PUBLICATIONS).values(row).returning(PUBLICATIONS.c.id)
            return int(connection.execute(statement).scalar_one())

    @repeated
    def published(self, number: int) -> None:
        """Readers have been switched to the publication."""
        with self._engine.begin() as connection:
            connection.execute(update(PUBLICATIONS).where(PUBLICATIONS.c.id == number).values(published_at=self._now()))

    def outdated(self, keep_old_s: int) -> tuple[list[int], list[str]]:
        """Publications whose grace period is over, and the pages that no other one needs.

        A publication's grace begins when the next one is published; it may have been live although its run did not
        live to say so.
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
        gone = {page["name"] for row in rows if row.id in numbers for page in row.pages}
        needed = {page["name"] for row in rows if row.id not in numbers for page in row.pages}
        return numbers, sorted(gone - needed)

    @repeated
    def cleaned(self, numbers: Sequence[int]) -> None:
        """The pages of these publications are deleted, as far as no other one needs them."""
        with self._engine.begin() as connection:
            connection.execute(
                update(PUBLICATIONS).where(PUBLICATIONS.c.id.in_(numbers)).values(cleaned_at=self._now())
            )
