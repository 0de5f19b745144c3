"""How many titles a partner has in each state, kept for some minutes: a million titles take half a second to count."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock

from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.desk.ledger_access import ledger_connection
from edye_delivery.errors import DeliveryError
from edye_delivery.hooks.http_client import SYSTEM_CLOCK
from edye_delivery.hooks.ledger import ledger_url
from edye_delivery.ledger.attention import title_totals

log = logging.getLogger(__name__)
FRESH_FOR = timedelta(minutes=1)
"""Older totals are counted anew after the page that showed them."""
KEPT_FOR = timedelta(hours=1)
"""Older totals are not shown."""


@dataclass(frozen=True, slots=True)
class Totals:
    """A partner's titles by state, as they were counted at a moment."""

    by_state: Mapping[DeliveryState, int]
    counted_at: datetime


class KeptTotals:
    """The totals of the partners of one ledger, each counted for itself."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._address: object = None
        self._kept: dict[str, Totals] = {}

    def of(self, partners: Collection[str]) -> dict[str, Totals]:
        """The totals of these partners; counted now where they are not known, or too old."""
        now = SYSTEM_CLOCK.now()
        kept = self._known()
        missing = [name for name in partners if name not in kept or kept[name].counted_at < now - KEPT_FOR]
        if missing:
            self._count(missing)
            kept = self._known()
        return {name: kept[name] for name in partners}

    def refresh(self, partners: Collection[str]) -> None:
        """Counts those of these partners anew whose totals are not fresh; where another call does so, nothing."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            kept, latest = self._known(), SYSTEM_CLOCK.now() - FRESH_FOR
            old = [name for name in partners if name not in kept or kept[name].counted_at < latest]
            if old:
                self._count(old)
        except DeliveryError as error:
            log.warning("titles were not counted anew: %s", error)
        finally:
            self._lock.release()

    def _known(self) -> dict[str, Totals]:
        address = ledger_url()
        if address != self._address:
            self._address, self._kept = address, {}
        return self._kept

    def _count(self, partners: Collection[str]) -> None:
        kept = self._known()
        with ledger_connection() as connection:
            found = title_totals(connection, partners)
        at = SYSTEM_CLOCK.now()
        kept |= {name: Totals(by_state, at) for name, by_state in found.items()}


KEPT_TOTALS = KeptTotals()
