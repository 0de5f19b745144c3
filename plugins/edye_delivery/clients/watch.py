"""Watches many ingests at once, each with its own intervals, and with no more calls at once than the annex allows."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime

import httpx

from edye_delivery.annex.channels import api_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.ingest_outcome import IngestOutcome
from edye_delivery.catalog.vocabulary import Cause, IngestState
from edye_delivery.clients.clock import AsyncClock
from edye_delivery.clients.http import exchange_async
from edye_delivery.clients.ingest import IngestStatus, StateUnlisted, bounds_for, read_status, status_request
from edye_delivery.clients.retry import poll_delay_s
from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import AuthRefused, Transient

log = logging.getLogger(__name__)
ERROR_MAX_CHARS = 500
STATUS_MAX_BYTES = 64 * 1024
"""A state has some hundred bytes. The parser blocks the interpreter: for 1 MiB of brackets it takes 1.4 s."""


class IngestWatch:
    """Polls a batch's ingests until each has ended, the deadline is over, or the token is refused."""

    def __init__(
        self,
        annex: Annex,
        client: httpx.AsyncClient,
        tracking_ids: list[str],
        deadline_at: datetime,
        clock: AsyncClock,
        mask: SecretMask = NO_SECRETS,
    ) -> None:
        self._annex, self._client, self._deadline_at, self._clock, self._mask = annex, client, deadline_at, clock, mask
        self._channel = api_channel_of(annex)
        self._last: dict[str, IngestStatus | None] = dict.fromkeys(tracking_ids)
        self._unlisted: dict[str, str] = {}
        self._calls = asyncio.Semaphore(self._channel.polling.at_once)
        self.auth_error: str | None = None

    async def until_all_ended(self) -> dict[str, IngestOutcome]:
        """The last outcome of every tracking id that the partner answered for.

        An ingest whose last state the annex does not list is stuck, and its sentence names the word.
        """
        await asyncio.gather(*(self._until_ended(tracking_id) for tracking_id in self._last))
        ended = {name: _outcome_of(status) for name, status in self._last.items() if status is not None}
        return ended | {name: self._as_unlisted(name, clause) for name, clause in self._unlisted.items()}

    async def _until_ended(self, tracking_id: str) -> None:
        polling = self._channel.polling
        pause_s = polling.first_s + self._clock.random() * polling.every_s
        every_s = polling.every_s
        while await self._sleep(pause_s):
            retry_after_s: float | None = None
            try:
                status = await self._ask(tracking_id)
            except AuthRefused as error:
                self.auth_error = str(error)
                return
            except Transient as error:
                if isinstance(error, StateUnlisted):
                    self._unlisted[tracking_id] = str(error)
                log.warning("the state of %s is not known now: %s", tracking_id, error)
                retry_after_s = error.retry_after_s
            except Exception as error:  # whatever one title's answer does to us, the wait for the others goes on
                message = self._mask.words(str(error), ERROR_MAX_CHARS)
                log.warning("the state of %s cannot be read: %s: %s", tracking_id, type(error).__name__, message)
            else:
                if status is None:
                    return
                self._note(status)
                if status.state.is_terminal:
                    return
            every_s = min(polling.slowest_s, every_s * polling.growth)
            interval_s = every_s * (0.75 + self._clock.random() / 2)
            pause_s = poll_delay_s(self._channel.retry, interval_s, retry_after_s, self._clock.random())

    async def _sleep(self, pause_s: float) -> bool:
        """Sleeps, at most until the deadline; False where it is no use to ask again."""
        left_s = self._remaining_s()
        if left_s <= 0 or self.auth_error is not None:
            return False
        await self._clock.sleep(min(pause_s, left_s))
        return self.auth_error is None

    def _remaining_s(self) -> float:
        return (self._deadline_at - self._clock.now()).total_seconds()

    async def _ask(self, tracking_id: str) -> IngestStatus | None:
        """The partner's answer; None where the wait was over before it was this ingest's turn."""
        what = f"{self._annex.display_name}'s status of {tracking_id}"
        request = status_request(self._client, self._channel, tracking_id)
        has_to_wait = self._calls.locked()
        async with self._calls:
            if self.auth_error is not None or (has_to_wait and self._remaining_s() <= 0):
                return None
            bounds = bounds_for(self._client, self._channel, STATUS_MAX_BYTES)
            answer = await exchange_async(self._client, request, what, bounds, self._mask)
        return read_status(self._annex, tracking_id, answer, self._clock.now())

    def _note(self, status: IngestStatus) -> None:
        self._unlisted.pop(status.tracking_id, None)
        before = self._last[status.tracking_id]
        self._last[status.tracking_id] = status
        if before is None or before.state is not status.state:
            ended = sum(1 for last in self._last.values() if last is not None and last.state.is_terminal)
            log.info("%s is %s; %s of %s ended", status.tracking_id, status.state, ended, len(self._last))

    def _as_unlisted(self, tracking_id: str, clause: str) -> IngestOutcome:
        before = self._last[tracking_id]
        return IngestOutcome(
            state=before.state if before else IngestState.RECEIVED,
            cause=Cause.STUCK,
            sentence=f"{clause}: add what it means to `states` in the annex of {self._annex.partner}",
            partner_ended=False,
        )


def _outcome_of(status: IngestStatus) -> IngestOutcome:
    refusal = status.refusal if status.state is IngestState.ERROR else None
    if refusal is None:
        return IngestOutcome(state=status.state, partner_ended=status.state.is_terminal)
    return IngestOutcome(
        state=status.state,
        cause=refusal.cause,
        sentence=refusal.sentence,
        http_status=refusal.http_status,
        error_code=refusal.code,
        partner_ended=200 <= refusal.http_status < 300,
    )
