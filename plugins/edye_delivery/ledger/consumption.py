"""Sums over the log of calls for the consumption report; the database counts, so that memory does not grow with it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, literal, select

from edye_delivery.catalog.consumption import CallSums, Percentiles, StatusSum
from edye_delivery.catalog.window import Window
from edye_delivery.ledger.call_figures import CALLS, by_partner, count_of, has_failed, unix_seconds, within
from edye_delivery.ledger.hour_sums import HOURS, PERCENTS, hour_sums, whole_hours
from edye_delivery.ledger.pull_tables import API_CALLS

HOUR_S, DAY_S = 3600, 24 * 3600
SLOTS_OF_HOURS_MAX = 72
MINUTE_S = 60


def call_sums(connection: Connection, partner: str, window: Window, timeout_s: float) -> CallSums:
    """The sums of the window: of its lines, or where some are not kept any more, of its whole hours.

    Calls of our own checks are counted apart.
    """
    slot_s = slot_s_of(window)
    every = within(partner, window.start_at, window.end_at)
    lines = connection.execute(select(func.count()).select_from(API_CALLS).where(every)).scalar_one()
    hours = select(func.coalesce(func.sum(HOURS.calls), 0)).where(whole_hours(partner, window))
    if connection.execute(hours).scalar_one() > lines:
        return hour_sums(connection, partner, window, timeout_s, slot_s).sums
    inside = every & by_partner()
    sums = tuple(_sums_of_lines(connection, inside, timeout_s, slot_s))
    slot = _slot_of(connection, slot_s)
    everywhere = literal(0).label("everywhere")
    user = func.coalesce(CALLS.user, "").label("user")
    return CallSums(
        is_exact=True,
        slot_s=slot_s,
        sums=sums,
        own_calls=lines - sum(one.calls for one in sums),
        all_calls=_percentiles(connection, inside, [everywhere]).get((0,)),
        by_endpoint={(key[0], key[1]): one for key, one in _by(connection, inside, [CALLS.endpoint, user])},
        by_slot={int(key[0]): one for key, one in _by(connection, inside, [slot])},
    )


def slot_s_of(window: Window) -> int:
    """The length of a slot in seconds: an hour, in windows of more than three days a day."""
    hours = (window.end_at - window.start_at).total_seconds() / HOUR_S
    return HOUR_S if hours <= SLOTS_OF_HOURS_MAX else DAY_S


def down_minutes(connection: Connection, partner: str, window: Window, timeout_s: float) -> Iterator[datetime]:
    """The start of every minute in which there were calls and not one was answered: all were 5xx, or timed out."""
    second = unix_seconds(connection, CALLS.at)
    minute = (second - second % MINUTE_S).label("minute")
    inside = within(partner, window.start_at, window.end_at)
    query = select(minute).where(inside).group_by(minute)
    for start_s in connection.execute(query.having(count_of(has_failed(timeout_s)) == func.count()).order_by(minute)):
        yield datetime.fromtimestamp(int(start_s[0]), UTC)


def _slot_of(connection: Connection, slot_s: int) -> Any:
    second = unix_seconds(connection, CALLS.at)
    return (second - second % slot_s).label("start_s")


def _sums_of_lines(
    connection: Connection, inside: ColumnElement[bool], timeout_s: float, slot_s: int
) -> Iterator[StatusSum]:
    slot = _slot_of(connection, slot_s)
    group = [CALLS.endpoint, func.coalesce(CALLS.user, ""), CALLS.status, slot]
    timeouts = count_of(CALLS.milliseconds > timeout_s * 1000)
    sums = [func.count(), func.sum(CALLS.bytes), func.coalesce(func.sum(CALLS["items"]), 0), timeouts]
    query = select(*group, *sums).where(inside).group_by(*group)
    for endpoint, user, *figures in connection.execute(query.order_by(*group)):
        yield StatusSum(endpoint, user, *(int(figure) for figure in figures))


def _by(connection: Connection, inside: Any, group: Sequence[Any]) -> Iterable[tuple[tuple[Any, ...], Percentiles]]:
    return _percentiles(connection, inside, group).items()


def _percentiles(connection: Connection, inside: Any, group: Sequence[Any]) -> dict[tuple[Any, ...], Percentiles]:
    """By the values of the group: the calls of three ranks, found by the database."""
    place = func.row_number().over(partition_by=list(group), order_by=CALLS.milliseconds).label("place")
    count = func.count().over(partition_by=list(group)).label("count")
    ranked = select(*group, CALLS.milliseconds, place, count).where(inside).subquery()
    columns = [ranked.c[column.name] for column in group]
    ranks = [(ranked.c["count"] * percent + 99) // 100 for percent in PERCENTS]
    chosen = [func.max(case((ranked.c.place == rank, ranked.c.milliseconds))) for rank in ranks]
    query = select(*columns, *chosen).where(ranked.c.place.in_(ranks)).group_by(*columns)
    size = len(columns)
    return {tuple(row[:size]): Percentiles(*row[size:]) for row in connection.execute(query)}
