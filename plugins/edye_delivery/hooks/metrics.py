"""Our own metrics, through Airflow's interface for them: they go to OpenTelemetry or StatsD, as Airflow's own do.

Labels are partners and states, of which there are few; no metric has an id. A metric that fails harms no step.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk.configuration import conf
from airflow.sdk.observability import stats

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.ingest_outcome import IngestOutcome
from edye_delivery.catalog.plan import CheckedTitle
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.ledger.queue_figures import QueueFigures
from edye_delivery.ledger.records import Delivery
from edye_delivery.pipeline.uploaders.uploader import Uploader, UploadReceipt

log = logging.getLogger(__name__)
SWITCHES = ("otel_on", "statsd_on", "statsd_datadog_enabled")
TITLES, BYTES_SENT, PARTNER_LATENCY = "edye.titles", "edye.bytes_sent", "edye.partner_latency"
TITLES_WAITING, OPEN_DELIVERIES = "edye.titles_waiting", "edye.open_deliveries"
OLDEST_OPEN_S, UNSENT_ALERTS = "edye.oldest_open_s", "edye.unsent_alerts"


def metrics_are_on() -> bool:
    """Whether this Airflow sends metrics anywhere."""
    return any(conf.getboolean("metrics", switch, fallback=False) for switch in SWITCHES)


def count_titles(partner: str, counts: Mapping[str, int]) -> None:
    """Counts titles whose batch has ended, by the state in which the batch left them."""
    for state, titles in counts.items():
        _emit(stats.incr, TITLES, titles, {"partner": partner, "state": str(state)})


def time_partner(
    partner: str, deliveries: Iterable[Delivery], outcomes: Mapping[str, IngestOutcome], now: datetime
) -> None:
    """Measures, for each ingest that the partner ended, the time since it was received."""
    for delivery in deliveries:
        outcome = outcomes.get(str(delivery.tracking_id))
        if outcome is not None and outcome.state.is_terminal and delivery.received_at is not None:
            labels = {"partner": partner, "state": outcome.state.value}
            _emit(stats.timing, PARTNER_LATENCY, now - delivery.received_at, labels)


def measure_queue(figures: Iterable[QueueFigures], unsent_alerts: int, now: datetime) -> None:
    """Sets the gauges of what waits now."""
    for figure in figures:
        partner = {"partner": figure.partner}
        for state, titles in figure.titles.items():
            _emit(stats.gauge, TITLES_WAITING, titles, partner | {"state": state.value})
        age = now - figure.oldest_at if figure.oldest_at is not None else timedelta()
        _emit(stats.gauge, OPEN_DELIVERIES, figure.open_titles, partner)
        _emit(stats.gauge, OLDEST_OPEN_S, max(age.total_seconds(), 0.0), partner)
    _emit(stats.gauge, UNSENT_ALERTS, unsent_alerts, {})


class MeteredUploader:
    """An uploader that also sums up the bytes that the partner got."""

    def __init__(self, uploader: Uploader) -> None:
        self._uploader = uploader
        self._bytes_sent: list[int] = []
        self.channel: Channel = uploader.channel
        self.retry_policy: RetryPolicy = uploader.retry_policy
        self.titles_at_once: int = uploader.titles_at_once
        self.lease_s: float = uploader.lease_s

    @property
    def bytes_sent(self) -> int:
        """The bytes of all uploads that ended with a receipt."""
        return sum(self._bytes_sent)

    def upload(self, checked: CheckedTitle, delivery: Delivery) -> UploadReceipt:
        """Sends the title, from several threads at once."""
        receipt = self._uploader.upload(checked, delivery)
        self._bytes_sent.append(receipt.bytes_sent)
        return receipt

    def has_advanced(self, delivery_key: str) -> bool:
        """As the uploader says."""
        return self._uploader.has_advanced(delivery_key)


@contextmanager
def count_bytes(partner: str, uploader: Uploader) -> Iterator[Uploader]:
    """The uploader for the block; counts at its end what the partner got, however the block ends."""
    metered_uploader = MeteredUploader(uploader)
    try:
        yield metered_uploader
    finally:
        labels = {"partner": partner, "channel": uploader.channel.value}
        _emit(stats.incr, BYTES_SENT, metered_uploader.bytes_sent, labels)


def _emit(act: Callable[..., Any], name: str, value: Any, labels: dict[str, str]) -> None:
    try:
        act(name, value, tags=labels)
    except Exception as error:  # whatever a metrics library raises
        log.warning("the metric %s was not emitted: %s", name, type(error).__name__)
