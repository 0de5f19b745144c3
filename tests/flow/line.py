"""The delivery line without Airflow: every step of a run, against a sandbox, with artifacts in a dict."""

from __future__ import annotations

import asyncio
import atexit
import random
import ssl
import subprocess
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.annex.model import Annex
from edye_delivery.annex.reencode import Reencode
from edye_delivery.catalog.plan import CheckedTitle, RunRequest
from edye_delivery.catalog.vocabulary import Correction, Mode
from edye_delivery.clients.clock import AsyncClock, Clock
from edye_delivery.clients.edye import EdyeApi
from edye_delivery.clients.encode import FFMPEG, EncodeJob, encode
from edye_delivery.clients.ingest import IngestApi
from edye_delivery.clients.media import MediaHost
from edye_delivery.clients.watch import IngestWatch
from edye_delivery.clients.workers import Workers
from edye_delivery.ledger.circuit_breaker import CircuitBreaker
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.pipeline.accept import Acceptor
from edye_delivery.pipeline.check import BatchChecker
from edye_delivery.pipeline.check_pictures import PictureChecker
from edye_delivery.pipeline.deliver import Sender
from edye_delivery.pipeline.fetch import fetch_snapshot
from edye_delivery.pipeline.media_source import MediaSource
from edye_delivery.pipeline.outcomes import record_outcomes, with_partner
from edye_delivery.pipeline.plan import plan_window, remember_plan
from edye_delivery.pipeline.reencode import Reencoder
from edye_delivery.pipeline.report import RunOutcome, window_report
from edye_delivery.pipeline.thumbnails import ThumbnailMaker
from edye_delivery.pipeline.uploaders.api import ApiUploader
from edye_delivery.reports.model import WindowReport
from sandbox.server import Sandbox
from tests.artifacts import Artifacts
from tests.builders import the_annex

Encoder = Callable[[EncodeJob, Reencode, Clock], None]
DAY = (datetime(2026, 3, 1, 6, tzinfo=UTC), datetime(2026, 3, 2, 6, tzinfo=UTC))
PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # the sandbox has no TLS; without it every client reads certificates
RETRY_POLICY = RetryPolicy(attempts=4, base_s=0.01, cap_s=0.05, retry_after_max_s=5)

WORKERS = Workers(the_annex().images)  # the suite's own, for a start of one takes longer than most pictures
atexit.register(WORKERS.close)


def now() -> datetime:
    return datetime.now(UTC)


def repack(job: EncodeJob, profile: Reencode, clock: Clock) -> None:
    """An encoder for where only that there is a new file matters: other bytes, the same pictures, in no time."""
    output = ["-c", "copy", "-f", profile.container, "-y", str(job.target)]
    subprocess.run([FFMPEG, "-v", "error", "-i", str(job.source), *output], check=True, timeout=60)


@dataclass
class Line:
    """One partner's line; `pauses` notes what was waited for instead of waiting."""

    annex: Annex
    box: Sandbox
    folder: Path
    token: str = "abc123"
    encode: Encoder = encode
    pauses: list[float] = field(default_factory=list)
    artifacts: Artifacts = field(default_factory=Artifacts)

    def __post_init__(self) -> None:
        self.engine, self.client = open_engine(f"sqlite:///{self.folder}/ledger.sqlite"), Client.of(self.annex)
        self.ledger = Ledger(self.engine, now, self.client)
        self.clock = Clock(now=now, sleep=self.pauses.append, random=random.Random(1).random)

    @property
    def api(self) -> EdyeApi:
        headers = {"Authorization": "Bearer edye-sandbox-token"}
        client = httpx.Client(base_url=self.box.edye_url, headers=headers, trust_env=False, verify=PLAIN)
        return EdyeApi(client, RETRY_POLICY, self.clock, self.annex.catalogue.page_size)

    @property
    def media_host(self) -> MediaHost:
        client = httpx.Client(trust_env=False, verify=PLAIN)
        return MediaHost(client, frozenset({"127.0.0.1"}), RETRY_POLICY, self.clock)

    @property
    def media(self) -> MediaSource:
        return MediaSource(self.media_host, self.artifacts)

    @property
    def reencoder(self) -> Reencoder:
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        return Reencoder(self.annex, self.media, self.artifacts, scratch, DAY[1].date(), self.clock, self.encode)

    def partner_client(self, kind: Any = httpx.Client) -> Any:
        headers = {"Authorization": f"Bearer {self.token}"}
        return kind(base_url=self.box.partner_url, headers=headers, timeout=20, trust_env=False, verify=PLAIN)

    def request(self, run_id: str = "run-1", **changes: Any) -> RunRequest:
        asked = {"start_at": DAY[0], "end_at": DAY[1], "mode": Mode.CHANGED} | changes
        return RunRequest(partner=self.annex.partner, run_id=run_id, **asked)

    def check(self, request: RunRequest, unattended: Collection[str] = ()) -> tuple[Any, list[CheckedTitle]]:
        snapshot = fetch_snapshot(self.annex, self.api, request, now(), unattended)
        plan, batches = plan_window(self.annex, snapshot, self.ledger)
        if not request.dry_run:
            plan = remember_plan(self.annex, plan, self.ledger)
        scratch = self.folder / "scratch"
        scratch.mkdir(exist_ok=True)
        pictures = PictureChecker(self.annex, self.media_host, self.artifacts, WORKERS.run)
        checker = BatchChecker(self.annex, self.media_host, scratch, DAY[1].date(), pictures)
        maker = ThumbnailMaker(self.annex, self.artifacts, WORKERS.run)
        checked: list[CheckedTitle] = []
        for batch in batches:
            titles = checker.check_batch(batch.titles)
            if not request.dry_run:
                again = request.correction is Correction.MEDIA
                titles = replace(self.reencoder, again=again).reencode_batch(titles)
            checked += maker.render_batch(titles)
        return plan, checked

    def send(self, checked: list[CheckedTitle], run_id: str) -> dict[str, int]:
        api = IngestApi(self.partner_client(), self.annex, self.clock)
        uploader = ApiUploader(self.annex, api, self.media, self.ledger, self.artifacts)
        circuit = CircuitBreaker(self.engine, now, self.client, now())
        sender = Sender(self.annex.partner, uploader, self.ledger, self.clock, run_id, circuit=circuit)
        return sender.send_batch(tuple(checked))

    def wait(self, checked: list[CheckedTitle], give_up_s: float = 10.0) -> None:
        waiting = with_partner(self.ledger, checked)
        outcomes = asyncio.run(self._watch([str(delivery.tracking_id) for delivery in waiting], give_up_s))
        record_outcomes(self.ledger, waiting, outcomes)

    async def _watch(self, tracking_ids: list[str], give_up_s: float) -> dict[str, Any]:
        clock = AsyncClock(now=now, sleep=lambda s: asyncio.sleep(min(s, 0.05)), random=random.Random(1).random)
        async with self.partner_client(httpx.AsyncClient) as client:
            watch = IngestWatch(self.annex, client, tracking_ids, now() + timedelta(seconds=give_up_s), clock)
            return await watch.until_all_ended()

    def run(self, run_id: str = "run-1", unattended: Collection[str] = (), **changes: Any) -> WindowReport:
        """One whole run and its report."""
        request, started_at = self.request(run_id, **changes), now()
        plan, checked = self.check(request, unattended)
        if not request.dry_run:
            self.send(checked, run_id)
            self.wait(checked)
            Acceptor(self.annex, self.ledger).accept_batch(tuple(checked))
        return self.report(request, plan, checked, started_at)

    def report(self, request: RunRequest, plan: Any, checked: list[CheckedTitle], started_at: datetime) -> WindowReport:
        keys = [title.plan.delivery_key for title in checked] + [
            title.delivery_key for title in (*plan.unchanged, *plan.held)
        ]
        return window_report(
            RunOutcome(
                annex=self.annex,
                request=request,
                plan=plan,
                checked=checked,
                unchecked=[],
                deliveries=self.ledger.deliveries(keys),
                incidents=[],
                started_at=started_at,
                finished_at=now(),
            )
        )

    def arrivals(self, external_id: str) -> list[dict[str, Any]]:
        """What the partner accepted as content of this title."""
        return [content for content in self.box.contents() if content["external_id"] == external_id]
