"""What the desk costs those who do not use it: the api-server's start, its memory, and Airflow's own pages."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Iterator

import httpx

from benchmarks.desk_server import DeskServer
from benchmarks.figures import MIB, Figure, median_ratio, say

CALLS = 40
OWN_PAGES = {"dags": "/api/v2/dags?limit=50", "page": "/", "runs": "/api/v2/dags/~/dagRuns?limit=50"}
ALONE = "Airflow without the plugin"


def measure_start(server: DeskServer, connection: str, rounds: int) -> Iterator[Figure]:
    """Starts with and without the plugin by turns, and asks each time for some of Airflow's own pages."""
    took: dict[str, dict[bool, list[float]]] = {}
    for number in range(rounds):
        for with_plugin in (True, False) if number % 2 else (False, True):
            with server.started(connection, with_plugin=with_plugin) as started:
                found = {"start": started.seconds, "start_cpu": started.cpu_seconds}
                found["start_memory"] = started.memory_bytes / MIB
                if with_plugin:
                    started.client.get("/edye/").raise_for_status()  # the desk is there, and in use
                    started.client.get("/edye/distribution").raise_for_status()
                found |= {f"own_{name}": _median_ms(started.client, path) for name, path in OWN_PAGES.items()}
            say(f"desk: round {number + 1}, {'with' if with_plugin else 'without'} the plugin: {found['start']:.1f} s")
            for name, value in found.items():
                took.setdefault(name, {True: [], False: []})[with_plugin].append(value)
    facts = {"load": round(os.getloadavg()[0], 1)}
    units = {"start": "s", "start_cpu": "s", "start_memory": "MiB"}
    for name, values in took.items():
        unit = units.get(name, "ms")
        yield Figure(f"desk_{name}_without", statistics.median(values[False]), unit)
        ratio = median_ratio(values[True], values[False])
        yield Figure(f"desk_{name}", statistics.median(values[True]), unit, ratio, ALONE, facts=facts)


def _median_ms(client: httpx.Client, path: str) -> float:
    took_ms = []
    for _ in range(CALLS):
        began_s = time.perf_counter()
        client.get(path).raise_for_status()
        took_ms.append((time.perf_counter() - began_s) * 1000)
    return statistics.median(took_ms)
