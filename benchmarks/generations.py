"""Publishing for a partner that pulls, from a ledger: a whole generation, then 100 changed titles, beside SQLite.

SQLite is what one would take otherwise: a table with the titles as the ledger has them, by id and in the order
(updated_at, id), written in one transaction. It is measured in the same run, each time in a fresh process.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.exposure_ledger import change_titles, fill_ledger, pull_annex
from benchmarks.figures import MIB, Figure, Sizes, say

TIMEOUT_S = 3600
ROUNDS = 5
CHANGED = 100
WAYS = ("sqlite", "generations")


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Seconds, bytes and peak memory of a whole publication, and of ROUNDS small ones after it."""
    count, annex, ledger = sizes.publish_items, pull_annex(), folder / "ledger.sqlite"
    say(f"publish: a ledger of {count} titles is made")
    fill_ledger(ledger, annex, count)
    whole = {way: _publish(way, folder, ledger, 0) for way in WAYS}
    _refuse_other_than(count, whole)
    changed = min(CHANGED, count // ROUNDS)
    small: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    version = count
    for number in range(1, ROUNDS + 1):
        change_titles(ledger, annex, count, changed, number)
        told = {way: _publish(way, folder, ledger, version) for way in WAYS}
        _refuse_other_than(changed, told)
        version = told["generations"]["version"]
        for way in WAYS:
            small[way].append(told[way])
    sqlite, generation = whole["sqlite"], whole["generations"]
    yield Figure("publish_sqlite", count / sqlite["seconds"], "titles/s")
    words = "sqlite3, the same titles as the ledger has them in one transaction"
    yield Figure("publish", count / generation["seconds"], "titles/s", sqlite["seconds"] / generation["seconds"], words)
    yield Figure("publish_seconds", generation["seconds"], "s")
    yield Figure(
        "publish_bytes", generation["bytes"] / MIB, "MiB", generation["bytes"] / sqlite["bytes"], "the SQLite database"
    )
    yield Figure("publish_memory", generation["peak_bytes"] / MIB, "MiB")
    yield Figure("publish_changes_sqlite", _median(small["sqlite"], "seconds"), "s")
    yield from _changes(small["generations"], generation)


def _changes(small: list[dict[str, Any]], whole: dict[str, Any]) -> Iterator[Figure]:
    words = "the whole publication"
    seconds, written, peak = (_median(small, name) for name in ("seconds", "bytes", "peak_bytes"))
    yield Figure("publish_changes", seconds, "s", seconds / whole["seconds"], words)
    yield Figure("publish_changes_bytes", written / 1024, "KiB", written / whole["bytes"], words)
    yield Figure("publish_changes_memory", peak / MIB, "MiB", peak / whole["peak_bytes"], words)


def _median(told: list[dict[str, Any]], name: str) -> float:
    return statistics.median(each[name] for each in told)


def _publish(way: str, folder: Path, ledger: Path, after: int) -> dict[str, Any]:
    job = {"way": way, "ledger": str(ledger), "folder": str(folder), "after": after}
    command = [sys.executable, "-m", "benchmarks.generation_making", json.dumps(job)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode:
        raise SystemExit(f"generation_making ended with {done.returncode}: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    say(f"publish: {way}, {told['changed']} changes after version {after}: {told['seconds']:.2f} s")
    return told


def _refuse_other_than(count: int, told: dict[str, dict[str, Any]]) -> None:
    """Ends the benchmark where one way did not publish so many titles, or the generation fewer items than titles."""
    for way, each in told.items():
        if each["changed"] < count or (way == "sqlite" and each["changed"] != count):
            raise SystemExit(f"{way} published {each['changed']} changes, not {count}")
