"""One publication in a fresh process: `python -m benchmarks.generation_making JSON` prints what it took.

The JSON: {"way": generations or sqlite, "folder": path, "items": how many, "round": 0 for all items, else a number that
makes 100 changed ones}. It prints {"seconds", "bytes", "peak_bytes", "total"}.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from benchmarks.memory import memory_bytes
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.generations.build import build_generation
from edye_delivery.delivery_api.generations.manifest import read_manifest
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.switch import switch_readers
from edye_delivery.delivery_api.generations.values import ItemChange, moment_text, unix_ms_of

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
CHANGED = 100
ITEM_BYTES = 760
PARTNER = "sample"
COUNTRIES = ("mx", "co", "ar", "cl", "pe")
SCHEMA = (
    "CREATE TABLE items (id TEXT PRIMARY KEY, updated_ms INTEGER, body BLOB);"
    "CREATE INDEX in_order ON items (updated_ms, id);"
)


def main() -> int:
    """Publishes once and prints the figures."""
    job: dict[str, Any] = json.loads(sys.argv[1])
    count, number, folder = job["items"], job["round"], Path(job["folder"])
    chosen = range(count) if number == 0 else random.Random(number).sample(range(count), min(CHANGED, count))
    publish = publish_generation if job["way"] == "generations" else publish_sqlite
    started = time.perf_counter()
    total, size_bytes = publish(folder, changes(chosen, number), number)
    seconds = time.perf_counter() - started
    told = {"seconds": seconds, "bytes": size_bytes, "peak_bytes": memory_bytes("VmHWM"), "total": total}
    print(json.dumps(told))
    return 0


def changes(chosen: Iterator[int] | range | list[int], number: int) -> Iterator[ItemChange]:
    """Episodes of about 800 bytes with their updated_at, in an order that is not that of their ids."""
    for place in chosen:
        name = f"ep-{place * 7919 % 1_000_000_007:010}"
        head = b'{"id":"%s","external_id":"x-%d","kind":"episode","round":%d,"text":"' % (name.encode(), place, number)
        yield ItemChange(
            ListName.EPISODES,
            name,
            head.ljust(ITEM_BYTES, b"x") + b'"}',
            show_id=f"show-{place // 50}",
            season_number=place % 4 + 1,
            tags=("preschool", "music" if place % 3 else "art"),
            geo=COUNTRIES[: place % 5 + 1],
            langs=("es", "en"),
        )


def publish_generation(folder: Path, changed: Iterator[ItemChange], number: int) -> tuple[int, int]:
    """As the step of a run: build, then switch readers; the number of items and of bytes written."""
    store, now = FolderStore(folder), NOW + timedelta(minutes=number)
    lists = [ListName.EPISODES]
    built = build_generation(
        store, PARTNER, changed, now, number, "", is_full=not number, lists=lists, tombstone_days=90, keep=3
    )
    switch_readers(store, PARTNER, built.number)
    manifest = read_manifest(store, PARTNER, built.number)
    return (manifest.lists[ListName.EPISODES].total if manifest else 0), built.bytes_written


def publish_sqlite(folder: Path, changed: Iterator[ItemChange], number: int) -> tuple[int, int]:
    """The same items in one transaction of a database with the same two orders; synced to the disk at its end."""
    path, now_ms = folder / "items.db", unix_ms_of(NOW) + number
    end = b',"updated_at":"%s"}' % moment_text(now_ms).encode()
    database = sqlite3.connect(path)
    if number == 0:
        database.executescript(SCHEMA)
    rows = ((change.id, now_ms, (change.body or b"")[:-1] + end) for change in changed)
    with database:
        database.executemany("INSERT OR REPLACE INTO items VALUES (?, ?, ?)", rows)
    total = int(database.execute("SELECT count(*) FROM items").fetchone()[0]) if number == 0 else 0
    database.close()
    return total, os.stat(path).st_size


if __name__ == "__main__":
    sys.exit(main())
