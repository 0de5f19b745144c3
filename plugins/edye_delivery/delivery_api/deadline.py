"""A moment by which something has to happen on a connection; to move it costs no timer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable


class Deadline:
    """Calls back once its moment has come. It has one timer, which waits on where the moment was moved."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._at: float | None = None
        self._on_passed: Callable[[], None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._timer_at = 0.0

    def set(self, seconds: float, on_passed: Callable[[], None]) -> None:
        """From now so many seconds; what it waited for before counts no more."""
        self._at, self._on_passed = self._loop.time() + seconds, on_passed
        if self._timer is not None and self._timer_at > self._at:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._start(self._at)

    def clear(self) -> None:
        """Nothing has to happen any more; a timer that runs finds that out by itself."""
        self._at = self._on_passed = None

    def stop(self) -> None:
        """As `clear`, for good: no timer runs any more."""
        self.clear()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _start(self, at: float) -> None:
        self._timer_at = at
        self._timer = self._loop.call_at(at, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._at is None:
            return
        if self._loop.time() < self._at:
            self._start(self._at)
            return
        on_passed = self._on_passed
        self.clear()
        if on_passed is not None:
            on_passed()
