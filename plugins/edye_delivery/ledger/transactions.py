"""Runs a transaction again that the database ended because of another one; no other file does that."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

ATTEMPTS = 8
BACKOFF_BASE_S, BACKOFF_CAP_S = 0.02, 1.0
CONFLICTS = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL's serialization_failure, deadlock_detected and lock_not_available (appendix A of its manual)."""
SQLITE_LOCKED = ("SQLITE_BUSY", "SQLITE_LOCKED")


def is_conflict(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed now: another one was in its way, and nothing else was wrong."""
    state = getattr(error.orig, "pgcode", None) or getattr(error.orig, "sqlstate", None)
    return state in CONFLICTS or getattr(error.orig, "sqlite_errorname", "").startswith(SQLITE_LOCKED)


def repeat_transaction(
    transaction: Callable[[], Result],
    sleep: Callable[[float], None] = time.sleep,
    chance: Callable[[], float] = random.random,
) -> Result:
    """Runs the transaction and gives its result; runs it again, at most `ATTEMPTS` times, after a conflict.

    The pauses grow and are jittered, so that two transactions do not meet again. SQLite has waited by itself before it
    says that it is locked (`database.BUSY_TIMEOUT_S`).
    """
    attempt = 1
    while True:
        try:
            return transaction()
        except DBAPIError as error:
            if attempt == ATTEMPTS or not is_conflict(error):
                raise
            log.info("a transaction of the ledger met another one, attempt %s: %s", attempt, error.orig)
        sleep(chance() * min(BACKOFF_CAP_S, BACKOFF_BASE_S * 2**attempt))
        attempt += 1


def repeating(write: Callable[Arguments, Result]) -> Callable[Arguments, Result]:
    """Makes a method that writes one transaction repeat it as `repeat_transaction` does."""

    @wraps(write)
    def write_or_repeat(*args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
        return repeat_transaction(lambda: write(*args, **kwargs))

    return write_or_repeat
