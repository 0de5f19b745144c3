"""The world in which runs meet: the partner and the servers that they share, and what is wrong once nothing moves.

The partner takes every call as a new ingest, whatever its Idempotency-Key, so that only the ledger keeps a title from
arriving twice. The store of the feeds is a real S3 server, the FTP server is real too.
"""

from __future__ import annotations

import json
import shutil
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import boto3
import httpx
from sqlalchemy import Engine, select

from edye_delivery.annex.planning import plan_of
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.tables import DELIVERIES, EVENTS
from sandbox.faults import FaultPlan
from sandbox.ftp_server import FtpHost
from sandbox.journal import Journal
from sandbox.store import Store
from tests.artifacts import Artifacts
from tests.builders import a_movie, the_annex
from tests.proofs.ledger_copies import LedgerCopies

ANNEX = the_annex(
    acceptance=["received_with_tracking_id", "completed"],
    api={"titles_at_once": 1, "retry": {"attempts": 3, "base_s": 0.01, "cap_s": 0.05}},
    ftp={"connections_at_once": 1, "thumbnails": [], "retry": {"attempts": 3, "base_s": 0.01, "cap_s": 0.05}},
)
BUCKET = "edye-feeds"
READER = httpx.Client(trust_env=False, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))  # reads no certificates


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


class World:
    """One ledger, one partner, one bucket; `titles` are what the catalogue's window has."""

    def __init__(self, url: str, bucket: Bucket, ftp: FtpServer, prefix: str, titles: int) -> None:
        self.url, self.bucket, self.ftp, self.prefix, self.partner = url, bucket, ftp, prefix, Partner()
        self.kept = Artifacts()
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

    def complaints(self, engine: Engine, ledger: Ledger, withdrawn: str | None, resends: int) -> list[str]:
        """What is wrong once nothing moves any more; `resends` of the titles may have arrived once more each."""
        with engine.connect() as connection:
            rows = connection.execute(select(DELIVERIES)).mappings().all()
            known = {row["tracking_id"] for row in rows}
            known |= set(connection.execute(select(EVENTS.c.tracking_id)).scalars())
        arrived = Counter(name for name, _ in self.partner.arrivals)
        offered = {accepted.external_id for accepted in ledger.accepted_titles(ANNEX.partner)}
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
    def copy(self, databases: LedgerCopies, name: str, titles: int) -> Iterator[World]:
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
