"""Waits for a batch's ingests in the triggerer: one client for all, until a wall-clock deadline."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from airflow.sdk.exceptions import AirflowNotFoundException
from airflow.triggers.base import BaseTrigger, TriggerEvent

from edye_delivery.annex.channels import api_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.ingest_outcome import WaitOutcome
from edye_delivery.clients.clock import AsyncClock
from edye_delivery.clients.watch import IngestWatch
from edye_delivery.errors import ConfigurationInvalid
from edye_delivery.hooks.http_client import ApiHook
from edye_delivery.triggers.partner_loop import run_apart

LOOP_CLOCK = AsyncClock(now=lambda: datetime.now(UTC), sleep=asyncio.sleep, random=random.random)
NAME_LOOK_UPS_AT_ONCE = 2


def unusable(tracking_ids: list[str], conn_id: str, error: Exception) -> TriggerEvent:
    """The event of a trigger that cannot ask: Airflow would take its exception for one that passes."""
    sentence = f"the outcomes cannot be asked for: the connection {conn_id} is missing or unusable ({error})"
    return TriggerEvent(WaitOutcome(tracking_ids=tuple(tracking_ids), unusable=sentence).as_event())


class IngestTrigger(BaseTrigger):
    """Asks for every tracking id until each has ended, the deadline has passed, or the token is refused.

    It writes nothing and decides nothing, so it may run twice or on another host; it starts from its arguments.
    Its event is a WaitOutcome as JSON.
    """

    def __init__(self, annex: dict[str, Any], tracking_ids: list[str], deadline_at: str) -> None:
        super().__init__()
        self.annex, self.tracking_ids, self.deadline_at = annex, tracking_ids, deadline_at

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Class and arguments, all JSON."""
        arguments = {"annex": self.annex, "tracking_ids": self.tracking_ids, "deadline_at": self.deadline_at}
        return "edye_delivery.triggers.ingest.IngestTrigger", arguments

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """One event, at the end."""
        annex = Annex.model_validate(self.annex)
        channel = api_channel_of(annex)
        deadline_at = datetime.fromisoformat(self.deadline_at)

        async def wait() -> dict[str, Any]:
            async with hook.async_client(channel.answer_timeout_s) as client:
                watch = IngestWatch(annex, client, self.tracking_ids, deadline_at, LOOP_CLOCK, hook.mask)
                outcomes = await watch.until_all_ended()
            ids = tuple(self.tracking_ids)
            return WaitOutcome(tracking_ids=ids, outcomes=outcomes, auth_error=watch.auth_error).as_event()

        try:
            hook = await ApiHook.load(channel.conn_id)
            yield TriggerEvent(await run_apart(f"api-{annex.partner}", NAME_LOOK_UPS_AT_ONCE, wait))
        except (AirflowNotFoundException, ConfigurationInvalid) as error:
            yield unusable(self.tracking_ids, channel.conn_id, error)
