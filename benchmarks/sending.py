"""One upload by the production code in a fresh process: `python -m benchmarks.sending JSON` prints what it took.

The JSON: {"sink": URL, "file": path} for the client alone, or {"sink", "media_host": URL, "name", "sha256": digest or
null, "scratch": folder} for the delivery step, which takes the media from a media host. It prints {"seconds",
"grown_bytes"}: the call's wall time, and by how much resident memory rose above what it was just before the call.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from benchmarks.production import TEMPO, client, first_api_annex, media_host, planned_title
from edye_delivery.catalog.plan import JudgedTitle
from edye_delivery.clients.ingest import IngestApi, MediaBody, Receipt, Upload
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.operators.sending import Sender


def main() -> int:
    """Sends once and prints the result."""
    job: dict[str, Any] = json.loads(sys.argv[1])
    send = _client_alone(job) if "file" in job else _delivery_step(job)
    before_bytes = memory_bytes("VmRSS")
    started = time.perf_counter()
    send()
    seconds = time.perf_counter() - started
    print(json.dumps({"seconds": seconds, "grown_bytes": max(0, memory_bytes("VmHWM") - before_bytes)}))
    return 0


def _client_alone(job: dict[str, Any]) -> Callable[[], None]:
    """IngestApi.send of a local file."""
    api, path = IngestApi(client(job["sink"]), first_api_annex(), TEMPO), Path(job["file"])

    def send() -> None:
        with path.open("rb") as file:
            media = MediaBody(path.stat().st_size, file_blocks(file))
            answer = api.send(Upload("benchmark-key", "benchmark-request", path.name, {"titulo": "Prueba"}, media))
        if not isinstance(answer, Receipt):
            raise SystemExit(f"the sink refused: {answer.sentence}")

    return send


def _delivery_step(job: dict[str, Any]) -> Callable[[], None]:
    """Sender.send_batch of one title: the media host's stream, checked against its digest, into the partner's API."""
    annex = first_api_annex()
    sender = Sender(
        annex=annex,
        api=IngestApi(client(job["sink"]), annex, TEMPO),
        media_host=media_host(job["media_host"]),
        ledger=Ledger(open_engine(f"sqlite:///{job['scratch']}/ledger-{time.time_ns()}.sqlite"), TEMPO.now),
        tempo=TEMPO,
        read_artifact=lambda _: b"",
        run_id="benchmark",
    )
    plan = planned_title(annex, f"{job['media_host']}/{job['name']}", job["sha256"])

    def send() -> None:
        counts = sender.send_batch((JudgedTitle(plan=plan),))
        if counts != {"received": 1}:
            raise SystemExit(f"the title was not delivered: {counts}")

    return send


def memory_bytes(name: str) -> int:
    """A figure of /proc/self/status: VmRSS is resident memory now, VmHWM its highest so far."""
    found = re.search(rf"^{name}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    if found is None:
        raise SystemExit(f"/proc/self/status has no {name}: memory is measured on Linux only")
    return int(found[1]) * 1024


def file_blocks(file: Any, block_bytes: int = 512 * 1024) -> Iterator[bytes]:
    """The blocks of an open binary file."""
    while block := file.read(block_bytes):
        yield block


if __name__ == "__main__":
    sys.exit(main())
