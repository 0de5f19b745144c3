"""The heartbeat of one upload: it renews the lease while bytes flow; the upload stops where the lease is lost."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from edye_delivery.ledger.ledger import Ledger

RENEWALS_A_LEASE = 3
"""At most so many renewals in the length of a lease: few enough to be cheap, and one of them may be late."""


@dataclass(slots=True)
class Heartbeat:
    """Renews the lease on one delivery, whose upload begins now; an upload that stalls renews nothing."""

    ledger: Ledger
    delivery_key: str
    holder: str
    lease_s: float
    clock_s: Callable[[], float] = time.monotonic
    _renewed_at_s: float = field(init=False)

    def __post_init__(self) -> None:
        self._renewed_at_s = self.clock_s()

    def over(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The blocks, with a beat before each; LeaseLost before a block that this sender may no longer send."""
        for block in blocks:
            self.beat()
            yield block

    def beat(self) -> None:
        """Renews the lease when a third of it is over."""
        if self.clock_s() - self._renewed_at_s >= self.lease_s / RENEWALS_A_LEASE:
            self.renew()

    def renew(self) -> None:
        """Renews the lease now; LeaseLost where somebody else has taken the delivery over."""
        at_s = self.clock_s()
        self.ledger.renew(self.delivery_key, self.holder, self.lease_s)
        self._renewed_at_s = at_s
