"""What a partner is offered, and its version: every change of it raises the version in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, select

from edye_delivery.catalog.order import Accepted
from edye_delivery.ledger.database import snapshot
from edye_delivery.ledger.revisions import titles_offered
from edye_delivery.ledger.rows import upsert_into
from edye_delivery.ledger.tables import OFFERS


@dataclass(frozen=True, slots=True)
class OfferVersion:
    """How often what is offered has changed, and its version after the last change that took something away."""

    version: int
    removed_version: int


@dataclass(frozen=True, slots=True)
class Offer:
    """Everything that is offered, by show, season, episode and language, as it was at one version."""

    version: int
    titles: Iterator[Accepted]


def raise_version(connection: Connection, partner: str, *, removed: bool = False) -> None:
    """What is offered has changed; `removed` where a title is withdrawn or gets an end date.

    Call it last in the transaction: all who write for this partner queue for this one row, and who waits for another
    row while holding it may wait for ever.
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


def offer_version(connection: Connection, partner: str) -> OfferVersion:
    """The version of what is offered now; 0 where nothing was offered since versions are counted."""
    row = connection.execute(select(OFFERS).where(OFFERS.c.partner == partner)).first()
    return OfferVersion(row.version, row.removed_version) if row is not None else OfferVersion(0, 0)


@contextmanager
def offer(engine: Engine, partner: str) -> Iterator[Offer]:
    """What is offered and its version in one view of the ledger, whatever is written while the titles are read."""
    with snapshot(engine) as connection:
        yield Offer(offer_version(connection, partner).version, titles_offered(connection, partner))
