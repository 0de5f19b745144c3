"""What connections may cost a worker of the delivery API."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """What one connection may cost, and how many one worker has; times in seconds."""

    connections: int = 1000
    head_max_bytes: int = 8 * 1024
    head_s: float = 10.0
    idle_s: float = 30.0
    write_s: float = 30.0
    write_least_bytes: int = 32 * 1024
    """A reader that takes less than this in `write_s` is cut off."""
