"""Desk: its pages over HTTP in Airflow's api-server with a large ledger, beside the plain SQL for the same rows."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import httpx
from sqlalchemy import Connection, create_engine, text

from benchmarks.desk_ledgers import DATABASES, SQLITE, DeskLedger, desk_ledger
from benchmarks.desk_pages import JOINED, PLAIN_COLUMNS, Page, pages_of
from benchmarks.desk_server import DeskServer, Started
from benchmarks.desk_start import measure_start
from benchmarks.figures import MIB, Figure, Sizes, say
from benchmarks.memory import cpu_seconds

PLAIN_ROUNDS = 2
CALLERS = 4
CSV_SECONDS_MAX = 60.0
PLAIN_CSV_ROWS = 100_000


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Every page's milliseconds on both databases, memory, the CSV; what Airflow's own start and pages take with it."""
    server = DeskServer(folder)
    server.prepare()
    for database in DATABASES:
        with desk_ledger(database, sizes, sizes.desk_ledgers or folder / "ledgers") as ledger:
            yield from _measure_database(server, database, ledger, sizes)
            if database == SQLITE:
                yield from measure_start(server, ledger.connection, sizes.desk_starts)


def _measure_database(server: DeskServer, database: str, ledger: DeskLedger, sizes: Sizes) -> Iterator[Figure]:
    engine = create_engine(ledger.url)
    with server.started(ledger.connection) as started, engine.connect() as connection:
        began_s = time.perf_counter()
        _get(started.client, "/edye/", {})
        yield Figure(f"desk_{database}_first_call", (time.perf_counter() - began_s) * 1000, "ms", facts=_load())
        pages = pages_of(connection, sizes.desk_titles, datetime.now(UTC))
        connection.rollback()
        computing = [pid for pid in (started.pid, ledger.server_pid) if pid is not None]
        for page in pages:
            figure = _page_figure(started.client, computing, page, sizes.desk_rounds)
            yield _compared(connection, replace(figure, name=f"desk_{database}_{page.name}"), page)
        yield _memory_figure(started, database, pages, sizes.desk_requests)
        yield from _csv_figures(started, connection, database)
    engine.dispose()


def _page_figure(client: httpx.Client, computing: Sequence[int], page: Page, rounds: int) -> Figure:
    """The median of a page's calls; `cpu_ms` is what the api-server and the database compute for one of them."""
    took_ms = []
    _get(client, page.address, page.query)  # the first one fills the caches
    began_cpu_s = sum(map(cpu_seconds, computing))
    for _ in range(rounds):
        began_s = time.perf_counter()
        rows = _get(client, page.address, page.query).count("<tr")
        took_ms.append((time.perf_counter() - began_s) * 1000)
    cpu_ms = (sum(map(cpu_seconds, computing)) - began_cpu_s) * 1000 / rounds
    facts = {"p95_ms": round(_p95(took_ms), 1), "cpu_ms": round(cpu_ms, 1), "rows": rows} | _load()
    return Figure(page.name, statistics.median(took_ms), "ms", facts=facts)


def _compared(connection: Connection, figure: Figure, page: Page) -> Figure:
    """The figure beside the plain SQL, where the page has one."""
    if not page.plain or figure.value is None:
        return figure
    plain_ms = _plain_ms(connection, page)
    facts = {**figure.facts, "plain_ms": round(plain_ms, 1)}
    return replace(figure, ratio=figure.value / plain_ms, compared_to="plain SQL by the driver", facts=facts)


def _plain_ms(connection: Connection, page: Page) -> float:
    """The better one of a few rounds, the rows fetched and nothing made of them."""
    took_ms = []
    for _ in range(PLAIN_ROUNDS):
        began_s = time.perf_counter()
        connection.execute(text(page.plain), page.values or {}).all()
        took_ms.append((time.perf_counter() - began_s) * 1000)
        connection.rollback()
    return min(took_ms)


def _memory_figure(started: Started, database: str, pages: Sequence[Page], requests: int) -> Figure:
    """The server's memory after so many calls of all pages, by several callers; compared with half of them."""
    sizes = []
    for half in range(2):
        with ThreadPoolExecutor(CALLERS) as callers:
            chosen = (pages[number % len(pages)] for number in range(requests // 2))
            list(callers.map(lambda page: _get(started.client, page.address, page.query), chosen))
        sizes.append(started.memory_bytes / MIB)
        say(f"desk: {sizes[-1]:.0f} MiB after {(half + 1) * (requests // 2)} calls")
    facts = {"requests": requests} | _load()
    return Figure(
        f"desk_{database}_memory", sizes[1], "MiB", sizes[1] / sizes[0], "after half of the calls", facts=facts
    )


def _csv_figures(started: Started, connection: Connection, database: str) -> Iterator[Figure]:
    """Titles a second of the CSV of all titles, for some time, and what the server's memory grows by meanwhile."""
    before, peak, lines, seconds = started.memory_bytes, 0, 0, 0.0
    began_s = time.perf_counter()
    with started.client.stream("GET", "/edye/distribution.csv") as answer:
        answer.raise_for_status()
        for block in answer.iter_bytes():
            lines += block.count(b"\r\n")
            seconds, peak = time.perf_counter() - began_s, max(peak, started.memory_bytes)
            if seconds > CSV_SECONDS_MAX:
                break
    speed, plain = lines / seconds, _plain_csv_speed(connection)
    facts = {"titles": lines} | _load()
    yield Figure(
        f"desk_{database}_csv", speed, "titles/s", speed / plain, "one SELECT of all, by the driver", facts=facts
    )
    yield Figure(f"desk_{database}_csv_memory_growth", (peak - before) / MIB, "MiB", facts=facts)


def _plain_csv_speed(connection: Connection) -> float:
    """Rows a second of one SELECT in the CSV's order, fetched in blocks, up to a number of rows."""
    query = text(f"{PLAIN_COLUMNS} {JOINED} ORDER BY s.since DESC LIMIT {PLAIN_CSV_ROWS}")
    began_s, rows = time.perf_counter(), 0
    for block in connection.execution_options(yield_per=1000).execute(query).partitions():
        rows += len(block)
    return rows / (time.perf_counter() - began_s)


def _get(client: httpx.Client, path: str, query: dict[str, str]) -> str:
    answer = client.get(path, params=query)
    if not answer.is_success:
        raise SystemExit(f"desk: {answer.url.raw_path!r} answered {answer.status_code}: {answer.text[-500:]}")
    return answer.text


def _p95(values: Sequence[float]) -> float:
    return sorted(values)[max(0, -(-len(values) * 95 // 100) - 1)]


def _load() -> dict[str, float]:
    """What else the machine does: the load of the last minute."""
    return {"load": round(os.getloadavg()[0], 1)}
