"""Asks the rules about single items, as they come from a list, a delta or a call for one item."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from edye_delivery.catalog.exposure import ExpectedItem, RemovedItem
from edye_delivery.catalog.exposure_seen import Address, SeenItem
from edye_delivery.pipeline.exposure.result import Collector
from edye_delivery.pipeline.exposure.store import CheckStore, Known
from edye_delivery.qc.exposure.items import CLOCK_TOLERANCE, name_of
from edye_delivery.qc.exposure.subjects import Belonging, Body, Pictures, Presence, Shown

TOMBSTONE = "deleted: a tombstone, which only a delta may have"


@dataclass(slots=True)
class ItemChecker:
    """Judges items one by one; `sample_max` addresses of unchanged items are kept, chosen by chance."""

    store: CheckStore
    collector: Collector
    now: Callable[[], datetime]
    sample_max: int
    chance: Callable[[], float] = random.random
    _sample: list[tuple[SeenItem, str, Address]] = field(default_factory=list)
    _sampled_of: int = 0

    def check_shown(self, item: SeenItem, known: Known | None, kinds: Mapping[str, str] | None) -> None:
        """Every rule on an item that a list shows; `kinds` are the shows by id, None where nobody looked."""
        external_id = _external_id(item, known)
        defect = item.defect or (TOMBSTONE if item.is_deleted else "")
        self.collector.ask_of_item("EXPO006", Body(name_of(item, known), defect, item), item, external_id)
        if item.is_deleted:
            return
        self.collector.ask_of_item("EXPO003", Shown(item, known, self.now()), item, external_id)
        if not isinstance(known, ExpectedItem):
            return
        presence = Presence(known, 1, item.digest)
        show_kind = None if kinds is None else kinds.get(item.show_id, "")
        self.collector.ask_of_item("EXPO002", presence, item, external_id)
        self.collector.ask_of_item("EXPO007", Pictures(item, known), item, external_id)
        self.collector.ask_of_item("EXPO011", Belonging(item, known, show_kind), item, external_id)
        self._keep_addresses(item, known, external_id)

    def check_delta(self, item: SeenItem, known: Known | None) -> None:
        """The rules on an item that a delta shows: its form, and whether it may be seen at all."""
        external_id = _external_id(item, known)
        self.collector.ask_of_item("EXPO006", Body(name_of(item, known), item.defect, item), item, external_id)
        if not item.is_deleted:
            self.collector.ask_of_item("EXPO003", Shown(item, known, self.now()), item, external_id)

    def keep_sample(self) -> None:
        """Adds the chosen addresses of unchanged items to those that are asked for."""
        for item, external_id, address in self._sample:
            self.store.keep_addresses(item.list, item.id, external_id, [address])

    def _keep_addresses(self, item: SeenItem, known: ExpectedItem, external_id: str) -> None:
        if known.is_new:
            self.store.keep_addresses(item.list, item.id, external_id, item.addresses)
            return
        for address in item.addresses:
            self._sampled_of += 1
            if len(self._sample) < self.sample_max:
                self._sample.append((item, external_id, address))
            elif (place := int(self.chance() * self._sampled_of)) < self.sample_max:
                self._sample[place] = (item, external_id, address)


def is_due(known: ExpectedItem, at: datetime) -> bool:
    """Whether an item has to be seen at a moment, whatever the tolerance of the clocks."""
    is_open = known.opens_at is None or known.opens_at + CLOCK_TOLERANCE <= at
    return is_open and (known.closes_at is None or at + CLOCK_TOLERANCE < known.closes_at)


def shows_of(items: Sequence[SeenItem]) -> list[str]:
    """The ids of the shows that some items belong to, each once."""
    return list(dict.fromkeys(item.show_id for item in items if item.show_id))


def _external_id(item: SeenItem, known: ExpectedItem | RemovedItem | None) -> str:
    return (known.external_id if known else "") or item.external_id
