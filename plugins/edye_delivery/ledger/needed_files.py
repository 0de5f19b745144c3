"""Which runs and encodes the ledger still needs the files of."""

from __future__ import annotations

from sqlalchemy import Connection, select

from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.ledger.partial_indexes import NOT_ENDED_WELL
from edye_delivery.ledger.tables import DELIVERIES, FEEDS, PUBLICATIONS
from edye_delivery.ledger.title_counts import ENDED_WELL

NOT_WELL = tuple(state for state in DeliveryState if state not in ENDED_WELL)


def needed_runs(connection: Connection, partner: str) -> frozenset[str]:
    """The runs of deliveries that have not ended well, of publications whose pages are there, and of who publishes."""
    delivery = DELIVERIES.c
    of_partner = (delivery.partner == partner) & delivery.state.in_(NOT_WELL)
    queries = (
        select(delivery.run_id).where(of_partner).distinct(),
        select(delivery.lease_run_id).where(of_partner, delivery.lease_run_id.is_not(None)).distinct(),
        select(PUBLICATIONS.c.run_id).where(PUBLICATIONS.c.partner == partner, PUBLICATIONS.c.cleaned_at.is_(None)),
        select(FEEDS.c.run_id).where(FEEDS.c.partner == partner, FEEDS.c.run_id.is_not(None)),
    )
    return frozenset(run_id for query in queries for run_id in connection.execute(query).scalars())


def bases_of_feeds(connection: Connection, partner: str) -> list[tuple[str, str]]:
    """What is kept of publications whose pages are there, as pairs of a feed and a name in the artifact store."""
    publication = PUBLICATIONS.c
    query = select(publication.feed, publication.kept).distinct().where(publication.partner == partner)
    rows = connection.execute(query.where(publication.cleaned_at.is_(None), publication.kept.is_not(None)))
    return [(row.feed, row.kept) for row in rows]


def needed_encodes(connection: Connection) -> frozenset[str]:
    """The encodes of deliveries that have not ended well, of all partners, by their names in the artifact store."""
    query = select(DELIVERIES.c.encode_name).where(NOT_ENDED_WELL, DELIVERIES.c.encode_name.is_not(None))
    return frozenset(connection.execute(query).scalars())
