"""Waits for a batch's outcomes on a partner's FTP server, in the triggerer, until a wall-clock deadline."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from functools import partial
from typing import Any

from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.triggers.base import BaseTrigger, TriggerEvent

from edye_delivery.annex.channels import ftp_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.ingest_outcome import WaitOutcome
from edye_delivery.clients.ftp import FtpSession
from edye_delivery.clients.ftp_watch import FtpWatch
from edye_delivery.errors import ConfigurationInvalid
from edye_delivery.hooks.ftp import FtpHook
from edye_delivery.triggers.ingest import LOOP_CLOCK, unusable
from edye_delivery.triggers.partner_loop import run_apart


class FtpTrigger(BaseTrigger):
    """Looks until every metadata file has an outcome, the deadline has passed, or the login is refused.

    It writes nothing and decides nothing, so it may run twice or on another host; it starts from its arguments.
    Its event is a WaitOutcome as JSON; the tracking ids are the metadata files' names.
    """

    def __init__(self, annex: dict[str, Any], tracking_ids: list[str], deadline_at: str) -> None:
        super().__init__()
        self.annex, self.tracking_ids, self.deadline_at = annex, tracking_ids, deadline_at

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class and arguments, all JSON."""
        arguments = {"annex": self.annex, "tracking_ids": self.tracking_ids, "deadline_at": self.deadline_at}
        return "edye_delivery.triggers.ftp.FtpTrigger", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event, at the end."""
        annex = Annex.model_validate(self.annex)
        channel = ftp_channel_of(annex)
        deadline_at = datetime.fromisoformat(self.deadline_at)

        async def wait() -> dict[str, Any]:
            account = hook.account()
            watch = FtpWatch(annex, partial(FtpSession, account), self.tracking_ids, deadline_at, LOOP_CLOCK)
            outcomes = await watch.until_all_ended()
            ids = tuple(self.tracking_ids)
            return WaitOutcome(tracking_ids=ids, outcomes=outcomes, auth_error=watch.auth_error).as_event()

        try:
            hook = await FtpHook.load(channel.conn_id, channel.answer_timeout_s, channel.least_rate_bytes_s)
            yield TriggerEvent(await run_apart(f"ftp-{annex.partner}", channel.connections_at_once, wait))
        except (AirflowNotFoundException, ConfigurationInvalid) as error:
            yield unusable(self.tracking_ids, channel.conn_id, error)
