"""The calls of the delivery API that are still to be shipped to IngestaLogs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from sqlalchemy import Engine, func, select, update

from edye_delivery.catalog.api_call import NAMES, CallLine
from edye_delivery.ledger.database import snapshot
from edye_delivery.ledger.pull_tables import API_CALLS
from edye_delivery.ledger.rows import chunks
from edye_delivery.ledger.transactions import repeating

log = logging.getLogger(__name__)
COLUMNS = [API_CALLS.c[name] for name in NAMES]
UNSHIPPED = API_CALLS.c.shipped_at.is_(None)


class ApiCallOutbox:
    """Calls, oldest first, until they have arrived; a call is a line of the log, so none is set aside for long."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    def next_events(self, limit: int) -> list[CallLine]:
        """The next calls to ship, oldest first, at most `limit`."""
        query = select(*COLUMNS).where(UNSHIPPED).order_by(API_CALLS.c.at, API_CALLS.c.id).limit(limit)
        with snapshot(self._engine) as connection:
            return [CallLine(**row) for row in connection.execute(query).mappings()]

    @repeating
    def mark_shipped(self, ids: Sequence[str]) -> None:
        """Notes that these calls have arrived."""
        at = self._now()
        with self._engine.begin() as connection:
            for group in chunks(ids):
                connection.execute(update(API_CALLS).where(API_CALLS.c.id.in_(group)).values(shipped_at=at))

    def set_aside(self, refusals: Mapping[str, str]) -> None:
        """Gives up calls that were refused for good: they stay in the ledger as long as all, and are not shipped."""
        self.mark_shipped(list(refusals))

    def unshipped_counts(self) -> tuple[int, int]:
        """How many calls are still to be shipped, and how many are set aside, which is none."""
        with snapshot(self._engine) as connection:
            return connection.execute(select(func.count()).select_from(API_CALLS).where(UNSHIPPED)).scalar_one(), 0
