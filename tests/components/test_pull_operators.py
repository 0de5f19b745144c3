"""The steps about partners that pull, with real connections: ledger, store of generations, an API on this machine."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from types import SimpleNamespace

import pytest

from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.generations.build import build_generation
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.switch import switch_readers
from edye_delivery.delivery_api.generations.values import ItemChange
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.operators.pull import ReportConsumptionOperator, WatchDegradationOperator
from edye_delivery.steps.pull import window_of
from tests.unit.pull_calls import PARTNER, a_call, add_calls, calls_every, the_pull_annex

ANNEX = the_pull_annex()
DAY = timedelta(days=1)


class Health(BaseHTTPRequestHandler):
    """Answers as the server's `status` says."""

    def do_GET(self) -> None:
        self.send_response(self.server.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def api():
    with ThreadingHTTPServer(("127.0.0.1", 0), Health) as server:
        server.status = 200
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def connected(monkeypatch, tmp_path, api):
    """All connections but `alerts`."""
    connections = {
        "DELIVERY_LEDGER": {"conn_type": "sqlite", "host": str(tmp_path / "ledger.sqlite")},
        "ARTIFACT_STORE": {"conn_type": "fs", "extra": {"path": str(tmp_path / "artifacts")}},
        "DELIVERY_API_STORE": {"conn_type": "fs", "extra": {"path": str(tmp_path / "generations")}},
        "DELIVERY_API": {"conn_type": "http", "host": "http://127.0.0.1", "port": api.server_port},
    }
    for name, fields in connections.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", json.dumps(fields))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


def publish(tmp_path, *names, now):
    store = FolderStore(tmp_path / "generations")
    changes = [
        ItemChange(ListName.SHOWS, name, json.dumps({"id": name, "title": name.upper()}).encode()) for name in names
    ]
    built = build_generation(
        store, PARTNER, changes, now, 1, "digest", is_full=True, lists=list(ListName), tombstone_days=90, keep=3
    )
    switch_readers(store, PARTNER, built.number)
    return built


def watch():
    return WatchDegradationOperator(task_id="watch_degradation", annex=ANNEX).execute({})


def test_a_partner_that_is_served_well_raises_nothing(connected, tmp_path):
    publish(tmp_path, "a", now=datetime.now(UTC))
    assert watch() == {"degradations": []}


def test_an_api_without_an_answer_is_told_once(connected, tmp_path, api, caplog):
    api.status = 503
    assert [watch() for _ in range(2)] == [{"degradations": ["unavailable"]}] * 2
    critical = [record for record in caplog.records if record.levelno == logging.CRITICAL]
    assert len(critical) == 1
    assert "the API does not answer shelf" in critical[0].getMessage()
    assert "answered 503" in critical[0].getMessage()


def test_without_api_and_store_connections_the_calls_alone_are_watched(connected, monkeypatch, caplog):
    monkeypatch.delenv("AIRFLOW_CONN_DELIVERY_API")
    monkeypatch.delenv("AIRFLOW_CONN_DELIVERY_API_STORE")
    add_calls(LedgerHook().engine(), calls_every(60, datetime.now(UTC) - DAY, 3))
    assert watch() == {"degradations": ["silent"]}
    assert "there is no connection delivery_api:" in caplog.text
    assert "there is no connection delivery_api_store:" in caplog.text


def test_the_report_is_written_in_four_formats_with_the_titles_of_the_generation(connected, tmp_path):
    now = datetime.now(UTC)
    built = publish(tmp_path, "a", "b", now=now - timedelta(hours=2))
    key = f"{built.as_of_ms}:a"
    add_calls(LedgerHook().engine(), [a_call(now - timedelta(hours=1), first_item=key, last_item=key, items=1)])
    run = SimpleNamespace(data_interval_start=now - DAY, data_interval_end=now)
    operator = ReportConsumptionOperator(task_id="report_consumption", annex=ANNEX)
    summary = operator.execute({"dag_run": run})
    assert (summary["calls"], summary["never_fetched"]) == (1, 1)
    path = tmp_path / "artifacts" / summary["path"]
    assert {file.suffix for file in path.parent.iterdir()} == {".json", ".csv", ".xlsx", ".html"}
    rows = (path.parent / "consumption.not_fetched.csv").read_text("utf-8-sig").splitlines()
    assert [row.split(",")[2] for row in rows] == ["item_id", "b"]
    [missing] = json.loads(path.read_text())["titles"]["not_fetched"]
    assert (missing["item_id"], missing["title"]) == ("b", "B")


def test_without_a_generation_the_report_names_no_titles(connected, tmp_path):
    run = SimpleNamespace(data_interval_start=None, data_interval_end=None)
    operator = ReportConsumptionOperator(task_id="report_consumption", annex=ANNEX)
    assert operator.execute({"dag_run": run})["never_fetched"] is None


def test_a_run_by_hand_is_about_the_day_before_it():
    now = datetime(2026, 3, 2, 6, tzinfo=UTC)
    for interval in ((None, None), (now, now)):
        run = SimpleNamespace(data_interval_start=interval[0], data_interval_end=interval[1])
        window = window_of({"dag_run": run}, now)
        assert (window.start_at, window.end_at) == (now - DAY, now)
