"""One upload by the production code in a fresh process: `python -m benchmarks.sending JSON` prints what it took.

The JSON: where it goes, {"sink": URL} for the API or {"ftp": {"host", "port", "login", "password", "folder"}}, and what
goes: {"file": path} for the client alone, or {"media_host": URL, "name", "sha256": digest or null, "scratch": folder}
for the delivery step, which takes the media from a media host. It prints {"seconds", "grown_bytes"}: the call's wall
time, and by how much resident memory rose above what it was just before the call.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from benchmarks.memory import memory_bytes
from benchmarks.production import CLOCK, client, first_api_annex, ftp_annex_below, media_host, planned_title
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.plan import CheckedTitle
from edye_delivery.clients.ftp import FtpSession
from edye_delivery.clients.ftp_control import FtpAccount
from edye_delivery.clients.ftp_line import UPLOAD_BLOCK_BYTES
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.clients.ingest import IngestApi, MediaBody, Receipt, Upload
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.pipeline.deliver import Sender
from edye_delivery.pipeline.media_source import MediaSource
from edye_delivery.pipeline.uploaders.api import ApiUploader
from edye_delivery.pipeline.uploaders.ftp import FtpUploader
from edye_delivery.pipeline.uploaders.uploader import Uploader


def main() -> int:
    """Sends once and prints the result."""
    job: dict[str, Any] = json.loads(sys.argv[1])
    client_alone = _file_by_ftp if "ftp" in job else _file_by_api
    send = client_alone(job) if "file" in job else _delivery_step(job)
    before_bytes = memory_bytes("VmRSS")
    started = time.perf_counter()
    send()
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "grown_bytes": max(0, memory_bytes("VmHWM") - before_bytes)}))
    return 0


def _file_by_api(job: dict[str, Any]) -> Callable[[], None]:
    """IngestApi.send of a local file."""
    api, path = IngestApi(client(job["sink"]), first_api_annex(), CLOCK), Path(job["file"])

    def send() -> None:
        with path.open("rb") as file:
            media = MediaBody(path.stat().st_size, file_blocks(file))
            answer = api.send(Upload("benchmark-key", "benchmark-request", path.name, {"titulo": "Prueba"}, media))
        if not isinstance(answer, Receipt):
            raise SystemExit(f"the sink refused: {answer.sentence}")

    return send


def _file_by_ftp(job: dict[str, Any]) -> Callable[[], None]:
    """FtpSession.store of a local file under a temporary name, its size, its final name; with login and farewell."""
    connect, path, folder = _ftp_sessions(job), Path(job["file"]), job["ftp"]["folder"]
    final, temporary = RemotePath(folder, path.name), RemotePath(folder, f"{path.name}.part")

    def send() -> None:
        session = connect()
        with path.open("rb") as file:
            session.store(temporary, file_blocks(file, UPLOAD_BLOCK_BYTES))
        if session.size(temporary) != path.stat().st_size:
            raise SystemExit("the server has another size than was sent")
        session.rename(temporary, final)
        session.close()

    return send


def _delivery_step(job: dict[str, Any]) -> Callable[[], None]:
    """Sender.send_batch of one title: the media host's stream, checked against its digest, to the partner."""
    annex = ftp_annex_below(job["ftp"]["folder"]) if "ftp" in job else first_api_annex()
    ledger = Ledger(open_engine(f"sqlite:///{job['scratch']}/ledger-{time.time_ns()}.sqlite"), CLOCK.now)
    way = _uploader(job, annex, ledger)
    plan = planned_title(annex, f"{job['media_host']}/{job['name']}", job["sha256"])

    def send() -> None:
        with way as uploader:
            counts = Sender(annex.partner, uploader, ledger, CLOCK, "benchmark").send_batch((CheckedTitle(plan=plan),))
        if counts != {"received": 1}:
            raise SystemExit(f"the title was not delivered: {counts}")

    return send


def _uploader(job: dict[str, Any], annex: Annex, ledger: Ledger) -> AbstractContextManager[Uploader]:
    host = media_host(job["media_host"])
    if "ftp" in job:
        return FtpUploader(annex, _ftp_sessions(job), MediaSource(host), ledger, _NoThumbnails())
    return nullcontext(
        ApiUploader(annex, IngestApi(client(job["sink"]), annex, CLOCK), MediaSource(host), ledger, _NoThumbnails())
    )


class _NoThumbnails:
    """The artifact store of titles that have no thumbnails."""

    def get(self, name: str) -> bytes:
        raise FileNotFoundError(name)


def _ftp_sessions(job: dict[str, Any]) -> Callable[[], FtpSession]:
    server = job["ftp"]
    account = FtpAccount(server["host"], server["port"], server["login"], server["password"])
    return lambda: FtpSession(account)


def file_blocks(file: Any, block_bytes: int = 512 * 1024) -> Iterator[bytes]:
    """The blocks of an open binary file."""
    while block := file.read(block_bytes):
        yield block


if __name__ == "__main__":
    sys.exit(main())
