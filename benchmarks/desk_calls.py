"""Calls of the delivery API for the desk's pages: a partner that read for thirty days, with its hours' sums."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

import orjson
from sqlalchemy import text

from benchmarks.bulk_writers import Row, bulk_writer, moment
from edye_delivery.catalog.api_call import CallLine, level_of
from edye_delivery.ledger.api_call_writer import KEY, Key, Sums
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.pull_tables import API_CALL_HOURS, API_CALLS

PARTNER = "benchmark_three"
"""The partner of `desk_data` that reads by itself."""
DAYS = 30
USERS = ("catalogue", "shop_window")
ENDPOINTS = ("showList", "episodeList", "show", "episode", "feed")
STATUSES = (200, 304, 404, 429, 500)
SHARES = (800, 180, 12, 6, 2)
ROWS_A_WRITE = 5000


def make_calls(url: str, calls: int, now: datetime) -> None:
    """Writes so many calls of the thirty days before `now` into a ledger that has none."""
    engine = open_engine(url)
    hours: defaultdict[Key, Sums] = defaultdict(Sums)
    lines = _lines(calls, now)
    with bulk_writer(engine) as writer:
        while some := list(islice(lines, ROWS_A_WRITE)):
            for line in some:
                hour = line.at.replace(minute=0, second=0, microsecond=0)
                hours[line.partner or "", line.user or "", line.endpoint, line.status, hour].add(line)
            writer.write(API_CALLS.name, [_row(line) for line in some])
        writer.write(API_CALL_HOURS.name, [_hour(key, sums) for key, sums in sorted(hours.items())])
    if engine.dialect.name == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"VACUUM ANALYZE {API_CALLS.name}, {API_CALL_HOURS.name}"))
    engine.dispose()


def _lines(calls: int, now: datetime) -> Iterator[CallLine]:
    """The calls, the oldest first, at equal distances; errors among them by chance, the same for the same number."""
    chance = random.Random(11)
    step = timedelta(days=DAYS) / calls
    for number in range(calls):
        status = chance.choices(STATUSES, SHARES)[0]
        yield CallLine(
            id=f"{number:032x}",
            at=now - step * (calls - number),
            level=level_of(status).value,
            partner=PARTNER,
            user=USERS[number % 5 == 0],
            endpoint=ENDPOINTS[number % len(ENDPOINTS)],
            status=status,
            milliseconds=chance.lognormvariate(2.5, 0.8),
            bytes=80_000 if status == 200 else 300,
            items=100 if status == 200 else None,
            generation=7,
            first_item=f"1772431200000:ep-{number:08}" if status == 200 else None,
            last_item=f"1772431200000:ep-{number + 99:08}" if status == 200 else None,
            query="page_size=100&tag=kids",
            message="the call was refused: an example of a sentence" if status >= 400 else None,
            request_id=f"{number:032x}",
            user_agent="python-httpx/0.28.1",
        )


def _row(line: CallLine) -> Row:
    return asdict(line) | {"at": moment(line.at), "shipped_at": moment(line.at)}


def _hour(key: Key, sums: Sums) -> Row:
    values: dict[str, Any] = {**dict(zip(KEY, key, strict=True)), **asdict(sums)}
    return values | {"hour": moment(key[-1]), "latencies": orjson.dumps(sums.latencies).decode()}
