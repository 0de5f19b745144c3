"""Trail: events a second written and shipped, and what the trail costs a day."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
from sqlalchemy import func, select

from benchmarks.day import GROWING, Variant, run_day
from benchmarks.figures import Figure, Sizes, median_ratio, say
from benchmarks.serving import start_cluster
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.tables import EVENTS
from tools.airflow_system import AirflowSystem
from tools.processes import Processes

SHIPPING_DAG = "ship_ingesta_logs"
SHIP_EVERY_S = 60.0
"""Five times as often as production."""
WITHOUT_TRAIL = Path(__file__).parent / "without_trail"
SPEED_TIMEOUT_S = 3600


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Events written and shipped a second, and the day's seconds with the trail beside those without it."""
    say(f"trail: writing and shipping {sizes.trail_events} events, {sizes.trail_rounds} times")
    yield from _measure_speed(sizes, folder)
    if sizes.trail_days:
        yield from _measure_day(sizes, folder)


def _measure_speed(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    arguments = [str(folder), str(sizes.trail_events), str(sizes.trail_rounds)]
    command = [sys.executable, "-m", "benchmarks.trail_speed", *arguments]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=SPEED_TIMEOUT_S)
    took: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    for ours, theirs, bare, compared_to in (
        ("written", "inserted", "trail_insert_sqlite", "sqlite3, the event's INSERT alone, a transaction each"),
        ("shipped", "helped", "trail_helpers", "elasticsearch.helpers.bulk of the same documents, ready in memory"),
    ):
        yield Figure(bare, statistics.median(took[theirs]), "events/s")
        ratio = median_ratio(took[ours], took[theirs])
        yield Figure(f"trail_{ours}", statistics.median(took[ours]), "events/s", ratio, compared_to)


def _measure_day(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """The same day with the trail and its shipping, and without both, by turns."""
    on, off = [], []
    for number in range(sizes.trail_days):
        without = folder / f"off-{number}"
        off.append(run_day(without, sizes.day_titles, GROWING, _WITHOUT).seconds)
        if _events(without) != (0, 0):
            raise SystemExit("trail: events were written on the day without them; a figure would mean nothing")
        with Processes() as processes:
            url = start_cluster(processes, folder, f"day-{number}")
            with_trail = folder / f"on-{number}"
            on.append(run_day(with_trail, sizes.day_titles, GROWING, _with_trail(url)).seconds)
        written, shipped = _events(with_trail)
        too_short_to_ship = on[-1] <= 2 * SHIP_EVERY_S
        if written < sizes.day_titles or not (shipped or too_short_to_ship):
            text = f"{written} events written and {shipped} shipped on the day with them"
            raise SystemExit(f"trail: only {text}; a figure would mean nothing")
    yield Figure("trail_day_off", statistics.median(off), "s")
    compared_to = "the same day without events and shipping"
    yield Figure("trail_day", statistics.median(on), "s", median_ratio(on, off), compared_to)


def _events(folder: Path) -> tuple[int, int]:
    """How many the day has written, and how many of them are shipped."""
    engine = open_engine(f"sqlite:///{folder}/ledger.sqlite")
    with engine.connect() as connection:
        written, shipped = connection.execute(select(func.count(), func.count(EVENTS.c.shipped_at))).one()
    engine.dispose()
    return written, shipped


def _variables(trail: str) -> dict[str, str]:
    """Both ways load the same module first: its import costs both the same."""
    return {"PYTHONPATH": str(WITHOUT_TRAIL), "TRAIL": trail}


def _with_trail(url: str) -> Variant:
    """Events are written, and shipped to this cluster while the day runs."""
    shipped_at_s = 0.0

    def ship_at_times(system: AirflowSystem, seconds: float) -> None:
        nonlocal shipped_at_s
        if seconds - shipped_at_s > SHIP_EVERY_S:
            shipped_at_s = seconds
            system.trigger(SHIPPING_DAG)

    address = httpx.URL(url)
    connection = {"conn_type": "http", "host": f"http://{address.host}", "port": address.port}
    return Variant(_variables("on"), {"ingesta_logs": connection}, each_second=ship_at_times)


def _pause_shipping(system: AirflowSystem) -> None:
    system.wait_for_dag(SHIPPING_DAG)
    system.call("PATCH", f"/dags/{SHIPPING_DAG}", json={"is_paused": True})


_WITHOUT = Variant(_variables("off"), begin=_pause_shipping)
