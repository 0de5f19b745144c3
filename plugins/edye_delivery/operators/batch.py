"""The steps of one batch: judge, illustrate, deliver, accept; each works through all titles and may be run again."""

from __future__ import annotations

import logging
import os
import socket
import tempfile
import time
import uuid
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

from airflow.sdk import Context

from edye_delivery.annex.channels import ftp_channel_of
from edye_delivery.catalog.places import batch_name
from edye_delivery.catalog.snapshot import Batch, JudgedBatch
from edye_delivery.clients.ftp import FtpSession
from edye_delivery.clients.workers import Workers
from edye_delivery.hooks.artifacts import ArtifactStore
from edye_delivery.hooks.edye import EdyeHook
from edye_delivery.hooks.ftp import FtpHook
from edye_delivery.hooks.http_client import SYSTEM_TEMPO
from edye_delivery.hooks.ingest import IngestHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.ledger.breaker import Breaker
from edye_delivery.ledger.leases import Holder
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.operators.accepting import accept_batch
from edye_delivery.operators.api_carrier import ApiCarrier
from edye_delivery.operators.base import StepOperator, fresh_source_for, keep, load, log_order, the_alarm
from edye_delivery.operators.carrier import Carrier
from edye_delivery.operators.ftp_carrier import FtpCarrier
from edye_delivery.operators.illustrating import Illustrator
from edye_delivery.operators.judging import Judge
from edye_delivery.operators.media_source import MediaSource
from edye_delivery.operators.sending import Sender
from edye_delivery.operators.tracing import note_verdicts

log = logging.getLogger(__name__)
INGEST_WAIT_S = 900.0
"""How long a redelivery waits for a running delivery of its title: most ingests end within minutes, and the run holds a
worker meanwhile."""


class BatchOperator(StepOperator):
    """A step on one batch, given by reference."""

    template_fields: ClassVar[Sequence[str]] = ("batch",)

    def __init__(self, *, batch: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.batch = batch


class JudgeBatchOperator(BatchOperator):
    """Quality control: media, metadata, images."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The judged batch's reference."""
        store = self.artifacts
        batch = load(store, self.batch, Batch)
        ends_at_s = time.monotonic() + self.annex.batch_time.judge_s
        with tempfile.TemporaryDirectory(prefix="edye-judge-") as scratch, Workers(self.annex.images) as workers:
            judge = Judge(
                annex=self.annex,
                media_host=EdyeHook().media_host(self.annex, ends_at_s),
                scratch_folder=Path(scratch),
                today=datetime.now(UTC).date(),
                keep_artifact=store.put_once,
                run=workers.run,
                ends_at_s=ends_at_s,
                fresh_source=fresh_source_for(self.annex),
            )
            titles = judge.judge_batch(batch.titles)
        note_verdicts("judge", self.annex, batch.request, titles, judge.seconds)
        judged = JudgedBatch(request=batch.request, number=batch.number, titles=titles)
        return keep(store, batch_name(batch.request, batch.number, "judged"), judged)


class IllustrateBatchOperator(BatchOperator):
    """Thumbnails of every title that passed."""

    def execute(self, context: Context) -> dict[str, Any]:
        """The illustrated batch's reference."""
        store = self.artifacts
        batch = load(store, self.batch, JudgedBatch)
        with Workers(self.annex.images) as workers:
            titles = Illustrator(self.annex, store.get, store.put_once, workers.run).illustrate_batch(batch.titles)
        note_verdicts("illustrate", self.annex, batch.request, [title for title in titles if title.thumbnails])
        illustrated = batch.model_copy(update={"titles": titles})
        return keep(store, batch_name(batch.request, batch.number, "illustrated"), illustrated)


class DeliverBatchOperator(BatchOperator):
    """Upload to the partner over one channel."""

    def carrier(self, ledger: Ledger, store: ArtifactStore, ends_at_s: float) -> AbstractContextManager[Carrier]:
        """The way to the partner, open while the batch is sent, at most until then on the monotonic clock."""
        raise NotImplementedError

    def execute(self, context: Context) -> dict[str, Any]:
        """The batch's reference again, with counts by state."""
        store = self.artifacts
        batch = load(store, self.batch, JudgedBatch)
        log_order(self.annex, batch.request)
        if batch.request.dry_run:
            log.info("dry run: nothing is sent")
            return self.batch
        ledger = LedgerHook().get_conn(self.annex)
        alarm = the_alarm()
        ends_at_s = time.monotonic() + self.annex.batch_time.deliver_s
        with self.carrier(ledger, store, ends_at_s) as carrier:
            run_id, admit = batch.request.run_id, self._breaker(context).admit
            partner, holder = self.annex.partner, Holder(_own_name(), context["ti"].try_number)
            sender = Sender(partner, carrier, ledger, SYSTEM_TEMPO, run_id, alarm.sound, admit, holder, INGEST_WAIT_S)
            sender.is_over = lambda: time.monotonic() >= ends_at_s
            counts = sender.send_batch(batch.titles)
        alarm.sound()
        log.info("batch %s: %s", batch.number, counts)
        return self.batch | {"states": counts}

    def _breaker(self, context: Context) -> Breaker:
        """The partner's circuit as this run sees it; clearing a run that has ended begins it anew."""
        began_at = context["dag_run"].start_date
        return LedgerHook().breaker(self.annex, began_at or datetime.now(UTC))


class DeliverByApiOperator(DeliverBatchOperator):
    """Upload through the partner's ingest API."""

    def carrier(self, ledger: Ledger, store: ArtifactStore, ends_at_s: float) -> AbstractContextManager[Carrier]:
        """One multipart call a title."""
        media = MediaSource(EdyeHook().media_host(self.annex, ends_at_s), store, fresh_source_for(self.annex))
        api = IngestHook(self.annex).api(ends_at_s)
        return nullcontext(ApiCarrier(self.annex, api, media, ledger, store.get))


class DeliverByFtpOperator(DeliverBatchOperator):
    """Upload to the partner's FTP server."""

    def carrier(self, ledger: Ledger, store: ArtifactStore, ends_at_s: float) -> AbstractContextManager[Carrier]:
        """Files under temporary names, renamed when they are whole, the metadata file last."""
        channel = ftp_channel_of(self.annex)
        account = FtpHook(channel.conn_id, channel.answer_timeout_s, channel.least_rate_bytes_s).account(ends_at_s)
        media = MediaSource(EdyeHook().media_host(self.annex, ends_at_s), store, fresh_source_for(self.annex))
        return FtpCarrier(self.annex, lambda: FtpSession(account), media, ledger, store.get)


class AcceptBatchOperator(BatchOperator):
    """The annex's acceptance criteria."""

    def execute(self, context: Context) -> dict[str, int]:
        """Titles by state; runs after a failed wait too, for what was completed."""
        if self.batch is None:
            log.warning("the batch was never judged, so nothing of it can be accepted")
            return {}
        batch = load(self.artifacts, self.batch, JudgedBatch)
        if batch.request.dry_run:
            return {}
        counts = accept_batch(self.annex, LedgerHook().get_conn(self.annex), batch.titles)
        the_alarm().sound()
        log.info("batch %s: %s", batch.number, counts)
        return counts


def _own_name() -> str:
    """Who sends: the machine and process, for people, and what no other task has."""
    return f"{socket.gethostname():.64}:{os.getpid()}:{uuid.uuid4().hex}"
