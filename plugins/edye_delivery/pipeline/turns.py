"""Turns: what a run does about titles that somebody else has just now, and for how long."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from edye_delivery.catalog.plan import CheckedTitle, PlannedTitle
from edye_delivery.ledger.leases import NotToBeSent, TitleBusy
from edye_delivery.ledger.records import TransitionRefused

Outcome = str | TransitionRefused
"""The state that a title has now, or why this run may not have it."""
POLL_S = 1.0
REFUSED_TRIES = 3
"""How often a title is taken up again that another run moved at the same moment."""


@dataclass(frozen=True, slots=True)
class Turns:
    """How long a batch waits for titles that others have, once its own are sent.

    A lease that is not renewed is waited out, for its holder has died; one that is renewed is left to its holder.
    What a person asked for waits for `ingest_wait_s`: for an upload, and for an ingest of the same content.
    """

    lease_s: float
    ingest_wait_s: float
    sleep: Callable[[float], None]

    def wait(
        self,
        titles: Mapping[int, CheckedTitle],
        outcomes: Mapping[int, Outcome],
        take_up: Callable[[Mapping[int, CheckedTitle]], Mapping[int, Outcome]],
    ) -> dict[int, Outcome]:
        """The outcomes, once what others had was taken up again: it is ours, has ended, or was waited for enough."""
        now, waited_s = dict(outcomes), 0.0
        while True:
            waiting = {
                number: checked
                for number, checked in titles.items()
                if waited_s < self.wait_s(checked.plan, outcomes[number], now[number])
            }
            if not waiting:
                return now
            self.sleep(POLL_S)
            waited_s += POLL_S
            now |= take_up(waiting)

    def wait_s(self, plan: PlannedTitle, first: Outcome, now: Outcome) -> float:
        """How long a title is waited for all in all, by its first outcome and the one that it has now."""
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
