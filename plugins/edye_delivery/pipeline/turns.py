"""Turns: how long a run waits for titles that somebody else is sending."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edye_delivery.catalog.plan import CheckedTitle, PlannedTitle
from edye_delivery.ledger.leases import NotToBeSent, TitleBusy
from edye_delivery.ledger.records import TransitionRefused

Outcome = str | TransitionRefused
"""The state that a title has now, or why this run may not send it."""
POLL_S = 1.0
REFUSED_TRIES = 3
"""How often a title is tried again whose state another run changed at the same moment."""


@dataclass(frozen=True, slots=True)
class Turns:
    """How long a batch waits for titles that other runs are sending, once its own titles are sent.

    The batch waits until a lease that nobody renews has ended, because its holder has died. A title whose lease is
    renewed is left to its holder. A title that a person asked for waits up to `ingest_wait_s`, for an upload and for an
    ingest of the same content.
    """

    lease_s: float
    ingest_wait_s: float
    sleep: Callable[[float], None]

    def wait(
        self,
        titles: Mapping[int, CheckedTitle],
        outcomes: Mapping[int, Outcome],
        send: Callable[[Mapping[int, CheckedTitle]], Mapping[int, Outcome]],
    ) -> dict[int, Outcome]:
        """The outcomes, once each title of another run is sent by this one, has ended, or has had its time."""
        current, waited_s = dict(outcomes), 0.0
        while True:
            waiting = {
                number: checked
                for number, checked in titles.items()
                if waited_s < self.wait_s(checked.plan, outcomes[number], current[number])
            }
            if not waiting:
                return current
            self.sleep(POLL_S)
            waited_s += POLL_S
            current |= send(waiting)

    def wait_s(self, plan: PlannedTitle, first: Outcome, now: Outcome) -> float:
        """How long to wait for a title in all, by its first outcome and its outcome now."""
        if isinstance(now, str | NotToBeSent):
            return 0.0
        if not isinstance(now, TitleBusy):
            return REFUSED_TRIES * POLL_S
        if is_persons(plan):
            return self.ingest_wait_s if now.tracking_id else max(self.ingest_wait_s, self.lease_s)
        is_renewed = isinstance(first, TitleBusy) and first.until and now.until and now.until > first.until
        return 0.0 if now.tracking_id or is_renewed else self.lease_s + POLL_S


def is_persons(plan: PlannedTitle) -> bool:
    """Whether a person asked for the title: a redelivery, or a resend by force."""
    return plan.asked_by_person or plan.delivery_key != plan.content_key
