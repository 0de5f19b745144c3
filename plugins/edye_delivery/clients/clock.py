"""Time and random numbers, passed in by the caller, so that no client reads a clock of its own."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Clock:
    """The caller's time and random numbers."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    random: Callable[[], float]
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class AsyncClock:
    """The caller's time and random numbers, on an event loop."""

    now: Callable[[], datetime]
    sleep: Callable[[float], Awaitable[None]]
    random: Callable[[], float]
