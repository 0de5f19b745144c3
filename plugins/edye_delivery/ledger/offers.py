"""What a partner is offered, and its version: every change of it raises the version in the same transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select, update

from edye_delivery.catalog.order import Accepted
from edye_delivery.catalog.stored_title import StoredTitle
from edye_delivery.ledger.database import snapshot
from edye_delivery.ledger.offer_changes import OfferChanges, note_change
from edye_delivery.ledger.pull_tables import EXPOSURES
from edye_delivery.ledger.revisions import titles_offered
from edye_delivery.ledger.rows import upsert_into
from edye_delivery.ledger.tables import OFFERS


@dataclass(frozen=True, slots=True)
class OfferVersion:
    """The version of the offer, and its version after the last change that removed or end-dated a title."""

    version: int
    removed_version: int


@dataclass(frozen=True, slots=True)
class Offer:
    """All offered titles, by show, season, episode and language, as they were at one version; read once.

    `changes` tells what has changed since an earlier version, as of the same moment.
    """

    version: int
    stored: Iterator[StoredTitle]
    changes: OfferChanges | None = None

    @property
    def titles(self) -> Iterator[Accepted]:
        """The titles themselves."""
        return (stored.accepted() for stored in self.stored)


def raise_version(
    connection: Connection,
    partner: str,
    external_id: str,
    *,
    shows: Collection[str] = (),
    removed: bool = False,
    because: str = "",
) -> None:
    """Raises the version of the offer, because of this title; `removed` where it is withdrawn or gets an end date.

    `shows` are keys of shows that it changes, besides the one that has the title now. What a partner that pulls is
    exposed of the title gets the same version; `because` is the word for why it left.

    Call it last in the transaction: all writers for this partner need this one row, and a writer that waits for another
    row while it has this one may wait for ever.
    """
    raised = OFFERS.c.version + 1
    version = connection.execute(
        upsert_into(connection, OFFERS)
        .values(partner=partner, version=1, removed_version=int(removed))
        .on_conflict_do_update(
            index_elements=["partner"],
            set_={"version": raised} | ({"removed_version": raised} if removed else {}),
        )
        .returning(OFFERS.c.version)
    ).scalar_one()
    note_change(connection, partner, version, external_id, shows)
    of_title = (EXPOSURES.c.partner == partner) & (EXPOSURES.c.external_id == external_id)
    connection.execute(update(EXPOSURES).where(of_title).values(version=version, removed_because=because or None))


def offer_version(connection: Connection, partner: str) -> OfferVersion:
    """The version of the offer now; 0 where nothing was offered since versions are counted."""
    row = connection.execute(select(OFFERS).where(OFFERS.c.partner == partner)).first()
    return OfferVersion(row.version, row.removed_version) if row is not None else OfferVersion(0, 0)


@contextmanager
def offer(engine: Engine, partner: str) -> Iterator[Offer]:
    """The offered titles and their version, from one snapshot of the ledger, whatever is written meanwhile."""
    with snapshot(engine) as connection:
        version, titles = offer_version(connection, partner).version, titles_offered(connection, partner)
        yield Offer(version, titles, OfferChanges(connection, partner, version))
