"""The partner's clock, which a test may move: real partners' clocks are off, too."""

from __future__ import annotations

import time


class Clock:
    """Seconds since the epoch as the partner believes them; `offset_s` is how far that is ahead of this machine."""

    def __init__(self, offset_s: float = 0.0) -> None:
        self.offset_s = offset_s

    def now(self) -> float:
        """The partner's time."""
        return time.time() + self.offset_s
