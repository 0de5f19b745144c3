"""The condition of titles that have not ended well, in the words of the two indexes that have what is asked of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, bindparam

from edye_delivery.ledger.partial_indexes import DELIVERIES_OPEN, TITLE_STATUS_OPEN
from edye_delivery.ledger.tables import DELIVERIES, TITLE_STATUS
from edye_delivery.ledger.title_counts import ENDED_WELL

NOT_ENDED_WELL = [
    table.c.state.not_in(bindparam(None, sorted(ENDED_WELL), literal_execute=True, expanding=True))
    for table in (TITLE_STATUS, DELIVERIES)
]
"""Status and delivery of a title; without these very words SQLite does not use the indexes."""


def only_open(query: Select[Any], partners: Collection[str]) -> Select[Any]:
    """The query over titles and their current deliveries, of those that have not ended well at these partners.

    It reads only these titles, by two indexes. SQLite alone would look up each delivery's row, which takes twice as
    long, so the indexes are named.
    """
    return (
        query.where(TITLE_STATUS.c.partner.in_(partners), *NOT_ENDED_WELL)
        .with_hint(TITLE_STATUS, f"INDEXED BY {TITLE_STATUS_OPEN.name}", "sqlite")
        .with_hint(DELIVERIES, f"INDEXED BY {DELIVERIES_OPEN.name}", "sqlite")
    )
