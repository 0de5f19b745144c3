"""A process that sends a checked batch by FTP and may be killed at any moment: `deliver_ftp.py FOLDER PORT RUN_ID`.

FOLDER has annex.json, checked.json, account.json and pictures, and gets the ledger. Prints "sending" before its first
call, and how many titles have which state at its end.
"""

from __future__ import annotations

import json
import random
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.snapshot import CheckedBatch
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.ftp import FtpSession
from edye_delivery.clients.ftp_control import FtpAccount
from edye_delivery.clients.media import MediaHost
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.pipeline.deliver import Sender
from edye_delivery.pipeline.media_source import MediaSource
from edye_delivery.pipeline.uploaders.ftp import FtpUploader


def main(folder: Path, port: int, run_id: str) -> None:
    annex = Annex.model_validate_json((folder / "annex.json").read_bytes())
    titles = CheckedBatch.model_validate_json((folder / "checked.json").read_bytes()).titles
    account = FtpAccount("127.0.0.1", port, **json.loads((folder / "account.json").read_bytes()))
    clock = Clock(now=lambda: datetime.now(UTC), sleep=time.sleep, random=random.random)
    ledger = Ledger(open_engine(f"sqlite:///{folder}/ledger.sqlite"), clock.now)
    media_host = MediaHost(httpx.Client(trust_env=False), frozenset({"127.0.0.1"}), annex.ftp.retry, clock)

    class Pictures:
        def get(self, name: str) -> bytes:
            return (folder / "pictures" / Path(name).name).read_bytes()

    print("sending", flush=True)
    with FtpUploader(annex, lambda: FtpSession(account), MediaSource(media_host), ledger, Pictures()) as uploader:
        counts = Sender(annex.partner, uploader, ledger, clock, run_id).send_batch(titles)
    print(json.dumps(counts), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3])
