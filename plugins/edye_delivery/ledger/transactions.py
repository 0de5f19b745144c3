"""A transaction that the database gave up because of another one is run again, here and nowhere else."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from sqlalchemy.exc import DBAPIError

log = logging.getLogger(__name__)
Given = ParamSpec("Given")
Written = TypeVar("Written")

ATTEMPTS = 8
BACKOFF_BASE_S, BACKOFF_CAP_S = 0.02, 1.0
GIVEN_UP_FOR_ANOTHER = frozenset({"40001", "40P01", "55P03"})
"""PostgreSQL's serialization_failure, deadlock_detected and lock_not_available (appendix A of its manual)."""
SQLITE_LOCKED = ("SQLITE_BUSY", "SQLITE_LOCKED")


def is_given_up_for_another(error: DBAPIError) -> bool:
    """Whether the same transaction may succeed now: it lost against another one, nothing else was wrong with it."""
    state = getattr(error.orig, "pgcode", None) or getattr(error.orig, "sqlstate", None)
    return state in GIVEN_UP_FOR_ANOTHER or getattr(error.orig, "sqlite_errorname", "").startswith(SQLITE_LOCKED)


def repeat_transaction(
    transaction: Callable[[], Written],
    sleep: Callable[[float], None] = time.sleep,
    chance: Callable[[], float] = random.random,
) -> Written:
    """What the transaction gives; it is run again, at most so often, where the database gave it up for another one.

    The pauses grow and are jittered, so that two that met do not meet again. SQLite has waited by itself before it
    says that it is locked (`database.BUSY_TIMEOUT_S`).
    """
    attempt = 1
    while True:
        try:
            return transaction()
        except DBAPIError as error:
            if attempt == ATTEMPTS or not is_given_up_for_another(error):
                raise
            log.info("a transaction of the ledger lost against another one, attempt %s: %s", attempt, error.orig)
        sleep(chance() * min(BACKOFF_CAP_S, BACKOFF_BASE_S * 2**attempt))
        attempt += 1


def repeating(write: Callable[Given, Written]) -> Callable[Given, Written]:
    """Makes a method that writes one transaction repeat it as `repeat_transaction` does."""

    @wraps(write)
    def write_until_it_stands(*args: Given.args, **kwargs: Given.kwargs) -> Written:
        return repeat_transaction(lambda: write(*args, **kwargs))

    return write_until_it_stands
