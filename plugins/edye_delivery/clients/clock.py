"""Time and chance, given by the caller, so that no client reads a clock of its own."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """Time and chance as the caller has them, so that no client reads a clock of its own."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    random: Callable[[], float]
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class AsyncClock:
    """Time and chance of an event loop, as the caller has them."""

    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    random: Callable[[], float]
