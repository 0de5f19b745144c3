"""The delivery line over FTP: the same steps, another upload and another wait."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any

from edye_delivery.catalog.plan import CheckedTitle, RunRequest
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.clients.clock import AsyncClock
from edye_delivery.clients.ftp import FtpSession
from edye_delivery.clients.ftp_control import FtpAccount
from edye_delivery.clients.ftp_watch import FtpWatch
from edye_delivery.pipeline.deliver import Sender
from edye_delivery.pipeline.outcomes import record_outcomes, with_partner
from edye_delivery.pipeline.uploaders.ftp import FtpUploader
from sandbox.ftp_server import FTP_LOGIN, FTP_PASSWORD
from tests.flow.line import Line, now

REASON = "the API answers 503 since yesterday"


@dataclass
class FtpLine(Line):
    """One partner's line over its FTP server."""

    password: str = FTP_PASSWORD

    @property
    def connect(self) -> Callable[..., FtpSession]:
        account = FtpAccount("127.0.0.1", self.box.ftp_port, FTP_LOGIN, self.password, timeout_s=5)
        return partial(FtpSession, account)

    def request(self, run_id: str = "run-1", **changes: Any) -> RunRequest:
        return super().request(run_id, **({"channel": Channel.FTP, "reason": REASON} | changes))

    def send(self, checked: list[CheckedTitle], run_id: str) -> dict[str, int]:
        uploader = FtpUploader(self.annex, self.connect, self.media, self.ledger, self.artifacts)
        with uploader:
            return Sender(self.annex.partner, uploader, self.ledger, self.clock, run_id).send_batch(tuple(checked))

    def wait(self, checked: list[CheckedTitle], give_up_s: float = 10.0) -> None:
        waiting = with_partner(self.ledger, checked, Channel.FTP)
        outcomes = asyncio.run(self._look([str(delivery.tracking_id) for delivery in waiting], give_up_s))
        record_outcomes(self.ledger, waiting, outcomes)

    async def _look(self, names: list[str], give_up_s: float) -> dict[str, Any]:
        clock = AsyncClock(now=now, sleep=lambda s: asyncio.sleep(min(s, 0.1)), random=random.Random(1).random)
        watch = FtpWatch(self.annex, self.connect, names, now() + timedelta(seconds=give_up_s), clock)
        return await watch.until_all_ended()
