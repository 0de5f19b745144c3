"""How fast the trail is written and shipped: `python -m benchmarks.trail_speed FOLDER EVENTS ROUNDS`.

Its last line is JSON: events a second of every round, {"written", "inserted", "shipped", "helped"}; a process of its
own, because Airflow talks on standard output when it is imported.
"""

from __future__ import annotations

import json
import sqlite3
import sys
import time
from collections import defaultdict
from pathlib import Path

from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk
from sqlalchemy import Engine, update

from benchmarks.production import CLOCK, first_api_annex, planned_title
from benchmarks.serving import start_cluster
from edye_delivery.catalog.event import as_ecs
from edye_delivery.clients.elastic import DATA_STREAM, ElasticSink
from edye_delivery.hooks.ingesta_logs import ELASTIC_FOLDER
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.tables import EVENTS
from edye_delivery.ledger.trail import Call, Trail
from edye_delivery.pipeline.ship_events import EVENTS_AT_ONCE, Shipper
from tools.processes import Processes

BUSY = Call(0.25, 503, "BUSY")


def main(folder: Path, events: int, rounds: int) -> None:
    """Measures all four ways by turns."""
    engine = open_engine(f"sqlite:///{folder}/ledger.sqlite")
    bare = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    annex = first_api_annex()
    plan = planned_title(annex, "http://127.0.0.1/1.mp4", None)
    ledger, trail = Ledger(engine, CLOCK.now), Trail(engine, CLOCK.now)
    ledger.plan(annex.partner, "benchmark", [plan])
    ledger.begin_send(plan.delivery_key, "benchmark")
    took: defaultdict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        took["written"].append(_steps_a_second(ledger, plan.delivery_key, events))
        took["inserted"].append(_inserts_a_second(engine, bare, events))
        with Processes() as processes:
            _ship_again(engine)
            took["shipped"].append(_shipped_a_second(trail, start_cluster(processes, folder, f"shipper-{number}")))
            took["helped"].append(_helped_a_second(engine, start_cluster(processes, folder, f"helpers-{number}")))
    print(json.dumps(took))


def _steps_a_second(ledger: Ledger, key: str, count: int) -> float:
    """Steps of a delivery, each one transaction with its event."""
    began_s = time.perf_counter()
    for _ in range(count // 2):
        ledger.retry(key, "the partner answered 503", BUSY)
        ledger.begin_send(key, "benchmark")
    return 2 * (count // 2) / (time.perf_counter() - began_s)


def _inserts_a_second(engine: Engine, bare: sqlite3.Connection, count: int) -> float:
    """The last of these events, put into a table of the same columns and indexes."""
    with engine.connect() as connection:
        row = tuple(connection.exec_driver_sql("SELECT * FROM events ORDER BY id DESC LIMIT 1").one())[1:]
        statements = (
            connection.exec_driver_sql("SELECT sql FROM sqlite_master WHERE tbl_name = 'events'").scalars().all()
        )
    bare.execute("PRAGMA journal_mode=WAL")
    bare.execute("PRAGMA synchronous=NORMAL")
    bare.execute("DROP TABLE IF EXISTS events")
    for statement in filter(None, statements):
        bare.execute(statement)
    insert = f"INSERT INTO events VALUES (NULL{', ?' * len(row)})"  # noqa: S608 - question marks alone
    began_s = time.perf_counter()
    for _ in range(count):
        bare.execute("BEGIN IMMEDIATE")
        bare.execute(insert, row)
        bare.execute("COMMIT")
    return count / (time.perf_counter() - began_s)


def _ship_again(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(update(EVENTS).values(shipped_at=None))


def _sink(client: Elasticsearch) -> ElasticSink:
    settings = [json.loads((ELASTIC_FOLDER / f"{name}.json").read_bytes()) for name in ("index_template", "lifecycle")]
    return ElasticSink(client, *settings)


def _shipped_a_second(trail: Trail, url: str) -> float:
    """Out of the ledger, to the cluster, and noted in the ledger."""
    with Elasticsearch(url, http_compress=True) as client:
        began_s = time.perf_counter()
        counts = Shipper(trail, _sink(client), CLOCK).ship()
        seconds = time.perf_counter() - began_s
    if trail.unshipped_counts() != (0, 0):
        raise SystemExit(f"trail: not all events arrived: {counts}")
    return counts["shipped"] / seconds


def _helped_a_second(engine: Engine, url: str) -> float:
    """The same events with the client library's own helper, nothing read and nothing noted."""
    _ship_again(engine)
    trail = Trail(engine, CLOCK.now)
    events = trail.next_events(sys.maxsize)
    actions = [{"_op_type": "create", "_id": event.document_id, "_source": as_ecs(event)} for event in events]
    with Elasticsearch(url, http_compress=True) as client:
        _sink(client).prepare()
        began_s = time.perf_counter()
        arrived, refused = bulk(client, actions, index=DATA_STREAM, chunk_size=EVENTS_AT_ONCE, stats_only=True)
        seconds = time.perf_counter() - began_s
    if (arrived, refused) != (len(events), 0):
        raise SystemExit(f"trail: the helper brought {arrived} of {len(events)} events")
    return arrived / seconds


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
