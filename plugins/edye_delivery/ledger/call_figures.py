"""What the watch asks of the log of calls: sums by slices of time, refusals in a row, when the partner last called."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, case, cast, extract, func, or_, select

from edye_delivery.catalog.degradation import CallSlice, Refusals
from edye_delivery.catalog.own_calls import OWN_AGENT
from edye_delivery.ledger.pull_tables import API_CALLS

CALLS = API_CALLS.c
UNAUTHORIZED, TOO_MANY = 401, 429


def unix_seconds(connection: Connection, column: Any) -> ColumnElement[int]:
    """A column of moments as whole Unix seconds, in the database's own words."""
    if connection.dialect.name == "sqlite":
        return cast(func.strftime("%s", column), Integer)
    return cast(func.floor(extract("epoch", column)), Integer)


def within(partner: str, start_at: datetime, end_at: datetime) -> ColumnElement[bool]:
    """The partner's calls of the half-open span."""
    return (CALLS.partner == partner) & (CALLS.at >= start_at) & (CALLS.at < end_at)


def by_partner() -> ColumnElement[bool]:
    """The calls that are not our own exposure check's, which calls with a token of the partner."""
    return or_(CALLS.user_agent.is_(None), ~CALLS.user_agent.startswith(OWN_AGENT, autoescape=True))


def has_failed(timeout_s: float, calls: Any = CALLS) -> ColumnElement[bool]:
    """The calls that failed on our side: 5xx, and those that took longer than the timeout."""
    return or_(calls.status >= 500, calls.milliseconds > timeout_s * 1000)


def count_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of a group meet the condition."""
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def call_slices(
    connection: Connection,
    partner: str,
    start_at: datetime,
    end_at: datetime,
    slice_s: int,
    p95_ms: float,
    timeout_s: float,
) -> list[CallSlice]:
    """The slices that have calls, in order; each begins at a multiple of its length."""
    second = unix_seconds(connection, CALLS.at)
    start = (second - second % slice_s).label("start_s")
    query = (
        select(start, func.count(), count_of(CALLS.milliseconds > p95_ms), count_of(has_failed(timeout_s)))
        .where(within(partner, start_at, end_at))
        .group_by(start)
        .order_by(start)
    )
    return [CallSlice(*(int(value) for value in row)) for row in connection.execute(query)]


def refusals_of(connection: Connection, partner: str, start_at: datetime, end_at: datetime) -> list[Refusals]:
    """For every user that called, and for 401 and 429: the refusals in a row. Calls of our own check do not count."""
    found: list[Refusals] = []
    inside = within(partner, start_at, end_at) & by_partner()
    for status in (UNAUTHORIZED, TOO_MANY):
        other = func.max(case((CALLS.status != status, CALLS.at)))
        ends = (
            select(
                CALLS.user, func.max(case((CALLS.status == status, CALLS.at))).label("last_at"), other.label("other")
            )
            .where(inside)
            .group_by(CALLS.user)
            .subquery()
        )
        same_user = or_(CALLS.user == ends.c.user, CALLS.user.is_(None) & ends.c.user.is_(None))
        latest = inside & (CALLS.status == status) & or_(ends.c.other.is_(None), CALLS.at > ends.c.other)
        query = (
            select(ends.c.user, func.count(CALLS.id), func.min(CALLS.at, type_=CALLS.at.type), ends.c.last_at)
            .select_from(ends.outerjoin(API_CALLS, same_user & latest))
            .group_by(ends.c.user, ends.c.last_at)
            .order_by(ends.c.user)
        )
        found += (
            Refusals(user or "", status, calls, since, at) for user, calls, since, at in connection.execute(query)
        )
    return found


def last_call_at(connection: Connection, partner: str, before: datetime) -> datetime | None:
    """When the partner called last; our own check does not count."""
    query = select(CALLS.at).where(CALLS.partner == partner, CALLS.at < before, by_partner())
    return connection.execute(query.order_by(CALLS.at.desc()).limit(1)).scalar()
