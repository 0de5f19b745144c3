"""Ledger: how soon a large one answers what a run, shipping and `status` ask, and how soon it is opened."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import make_url

from benchmarks.desk_data import NOW
from benchmarks.desk_ledgers import DATABASES, desk_ledger
from benchmarks.feed_catalogue import movies
from benchmarks.figures import Figure, Sizes, say
from benchmarks.ledger_calls import PARTNER, RUN_STEPS, STATUS, ship
from benchmarks.production import first_api_annex
from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.ledger.api_call_outbox import ApiCallOutbox
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.database import open_engine, open_unchecked_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.read_only import read_only_engine
from edye_delivery.ledger.status import StatusReader
from edye_delivery.ledger.trail import Trail

ROUNDS = 5
OPENINGS = 20
GROUPS = ("run", "shipping", "status")


class Timed:
    """Calls of an object, in milliseconds by name; each name has a call for each round."""

    def __init__(self, called: Any, took_ms: dict[str, list[float]]) -> None:
        self._called, self._took_ms = called, took_ms

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._called, name)
        return self._timed(name, value) if callable(value) else value

    def _timed(self, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*values: Any, **named: Any) -> Any:
            began_s = time.perf_counter()
            answer = call(*values, **named)
            answer = answer if not isinstance(answer, Iterator) else list(answer)
            self._took_ms.setdefault(name, []).append((time.perf_counter() - began_s) * 1000)
            return answer

        return timed


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """The slowest call of each group, by its median; what opening the ledger takes beside a bare connection."""
    for database in DATABASES:
        with desk_ledger(database, sizes, sizes.desk_ledgers or folder / "ledgers") as ledger:
            say(f"ledger: asking {database}")
            for group, took_ms in zip(GROUPS, _calls_ms(ledger.url), strict=True):
                medians = {name: statistics.median(times) for name, times in took_ms.items()}
                facts = {name: round(value, 1) for name, value in sorted(medians.items())}
                yield Figure(f"ledger_{database}_{group}", max(medians.values()), "ms", facts=facts)
            opened_ms, connected_ms = _opening_ms(ledger.url)
            ratio = opened_ms / connected_ms
            yield Figure(f"ledger_{database}_open", opened_ms, "ms", ratio, "a connection and SELECT 1")


def _calls_ms(url: str) -> tuple[dict[str, list[float]], ...]:
    run: dict[str, list[float]] = {}
    shipping: dict[str, list[float]] = {}
    status: dict[str, list[float]] = {}
    engine, reader = open_engine(url), read_only_engine(make_url(url))

    def now() -> datetime:
        return datetime.now(UTC)

    ledger: Any = Timed(Ledger(engine, now, Client(PARTNER, "benchmark", 3, 10)), run)
    trail: Any = Timed(Trail(engine, now), shipping)
    outbox: Any = Timed(ApiCallOutbox(engine, now), shipping)
    for number, plan in enumerate(_plans(ROUNDS * len(RUN_STEPS))):
        RUN_STEPS[number % len(RUN_STEPS)](ledger, plan)
    for _ in range(ROUNDS):
        ship(trail, outbox)
        for question, ask in STATUS.items():
            began_s = time.perf_counter()
            with reader.connect() as connection:
                ask(StatusReader(connection, NOW))
            status.setdefault(question.replace(" ", "_"), []).append((time.perf_counter() - began_s) * 1000)
    engine.dispose()
    reader.dispose()
    return run, shipping, status


def _plans(count: int) -> list[PlannedTitle]:
    """Titles that the ledger does not know; other ones for each time that it is measured."""
    annex, moment = first_api_annex(), time.time_ns()
    plans = [plan_of(annex, title) for title in movies(moment % 10**9, count)]
    return [plan for plan in plans if isinstance(plan, PlannedTitle)]


def _opening_ms(url: str) -> tuple[float, float]:
    """The median of opening the ledger as a task does, and of a connection that asks nothing."""
    opened, connected = [], []
    for _ in range(OPENINGS):
        began_s = time.perf_counter()
        open_engine(url).dispose()
        opened.append((time.perf_counter() - began_s) * 1000)
        began_s = time.perf_counter()
        bare = open_unchecked_engine(url)
        with bare.connect() as connection:
            connection.exec_driver_sql("SELECT 1")
        bare.dispose()
        connected.append((time.perf_counter() - began_s) * 1000)
    return statistics.median(opened), statistics.median(connected)
