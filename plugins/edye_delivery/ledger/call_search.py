"""A partner's calls that a person looks for, in pages; the sums of the hours say where to look, so that rare ones are
found among millions of others without reading those.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, and_, case, func, select, true, tuple_

from edye_delivery.catalog.api_call import LOWEST_ERROR, CallLine
from edye_delivery.catalog.own_calls import OWN_USER
from edye_delivery.errors import InvalidRequest
from edye_delivery.ledger.api_calls import COLUMNS, CallSelection, conditions_of
from edye_delivery.ledger.call_figures import by_partner
from edye_delivery.ledger.page_cursor import DAMAGED, Cursor, cursor_of
from edye_delivery.ledger.polls import oldest_line_at
from edye_delivery.ledger.pull_tables import API_CALL_HOURS, API_CALLS, API_CALLS_OF_ERRORS, IS_ERROR

HOUR = timedelta(hours=1)
LOOK_BACK = timedelta(days=31)
"""So much of the hours' sums is read for one page."""
LINES_A_PAGE_MAX = 20_000
"""So many lines are passed over for one page at most, unless one hour alone has more."""
LOOKS = 3
"""So often a search begins again further back, where a span has none of the calls."""
LIST_NAME = "calls"
HOURS = API_CALL_HOURS.c
Place = tuple[datetime, str]
"""A place in the list: before the line with this moment and id; an empty id is before every line of the moment."""


@dataclass(frozen=True, slots=True)
class CallSearch:
    """Which calls of one partner; `is_with_own`: also those of our own checks."""

    selection: CallSelection
    is_with_own: bool = True

    @property
    def is_of_errors(self) -> bool:
        """Whether all of them have status 400 and more: an index has only those."""
        status = self.selection.status
        return self.selection.only_errors or (status is not None and status.lowest >= LOWEST_ERROR)

    @property
    def is_narrow(self) -> bool:
        """Whether some calls of the span are passed over."""
        chosen = self.selection
        by_value = (chosen.user, chosen.endpoint, chosen.status)
        return chosen.only_errors or not self.is_with_own or any(one is not None for one in by_value)


@dataclass(frozen=True, slots=True)
class CallPage:
    """Calls, newest first; `next_place` is where the search goes on, None where nothing is left.

    A page may be shorter than asked, and have a next one all the same.
    """

    lines: tuple[CallLine, ...]
    next_place: Place | None


def place_text(place: Place) -> str:
    """The place for an address."""
    return Cursor(LIST_NAME, place).text()


def place_of(text: str) -> Place:
    """The place that an address has; InvalidRequest where it is none of this list."""
    at, name = cursor_of(text, LIST_NAME, (datetime, str)).values
    try:
        return at.astimezone(UTC), name
    except OverflowError:
        raise InvalidRequest(DAMAGED) from None


def search_calls(connection: Connection, search: CallSearch, limit: int, before: Place | None = None) -> CallPage:
    """At most `limit` calls of the selection's partner, newest first, from a place on."""
    if not search.is_narrow:
        lines = _lines(connection, search, None, before, limit + 1)
        return _page(lines, limit, None)
    for _ in range(LOOKS):
        page = _narrow_page(connection, search, limit, before)
        before = page.next_place
        if page.lines or before is None:
            break
    return page


def _narrow_page(connection: Connection, search: CallSearch, limit: int, before: Place | None) -> CallPage:
    partner = search.selection.partner or ""
    oldest, newest = oldest_line_at(connection, partner), newest_line_at(connection, partner)
    if oldest is None or newest is None:
        return CallPage((), None)
    end, first = _end_of(search.selection, before, newest), _first_hour(search.selection, oldest)
    if end <= first:
        return CallPage((), None)
    start = max(first, end - LOOK_BACK)
    spans, is_complete = _spans(connection, search, start, end, limit)
    found: list[CallLine] = []
    for span in spans:
        found += _lines(connection, search, span, before, limit + 1 - len(found))
        if len(found) > limit:
            break
    go_on_at = spans[-1][0] if spans and not is_complete else _newest_hour(connection, search, first, start)
    return _page(found, limit, (go_on_at, "") if go_on_at is not None else None)


def _page(found: Sequence[CallLine], limit: int, go_on: Place | None) -> CallPage:
    if len(found) > limit:
        last = found[limit - 1]
        return CallPage(tuple(found[:limit]), (last.at, last.id))
    return CallPage(tuple(found), go_on)


def newest_line_at(connection: Connection, partner: str) -> datetime | None:
    """When the newest call was that is kept as a line."""
    query = select(API_CALLS.c.at).where(API_CALLS.c.partner == partner).order_by(API_CALLS.c.at.desc()).limit(1)
    return connection.execute(query).scalar()


def _end_of(selection: CallSelection, before: Place | None, newest: datetime) -> datetime:
    """The end of the hour in which the search begins."""
    at = newest if before is None else min(newest, before[0])
    is_included = before is None or before[0] > newest or bool(before[1])
    if selection.until is not None and selection.until <= at:
        at, is_included = selection.until, False
    hour = _hour(at)
    return hour if hour == at and not is_included else hour + HOUR


def _first_hour(selection: CallSelection, oldest: datetime) -> datetime:
    """The hour in which the search ends at the latest."""
    return _hour(oldest if selection.since is None else max(selection.since, oldest))


def _spans(
    connection: Connection, search: CallSearch, start: datetime, end: datetime, limit: int
) -> tuple[list[tuple[datetime, datetime]], bool]:
    """The spans of hours that have such calls, newest first, as many as one page may read; whether those are all."""
    spans: list[tuple[datetime, datetime]] = []
    passed = matching = 0
    for hour, calls, chosen in _hours(connection, search, start, end):
        if spans and (matching > limit or passed + calls > LINES_A_PAGE_MAX):
            return spans, False
        passed, matching = passed + calls, matching + chosen
        if spans and spans[-1][0] == hour + HOUR:
            spans[-1] = (hour, spans[-1][1])
        else:
            spans.append((hour, hour + HOUR))
    return spans, True


def _hours(
    connection: Connection, search: CallSearch, start: datetime, end: datetime
) -> Iterator[tuple[datetime, int, int]]:
    """The hours with such calls, newest first: how many lines one reads to find them, and how many they are."""
    of_partner = and_(HOURS.partner == search.selection.partner, HOURS.hour >= start, HOURS.hour < end)
    chosen = func.sum(case((_chosen_hours(search), HOURS.calls), else_=0))
    if search.is_of_errors:
        of_partner &= HOURS.status >= LOWEST_ERROR
    query = select(HOURS.hour, func.sum(HOURS.calls), chosen).where(of_partner).group_by(HOURS.hour)
    for hour, calls, matching in connection.execute(query.having(chosen > 0).order_by(HOURS.hour.desc())):
        yield hour, int(calls), int(matching)


def _newest_hour(connection: Connection, search: CallSearch, first: datetime, before: datetime) -> datetime | None:
    """The end of the newest hour from `first` on and before the other one that has such calls; None without one."""
    if before <= first:
        return None
    inside = and_(HOURS.partner == search.selection.partner, HOURS.hour >= first, HOURS.hour < before)
    query = select(func.max(HOURS.hour, type_=HOURS.hour.type)).where(inside, _chosen_hours(search))
    hour: datetime | None = connection.execute(query).scalar()
    return hour + HOUR if hour is not None else None


def _chosen_hours(search: CallSearch) -> ColumnElement[bool]:
    """The rows of sums that may have such calls; our own calls have one user there, whatever user they were made as."""
    chosen = search.selection
    conditions: list[ColumnElement[bool]] = [true()]
    if chosen.user is not None:
        conditions.append(HOURS.user.in_((chosen.user, OWN_USER) if search.is_with_own else (chosen.user,)))
    elif not search.is_with_own:
        conditions.append(HOURS.user != OWN_USER)
    if chosen.endpoint is not None:
        conditions.append(HOURS.endpoint == chosen.endpoint)
    if chosen.status is not None:
        conditions.append(HOURS.status.between(chosen.status.lowest, chosen.status.highest))
    if chosen.only_errors:
        conditions.append(HOURS.status >= LOWEST_ERROR)
    return and_(*conditions)


def _lines(
    connection: Connection,
    search: CallSearch,
    span: tuple[datetime, datetime] | None,
    before: Place | None,
    limit: int,
) -> list[CallLine]:
    table, chosen = API_CALLS.c, search.selection
    if span is not None:
        since, until = max(chosen.since or span[0], span[0]), min(chosen.until or span[1], span[1])
        chosen = replace(chosen, since=since, until=until)
    query = select(*COLUMNS).where(*conditions_of(chosen))
    if search.is_of_errors:
        query = query.where(IS_ERROR).with_hint(API_CALLS, f"INDEXED BY {API_CALLS_OF_ERRORS.name}", "sqlite")
    if not search.is_with_own:
        query = query.where(by_partner())
    if before is not None:
        # The first condition is for the index: SQLite does not use one for a comparison of pairs.
        query = query.where(table.at <= before[0], tuple_(table.at, table.id) < tuple_(*before))
    query = query.order_by(table.at.desc(), table.id.desc()).limit(limit)
    return [CallLine(**row) for row in connection.execute(query).mappings()]


def _hour(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
