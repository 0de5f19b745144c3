"""What a partner is offered, and its version: every change of it raises the version in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select, update

from edye_delivery.catalog.order import Accepted
from edye_delivery.ledger.database import snapshot
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
    """All offered titles, by show, season, episode and language, as they were at one version."""

    version: int
    titles: Iterator[Accepted]


def raise_version(
    connection: Connection, partner: str, external_id: str, *, removed: bool = False, because: str = ""
) -> None:
    """Raises the version of the offer, because of this title; `removed` where it is withdrawn or gets an end date.

    What a partner that pulls is exposed of the title gets the same version; `because` is the word for why it left.

    Call it last in the transaction: all writers for this partner need this one row, and a writer that waits for another
    row while it has this one may wait for ever.
    """
    raised = OFFERS.c.version + 1
    connection.execute(
        upsert_into(connection, OFFERS)
        .values(partner=partner, version=1, removed_version=int(removed))
        .on_conflict_do_update(
            index_elements=["partner"],
            set_={"version": raised} | ({"removed_version": raised} if removed else {}),
        )
    )
    of_title = (EXPOSURES.c.partner == partner) & (EXPOSURES.c.external_id == external_id)
    now = select(OFFERS.c.version).where(OFFERS.c.partner == partner).scalar_subquery()
    connection.execute(update(EXPOSURES).where(of_title).values(version=now, removed_because=because or None))


def offer_version(connection: Connection, partner: str) -> OfferVersion:
    """The version of the offer now; 0 where nothing was offered since versions are counted."""
    row = connection.execute(select(OFFERS).where(OFFERS.c.partner == partner)).first()
    return OfferVersion(row.version, row.removed_version) if row is not None else OfferVersion(0, 0)


@contextmanager
def offer(engine: Engine, partner: str) -> Iterator[Offer]:
    """The offered titles and their version, from one snapshot of the ledger, whatever is written meanwhile."""
    with snapshot(engine) as connection:
        yield Offer(offer_version(connection, partner).version, titles_offered(connection, partner))
