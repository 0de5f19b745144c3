"""The minutes in which no call was answered, found by the index of errors, without reading the other calls."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, and_, exists, func, not_, select

from edye_delivery.catalog.window import Window
from edye_delivery.ledger.call_figures import has_failed, unix_seconds
from edye_delivery.ledger.pull_tables import API_CALLS, API_CALLS_OF_ERRORS, IS_ERROR

MINUTE_S = 60
MINUTES_MAX = 2000


def minutes_without_answer(
    connection: Connection, partner: str, window: Window, timeout_s: float
) -> list[datetime] | None:
    """The starts of the minutes in which a call failed with 5xx, and every other one failed too or timed out.

    None where calls failed in too many minutes. A minute that has timeouts alone is not found.
    """
    failed, table = _minutes_with_failures(connection, partner, window), API_CALLS.alias("other")
    start_s, calls = failed.c.start_s, table.c
    of_minute = and_(
        calls.partner == partner,
        calls.at >= _moment(connection, start_s),
        calls.at < _moment(connection, start_s + MINUTE_S),
    )
    answered = exists(select(calls.id).where(of_minute, not_(has_failed(timeout_s, calls))))
    rows = connection.execute(select(start_s, answered).order_by(start_s)).all()
    if len(rows) > MINUTES_MAX:
        return None
    return [datetime.fromtimestamp(int(start), UTC) for start, is_answered in rows if not is_answered]


def _minutes_with_failures(connection: Connection, partner: str, window: Window) -> Any:
    calls = API_CALLS.c
    start = (unix_seconds(connection, calls.at) // MINUTE_S * MINUTE_S).label("start_s")
    inside = and_(calls.partner == partner, calls.at >= window.start_at, calls.at < window.end_at, calls.status >= 500)
    query = select(start).where(IS_ERROR, inside).group_by(start).limit(MINUTES_MAX + 1)
    return query.with_hint(API_CALLS, f"INDEXED BY {API_CALLS_OF_ERRORS.name}", "sqlite").subquery()


def _moment(connection: Connection, unix_s: Any) -> Any:
    """Unix seconds as a moment of the database, as it is stored there."""
    if connection.dialect.name == "sqlite":
        return func.strftime("%Y-%m-%d %H:%M:%S.000000", unix_s, "unixepoch")
    return func.to_timestamp(unix_s)
