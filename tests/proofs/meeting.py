"""Runs that meet on one ledger: what each does step by step, the partner and the bucket that they share, the checks.

The partner takes every call as a new ingest, whatever its Idempotency-Key, so that only the ledger keeps a title from
arriving twice. The store of the feeds is a real S3 server, the FTP server is real too.
"""

from __future__ import annotations

import json
import re
import shutil
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
import httpx
from sqlalchemy import Engine, NullPool, create_engine, event, make_url, select

from edye_delivery.annex.planning import plan_of
from edye_delivery.annex.wire import Patience
from edye_delivery.catalog.feed_records import FeedDraft
from edye_delivery.catalog.plan import JudgedTitle, RunRequest
from edye_delivery.catalog.snapshot_file import SnapshotFile, SnapshotWriter
from edye_delivery.catalog.title import Title
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.clients.feed_store import S3FeedStore
from edye_delivery.clients.ftp import FtpSession
from edye_delivery.clients.ftp_control import FtpAccount
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.clients.ingest import IngestApi
from edye_delivery.clients.media import MediaHost
from edye_delivery.clients.patience import Tempo
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.publications import Publications
from edye_delivery.ledger.streaks import Client
from edye_delivery.ledger.tables import DELIVERIES, EVENTS
from edye_delivery.ledger.withdrawals import Withdrawals
from edye_delivery.operators.accepting import accept_batch
from edye_delivery.operators.api_carrier import ApiCarrier
from edye_delivery.operators.feeding import draft_feed, lint_draft, refuse_errors
from edye_delivery.operators.ftp_carrier import FtpCarrier
from edye_delivery.operators.media_source import MediaSource
from edye_delivery.operators.planning import plan_window, remember_plan
from edye_delivery.operators.publishing import FeedPublisher
from edye_delivery.operators.sending import Sender
from edye_delivery.operators.waiting import record_outcomes, with_partner
from sandbox.faults import FaultPlan
from sandbox.ftp_server import FTP_LOGIN, FTP_PASSWORD, FtpHost
from sandbox.journal import Journal
from sandbox.store import Store
from tests.builders import a_movie, the_annex
from tests.step_scheduler import SLEEP

DAY = (datetime(2026, 3, 1, 6, tzinfo=UTC), datetime(2026, 3, 2, 6, tzinfo=UTC))
ANNEX = the_annex(
    acceptance=["received_with_tracking_id", "completed"],
    api={"titles_at_once": 1, "patience": {"attempts": 3, "base_s": 0.01, "cap_s": 0.05}},
    ftp={"connections_at_once": 1, "thumbnails": [], "patience": {"attempts": 3, "base_s": 0.01, "cap_s": 0.05}},
)
SPEC = ANNEX.feeds[0].model_copy(update={"keep_old_s": 0})
BUCKET = "edye-feeds"
WHY = "the rights ended"
MEDIA = b"x" * 1000
READER = httpx.Client(trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))  # reads no certificates


def now() -> datetime:
    return datetime.now(UTC)


def _answer(status: int, body: bytes) -> httpx.Response:
    """As it comes from a connection: not read yet."""
    headers = {"Content-Length": str(len(body)), "ETag": '"1"'}
    return httpx.Response(status, headers=headers, stream=httpx.ByteStream(body))


@dataclass
class Partner:
    """Takes whatever comes, notes it, and completes an ingest when somebody asks for its state."""

    arrivals: list[tuple[str, str]] = field(default_factory=list)
    running: set[str] = field(default_factory=set)
    met: list[str] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, external_id: str) -> str:
        with self._lock:
            tracking_id = f"t{len(self.arrivals)}"
            if any(name == external_id and number in self.running for name, number in self.arrivals):
                self.met.append(external_id)
            self.arrivals.append((external_id, tracking_id))
            self.running.add(tracking_id)
            return tracking_id

    def commit(self, external_id: str, file_name: str) -> None:
        """Over FTP the name of the metadata file is the tracking id; the same file again is the same ingest."""
        with self._lock:
            if (external_id, file_name) not in self.arrivals:
                self.arrivals.append((external_id, file_name))

    def take_back(self, file_name: str) -> None:
        """A commit that nobody has picked up is gone."""
        with self._lock:
            self.arrivals[:] = [one for one in self.arrivals if one[1] != file_name]

    def complete(self, tracking_id: str) -> None:
        self.running.discard(tracking_id)


@dataclass
class Bucket:
    """A real S3 server's bucket; its clients are made once, for that takes longer than an order."""

    port: int
    _clients: list[SteppingClient] = field(default_factory=list)

    @property
    def public_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/{BUCKET}"

    def fetch(self, url: str) -> bytes:
        return READER.get(url).raise_for_status().content

    def borrow(self, step: Callable[[str], None]) -> SteppingClient:
        """A client that steps before it writes."""
        client = self._clients.pop() if self._clients else SteppingClient(self.port)
        client.step = step
        return client

    def give_back(self, client: SteppingClient) -> None:
        self._clients.append(client)


class SteppingClient:
    """A client of S3 whose owner changes."""

    def __init__(self, port: int) -> None:
        self.step: Callable[[str], None] = lambda what: None
        self.s3 = boto3.client(
            "s3", endpoint_url=f"http://127.0.0.1:{port}", aws_access_key_id="sandbox",
            aws_secret_access_key="sandbox-secret", region_name="us-east-1",
        )  # fmt: skip
        for call in ("PutObject", "DeleteObjects"):
            self.s3.meta.events.register(f"before-call.s3.{call}", lambda **_: self.step("write object"))


class World:
    """One ledger, one partner, one bucket; `titles` are what the catalogue's window has."""

    def __init__(self, url: str, bucket: Bucket, ftp: FtpServer, prefix: str, titles: int) -> None:
        self.url, self.bucket, self.ftp, self.prefix, self.partner = url, bucket, ftp, prefix, Partner()
        self.titles = tuple(
            a_movie(
                id=f"movie-{number}",
                title_id=f"EDYE_MOV_{number:06}",
                titles={"en": f"Kite {number}"},
                synopsis_short={"en": "A kite flies over four villages."},
                release_date="2025-01-01",
                sources=[{"file": f"http://media.example/{number}.mp4", "type": "video/mp4"}],
            )
            for number in range(titles)
        )

    def names(self) -> list[str]:
        return [plan_of(ANNEX, title).external_id for title in self.titles]

    def readers_find(self) -> set[str]:
        """The external_ids of titles in the feed as readers follow it now."""
        url, found = f"{self.bucket.public_url}/{self.prefix}/feed.json", set()
        while url is not None:
            page = json.loads(self.bucket.fetch(url))
            options = (asset.get("content", {}).get("playOptions", ()) for asset in page["assets"])
            found |= {option["playId"] for some in options for option in some}
            url = page.get("nextPageUrl")
        return found

    def complaints(self, hands: Hands, withdrawn: str | None, resends: int) -> list[str]:
        """What is wrong once nothing moves any more; `resends` of the titles may have arrived once more each."""
        with hands.engine.connect() as connection:
            rows = connection.execute(select(DELIVERIES)).mappings().all()
            known = {row["tracking_id"] for row in rows}
            known |= set(connection.execute(select(EVENTS.c.tracking_id)).scalars())
        arrived = Counter(name for name, _ in self.partner.arrivals)
        offered = {accepted.external_id for accepted in hands.ledger.accepted_titles(ANNEX.partner)}
        ended = {row["external_id"] for row in rows if row["state"] in ("accepted", "withdrawn")}
        found = []
        if self.partner.met:
            found.append(f"two ingests of one content ran at once: {self.partner.met}")
        if any(count > 1 + resends for count in arrived.values()):
            found.append(f"arrived more than once: {self.partner.arrivals}")
        if lost := [number for _, number in self.partner.arrivals if number not in known]:
            found.append(f"the ledger does not know {lost}")
        if not_ended := set(self.names()) - ended:
            found.append(
                f"still open: {[(row['external_id'], row['state'], row['detail']) for row in rows]} {not_ended}"
            )
        if (readers := self.readers_find()) != offered:
            found.append(f"readers find {readers}, the ledger offers {offered}")
        if withdrawn in offered:
            found.append(f"{withdrawn} was withdrawn and is offered")
        return found

    @contextmanager
    def copy(self, databases: Any, name: str, titles: int) -> Iterator[World]:
        """The same world once more, with a ledger, a partner and a prefix of its own."""
        url = databases.copy(self.url)
        world = World(url, self.bucket, self.ftp, name, titles)
        self.ftp.clear()
        world.partner.arrivals += self.partner.arrivals
        client = self.bucket.borrow(lambda what: None)
        for item in client.s3.list_objects_v2(Bucket=BUCKET, Prefix=f"{self.prefix}/").get("Contents", []):
            key = item["Key"].replace(self.prefix, name, 1)
            client.s3.copy_object(Bucket=BUCKET, CopySource={"Bucket": BUCKET, "Key": item["Key"]}, Key=key)
        self.bucket.give_back(client)
        yield world
        databases.drop(url)

    def hands(self, step: Callable[[str], None] = lambda what: None) -> Hands:
        return Hands(self, step)


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


class FtpServer:
    """A real FTP server, emptied for every order."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "root"
        self.root.mkdir()
        self._host = FtpHost(self.root, Journal(Store(folder / "journal.sqlite")), FaultPlan())
        self.port = self._host.start()

    def clear(self) -> None:
        for path in self.root.iterdir():
            shutil.rmtree(path)

    def stop(self) -> None:
        self._host.stop()


@dataclass
class SqliteCopies:
    """Ledgers as files in a folder."""

    folder: Path
    made: int = 0

    def fresh(self) -> str:
        self.made += 1
        return f"sqlite:///{self.folder}/{self.made}.sqlite"

    def copy(self, url: str) -> str:
        target = self.fresh()
        for original in sorted(self.folder.glob(f"{Path(url).name}*")):
            copied = original.name.replace(Path(url).name, Path(target).name)
            shutil.copyfile(original, self.folder / copied)
        return target

    def drop(self, url: str) -> None:
        for path in self.folder.glob(f"{Path(url).name}*"):
            path.unlink()


@dataclass
class PostgresqlCopies:
    """Ledgers as databases of one server."""

    server_url: str
    made: int = 0

    def fresh(self) -> str:
        return self._create("template1")

    def copy(self, url: str) -> str:
        return self._create(str(make_url(url).database))

    def drop(self, url: str) -> None:
        self._execute(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def _create(self, template: str) -> str:
        self.made += 1
        name = f"ledger_{self.made}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}" STRATEGY FILE_COPY')
        return make_url(self.server_url).set(database=name).render_as_string(hide_password=False)

    def _execute(self, statement: str) -> None:
        engine = create_engine(self.server_url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)


@dataclass
class Hands:
    """What one run works with: an engine, clients and a clock of its own, each of which steps before it acts."""

    world: World
    step: Callable[[str], None]
    engine: Engine = field(init=False)

    def __post_init__(self) -> None:
        self.engine = open_engine(self.world.url)
        event.listen(self.engine, "checkout", lambda *_: self.step("transaction"))  # before its BEGIN takes a lock
        self.client = self.world.bucket.borrow(self.step)
        self.ledger = Ledger(self.engine, now, Client.of(ANNEX))
        self.tempo = Tempo(now, lambda seconds: self.step(SLEEP), lambda: 0.5)

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
        quick = Patience(attempts=2, base_s=0.01, cap_s=0.02)
        return MediaSource(MediaHost(client, frozenset({"media.example"}), quick, self.tempo))

    def send(self, titles: tuple[JudgedTitle, ...], request: RunRequest) -> None:
        api = IngestApi(self.partner_client(), ANNEX, self.tempo)
        by_api = ApiCarrier(ANNEX, api, self.media(), self.ledger, lambda name: b"")
        with FtpCarrier(ANNEX, self.connect, self.media(), self.ledger, lambda name: b"") as by_ftp:
            uploader: Any = by_ftp if request.channel is Channel.FTP else by_api
            Sender(ANNEX.partner, uploader, self.ledger, self.tempo, request.run_id).send_batch(titles)

    def connect(self) -> SteppingSession:
        server = self.world.ftp
        return SteppingSession(FtpAccount("127.0.0.1", server.port, FTP_LOGIN, FTP_PASSWORD), self)

    def outcome(self, tracking_id: str) -> dict[str, Any]:
        """What the wait hears of an ingest: it has completed by now."""
        self.step("look")
        self.world.partner.complete(tracking_id)
        return {"state": "completed", "cause": None, "sentence": ""}

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
        titles = tuple(JudgedTitle(plan=planned, findings=planned.findings) for planned in batch.titles)
        hands.send(titles, request)
        waiting = with_partner(hands.ledger, titles, request.channel)
        outcomes = {str(delivery.tracking_id): hands.outcome(str(delivery.tracking_id)) for delivery in waiting}
        record_outcomes(hands.ledger, waiting, outcomes)
        accept_batch(ANNEX, hands.ledger, titles)


def publish(hands: Hands, run_id: str) -> None:
    """What a run does at its end: the feed of all that is offered."""
    publications, store, pages = hands.publications(), hands.store(), {}

    def assemble(go_on: Callable[[], None]) -> FeedDraft:
        go_on()
        with hands.ledger.offer(ANNEX.partner) as offer:
            draft = draft_feed(
                ANNEX, SPEC, offer, publications.current(), store.url("pages/"), pages.__setitem__, now()
            )
        refuse_errors(SPEC.name, "as assembled", lint_draft(draft, pages.__getitem__, now()))
        return draft

    draft = assemble(lambda: None)
    fetch = hands.world.bucket.fetch
    publisher = FeedPublisher(SPEC, run_id, store, publications, pages.__getitem__, fetch, assemble, hands.tempo)
    publisher.publish(draft)


def withdraw(hands: Hands, run_id: str, names: tuple[str, ...]) -> None:
    """A withdrawal by hand, and the feed after it."""
    withdrawals = Withdrawals(hands.engine, now, ANNEX.partner, Client.of(ANNEX))
    for one in withdrawals.of_titles(names, run_id, WHY):
        withdrawals.begin(one.delivery_key, run_id, WHY, None)
    publish(hands, run_id)
