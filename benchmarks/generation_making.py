"""One publication in a fresh process: `python -m benchmarks.generation_making JSON` prints what it took.

The JSON: {"way": generations or sqlite, "ledger": the database's path, "folder": path, "after": the version of the
offer that was published before, 0 for all titles}. It prints {"seconds", "bytes", "peak_bytes", "version", "items",
"changed"}.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.exposure_ledger import RUN_ID, pull_annex
from benchmarks.memory import memory_bytes
from benchmarks.production import CLOCK
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.exposures import Exposures
from edye_delivery.ledger.publications import Publications
from edye_delivery.pipeline.publish_generation import FEED, GenerationPublisher

SCHEMA = (
    "CREATE TABLE IF NOT EXISTS items (id TEXT PRIMARY KEY, updated_ms INTEGER, body BLOB, thumbnails TEXT);"
    "CREATE INDEX IF NOT EXISTS in_order ON items (updated_ms, id);"
)
COPY = (
    "INSERT OR REPLACE INTO items SELECT exposure.edye_id, ?, exposure.title, exposure.thumbnails"
    " FROM ledger.exposures AS exposure JOIN ledger.deliveries AS delivery USING (delivery_key)"
    " JOIN ledger.revisions AS revision"
    " ON revision.partner = exposure.partner AND revision.external_id = exposure.external_id"
    " AND revision.delivery_key = exposure.delivery_key"
    " WHERE exposure.partner = ? AND exposure.version > ? AND delivery.state = 'accepted'"
    " AND revision.withdrawn_at IS NULL"
)


def main() -> int:
    """Publishes once and prints the figures."""
    job: dict[str, Any] = json.loads(sys.argv[1])
    publish = publish_generation if job["way"] == "generations" else publish_sqlite
    started = time.perf_counter()
    told = publish(job["ledger"], Path(job["folder"]), job["after"])
    told["seconds"] = time.perf_counter() - started
    print(json.dumps(told | {"peak_bytes": memory_bytes("VmHWM")}))
    return 0


def publish_generation(ledger: str, folder: Path, after: int) -> dict[str, Any]:
    """As the task publish_generation of a run; the ledger knows itself what was published before."""
    annex, engine = pull_annex(), open_engine(f"sqlite:///{ledger}")
    exposures = Exposures(engine, annex.partner)
    publications = Publications(engine, CLOCK.now, annex.partner, FEED)
    published = GenerationPublisher(annex, RUN_ID, FolderStore(folder), exposures, publications, CLOCK).publish()
    if published.is_full != (not after):
        raise SystemExit(
            f"all titles were to be published, or those after version {after}: is_full is {published.is_full}"
        )
    return {
        "bytes": published.bytes_written,
        "version": published.version,
        "items": sum(published.items.values()),
        "changed": sum(published.changed.values()),
    }


def publish_sqlite(ledger: str, folder: Path, after: int) -> dict[str, Any]:
    """The same titles as the ledger has them, in one transaction of a database with the same two orders."""
    path, partner = folder / "items.db", pull_annex().partner
    database = sqlite3.connect(path)
    database.executescript(SCHEMA)
    database.execute("ATTACH ? AS ledger", (f"file:{ledger}?mode=ro",))
    with database:
        changed = database.execute(COPY, (time.time_ns() // 1_000_000, partner, after)).rowcount
        version = database.execute("SELECT version FROM ledger.offers WHERE partner = ?", (partner,)).fetchone()[0]
    database.close()
    return {"bytes": os.stat(path).st_size, "version": version, "items": changed, "changed": changed}


if __name__ == "__main__":
    sys.exit(main())
