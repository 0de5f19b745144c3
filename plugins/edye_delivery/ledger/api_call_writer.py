"""Writes calls of the delivery API to the ledger, each once, together with its hour's sums; deletes old ones."""

from __future__ import annotations

import logging
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import URL, Connection, Engine, bindparam, delete, make_url, select, tuple_, update
from sqlalchemy.exc import DataError, IntegrityError

from edye_delivery.catalog.api_call import LATENCY_BOUNDS_MS, NAMES, CallLine, latency_bucket
from edye_delivery.catalog.own_calls import OWN_USER, is_own
from edye_delivery.catalog.printable import printable
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.pull_tables import API_CALL_HOURS, API_CALLS
from edye_delivery.ledger.read_only import NoLedger, refuse_absent
from edye_delivery.ledger.rows import upsert_into
from edye_delivery.ledger.transactions import repeating

log = logging.getLogger(__name__)
KEPT_DAYS = 90
"""How long a call is kept as a line of its own; its hour's sums stay."""
TAKEN_DAYS = KEPT_DAYS - 1
"""A line that is older is not written: its own row may be deleted already, and it would be counted twice."""
ROWS_A_DELETION = 5000
KEY = ("partner", "user", "endpoint", "status", "hour")
SUMS = ("calls", "bytes", "items", "milliseconds")
Key = tuple[str, str, str, int, datetime]


@dataclass(slots=True)
class Sums:
    """The sums of calls with the same partner, user, endpoint and status in one hour."""

    calls: int = 0
    bytes: int = 0
    items: int = 0
    milliseconds: float = 0.0
    latencies: list[int] = field(default_factory=lambda: [0] * (len(LATENCY_BOUNDS_MS) + 1))

    def add(self, line: CallLine) -> None:
        """Counts one call."""
        self.calls += 1
        self.bytes += line.bytes
        self.items += line.items or 0
        self.milliseconds += line.milliseconds
        self.latencies[latency_bucket(line.milliseconds)] += 1


class ApiCallWriter:
    """Writes lines of the API log; any number of processes may write at once."""

    def __init__(self, engine: Engine, now: Callable[[], datetime]) -> None:
        self._engine, self._now = engine, now

    def write(self, lines: Sequence[CallLine]) -> int:
        """Writes the lines that the ledger does not have, with their sums, in one transaction; how many those are.

        To repeat it changes nothing. A line that the database refuses for its values is left out, and logged. Errors
        of a database that does not answer are raised, and nothing is written then.
        """
        oldest = self._now() - timedelta(days=TAKEN_DAYS)
        young = [line for line in lines if line.at >= oldest]
        if len(young) < len(lines):
            log.warning("%s calls of the API log are older than %s days: left out", len(lines) - len(young), TAKEN_DAYS)
        return self._write_or_halve(young) if young else 0

    def _write_or_halve(self, lines: Sequence[CallLine]) -> int:
        try:
            return self._write(lines)
        except (DataError, IntegrityError) as error:
            if len(lines) == 1:
                log.error("the call %s is left out of the API log: %s", lines[0].id, printable(str(error.orig)))
                return 0
            middle = len(lines) // 2
            return self._write_or_halve(lines[:middle]) + self._write_or_halve(lines[middle:])

    @repeating
    def _write(self, lines: Sequence[CallLine]) -> int:
        by_id = {line.id: line for line in lines}
        rows = [{name: getattr(line, name) for name in NAMES} for line in by_id.values()]
        with self._engine.begin() as connection:
            insert = upsert_into(connection, API_CALLS).on_conflict_do_nothing(index_elements=["id"])
            new = connection.execute(insert.returning(API_CALLS.c.id), rows).scalars().all()
            add_to_hours(connection, (by_id[name] for name in new))
        return len(new)

    def delete_old(self) -> int:
        """Deletes the lines that are older than `KEPT_DAYS`, some at once; how many. Their hours' sums stay."""
        before, deleted = self._now() - timedelta(days=KEPT_DAYS), 0
        while number := self._delete_some(before):
            deleted += number
        return deleted

    @repeating
    def _delete_some(self, before: datetime) -> int:
        oldest = select(API_CALLS.c.id).where(API_CALLS.c.at < before).order_by(API_CALLS.c.at).limit(ROWS_A_DELETION)
        with self._engine.begin() as connection:
            return connection.execute(delete(API_CALLS).where(API_CALLS.c.id.in_(oldest))).rowcount


class LedgerCalls:
    """What a `CallLogWriter` writes to: the ledger at an address, opened with the first line; it need not be there.

    For one thread; `close` may come from another.
    """

    def __init__(self, url: URL | str, now: Callable[[], datetime]) -> None:
        self._url, self._now = make_url(url), now
        self._guard = threading.Lock()
        self._engine: Engine | None = None

    def write(self, lines: Sequence[CallLine]) -> int:
        """As `ApiCallWriter.write`; NoLedger where there is none, SchemaMismatch for one of another revision."""
        try:
            refuse_absent(self._url)
        except NoLedger:
            self.close()  # another file may be there the next time
            raise
        with self._guard:
            if self._engine is None:
                self._engine = open_engine(self._url)
            engine = self._engine
        return ApiCallWriter(engine, self._now).write(lines)

    def close(self) -> None:
        """Ends the connections to the database."""
        with self._guard:
            if self._engine is not None:
                self._engine.dispose()
                self._engine = None


def add_to_hours(connection: Connection, lines: Iterable[CallLine]) -> None:
    """Adds calls to their hours' sums; whoever writes the same hours waits until the transaction ends.

    Calls of our own checks are summed up under a user of their own.
    """
    sums: defaultdict[Key, Sums] = defaultdict(Sums)
    for line in lines:
        hour = line.at.replace(minute=0, second=0, microsecond=0)
        user = OWN_USER if is_own(line.user_agent) else line.user or ""
        sums[line.partner or "", user, line.endpoint, line.status, hour].add(line)
    if not sums:
        return
    keys = sorted(sums)  # all writers take the rows in the same order, so that they do not block each other for ever
    nothing = [dict(zip(KEY, key, strict=True)) | dict.fromkeys(SUMS, 0) | {"latencies": []} for key in keys]
    insert = upsert_into(connection, API_CALL_HOURS)
    connection.execute(insert.on_conflict_do_nothing(index_elements=list(KEY)), nothing)
    columns = [API_CALL_HOURS.c[name] for name in KEY]
    query = select(API_CALL_HOURS).where(tuple_(*columns).in_(keys)).order_by(*columns).with_for_update()
    change = update(API_CALL_HOURS).where(*(column == bindparam(f"of_{column.name}") for column in columns))
    connection.execute(change, [_sum_values(row, sums) for row in connection.execute(query).mappings()])


def _sum_values(row: Any, sums: dict[Key, Sums]) -> dict[str, Any]:
    """The row's values with what is to be added to them, and its key."""
    more = sums[tuple(row[name] for name in KEY)]
    before = row["latencies"] or [0] * len(more.latencies)
    values = {name: row[name] + getattr(more, name) for name in SUMS}
    values["latencies"] = [old + new for old, new in zip(before, more.latencies, strict=True)]
    return values | {f"of_{name}": row[name] for name in KEY}
