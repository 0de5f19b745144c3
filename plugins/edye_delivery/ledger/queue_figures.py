"""What waits at each partner now, in numbers; one query on the index of what is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.ledger.open_titles import NOT_ENDED_WELL
from edye_delivery.ledger.partial_indexes import TITLE_STATUS_OPEN
from edye_delivery.ledger.status_records import state_of
from edye_delivery.ledger.tables import OFFERS, TITLE_STATUS
from edye_delivery.ledger.title_counts import ENDED_WELL, NEEDS_A_PERSON

OPEN = frozenset(DeliveryState) - ENDED_WELL - NEEDS_A_PERSON
MEASURED = tuple(state for state in DeliveryState if state not in ENDED_WELL)


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """One partner's titles that have not ended well, by state; a state without a title counts 0.

    `oldest_at` is since when the oldest open one is in its state; open are those that a run or the partner works on.
    """

    partner: str
    titles: Mapping[DeliveryState, int]
    oldest_at: datetime | None

    @property
    def open_titles(self) -> int:
        """How many are neither accepted nor withdrawn nor wait for a person."""
        return sum(count for state, count in self.titles.items() if state in OPEN)


def queue_figures(connection: Connection) -> list[QueueFigures]:
    """The figures of every partner that has an offer or titles that have not ended well, by name.

    It reads as many index rows as there are such titles, however many were accepted.
    """
    group = (TITLE_STATUS.c.partner, TITLE_STATUS.c.state)
    counted = select(*group, func.count().label("titles"), func.min(TITLE_STATUS.c.since).label("since"))
    counted = counted.where(NOT_ENDED_WELL[0]).group_by(*group)
    found = connection.execute(counted.with_hint(TITLE_STATUS, f"INDEXED BY {TITLE_STATUS_OPEN.name}", "sqlite")).all()
    partners = {*connection.execute(select(OFFERS.c.partner)).scalars(), *(row.partner for row in found)}
    titles = {partner: dict.fromkeys(MEASURED, 0) for partner in partners}
    oldest: dict[str, datetime] = {}
    for row in found:
        state = state_of(row.state)
        titles[row.partner][state] = row.titles
        if state in OPEN:
            oldest[row.partner] = min(row.since, oldest.get(row.partner, row.since))
    return [QueueFigures(partner, titles[partner], oldest.get(partner)) for partner in sorted(partners)]
