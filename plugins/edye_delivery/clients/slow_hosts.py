"""Hosts that were too slow: one that does not answer must not hold all threads of a batch, time-out by time-out."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from edye_delivery.errors import TooSlow

IN_A_ROW_MAX = 3


class SlowHosts:
    """Counts per host the calls in a row that were too slow. Safe to use from several threads."""

    def __init__(self) -> None:
        self._in_a_row: Counter[str] = Counter()

    @contextmanager
    def noting(self, host: str) -> Iterator[None]:
        """Counts a call that is too slow in this block."""
        try:
            yield
        except TooSlow:
            self._in_a_row[host] += 1
            raise

    def forget(self, host: str) -> None:
        """A call of the host went well to its end."""
        self._in_a_row.pop(host, None)

    def refuse(self, host: str) -> None:
        """TooSlow, which is not tried again, where the host was too slow three times in a row."""
        if self._in_a_row[host] >= IN_A_ROW_MAX:
            raise TooSlow(
                f"the media host {host} was too slow {IN_A_ROW_MAX} times in a row and is not asked again by this step",
                retry_after_s=math.inf,
            )
