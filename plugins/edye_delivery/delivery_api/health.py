"""Whether the delivery API serves what it should: every partner has a generation that is young enough."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import orjson

from edye_delivery.catalog.degradation import YOUNG_GENERATIONS
from edye_delivery.delivery_api.access import Terms
from edye_delivery.delivery_api.generations.manifest import pointer_name
from edye_delivery.delivery_api.generations.partner import Partner
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.errors import DeliveryError


class Health:
    """Looks at the generations of all partners; says nothing about a single one, because anybody may ask."""

    def __init__(self, store: FolderStore, partner_of: Callable[[str], Partner]) -> None:
        self._store, self._partner_of = store, partner_of

    def report(self, terms: Mapping[str, Terms], now_s: float) -> tuple[int, bytes]:
        """Status and body: 200 where at least one partner is served, and none lacks a young generation; else 503."""
        partners = {one.partner: one for one in terms.values()}
        young = sum(self._is_young(one, now_s) for one in partners.values())
        is_healthy = bool(partners) and young == len(partners)
        told = {"status": "ok" if is_healthy else "not ok", "partners": len(partners), YOUNG_GENERATIONS: young}
        return (200 if is_healthy else 503), orjson.dumps(told)

    def _is_young(self, terms: Terms, now_s: float) -> bool:
        """A publication that changes nothing makes no generation, but it writes the pointer: that counts."""
        try:
            generation = self._partner_of(terms.partner).current()
            if generation is None:
                return False
            published_s = max(generation.as_of_ms / 1000, self._store.modification_time_s(pointer_name(terms.partner)))
        except (DeliveryError, OSError):
            return False
        return now_s - published_s <= terms.channel.degradation.generation_age_s
