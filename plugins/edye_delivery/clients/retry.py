"""Retries calls: a limited number of attempts, waits with full jitter, and the other side's Retry-After respected."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.clients.clock import Clock
from edye_delivery.errors import Transient

Answer = TypeVar("Answer")
DATE_MAX_CHARS = 64
"""A date of HTTP has 29 characters; the parser could take very long for a longer text."""


def retry(
    call: Callable[[], Answer],
    policy: RetryPolicy,
    clock: Clock,
    *,
    between: Callable[[Transient, float], None] = lambda error, pause_s: None,
    has_progressed: Callable[[Transient], bool] = lambda error: False,
    sleep: Callable[[float], None] | None = None,
) -> Answer:
    """The call's answer; after a Transient it is tried again, unless it was the last attempt or the wait is too long.

    `between` is called with the error and the coming pause before each further attempt. An attempt for which
    `has_progressed` is true counts as the first one again. `sleep` pauses instead of the clock's own.
    """
    attempt = 0
    while True:
        attempt += 1
        try:
            return call()
        except Transient as error:
            attempt = 1 if has_progressed(error) else attempt
            pause_s = backoff_s(policy, attempt, error.retry_after_s, clock.random())
            if pause_s is None:
                raise
            between(error, pause_s)
        (sleep or clock.sleep)(pause_s)


def backoff_s(policy: RetryPolicy, attempt: int, retry_after_s: float | None, chance: float) -> float | None:
    """Seconds to wait after failed attempt number `attempt` (from 1); None means give up.

    Retry-After replaces our own back-off; a little jitter is added, so that a batch does not retry all at once.
    """
    if attempt >= policy.attempts:
        return None
    if retry_after_s is not None:
        return retry_after_s + chance * policy.base_s if retry_after_s <= policy.retry_after_max_s else None
    ceiling_s: float = min(policy.cap_s, policy.base_s * 2 ** (attempt - 1))
    return chance * ceiling_s


def poll_delay_s(policy: RetryPolicy, interval_s: float, retry_after_s: float | None, chance: float) -> float:
    """Seconds until a wait looks again: its own interval, or longer where the other side asks for that.

    Where it asks for more than `retry_after_max_s`, the wait looks again after `retry_after_max_s`.
    """
    if retry_after_s is None:
        return interval_s
    return max(interval_s, min(retry_after_s, policy.retry_after_max_s) + chance * policy.base_s)


def parse_retry_after(value: str | None, now: datetime) -> float | None:
    """Retry-After in seconds from `now`, from either form (RFC 9110, 10.2.3); None where there is no valid one."""
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
