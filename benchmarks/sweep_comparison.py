"""One comparison of JW Player with a catalogue in a fresh process: `python -m benchmarks.sweep_comparison JSON`.

The JSON: {"way": make, ours or sqlite, "folder": path, "media": how many}. `make` writes the library of a sweep and the
catalogue's snapshot, each thousandth pair with another duration. The others print {"seconds", "found", "peak_bytes"}.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from benchmarks.feed_catalogue import titles as made_titles
from benchmarks.memory import memory_bytes
from edye_delivery.annex.load import load_annexes
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.jw_library import JwLibrary
from edye_delivery.catalog.jw_player import JwMedia, JwStatus, JwSweep
from edye_delivery.pipeline.sync_check import SyncCheck
from edye_delivery.pipeline.sync_known import KnownFile, KnownMedia
from edye_delivery.pipeline.sync_report import states_after
from edye_delivery.pipeline.sync_run import limits_for
from edye_delivery.pipeline.sync_sources import Looks, media_to_look_up
from edye_delivery.pipeline.sync_titles import SyncTitles

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
ANNEXES = Path("include/annexes")
DIFFERING = 1_000
AT_ONCE = 1_000
COLUMNS = "id TEXT PRIMARY KEY, name TEXT, tags TEXT, geo TEXT, title_id TEXT, duration_s REAL, at TEXT"


def main() -> int:
    """Makes the two sides, or compares them once and prints the figures."""
    job: dict[str, Any] = json.loads(sys.argv[1])
    library, snapshot = Path(job["folder"], "library.sqlite"), Path(job["folder"], "snapshot.jsonl")
    annexes = load_annexes(ANNEXES)
    if job["way"] == "make":
        make(library, snapshot, job["media"], next(iter(annexes.values())))
        return 0
    started = time.perf_counter()
    found = compare(library, snapshot, annexes) if job["way"] == "ours" else join(library, snapshot)
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "found": found, "peak_bytes": memory_bytes("VmHWM")}))
    return 0


def make(library: Path, snapshot: Path, count: int, annex: Annex) -> None:
    """Writes both sides; they agree but for some durations."""
    (_, title), *_ = made_titles(annex, 1)
    fields, kept, batch = orjson.loads(title.model_dump_json()), JwLibrary(library), list[JwMedia]()
    shared = {"tags": title.tags, "created_at": title.updated_at, "last_modified_at": title.updated_at}
    with snapshot.open("wb") as file:
        for number in range(count):
            media_id, title_id, name = f"m{number:07}", f"EDYE_{number:07}", f"Chapter {number}"
            own = {"id": f"ep-{number}", "jwp_id": media_id, "title_id": title_id, "duration_ms": 62_000}
            file.write(orjson.dumps(fields | own | {"titles": {title.lang: name}}) + b"\n")
            duration_s = 82.0 if number % DIFFERING == 0 else 62.0
            params = {"Acronym": title_id, "geoList": ",".join(title.geo), "TMS ID": title.external_ids.get("tms", "")}
            batch.append(
                JwMedia(media_id, JwStatus.READY, title=name, duration_s=duration_s, custom_params=params, **shared)
            )
            if len(batch) == AT_ONCE:
                kept.keep(batch)
                batch = []
    kept.keep(batch)


def compare(library_path: Path, snapshot: Path, annexes: Mapping[str, Annex]) -> int:
    """The project's comparison, with all that it leaves for the next run; how many titles differ."""
    library, limits, titles = JwLibrary(library_path), limits_for(annexes), SyncTitles(annexes)
    titles.add(_lines(snapshot))
    titles.finish()
    titles.load_media(library)
    media_to_look_up(titles, limits, NOW)
    sweep = JwSweep(NOW, NOW, len(library), len(library), 0, is_complete=True)
    check = SyncCheck(titles, library, sweep, limits, NOW, KnownMedia(), Looks())
    check.run()
    states_after(check, None)
    KnownFile(library, check.known, lambda media_id: titles.uses(media_id) > 0)
    return check.findings.rows_in_all


def join(library: Path, snapshot: Path) -> int:
    """The same columns of both sides by json and sqlite3 alone, joined; how many pairs differ in one of them."""
    database = sqlite3.connect("", isolation_level=None)
    database.executescript(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;"
        f"CREATE TABLE titles ({COLUMNS}) WITHOUT ROWID; CREATE TABLE media ({COLUMNS}) WITHOUT ROWID; BEGIN;"
    )
    database.executemany("INSERT INTO titles VALUES (?, ?, ?, ?, ?, ?, ?)", map(_title_row, _lines(snapshot)))
    media = sqlite3.connect(library).execute("SELECT media FROM media ORDER BY id")
    database.executemany("INSERT INTO media VALUES (?, ?, ?, ?, ?, ?, ?)", (_media_row(one) for (one,) in media))
    query = (
        "SELECT t.id FROM titles t LEFT JOIN media m USING (id) WHERE NOT (m.name = t.name AND m.tags = t.tags "
        "AND m.geo = t.geo AND m.title_id = t.title_id AND abs(m.duration_s - t.duration_s) <= 5 AND m.at <= t.at) "
        "IS TRUE"
    )
    return sum(1 for _ in database.execute(query))


def _title_row(line: bytes) -> tuple[Any, ...]:
    title = json.loads(line)
    name, tags, geo = title["titles"][title["lang"]], " ".join(sorted(title["tags"])), " ".join(sorted(title["geo"]))
    return (title["jwp_id"], name, tags, geo, title["title_id"], title["duration_ms"] / 1000, title["updated_at"][:19])


def _media_row(content: bytes) -> tuple[Any, ...]:
    media = json.loads(content)
    params, tags = media["custom_params"], " ".join(sorted(media["tags"]))
    geo, at = " ".join(sorted(params["geoList"].split(","))), media["last_modified_at"][:19]
    return (media["id"], media["title"], tags, geo, params["Acronym"], media["duration_s"], at)


def _lines(snapshot: Path) -> Iterator[bytes]:
    with snapshot.open("rb") as file:
        yield from map(bytes.rstrip, file)


if __name__ == "__main__":
    sys.exit(main())
