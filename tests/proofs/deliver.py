"""A process that delivers a checked batch and may be killed at any moment: `deliver.py FOLDER PARTNER_URL RUN_ID`.

FOLDER has annex.json and checked.json, and gets the ledger. Prints "sending" before its first call.
"""

from __future__ import annotations

import asyncio
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.snapshot import CheckedBatch
from edye_delivery.clients.clock import AsyncClock, Clock
from edye_delivery.clients.ingest import IngestApi
from edye_delivery.clients.media import MediaHost
from edye_delivery.clients.watch import IngestWatch
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.pipeline.accept import Acceptor
from edye_delivery.pipeline.deliver import Sender
from edye_delivery.pipeline.media_source import MediaSource
from edye_delivery.pipeline.outcomes import record_outcomes, with_partner
from edye_delivery.pipeline.uploaders.api import ApiUploader


class EmptyFiles:
    """A store whose every file is there and empty."""

    def get(self, name: str) -> bytes:
        return b""


HEADERS = {"Authorization": "Bearer abc123"}


def now() -> datetime:
    return datetime.now(UTC)


async def watch(annex: Annex, url: str, tracking_ids: list[str]) -> dict[str, Any]:
    clock = AsyncClock(now=now, sleep=asyncio.sleep, random=random.random)
    async with httpx.AsyncClient(base_url=url, headers=HEADERS, trust_env=False) as client:
        watch = IngestWatch(annex, client, tracking_ids, now() + timedelta(seconds=30), clock)
        return await watch.until_all_ended()


def main(folder: Path, url: str, run_id: str) -> None:
    annex = Annex.model_validate_json((folder / "annex.json").read_bytes())
    titles = CheckedBatch.model_validate_json((folder / "checked.json").read_bytes()).titles
    ledger = Ledger(open_engine(f"sqlite:///{folder}/ledger.sqlite"), now)
    clock = Clock(now=now, sleep=time.sleep, random=random.random)
    retry_policy = annex.api.retry
    api = IngestApi(httpx.Client(base_url=url, headers=HEADERS, timeout=20, trust_env=False), annex, clock)
    media_host = MediaHost(httpx.Client(trust_env=False), frozenset({"127.0.0.1"}), retry_policy, clock)
    uploader = ApiUploader(annex, api, MediaSource(media_host), ledger, EmptyFiles())
    print("sending", flush=True)
    Sender(annex.partner, uploader, ledger, clock, run_id).send_batch(titles)
    waiting = with_partner(ledger, titles)
    outcomes = asyncio.run(watch(annex, url, [str(delivery.tracking_id) for delivery in waiting]))
    record_outcomes(ledger, waiting, outcomes)
    Acceptor(annex, ledger).accept_batch(titles)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], sys.argv[3])
