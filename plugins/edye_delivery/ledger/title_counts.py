"""How many titles have the same state, cause and owner: whose turn it is, and what to do next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edye_delivery.catalog.next_steps import next_step
from edye_delivery.catalog.vocabulary import Cause, DeliveryState, Owner

NEEDS_A_PERSON = frozenset({DeliveryState.FAILED, DeliveryState.REJECTED})
ENDED_WELL = frozenset({DeliveryState.ACCEPTED, DeliveryState.WITHDRAWN})
NOBODY_NAMED = "nobody named"


@dataclass(frozen=True, slots=True)
class Count:
    """How many titles of a partner have the same state, cause and owner, and since when the first of them has."""

    partner: str
    state: DeliveryState
    cause: Cause | None
    owner: str | None
    titles: int
    since: datetime
    nobody_waits: bool = False
    is_original_refused: bool = False
    is_pulled: bool = False
    waits_for_partner: bool = False

    @property
    def needs_a_person(self) -> bool:
        """Whether these titles wait for a person."""
        return self.state in NEEDS_A_PERSON or self.nobody_waits

    @property
    def person(self) -> str | None:
        """Who has to act; None where these titles need no person."""
        if not self.needs_a_person:
            return None
        return self.owner or (Owner.DEVOPS if self.nobody_waits else NOBODY_NAMED)

    @property
    def next_step(self) -> str:
        """What to do next, as the report says it."""
        return next_step(
            self.state,
            self.cause,
            is_pulled=self.is_pulled,
            nobody_waits=self.nobody_waits,
            is_original_refused=self.is_original_refused,
            waits_for_partner=self.waits_for_partner,
        )
