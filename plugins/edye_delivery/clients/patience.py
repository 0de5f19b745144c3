"""Trying again: bounded attempts, full jitter between them, the other side's Retry-After honoured."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from edye_delivery.annex.wire import Patience
from edye_delivery.errors import Transient

Answer = TypeVar("Answer")
DATE_MAX_CHARS = 64
"""A date of HTTP has 29 characters; the parser of longer ones may take as long as their writer likes."""


@dataclass(frozen=True, slots=True)
class Tempo:
    """Time and chance as the caller has them, so that no client reads a clock of its own."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None]
    random: Callable[[], float]
    monotonic: Callable[[], float] = time.monotonic


def patiently(call: Callable[[], Answer], patience: Patience, tempo: Tempo) -> Answer:
    """The call's answer; a Transient is tried again until attempts run out or the wait asked for is too long."""
    attempt = 1
    while True:
        try:
            return call()
        except Transient as error:
            pause_s = pause_before_retry_s(patience, attempt, error.retry_after_s, tempo.random())
            if pause_s is None:
                raise
            tempo.sleep(pause_s)
            attempt += 1


def pause_before_retry_s(patience: Patience, attempt: int, retry_after_s: float | None, chance: float) -> float | None:
    """Seconds to wait after failed attempt number `attempt` (from 1); None means give up.

    Retry-After wins over our own back-off; a little jitter on top keeps a batch from returning all at once.
    """
    if attempt >= patience.attempts:
        return None
    if retry_after_s is not None:
        return retry_after_s + chance * patience.base_s if retry_after_s <= patience.retry_after_max_s else None
    ceiling_s: float = min(patience.cap_s, patience.base_s * 2 ** (attempt - 1))
    return chance * ceiling_s


def pause_before_look_s(patience: Patience, pace_s: float, retry_after_s: float | None, chance: float) -> float:
    """Seconds until a wait looks again: its own pace, or later where the other side asks for that.

    A wish is honoured up to `retry_after_max_s`, as in sending. Asked for longer, a wait looks then all the same.
    """
    if retry_after_s is None:
        return pace_s
    return max(pace_s, min(retry_after_s, patience.retry_after_max_s) + chance * patience.base_s)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Retry-After as seconds from `now`, of either form (RFC 9110, 10.2.3); None where there is none to be read."""
    if not value:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    if len(text) > DATE_MAX_CHARS:
        return None
    try:
        at = parsedate_to_datetime(text)
    except (ValueError, IndexError, OverflowError):
        return None
    aware = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (aware - now).total_seconds())
