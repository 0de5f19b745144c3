"""Hosts that were too slow: one that does not answer must not hold all threads of a batch, time-out by time-out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from edye_delivery.errors import TooSlow

IN_A_ROW_MAX = 3


class SlowHosts:
    """Remembers per host the files in a row that were too slow. Safe to use from several threads."""

    def __init__(self) -> None:
        self._urls_in_a_row: defaultdict[str, set[str]] = defaultdict(set)

    @contextmanager
    def noting(self, host: str, url: str) -> Iterator[None]:
        """Counts a file that is too slow in this block; once, however often it is tried."""
        try:
            yield
        except TooSlow:
            self._urls_in_a_row[host].add(url)
            raise

    def forget(self, host: str) -> None:
        """A file of the host came to its end."""
        self._urls_in_a_row.pop(host, None)

    def refuse(self, host: str) -> None:
        """TooSlow, which is not tried again, where the host was too slow for three files in a row."""
        if len(self._urls_in_a_row[host]) >= IN_A_ROW_MAX:
            raise TooSlow(
                f"the media host {host} was too slow for {IN_A_ROW_MAX} files in a row and is not asked again by this "
                "step",
                retry_after_s=math.inf,
            )
