"""Log: lines of the API log a second, from a call into the ledger, beside the database driver's own inserts."""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select

from benchmarks.figures import Figure, Sizes, median_ratio, say
from benchmarks.postgresql import postgresql_server
from edye_delivery.catalog.api_call import NAMES, CallLine, Level
from edye_delivery.clients.clock import Clock
from edye_delivery.delivery_api.call_log import CallLog, Limits
from edye_delivery.delivery_api.call_log_writer import CallLogWriter
from edye_delivery.ledger.api_call_writer import LedgerCalls
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.pull_tables import API_CALL_HOURS, API_CALLS

ROWS_A_TRANSACTION = Limits().lines_at_once
ENDPOINTS = ("showList", "episodeList", "feed", "show")
STOP_TIMEOUT_S = 3600.0
MICROSECONDS = 1_000_000
DRIVER = "the driver's executemany of the same rows, as many a transaction"


@dataclass(slots=True)
class Rounds:
    """Figures of every round of one database."""

    logged: list[float] = field(default_factory=list)
    inserted: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    added: list[float] = field(default_factory=list)


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Lines a second into SQLite and PostgreSQL, and what a line costs the process and its call."""
    say(f"log: {sizes.log_lines} lines into each database, {sizes.log_rounds} times")
    lines, added = [_line(number) for number in range(sizes.log_lines)], []
    with ExitStack() as stack:
        for name, url in (
            ("sqlite", f"sqlite:///{folder}/ledger.sqlite"),
            ("postgresql", stack.enter_context(postgresql_server())),
        ):
            open_engine(url).dispose()  # makes the ledger
            rounds = _rounds(url, folder / f"spool-{name}", lines, sizes.log_rounds)
            yield Figure(f"log_insert_{name}", statistics.median(rounds.inserted), "lines/s")
            ratio = median_ratio(rounds.logged, rounds.inserted)
            yield Figure(f"log_{name}", statistics.median(rounds.logged), "lines/s", ratio, DRIVER)
            yield Figure(f"log_cpu_{name}", statistics.median(rounds.cpu), "µs/line")
            added += rounds.added
    yield Figure("log_add", statistics.median(added), "µs/line")


def _rounds(url: str, spool: Path, lines: Sequence[CallLine], count: int) -> Rounds:
    rounds = Rounds()
    for _ in range(count):
        _log(url, spool, lines, rounds)
        if _count(url) != (len(lines), len(lines)):
            raise SystemExit(f"log: the ledger has {_count(url)} of {len(lines)} lines; a figure would mean nothing")
        _empty(url)
        rounds.inserted.append(len(lines) / _insert(url, lines))
        _empty(url)
    return rounds


def _log(url: str, spool: Path, lines: Sequence[CallLine], rounds: Rounds) -> None:
    """All lines through the log, until the ledger has them and the spool is empty; the pauses are not waited for."""
    calls = LedgerCalls(url, lambda: datetime.now(UTC))
    clock = Clock(lambda: datetime.now(UTC), time.sleep, random.random)
    limits = Limits(queue_lines=len(lines), interval_s=0.01)
    log, writer = CallLog(spool, clock, limits), CallLogWriter(spool, calls.write, clock, limits)
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    for line in lines:
        log.add(line)
    rounds.added.append((time.perf_counter() - began_s) / len(lines) * MICROSECONDS)
    log.start()
    writer.start()
    log.stop(STOP_TIMEOUT_S)
    writer.stop(STOP_TIMEOUT_S)
    rounds.logged.append(len(lines) / (time.perf_counter() - began_s))
    rounds.cpu.append((time.process_time() - began_cpu_s) / len(lines) * MICROSECONDS)
    calls.close()
    if log.dropped or list(spool.glob("*.jsonl")):
        raise SystemExit(f"log: {log.dropped} lines were dropped, or some are left; a figure would mean nothing")


def _insert(url: str, lines: Sequence[CallLine]) -> float:
    """The seconds that the driver alone takes for the same rows, without sums and without a spool."""
    engine = open_engine(url)
    is_sqlite = engine.dialect.name == "sqlite"
    mark, columns = "?" if is_sqlite else "%s", ", ".join(f'"{name}"' for name in NAMES)
    insert = f"INSERT INTO api_calls ({columns}) VALUES ({', '.join([mark] * len(NAMES))})"  # noqa: S608 - our names
    rows = [_row(line, is_sqlite) for line in lines]
    connection: Any = engine.raw_connection()
    cursor = connection.cursor()
    began_s = time.perf_counter()
    for start in range(0, len(rows), ROWS_A_TRANSACTION):
        if is_sqlite:
            cursor.execute("BEGIN IMMEDIATE")
        cursor.executemany(insert, rows[start : start + ROWS_A_TRANSACTION])
        connection.commit()
    seconds = time.perf_counter() - began_s
    connection.close()
    engine.dispose()
    return seconds


def _row(line: CallLine, is_sqlite: bool) -> tuple[Any, ...]:
    values = tuple(getattr(line, name) for name in NAMES)
    at = NAMES.index("at")
    return (*values[:at], f"{line.at:%Y-%m-%d %H:%M:%S.%f}", *values[at + 1 :]) if is_sqlite else values


def _line(number: int) -> CallLine:
    """A call as a partner that reads page after page makes it; one of fifty is refused."""
    status = 429 if number % 50 == 0 else 200
    return CallLine(
        id=f"{number:032x}",
        at=datetime.now(UTC) - timedelta(milliseconds=number),
        level=Level.WARNING if status == 429 else Level.INFO,
        partner=f"partner_{number % 5}",
        user="reader",
        endpoint=ENDPOINTS[number % 4],
        status=status,
        milliseconds=float(number % 40),
        bytes=80_000,
        items=100,
        generation=7,
        first_item=f"1772431200000:ep-{number:08}",
        last_item=f"1772431200000:ep-{number + 99:08}",
        query="page_size=100&tag=kids",
        request_id=f"{number:032x}",
        user_agent="python-httpx/0.28.1",
    )


def _count(url: str) -> tuple[int, int]:
    engine = open_engine(url)
    with engine.connect() as connection:
        lines = connection.execute(select(func.count()).select_from(API_CALLS)).scalar_one()
        calls = connection.execute(select(func.sum(API_CALL_HOURS.c.calls))).scalar_one()
    engine.dispose()
    return lines, int(calls)


def _empty(url: str) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(delete(API_CALLS))
        connection.execute(delete(API_CALL_HOURS))
    engine.dispose()
