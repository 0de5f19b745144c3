"""What each run does when runs meet, step by step: a delivery, a publication, a withdrawal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx
from sqlalchemy import Engine, event

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.feed_records import FeedDraft
from edye_delivery.catalog.ingest_outcome import IngestOutcome
from edye_delivery.catalog.plan import CheckedTitle, RunRequest
from edye_delivery.catalog.snapshot_file import SnapshotFile, SnapshotWriter
from edye_delivery.catalog.title import Title
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.feed_store import S3FeedStore
from edye_delivery.clients.ftp import FtpSession
from edye_delivery.clients.ftp_control import FtpAccount
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.clients.ingest import IngestApi
from edye_delivery.clients.media import MediaHost
from edye_delivery.ledger.consecutive_errors import Client
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.publications import Publications
from edye_delivery.ledger.withdrawals import Withdrawals
from edye_delivery.pipeline.accept import Acceptor
from edye_delivery.pipeline.deliver import Sender
from edye_delivery.pipeline.feeds import lint_draft, refuse_errors
from edye_delivery.pipeline.media_source import MediaSource
from edye_delivery.pipeline.outcomes import record_outcomes, with_partner
from edye_delivery.pipeline.plan import plan_window, remember_plan
from edye_delivery.pipeline.publish_feed import FeedPublisher
from edye_delivery.pipeline.uploaders.api import ApiUploader
from edye_delivery.pipeline.uploaders.ftp import FtpUploader
from sandbox.ftp_server import FTP_LOGIN, FTP_PASSWORD
from tests.artifacts import EmptyFiles
from tests.kept_feeds import DraftFiles, draft_by_changes
from tests.proofs.meeting_world import ANNEX, BUCKET, World
from tests.step_scheduler import SLEEP

DAY = (datetime(2026, 3, 1, 6, tzinfo=UTC), datetime(2026, 3, 2, 6, tzinfo=UTC))
SPEC = ANNEX.feeds[0].model_copy(update={"keep_old_s": 0})
WHY = "the rights ended"
MEDIA = b"x" * 1000


def now() -> datetime:
    return datetime.now(UTC)


def _answer(status: int, body: bytes) -> httpx.Response:
    """As it comes from a connection: not read yet."""
    headers = {"Content-Length": str(len(body)), "ETag": '"1"'}
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


class SteppingSession(FtpSession):
    """Steps before whatever changes something at the server; a metadata file that gets its name is an arrival."""

    def __init__(self, account: FtpAccount, hands: Hands) -> None:
        self._hands = hands
        super().__init__(account)

    def store(self, path: RemotePath, blocks: Iterable[bytes], offset: int = 0) -> None:
        self._hands.step("store")
        super().store(path, blocks, offset)

    def rename(self, old: RemotePath, new: RemotePath) -> None:
        self._hands.step("rename")
        super().rename(old, new)
        if new.name.endswith(".json"):
            self._hands.world.partner.commit(new.name.partition(".")[0], new.name)

    def delete(self, path: RemotePath) -> None:
        self._hands.step("delete")
        super().delete(path)
        if path.name.endswith(".json"):
            self._hands.world.partner.take_back(path.name)


@dataclass
class Hands:
    """What one run works with: an engine, clients and a clock of its own, each of which steps before it acts."""

    world: World
    step: Callable[[str], None] = lambda what: None
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = open_engine(self.world.url)
        event.listen(self.engine, "checkout", lambda *_: self.step("transaction"))  # before its BEGIN takes a lock
        self.client = self.world.bucket.borrow(self.step)
        self.ledger = Ledger(self.engine, now, Client.of(ANNEX))
        self.clock = Clock(now, lambda seconds: self.step(SLEEP), lambda: 0.5)

    def close(self) -> None:
        self.engine.dispose()
        self.world.bucket.give_back(self.client)

    def partner_client(self) -> httpx.Client:
        def answer(request: httpx.Request) -> httpx.Response:
            body = request.read()
            self.step("upload")
            found = re.search(rb'"external_id":"([^"]+)"', body)
            assert found
            receipt = {"tracking_id": self.world.partner.take(found[1].decode()), "status": "received"}
            return _answer(202, json.dumps(receipt).encode())

        return httpx.Client(base_url="http://partner.example", transport=httpx.MockTransport(answer))

    def media(self) -> MediaSource:
        def answer(request: httpx.Request) -> httpx.Response:
            return _answer(200, MEDIA)

        client = httpx.Client(transport=httpx.MockTransport(answer))
        quick = RetryPolicy(attempts=2, base_s=0.01, cap_s=0.02)
        return MediaSource(MediaHost(client, frozenset({"media.example"}), quick, self.clock))

    def send(self, titles: tuple[CheckedTitle, ...], request: RunRequest) -> None:
        api = IngestApi(self.partner_client(), ANNEX, self.clock)
        by_api = ApiUploader(ANNEX, api, self.media(), self.ledger, EmptyFiles())
        with FtpUploader(ANNEX, self.connect, self.media(), self.ledger, EmptyFiles()) as by_ftp:
            uploader: Any = by_ftp if request.channel is Channel.FTP else by_api
            Sender(ANNEX.partner, uploader, self.ledger, self.clock, request.run_id).send_batch(titles)

    def connect(self) -> SteppingSession:
        server = self.world.ftp
        return SteppingSession(FtpAccount("127.0.0.1", server.port, FTP_LOGIN, FTP_PASSWORD), self)

    def outcome(self, tracking_id: str) -> IngestOutcome:
        """What the wait hears of an ingest: it has completed by now."""
        self.step("look")
        self.world.partner.complete(tracking_id)
        return IngestOutcome(state="completed")

    def publications(self) -> Publications:
        return Publications(self.engine, now, ANNEX.partner, SPEC.name)

    def store(self) -> S3FeedStore:
        return S3FeedStore(self.client.s3, BUCKET, self.world.prefix, self.world.bucket.public_url)


def snapshot_of(request: RunRequest, titles: Iterable[Title]) -> SnapshotFile:
    """What the catalogue has."""
    writer = SnapshotWriter(request)
    for title in titles:
        writer.add_title(title)
    return writer.finish()


def deliver(hands: Hands, run_id: str, **asked: Any) -> None:
    """One run of a delivery DAG, from its plan to its acceptances, every title in one batch."""
    request = RunRequest(**{"partner": ANNEX.partner, "run_id": run_id, "start_at": DAY[0], "end_at": DAY[1]} | asked)
    plan, batches = plan_window(ANNEX, snapshot_of(request, hands.world.titles), hands.ledger)
    remember_plan(ANNEX, plan, hands.ledger)
    for batch in batches:
        titles = tuple(CheckedTitle(plan=planned, findings=planned.findings) for planned in batch.titles)
        hands.send(titles, request)
        waiting = with_partner(hands.ledger, titles, request.channel)
        outcomes = {str(delivery.tracking_id): hands.outcome(str(delivery.tracking_id)) for delivery in waiting}
        record_outcomes(hands.ledger, waiting, outcomes)
        Acceptor(ANNEX, hands.ledger).accept_batch(titles)


def publish(hands: Hands, run_id: str) -> None:
    """What a run does at its end: the feed of all that is offered."""
    publications, store = hands.publications(), hands.store()
    pages = DraftFiles(store)

    def assemble(go_on: Callable[[], None]) -> FeedDraft:
        go_on()
        draft = draft_by_changes(ANNEX, SPEC, hands.ledger, publications, store, hands.world.kept, pages, now())
        refuse_errors(SPEC.name, "as assembled", lint_draft(draft, pages, now()))
        return draft

    draft = assemble(lambda: None)
    fetch = hands.world.bucket.fetch
    publisher = FeedPublisher(SPEC, run_id, store, publications, pages, fetch, assemble, hands.clock)
    publisher.publish(draft)


def withdraw(hands: Hands, run_id: str, names: tuple[str, ...]) -> None:
    """A withdrawal by hand, and the feed after it."""
    withdrawals = Withdrawals(hands.engine, now, ANNEX.partner, Client.of(ANNEX))
    for one in withdrawals.of_titles(names, run_id, WHY):
        withdrawals.begin(one.delivery_key, run_id, WHY, None)
    publish(hands, run_id)
