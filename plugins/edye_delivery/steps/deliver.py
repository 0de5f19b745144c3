"""The step that sends the titles of a batch to the partner, over one channel."""

from __future__ import annotations

import logging
import os
import socket
import time
import uuid
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from typing import Any

from airflow.sdk import Context

from edye_delivery.annex.channels import ftp_channel_of
from edye_delivery.catalog.snapshot import CheckedBatch
from edye_delivery.clients.ftp import FtpSession
from edye_delivery.hooks.artifacts import ArtifactStore
from edye_delivery.hooks.edye import EdyeHook
from edye_delivery.hooks.ftp import FtpHook
from edye_delivery.hooks.http_client import SYSTEM_CLOCK
from edye_delivery.hooks.ingest import IngestHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.hooks.metrics import count_bytes
from edye_delivery.ledger.circuit_breaker import CircuitBreaker
from edye_delivery.ledger.leases import Holder
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.pipeline.deliver import Sender
from edye_delivery.pipeline.media_source import MediaSource
from edye_delivery.pipeline.uploaders.api import ApiUploader
from edye_delivery.pipeline.uploaders.ftp import FtpUploader
from edye_delivery.pipeline.uploaders.uploader import Uploader
from edye_delivery.steps.base import BatchStep, alerter, fresh_addresses, load, log_order

log = logging.getLogger(__name__)
INGEST_WAIT_S = 900.0
"""How long a redelivery waits for a running delivery of its title: most ingests end within minutes, and the task uses a
worker meanwhile."""


class DeliverBatch(BatchStep):
    """Sends the titles of a batch to the partner over one channel."""

    def uploader(self, ledger: Ledger, store: ArtifactStore, ends_at_s: float) -> AbstractContextManager[Uploader]:
        """The channel's uploader, open while the batch is sent, at most until `ends_at_s` on the monotonic clock."""
        raise NotImplementedError

    def execute(self, context: Context) -> dict[str, Any]:
        """The batch's reference again, with counts by state."""
        store = self.artifacts
        batch = load(store, self.batch, CheckedBatch)
        log_order(self.annex, batch.request)
        if batch.request.dry_run:
            log.info("dry run: nothing is sent")
            return self.batch
        ledger = LedgerHook().get_conn(self.annex)
        alerts = alerter()
        ends_at_s = time.monotonic() + self.annex.batch_time.deliver_s
        with self.uploader(ledger, store, ends_at_s) as channel, count_bytes(self.annex.partner, channel) as uploader:
            sender = Sender(
                partner=self.annex.partner,
                uploader=uploader,
                ledger=ledger,
                clock=SYSTEM_CLOCK,
                run_id=batch.request.run_id,
                alerter=alerts,
                circuit=self._circuit_breaker(context),
                holder=Holder(_own_name(), context["ti"].try_number),
                ingest_wait_s=INGEST_WAIT_S,
                ends_at_s=ends_at_s,
            )
            counts = sender.send_batch(batch.titles)
        alerts.send()
        log.info("batch %s: %s", batch.number, counts)
        return self.batch | {"states": counts}

    def _circuit_breaker(self, context: Context) -> CircuitBreaker:
        """The partner's circuit for this run; a run that is cleared after its end counts as a new run."""
        began_at = context["dag_run"].start_date
        return LedgerHook().circuit_breaker(self.annex, began_at or datetime.now(UTC))


class DeliverByApi(DeliverBatch):
    """Sends titles through the partner's ingest API."""

    def uploader(self, ledger: Ledger, store: ArtifactStore, ends_at_s: float) -> AbstractContextManager[Uploader]:
        """Sends one multipart call for each title."""
        media = MediaSource(EdyeHook().media_host(self.annex, ends_at_s), store, fresh_addresses(self.annex))
        api = IngestHook(self.annex).api(ends_at_s)
        return nullcontext(ApiUploader(self.annex, api, media, ledger, store))


class DeliverByFtp(DeliverBatch):
    """Sends titles to the partner's FTP server."""

    def uploader(self, ledger: Ledger, store: ArtifactStore, ends_at_s: float) -> AbstractContextManager[Uploader]:
        """Sends files under temporary names and renames them when they are whole, the metadata file last."""
        channel = ftp_channel_of(self.annex)
        account = FtpHook(channel.conn_id, channel.answer_timeout_s, channel.least_rate_bytes_s).account(ends_at_s)
        media = MediaSource(EdyeHook().media_host(self.annex, ends_at_s), store, fresh_addresses(self.annex))
        return FtpUploader(self.annex, lambda: FtpSession(account), media, ledger, store)


def _own_name() -> str:
    """The sender's name: machine and process, for people, and a part that no other task has."""
    return f"{socket.gethostname():.64}:{os.getpid()}:{uuid.uuid4().hex}"
