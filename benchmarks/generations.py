"""Publishing for a partner that pulls: a whole generation, then 100 changed items, beside the same in SQLite.

SQLite is what one would take otherwise: a table with the items' bytes, by id and in the order (updated_at, id), written
in one transaction. It is measured in the same run, each time in a fresh process, and its process makes the same items.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.figures import MIB, Figure, Sizes, say

TIMEOUT_S = 1800
ROUNDS = 5


def measure(sizes: Sizes, folder: Path) -> Iterator[Figure]:
    """Seconds, bytes and peak memory of a whole publication, and of ROUNDS small ones after it."""
    count = sizes.publish_items
    sqlite = _publish("sqlite", folder, count, 0)
    sqlite_changes = [_publish("sqlite", folder, count, number)["seconds"] for number in range(1, ROUNDS + 1)]
    whole = _publish("generations", folder, count, 0)
    small = [_publish("generations", folder, count, number) for number in range(1, ROUNDS + 1)]
    seconds = statistics.median(each["seconds"] for each in small)
    if whole["total"] != count or any(each["total"] != count for each in small):
        raise SystemExit(f"the generation has {whole['total']} items, not {count}")
    yield Figure("publish_sqlite", count / sqlite["seconds"], "items/s")
    words = "sqlite3, the same items in one transaction"
    yield Figure("publish", count / whole["seconds"], "items/s", sqlite["seconds"] / whole["seconds"], words)
    yield Figure("publish_bytes", whole["bytes"] / MIB, "MiB", whole["bytes"] / sqlite["bytes"], "the SQLite database")
    yield Figure("publish_memory", whole["peak_bytes"] / MIB, "MiB")
    yield Figure("publish_changes_sqlite", statistics.median(sqlite_changes), "s")
    yield Figure("publish_changes", seconds, "s", seconds / whole["seconds"], "the whole publication")
    written = statistics.median(each["bytes"] for each in small)
    yield Figure("publish_changes_bytes", written / 1024, "KiB", written / whole["bytes"], "the whole publication")


def _publish(way: str, folder: Path, count: int, number: int) -> dict[str, Any]:
    job = {"way": way, "folder": str(folder), "items": count, "round": number}
    command = [sys.executable, "-m", "benchmarks.generation_making", json.dumps(job)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    if done.returncode:
        raise SystemExit(f"generation_making ended with {done.returncode}: {done.stderr[-2000:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    say(f"publish: {way}, {f'round {number}' if number else f'{count} items'}: {told['seconds']:.2f} s")
    return told
