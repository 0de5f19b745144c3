"""A batch of made files for the proofs of the FTP path, the servers that it goes to, and what has to be there then."""

from __future__ import annotations

import hashlib
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import httpx
import orjson

from edye_delivery.annex.model import Annex
from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.artifact_names import art_name
from edye_delivery.catalog.facts import VideoFacts
from edye_delivery.catalog.plan import CheckedTitle, Thumbnail
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.ftp import FtpSession
from edye_delivery.clients.ftp_control import FtpAccount
from edye_delivery.clients.media import MediaHost as MediaClient
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.pipeline.deliver import Sender
from edye_delivery.pipeline.media_source import MediaSource
from edye_delivery.pipeline.uploaders.ftp import FtpUploader
from sandbox.connection import JournalledApp
from sandbox.faults import FaultPlan
from sandbox.ftp_server import FTP_LOGIN, FTP_PASSWORD, FtpHost
from sandbox.hosting import Hosting, open_listener
from sandbox.journal import Journal
from sandbox.media.shelf import Stored
from sandbox.media_host import MediaHost
from sandbox.store import Store
from tests.artifacts import Artifacts
from tests.builders import a_movie, the_annex
from tests.rclone import LOGIN, rclone_server
from tests.vsftpd import require_vsftpd, vsftpd_server

KINDS = ("video", "images", "metadata")
TITLES = 12
MEDIA_BYTES = (2_000_000, 8_000_000)
PICTURE_BYTES = 40_000
TEMPORARY_SUFFIX = ".part"


@dataclass(frozen=True, slots=True)
class Target:
    """An FTP server, and the folder of the proof's files as it is called there and on disk."""

    port: int
    login: str
    password: str
    folder: str
    on_disk: Path
    overhead_max: float = 1.2


@contextmanager
def sandbox_target(folder: Path) -> Iterator[Target]:
    """The sandbox's server, without anybody who picks files up."""
    store = Store(folder / "journal.sqlite")
    host = FtpHost(folder / "ftp", Journal(store), FaultPlan())
    yield Target(host.start(), FTP_LOGIN, FTP_PASSWORD, "/incoming", folder / "ftp" / "incoming")
    host.stop()
    store.close()


@contextmanager
def vsftpd_target(folder: Path) -> Iterator[Target]:
    """A real vsftpd."""
    require_vsftpd()
    with vsftpd_server(folder / "vsftpd") as server:
        yield Target(server.port, server.login, server.password, f"{server.root}/incoming", server.root / "incoming")


@contextmanager
def rclone_target(folder: Path) -> Iterator[Target]:
    """A real `rclone serve ftp`, at which a file that was cut begins anew."""
    with rclone_server(folder / "rclone") as server:
        yield Target(server.port, LOGIN, server.password, "/incoming", server.root / "incoming", overhead_max=3.5)


SHORT_LEASE = {"answer_timeout_s": 0.5, "lease_s": 1}
"""Whoever follows a killed process has to wait for its lease's end."""


def annex_to(target: Target) -> Annex:
    retry_policy = {"attempts": 20, "base_s": 0.005, "cap_s": 0.05}
    folders = {kind: f"{target.folder}/{kind}" for kind in KINDS}
    return the_annex(
        ftp={"folders": folders, "retry": retry_policy, "temporary_suffix": TEMPORARY_SUFFIX} | SHORT_LEASE
    )


@dataclass
class MadeBatch:
    """Checked titles, their pictures by artifact name, and the digest of every file of the batch by its final name.

    Every other title's SHA-256 is in the catalogue. A metadata file's final name is known by its beginning alone.
    """

    titles: list[CheckedTitle]
    pictures: Artifacts
    digests: dict[str, str]
    sizes: dict[str, int]
    metadata: dict[str, dict[str, Any]]

    @property
    def least_bytes(self) -> int:
        """What has to be uploaded at least."""
        return sum(self.sizes.values()) + sum(len(_as_file(metadata)) for metadata in self.metadata.values())

    def whole_size(self, name: str) -> int:
        """How large the file of this final name is."""
        return self.sizes.get(name) or len(_as_file(self.metadata[name.partition(".")[0]]))


def _as_file(metadata: dict[str, Any]) -> bytes:
    return orjson.dumps(metadata, option=orjson.OPT_INDENT_2)


@contextmanager
def made_batch(folder: Path, annex: Annex, seed: int, titles: int = TITLES) -> Iterator[MadeBatch]:
    """A batch whose media a host serves, by ranges and with ETags, for the time of the block."""
    source, listener = random.Random(seed), open_listener("media", "127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    batch, files = MadeBatch([], Artifacts(), {}, {}, {}), {}
    for number in range(1, titles + 1):
        content = source.randbytes(source.randint(*MEDIA_BYTES))
        path = folder / f"{number}.mp4"
        path.write_bytes(content)
        sha256 = hashlib.sha256(content).hexdigest()
        files[f"/{number}.mp4"] = Stored(path, len(content), sha256)
        _add_title(batch, annex, number, f"{url}/{number}.mp4", content, sha256, source.randbytes(PICTURE_BYTES))
    store = Store(folder / "media.sqlite")
    app = JournalledApp("media", MediaHost(files).app(), Journal(store), FaultPlan())
    hosting = Hosting({"media": app}, {"media": listener})
    hosting.start()
    yield batch
    hosting.stop()
    store.close()


def _add_title(
    batch: MadeBatch, annex: Annex, number: int, url: str, media: bytes, sha256: str, picture: bytes
) -> None:
    known = {"sha256": sha256} if number % 2 else {}
    sources = [{"file": url, "type": "video/mp4", "height": 1080, "filesize": len(media), **known}]
    plan = plan_of(annex, a_movie(id=f"movie-{number}", title_id=f"EDYE_MOV_{number:06}", sources=sources))
    name = f"{hashlib.sha256(picture).hexdigest()}.jpg"
    facts = {"width_px": 800, "height_px": 450, "size_bytes": len(picture), "origin": url}
    thumbnail = Thumbnail(name="landscape_16x9", art_name=name, **facts)
    video = VideoFacts(url=url, size_bytes=len(media), etag=f'"{sha256}"')
    batch.titles.append(CheckedTitle(plan=plan, video=video, thumbnails=(thumbnail,)))
    batch.pictures[art_name(name)] = picture
    picture_name = f"{plan.external_id}_landscape_16x9.jpg"
    batch.digests |= {plan.file_name: sha256, picture_name: name.removesuffix(".jpg")}
    batch.sizes |= {plan.file_name: len(media), picture_name: len(picture)}
    batch.metadata[plan.external_id] = plan.metadata


def send(batch: MadeBatch, target: Target, port: int, ledger: Ledger, run_id: str) -> dict[str, int]:
    """One run's upload of the batch over this port; how many titles ended in which state."""
    annex = annex_to(target)
    clock = Clock(now=lambda: datetime.now(UTC), sleep=time.sleep, random=random.Random(1).random)
    account = FtpAccount("127.0.0.1", port, target.login, target.password, timeout_s=20)
    with httpx.Client(trust_env=False) as client:
        media_host = MediaClient(client, frozenset({"127.0.0.1"}), annex.ftp.retry, clock)
        with FtpUploader(
            annex, lambda: FtpSession(account), MediaSource(media_host), ledger, batch.pictures
        ) as uploader:
            return Sender(annex.partner, uploader, ledger, clock, run_id).send_batch(tuple(batch.titles))


@dataclass
class Watcher:
    """Lists the folders all the while; notes every file under its final name that is not whole."""

    root: Path
    whole_size: Callable[[str], int]
    partial: list[str] = field(default_factory=list)
    looks: int = 0

    def __enter__(self) -> Self:
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_ending.set()
        self._thread.join(10)

    def _watch(self) -> None:
        while not self._is_ending.wait(0.002):
            for kind in KINDS:
                if (self.root / kind).is_dir():
                    self._look(self.root / kind)
            self.looks += 1

    def _look(self, folder: Path) -> None:
        for entry in os.scandir(folder):
            if not entry.name.endswith(TEMPORARY_SUFFIX):
                size_bytes = os.stat(entry.path).st_size
                if size_bytes != self.whole_size(entry.name):
                    self.partial.append(f"{entry.name}: {size_bytes} of {self.whole_size(entry.name)} bytes")


def check_arrived(batch: MadeBatch, target: Target, renamed: Counter[str]) -> None:
    """Everything is there once and whole, nothing else is, and no metadata file got its final name twice."""
    found = {kind: {path.name: path for path in (target.on_disk / kind).iterdir()} for kind in KINDS}
    files = found["video"] | found["images"]
    assert {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()} == batch.digests
    told = [json.loads(path.read_bytes()) for path in found["metadata"].values()]
    assert sorted(one["external_id"] for one in told) == sorted(batch.metadata)
    assert {one["external_id"]: one for one in told} == batch.metadata
    committed = {path: count for path, count in renamed.items() if path.startswith(f"{target.folder}/metadata/")}
    assert len(committed) == len(batch.titles)
    assert set(committed.values()) == {1}
