"""Waits for the lease under which one run publishes, a feed or a generation."""

from __future__ import annotations

import logging

from edye_delivery.clients.clock import Clock
from edye_delivery.errors import Transient
from edye_delivery.ledger.publications import FeedLease, Publications

WAIT_MAX_S, LOOK_EVERY_S = 3600.0, 5.0
log = logging.getLogger(__name__)


class FeedBusy(Transient):
    """Another run is publishing the feed, and did not end in time."""


def wait_for_lease(publications: Publications, run_id: str, what: str, clock: Clock) -> FeedLease:
    """The lease on `what`; waits while another run has it. FeedBusy where that run does not end in time."""
    waited_s = 0.0
    while (lease := publications.acquire(run_id)) is None:
        holder = publications.holder()
        if waited_s >= WAIT_MAX_S:
            raise FeedBusy(f"{what} is being published by {holder}; this run has waited {waited_s:.0f} s")
        if not waited_s:
            log.info("%s: waits for its publisher, %s", what, holder)
        clock.sleep(LOOK_EVERY_S)
        waited_s += LOOK_EVERY_S
    return lease
