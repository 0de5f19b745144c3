"""The calls of the delivery API as the ledger has them: lines, newest first, in pages; latest errors; hourly sums."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, select, tuple_

from edye_delivery.catalog.api_call import LOWEST_ERROR, NAMES, CallLine
from edye_delivery.errors import InvalidRequest
from edye_delivery.ledger.pull_tables import API_CALL_HOURS, API_CALLS

LATEST_ERRORS = 20
ROWS_A_PAGE = 1000
COLUMNS = [API_CALLS.c[name] for name in NAMES]


@dataclass(frozen=True, slots=True)
class StatusRange:
    """Status codes from `lowest` to `highest`, both included."""

    lowest: int
    highest: int

    @classmethod
    def of(cls, text: str) -> StatusRange:
        """One code such as 404, or a class such as 4xx; InvalidRequest for another text."""
        if found := re.fullmatch(r"([1-5])xx", text.lower()):
            lowest = 100 * int(found[1])
            return cls(lowest, lowest + 99)
        if re.fullmatch(r"[1-5][0-9]{2}", text, re.ASCII):
            return cls(int(text), int(text))
        raise InvalidRequest(f"{text!r:.40} is neither a status such as 404 nor a class such as 4xx")


@dataclass(frozen=True, slots=True)
class CallSelection:
    """Which calls to read; what is None selects nothing. Times are aware, and `until` is not included."""

    partner: str | None = None
    user: str | None = None
    endpoint: str | None = None
    status: StatusRange | None = None
    since: datetime | None = None
    until: datetime | None = None
    only_errors: bool = False


EVERY_CALL = CallSelection()


@dataclass(frozen=True, slots=True)
class CallHour:
    """The sums of one hour's calls with the same partner, user, endpoint and status; texts are empty where unknown.

    `latencies` counts calls by the upper bounds of `catalog.api_call.LATENCY_BOUNDS_MS`, the last one those beyond.
    """

    partner: str
    user: str
    endpoint: str
    status: int
    hour: datetime
    calls: int
    bytes: int
    items: int
    milliseconds: float
    latencies: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CallReader:
    """Reads calls by a connection, such as that of `open_read_only`."""

    connection: Connection

    def page(
        self, selection: CallSelection = EVERY_CALL, limit: int = ROWS_A_PAGE, before: CallLine | None = None
    ) -> list[CallLine]:
        """At most `limit` calls, newest first; with `before`, the last line of one page, the page after it."""
        query = select(*COLUMNS).where(*_conditions(selection, API_CALLS.c, API_CALLS.c.at))
        if before is not None:
            query = query.where(tuple_(API_CALLS.c.at, API_CALLS.c.id) < tuple_(before.at, before.id))
        query = query.order_by(API_CALLS.c.at.desc(), API_CALLS.c.id.desc()).limit(limit)
        return [CallLine(**row) for row in self.connection.execute(query).mappings()]

    def lines(self, selection: CallSelection = EVERY_CALL, limit: int | None = None) -> Iterator[CallLine]:
        """Calls, newest first, at most `limit`, read page by page."""
        last, left = None, limit
        while left is None or left > 0:
            count = ROWS_A_PAGE if left is None else min(ROWS_A_PAGE, left)
            page = self.page(selection, count, last)
            yield from page
            if len(page) < count:
                return
            last, left = page[-1], None if left is None else left - count

    def latest_errors(self, selection: CallSelection = EVERY_CALL, limit: int = LATEST_ERRORS) -> list[CallLine]:
        """The newest calls of status 400 and more."""
        return self.page(replace(selection, only_errors=True), limit)

    def count(self, selection: CallSelection = EVERY_CALL) -> int:
        """How many calls there are."""
        query = select(func.count()).select_from(API_CALLS)
        return self.connection.execute(query.where(*_conditions(selection, API_CALLS.c, API_CALLS.c.at))).scalar_one()

    def partners(self) -> list[str]:
        """Every partner whose calls the log ever had, sorted."""
        names = self.connection.execute(select(API_CALL_HOURS.c.partner).distinct()).scalars()
        return sorted(name for name in names if name)

    def hours(self, selection: CallSelection = EVERY_CALL) -> Iterator[CallHour]:
        """The sums of the hours that begin in [since, until), oldest first; an unknown partner or user is empty."""
        table = API_CALL_HOURS.c
        query = select(API_CALL_HOURS).where(*_conditions(selection, table, table.hour))
        query = query.order_by(table.hour, table.partner, table.user, table.endpoint, table.status)
        for row in self.connection.execute(query).mappings():
            yield CallHour(**{**row, "latencies": tuple(row["latencies"])})


def conditions_of(selection: CallSelection) -> Iterator[ColumnElement[bool]]:
    """The conditions on `API_CALLS` that choose the selection's lines."""
    return _conditions(selection, API_CALLS.c, API_CALLS.c.at)


def _conditions(selection: CallSelection, table: Any, at: ColumnElement[datetime]) -> Iterator[ColumnElement[bool]]:
    for name in ("partner", "user", "endpoint"):
        value = getattr(selection, name)
        if value is not None:
            yield table[name] == value
    if selection.status is not None:
        yield table.status.between(selection.status.lowest, selection.status.highest)
    if selection.only_errors:
        yield table.status >= LOWEST_ERROR
    if selection.since is not None:
        yield at >= selection.since
    if selection.until is not None:
        yield at < selection.until
