"""Waiting in a test for what another process or thread does in its own time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

Found = TypeVar("Found")


def until(look: Callable[[], Found], what: str, timeout_s: float = 10.0, pause_s: float = 0.02) -> Found:
    """What `look` gives as soon as it gives something; AssertionError names what did not happen."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(pause_s)
    raise AssertionError(f"{what} did not happen within {timeout_s:.0f} s")
