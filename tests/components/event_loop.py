"""An event loop whose clock jumps, for waits that last hours."""

import asyncio
from datetime import UTC, datetime, timedelta

from edye_delivery.clients.watch import AsyncTempo

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

    def tempo(self):
        return AsyncTempo(now=self.now, sleep=self.sleep, random=lambda: 0.5)
