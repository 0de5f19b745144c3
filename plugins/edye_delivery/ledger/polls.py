"""What the log of calls says about a partner's readings: polls, silence, checkpoints, full syncs, items, errors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from edye_delivery.catalog.consumption import (
    FILTERS,
    LIST_ENDPOINTS,
    LIST_OF_ENDPOINT,
    CheckpointCall,
    ErrorCall,
    FullSync,
    HandedOut,
    PollSum,
)
from edye_delivery.catalog.window import Window
from edye_delivery.ledger.call_figures import CALLS, by_partner, within

ROWS_A_READ = 1000
LATEST_ERRORS = 20
ITEM = re.compile(r"(\d{1,16}):(.+)", re.DOTALL)
QUERY = "&" + func.coalesce(CALLS.query, "") + "&"
OK = 200


def has_parameter(name: str) -> ColumnElement[bool]:
    """The calls whose query has the parameter."""
    return QUERY.contains(f"&{name}=", autoescape=True)


def is_answered() -> ColumnElement[bool]:
    """The calls that were answered well, also with 304."""
    return and_(CALLS.status >= 200, CALLS.status < 400)


def is_list() -> ColumnElement[bool]:
    """The calls of a list."""
    return CALLS.endpoint.in_(LIST_ENDPOINTS)


def begins_list() -> ColumnElement[bool]:
    """The calls that read a list from its start, whole or filtered."""
    is_first_page = or_(~has_parameter("page"), QUERY.contains("&page=1&", autoescape=True))
    return and_(is_list(), ~has_parameter("cursor"), ~has_parameter("updated_since"), is_first_page)


def continues_list() -> ColumnElement[bool]:
    """The calls that go on where a page ended: by a cursor that is no checkpoint."""
    return and_(has_parameter("cursor"), CALLS.checkpoint_generation.is_(None))


def is_delta() -> ColumnElement[bool]:
    """The calls of a list of changes, from a checkpoint or from a moment on; all its pages."""
    return or_(CALLS.checkpoint_generation.is_not(None), has_parameter("updated_since"))


def poll_sums(connection: Connection, partner: str, window: Window) -> list[PollSum]:
    """How often each user began to read each list."""
    inside = within(partner, window.start_at, window.end_at) & by_partner() & is_answered()
    is_poll = or_(begins_list(), is_list() & is_delta() & ~has_parameter("page") & ~continues_list())
    group = [CALLS.endpoint, func.coalesce(CALLS.user, "")]
    query = select(*group, func.count()).where(inside, is_poll).group_by(*group).order_by(*group)
    return [PollSum(*tuple(row)) for row in connection.execute(query)]


def longest_silence_s(connection: Connection, partner: str, window: Window) -> float:
    """The longest time in seconds without a call of the partner, also at the window's begin and end."""
    before = func.lag(CALLS.at, type_=CALLS.at.type).over(order_by=CALLS.at)
    inside = within(partner, window.start_at, window.end_at) & by_partner()
    calls = select(CALLS.at, before.label("before")).where(inside).subquery()
    if connection.dialect.name == "sqlite":
        gap: ColumnElement[Any] = func.julianday(calls.c.at) - func.julianday(calls.c.before)
    else:
        gap = calls.c.at - calls.c.before
    widest = select(calls.c.at, calls.c.before).where(calls.c.before.is_not(None)).order_by(gap.desc()).limit(1)
    spans: list[tuple[datetime, datetime]] = [(before, at) for at, before in connection.execute(widest)]
    first, last = connection.execute(select(func.min(CALLS.at), func.max(CALLS.at)).where(inside)).one()
    spans += [(window.start_at, first or window.end_at), (last or window.start_at, window.end_at)]
    return max([(end - start) / timedelta(seconds=1) for start, end in spans])


def last_checkpoints(connection: Connection, partner: str, before: datetime) -> list[CheckpointCall]:
    """For each user and list the last call with a checkpoint before the moment."""
    of_partner = and_(CALLS.partner == partner, CALLS.at < before, by_partner(), is_answered(), is_list())
    group = [CALLS.endpoint, CALLS.user]
    last = func.row_number().over(partition_by=group, order_by=(CALLS.at.desc(), CALLS.id)).label("number")
    columns = [*group, CALLS.at, CALLS.checkpoint_generation, CALLS.generation]
    ranked = select(*columns, last).where(of_partner, CALLS.checkpoint_generation.is_not(None)).subquery()
    query = select(ranked).where(ranked.c.number == 1).order_by(ranked.c.endpoint, ranked.c.user)
    return [
        CheckpointCall(row.endpoint, row.user or "", row.at, row.checkpoint_generation, row.generation)
        for row in connection.execute(query)
    ]


def last_full_syncs(connection: Connection, partner: str, before: datetime) -> list[FullSync]:
    """For each user and list the last reading from the start, without filters, as far as it came."""
    of_partner = and_(CALLS.partner == partner, CALLS.at < before, by_partner(), CALLS.status == OK, is_list())
    unfiltered = and_(*(~has_parameter(name) for name in FILTERS))
    group = [CALLS.endpoint, CALLS.user]
    begins = select(*group, func.max(CALLS.at)).where(of_partner, begins_list(), unfiltered).group_by(*group)
    found: list[FullSync] = []
    for endpoint, user, began_at in [tuple(row) for row in connection.execute(begins.order_by(*group))]:
        same = and_(of_partner, CALLS.endpoint == endpoint, CALLS.user.is_not_distinct_from(user), CALLS.at >= began_at)
        delta_at = connection.execute(select(func.min(CALLS.at)).where(same, is_delta())).scalar()
        pages = same & unfiltered if delta_at is None else same & unfiltered & (CALLS.at < delta_at)
        sums = [
            func.max(CALLS.at),
            func.max(CALLS.generation),
            func.count(),
            func.coalesce(func.sum(CALLS["items"]), 0),
        ]
        ended_at, generation, count, items = tuple(connection.execute(select(*sums).where(pages)).one())
        found.append(FullSync(endpoint, user or "", began_at, ended_at, generation, int(count), int(items)))
    return found


def latest_errors(connection: Connection, partner: str, window: Window) -> list[ErrorCall]:
    """The newest calls of the partner in the window with status 400 and more."""
    columns = [CALLS.at, CALLS.user, CALLS.endpoint, CALLS.status, CALLS.milliseconds, CALLS.message, CALLS.request_id]
    failed = within(partner, window.start_at, window.end_at) & by_partner() & (CALLS.status >= 400)
    query = select(*columns).where(failed).order_by(CALLS.at.desc(), CALLS.id.desc()).limit(LATEST_ERRORS)
    return [
        ErrorCall(row.at, row.user or "", row.endpoint, row.status, row.milliseconds, row.message or "", row.request_id)
        for row in connection.execute(query)
    ]


def handed_out(connection: Connection, partner: str, before: datetime) -> Iterator[HandedOut]:
    """What calls without filters handed out before the moment, each span once; read in pieces, in no order."""
    unfiltered = and_(*(~has_parameter(name) for name in FILTERS))
    of_partner = and_(CALLS.partner == partner, CALLS.at < before, by_partner(), CALLS.status == OK, unfiltered)
    has_items = and_(CALLS.first_item.is_not(None), CALLS.last_item.is_not(None))
    delta = case((is_delta(), 1), else_=0).label("is_delta")
    group = [CALLS.endpoint, CALLS.first_item, CALLS.last_item, delta]
    query = select(*group, func.max(func.coalesce(CALLS["items"], 1))).where(of_partner, has_items)
    query = query.where(CALLS.endpoint.in_(LIST_OF_ENDPOINT)).group_by(*group)
    for row in connection.execute(query.execution_options(yield_per=ROWS_A_READ)):
        endpoint, first, last, is_told, items = tuple(row)
        ends = ITEM.fullmatch(first), ITEM.fullmatch(last)
        if ends[0] and ends[1]:
            span = [(int(end[1]), end[2]) for end in ends if end]
            yield HandedOut(LIST_OF_ENDPOINT[endpoint], span[0], span[1], int(items), bool(is_told))


def oldest_line_at(connection: Connection, partner: str) -> datetime | None:
    """When the oldest call was that is kept as a line."""
    query = select(CALLS.at).where(CALLS.partner == partner).order_by(CALLS.at).limit(1)
    return connection.execute(query).scalar()
