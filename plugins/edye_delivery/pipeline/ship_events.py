"""Shipping: sends events of the trail to IngestaLogs; an event that does not arrive stays for the next shipment."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.event import Id, Shippable
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.elastic import Arrival
from edye_delivery.clients.retry import retry
from edye_delivery.errors import Transient

log = logging.getLogger(__name__)
EVENTS_AT_ONCE = 2000
RETRY_POLICY = RetryPolicy(attempts=5, base_s=1.0, cap_s=30.0)


class Outbox(Protocol[Id]):
    """What is to be shipped: `ledger.trail.Trail`, or the calls of the delivery API."""

    def next_events(self, limit: int) -> Sequence[Shippable[Id]]:
        """The next ones to ship, oldest first, at most `limit`."""

    def mark_shipped(self, ids: Sequence[Id]) -> None:
        """Notes that these have arrived."""

    def set_aside(self, refusals: Mapping[Id, str]) -> None:
        """Notes why these were refused for good: they are not shipped again."""

    def unshipped_counts(self) -> tuple[int, int]:
        """How many are still to be shipped, and how many are set aside."""


class EventSink(Protocol):
    """Where events are shipped to."""

    def prepare(self) -> None:
        """Makes what the sink needs before the first event."""

    def put(self, events: Sequence[Shippable[Id]]) -> Arrival[Id]:
        """Ships events, and says which arrived."""


@dataclass(frozen=True, slots=True)
class Shipper(Generic[Id]):
    """Ships the events that were not shipped yet, oldest first; `name` is what messages call them.

    With `most`, it stops after about so many, and leaves the others to the next shipment.
    """

    trail: Outbox[Id]
    sink: EventSink
    clock: Clock
    name: str = "event"
    most: int | None = None

    def ship(self) -> Counter[str]:
        """Ships until nothing is left: {"shipped", "set aside"}.

        Raises Transient where the sink still takes no events after all attempts; the events that arrived stay marked
        as shipped, and no event is lost.
        """
        counts: Counter[str] = Counter()
        is_prepared, before = False, 0

        def call() -> None:
            nonlocal is_prepared
            if not is_prepared:
                self.sink.prepare()
                is_prepared = True
            self._ship_all(counts)

        def has_progressed(error: Transient) -> bool:
            nonlocal before
            has_more, before = counts.total() > before, counts.total()
            return has_more

        def between(error: Transient, pause_s: float) -> None:
            log.warning("%s; again in %.1f s", error, pause_s)

        try:
            retry(call, RETRY_POLICY, self.clock, between=between, has_progressed=has_progressed)
        except Transient as error:
            raise Transient(f"{self.trail.unshipped_counts()[0]} {self.name}s wait in the ledger: {error}") from error
        return counts

    def _ship_all(self, counts: Counter[str]) -> None:
        """Ships until nothing is left; Transient where the sink takes no more for now."""
        while (arrival := self._ship_once(counts)) is not None:
            if arrival.later:
                raise Transient(
                    f"{len(arrival.later)} {self.name}s were not taken yet: {next(iter(arrival.later.values()))}"
                )

    def _ship_once(self, counts: Counter[str]) -> Arrival[Id] | None:
        """One shipment; None where there was nothing to ship, or enough was shipped."""
        if self.most is not None and counts.total() >= self.most:
            return None
        events = self.trail.next_events(EVENTS_AT_ONCE)
        if not events:
            return None
        arrival = self.sink.put(events)
        self.trail.mark_shipped(arrival.arrived)
        self.trail.set_aside(arrival.refused)
        counts["shipped"] += len(arrival.arrived)
        counts["set aside"] += len(arrival.refused)
        for number, reason in list(arrival.refused.items())[:10]:
            log.error("%s %s is set aside, it was refused for good: %s", self.name, number, reason)
        log.info("%s %ss shipped so far", counts["shipped"], self.name)
        return arrival
