"""Our own metrics reach a real receiver of OpenTelemetry, in the names and units that the guide gives."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from edye_delivery.hooks import metrics
from tests.builders import PROJECT
from tests.otlp_receiver import running_receiver

EMIT = """
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from airflow.sdk.configuration import conf
from airflow.sdk.observability import stats
from airflow.sdk.observability.metrics import stats_utils

stats.initialize(  # as Airflow's task runner does
    factory=stats_utils.get_stats_factory(), export_legacy_names=conf.getboolean("metrics", "legacy_names_on")
)

from edye_delivery.catalog.ingest_outcome import IngestOutcome
from edye_delivery.catalog.vocabulary import Channel, DeliveryState, IngestState
from edye_delivery.hooks import metrics
from edye_delivery.ledger.queue_figures import QueueFigures

now = datetime(2026, 3, 2, 7, tzinfo=UTC)
metrics.count_titles("roku", {DeliveryState.ACCEPTED: 3, "failed": 1})
delivery = SimpleNamespace(tracking_id="t-1", received_at=now - timedelta(seconds=90))
metrics.time_partner("roku", [delivery], {"t-1": IngestOutcome(state=IngestState.COMPLETED)}, now)
figures = QueueFigures("roku", {DeliveryState.SENDING: 2, DeliveryState.FAILED: 1}, now - timedelta(hours=1))
metrics.measure_queue([figures], 4, now)
uploader = SimpleNamespace(
    channel=Channel.API, retry_policy=None, titles_at_once=1, lease_s=1.0,
    upload=lambda checked, delivery: SimpleNamespace(bytes_sent=500),
)
with metrics.count_bytes("roku", uploader) as counted:
    counted.upload(None, None)
    counted.upload(None, None)
"""


@pytest.fixture(scope="module")
def received(tmp_path_factory):
    """A receiver that a process has sent everything to, which then ended as a task does."""
    with running_receiver() as receiver:
        home = {"AIRFLOW_HOME": str(tmp_path_factory.mktemp("airflow"))}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AIRFLOW")}
        subprocess.run([sys.executable, "-c", EMIT], env=kept | receiver.variables | home, check=True, timeout=300)
        yield receiver


def test_counters_gauges_and_timers_arrive_with_their_labels(received):
    assert received.value("airflow.edye.titles", partner="roku", state="accepted") == 3
    assert received.value("airflow.edye.titles", partner="roku", state="failed") == 1
    assert received.value("airflow.edye.partner_latency", partner="roku", state="completed") == (1, 90_000.0)
    assert received.value("airflow.edye.bytes_sent", partner="roku", channel="api") == 1000
    assert received.value("airflow.edye.titles_waiting", partner="roku", state="sending") == 2
    assert received.value("airflow.edye.open_deliveries", partner="roku") == 2
    assert received.value("airflow.edye.oldest_open_s", partner="roku") == 3600.0
    assert received.value("airflow.edye.unsent_alerts") == 4
    assert received.units["airflow.edye.partner_latency"] == "ms"


def test_the_guide_names_every_metric_of_ours():
    ours = {value for name, value in vars(metrics).items() if name.isupper() and str(value).startswith("edye.")}
    guide = (PROJECT / "docs" / "guides" / "observability.md").read_text(encoding="utf-8")
    assert len(ours) == 7
    assert set(re.findall(r"^\| `(edye\.\w+)`", guide, re.MULTILINE)) == ours


def test_a_metric_that_fails_is_a_line_in_the_log_and_harms_nothing(monkeypatch, caplog):
    def fail(*_, **__):
        raise OSError("http://user:s3cret@collector/")

    monkeypatch.setattr(metrics.stats, "incr", fail)
    metrics.count_titles("roku", {"accepted": 1})
    assert "the metric edye.titles was not emitted: OSError" in caplog.text
    assert "s3cret" not in caplog.text


def test_metrics_are_off_unless_airflow_sends_them(monkeypatch):
    assert not metrics.metrics_are_on()
    monkeypatch.setenv("AIRFLOW__METRICS__OTEL_ON", "True")
    assert metrics.metrics_are_on()
