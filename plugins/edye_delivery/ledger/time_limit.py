"""Ends a read of the ledger that takes too long, on PostgreSQL and on SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, event, text
from sqlalchemy.exc import DBAPIError

from edye_delivery.errors import Terminal

READ_MAX_S = 5.0
QUERY_CANCELED = "57014"
"""PostgreSQL's code for a statement that statement_timeout has ended (appendix A of its manual)."""
STEPS_A_LOOK = 20_000
"""SQLite looks at the time after so many steps of its virtual machine: about a millisecond."""
Seconds = Callable[[], float]


class ReadTooSlow(Terminal):
    """A read took longer than its limit and was ended; the message says the limit and what to do."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        super().__init__(
            f"a read of the ledger took longer than {limit_s:g} s and was stopped: ask for less (one partner, one "
            "state, a shorter window), and try again"
        )

    def __reduce__(self) -> tuple[type[ReadTooSlow], tuple[float]]:
        return type(self), (self.limit_s,)


@contextmanager
def limit_reads(connection: Connection, limit_s: float, clock: Seconds) -> Iterator[None]:
    """Inside the context, each statement of this connection may take so many seconds; ReadTooSlow where one does not.

    On SQLite the seconds between the statement's start and the reading of its last row count, by `clock`; on
    PostgreSQL the server counts.
    """
    if limit_s <= 0:
        raise ValueError(f"a limit is above 0 s, and this one is {limit_s:g}")
    limit = _on_postgresql if connection.dialect.name == "postgresql" else _on_sqlite
    try:
        with limit(connection, limit_s, clock):
            yield
    except DBAPIError as error:
        if not _is_ended_by_limit(error):
            raise
        raise ReadTooSlow(limit_s) from None


@contextmanager
def _on_postgresql(connection: Connection, limit_s: float, _: Seconds) -> Iterator[None]:
    connection.execute(text(f"SET LOCAL statement_timeout = {max(1, round(limit_s * 1000))}"))
    yield
    if connection.in_transaction():
        connection.execute(text("SET LOCAL statement_timeout TO DEFAULT"))


@contextmanager
def _on_sqlite(connection: Connection, limit_s: float, clock: Seconds) -> Iterator[None]:
    driver: Any = connection.connection.dbapi_connection
    ends_at = [clock() + limit_s]

    def begin(*_: Any) -> None:
        ends_at[0] = clock() + limit_s

    driver.set_progress_handler(lambda: clock() > ends_at[0], STEPS_A_LOOK)
    event.listen(connection, "before_cursor_execute", begin)
    try:
        yield
    finally:
        event.remove(connection, "before_cursor_execute", begin)
        driver.set_progress_handler(None, 0)


def _is_ended_by_limit(error: DBAPIError) -> bool:
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT
    return getattr(error.orig, "pgcode", None) == QUERY_CANCELED
