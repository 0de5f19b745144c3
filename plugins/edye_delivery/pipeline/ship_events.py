"""Shipping: events of the trail go to IngestaLogs; what does not arrive stays in the ledger for the next shipment."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from edye_delivery.annex.wire import Patience
from edye_delivery.catalog.event import Event
from edye_delivery.clients.elastic import Arrival
from edye_delivery.clients.patience import Tempo, pause_before_retry_s
from edye_delivery.errors import Transient
from edye_delivery.ledger.trail import Trail

log = logging.getLogger(__name__)
EVENTS_AT_ONCE = 2000
PATIENCE = Patience(attempts=5, base_s=1.0, cap_s=30.0)


class EventSink(Protocol):
    """Where events are shipped to."""

    def prepare(self) -> None:
        """What has to be there before the first event."""

    def put(self, events: Sequence[Event]) -> Arrival:
        """Ships events; what became of each."""


@dataclass(frozen=True, slots=True)
class Shipper:
    """Ships what is unshipped, oldest first."""

    trail: Trail
    sink: EventSink
    tempo: Tempo

    def ship(self) -> Counter[str]:
        """Ships until nothing is left: {"shipped", "set aside"}.

        Raises Transient where the other side does not take events after a patient while; what had arrived by then is
        remembered, and nothing is lost.
        """
        counts: Counter[str] = Counter()
        attempt = 0
        prepared = False
        while True:
            try:
                if not prepared:
                    self.sink.prepare()
                    prepared = True
                arrival = self._ship_once(counts)
                if arrival is None:
                    return counts
                if arrival.arrived or arrival.refused:
                    attempt = 0
                if arrival.later:
                    raise Transient(f"{len(arrival.later)} events were put off: {next(iter(arrival.later.values()))}")
            except Transient as error:
                attempt += 1
                pause_s = pause_before_retry_s(PATIENCE, attempt, error.retry_after_s, self.tempo.random())
                if pause_s is None:
                    raise Transient(f"{self.trail.left()[0]} events wait in the ledger: {error}") from error
                log.warning("%s; again in %.1f s", error, pause_s)
                self.tempo.sleep(pause_s)

    def _ship_once(self, counts: Counter[str]) -> Arrival | None:
        """One shipment; None where there was nothing to ship."""
        events = self.trail.unshipped(EVENTS_AT_ONCE)
        if not events:
            return None
        arrival = self.sink.put(events)
        self.trail.shipped(arrival.arrived)
        self.trail.set_aside(arrival.refused)
        counts["shipped"] += len(arrival.arrived)
        counts["set aside"] += len(arrival.refused)
        for number, reason in list(arrival.refused.items())[:10]:
            log.error("event %s is set aside, it was refused for good: %s", number, reason)
        log.info("%s events shipped so far", counts["shipped"])
        return arrival
