"""An event loop whose clock jumps, for waits that last hours; and how long a real one was kept from its work."""

import asyncio
import time
from collections.abc import Awaitable
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from edye_delivery.clients.watch import AsyncClock

START = datetime(2026, 3, 2, 6, tzinfo=UTC)


class Loop:
    """An event loop's clock that jumps instead of waiting."""

    def __init__(self):
        self.at, self.pauses = START, []

    def now(self):
        return self.at

    async def sleep(self, seconds):
        self.pauses.append(seconds)
        self.at += timedelta(seconds=seconds)
        await asyncio.sleep(0)

    def clock(self):
        return AsyncClock(now=self.now, sleep=self.sleep, random=lambda: 0.5)


TICK_S = 0.002


async def longest_lag_s(work: Awaitable[object]) -> float:
    """The longest that the running loop was kept from a timer that was due, while the work was done."""
    worst_s = 0.0

    async def tick():
        nonlocal worst_s
        while True:
            began = time.monotonic()
            await asyncio.sleep(TICK_S)
            worst_s = max(worst_s, time.monotonic() - began - TICK_S)

    ticking = asyncio.ensure_future(tick())
    try:
        await work
        await asyncio.sleep(2 * TICK_S)
    finally:
        ticking.cancel()
        with suppress(asyncio.CancelledError):
            await ticking
    return worst_s
