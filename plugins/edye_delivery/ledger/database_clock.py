"""The database's clock, the one clock that all machines share: in a statement, and as a moment."""

from __future__ import annotations

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal, select, type_coerce

from edye_delivery.ledger.tables import Moment


def time_expression(connection: Connection, later_s: float = 0.0) -> ColumnElement[datetime]:
    """The database's time plus so many seconds, for use in a statement.

    It is the time at which the statement runs, not that at which its transaction began: the transaction may have waited
    for a lock. On SQLite it is text in the form in which the ledger stores moments.
    """
    return _expression(connection.dialect.name, later_s)


@lru_cache(maxsize=64)
def _expression(dialect: str, later_s: float) -> ColumnElement[datetime]:
    """The same object for the same time, so that a statement with it is built once."""
    if dialect == "postgresql":
        at: ColumnElement[Any] = func.clock_timestamp().op("+")(func.make_interval(0, 0, 0, 0, 0, 0, later_s))
    else:  # strftime gives milliseconds, stored moments have microseconds: they compare as texts of one length
        at = func.strftime("%Y-%m-%d %H:%M:%f", "now", f"{later_s:+.3f} seconds").op("||")(literal("000"))
    return type_coerce(at, Moment())


def database_now(connection: Connection) -> datetime:
    """The database's time now: asks the database for `time_expression`."""
    at: datetime = connection.execute(select(time_expression(connection))).scalar_one()
    return at
