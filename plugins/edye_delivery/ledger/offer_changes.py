"""Which shows every version of an offer changed, so that a feed is assembled from these alone (docs/adr/0030)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import Connection, Engine, delete, func, insert, select

from edye_delivery.catalog.order import Accepted, show_key_of_place
from edye_delivery.ledger.revisions import titles_of_show
from edye_delivery.ledger.tables import OFFER_CHANGES, OFFERS, REVISIONS
from edye_delivery.ledger.transactions import repeating

SHOWS_MAX = 20_000
"""Where more shows have changed, all titles are read, which is faster than one query for each show."""
VERSIONS_KEPT = 100_000
NO_SHOW = b""


def note_change(connection: Connection, partner: str, version: int, external_id: str, shows: Collection[str]) -> None:
    """Writes which shows this version changes: the given ones, and the one that has the title."""
    of_title = (REVISIONS.c.partner == partner) & (REVISIONS.c.external_id == external_id)
    place = connection.execute(select(REVISIONS.c.place).where(of_title)).scalar()
    keys = {key.encode() for key in shows} | {show_key_of_place(place).encode() if place is not None else NO_SHOW}
    rows = [{"partner": partner, "version": version, "show_key": key} for key in sorted(keys)]
    connection.execute(insert(OFFER_CHANGES), rows)


class OfferChanges:
    """What has changed in a partner's offer, as one connection sees it."""

    def __init__(self, connection: Connection, partner: str, version: int) -> None:
        self._connection, self._partner, self._version = connection, partner, version

    def shows_since(self, version: int) -> list[str] | None:
        """The keys of the shows that changed after this version, sorted; None where that is not known, or too many."""
        if version >= self._version:
            return [] if version == self._version else None
        newer = (OFFER_CHANGES.c.partner == self._partner) & (OFFER_CHANGES.c.version > version)
        count = select(func.count(OFFER_CHANGES.c.version.distinct())).where(newer)
        if self._connection.execute(count).scalar_one() != self._version - version:
            return None  # rows were deleted, or a program that notes no changes has raised the version
        query = select(OFFER_CHANGES.c.show_key).distinct().where(newer).limit(SHOWS_MAX + 2)
        keys = set(self._connection.execute(query).scalars()) - {NO_SHOW}
        return sorted(key.decode() for key in keys) if len(keys) <= SHOWS_MAX else None

    def titles_of(self, key: str) -> Iterator[Accepted]:
        """The offered titles of a show, in the order of the offer."""
        return titles_of_show(self._connection, self._partner, key)


@repeating
def prune_changes(engine: Engine, partner: str, *, deletes: bool) -> int:
    """Deletes what is noted of versions before the newest hundred thousand; how many rows that is."""
    newest = select(OFFERS.c.version).where(OFFERS.c.partner == partner).scalar_subquery()
    old = (OFFER_CHANGES.c.partner == partner) & (OFFER_CHANGES.c.version <= newest - VERSIONS_KEPT)
    with engine.begin() as connection:
        if deletes:
            return connection.execute(delete(OFFER_CHANGES).where(old)).rowcount
        return connection.execute(select(func.count()).select_from(OFFER_CHANGES).where(old)).scalar_one()
