"""Which titles scheduled runs leave alone, because the partner refused them as they are."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, select

from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.ledger.comparison import SENT_AGAIN_AS_IT_IS
from edye_delivery.ledger.rows import chunks
from edye_delivery.ledger.tables import DELIVERIES, TITLE_STATUS


def titles_on_hold(connection: Connection, partner: str, external_ids: Sequence[str]) -> frozenset[str]:
    """Those of these titles that are held: their current delivery ended with a refusal that is final."""
    held: set[str] = set()
    for names in chunks(external_ids):
        query = (
            select(TITLE_STATUS.c.external_id)
            .join(DELIVERIES, DELIVERIES.c.delivery_key == TITLE_STATUS.c.delivery_key)
            .where(
                TITLE_STATUS.c.partner == partner,
                TITLE_STATUS.c.external_id.in_(names),
                TITLE_STATUS.c.state == DeliveryState.FAILED,
                DELIVERIES.c.refused_cause.is_not(None),
                DELIVERIES.c.refused_cause.not_in(sorted(SENT_AGAIN_AS_IT_IS)),
            )
        )
        held.update(connection.execute(query).scalars())
    return frozenset(held)
