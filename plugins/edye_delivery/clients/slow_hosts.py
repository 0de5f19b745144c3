"""Counts how often hosts were too slow, so that a host without answers does not block all threads of a batch."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from edye_delivery.errors import TooSlow

IN_A_ROW_MAX = 3


class SlowHosts:
    """Counts, for each host, the files in a row that were too slow. Safe to use from several threads."""

    def __init__(self) -> None:
        self._urls_in_a_row: defaultdict[str, set[str]] = defaultdict(set)

    @contextmanager
    def counting(self, host: str, url: str) -> Iterator[None]:
        """Counts a file that is too slow in this block; only once, however often it is tried."""
        try:
            yield
        except TooSlow:
            self._urls_in_a_row[host].add(url)
            raise

    def forget(self, host: str) -> None:
        """Call when a file of the host was read to its end: the count starts again."""
        self._urls_in_a_row.pop(host, None)

    def refuse(self, host: str) -> None:
        """Raises TooSlow, without a retry, where the host was too slow for three files in a row."""
        if len(self._urls_in_a_row[host]) >= IN_A_ROW_MAX:
            raise TooSlow(
                f"the media host {host} was too slow for {IN_A_ROW_MAX} files in a row and is not asked again by this "
                "step",
                retry_after_s=math.inf,
            )
