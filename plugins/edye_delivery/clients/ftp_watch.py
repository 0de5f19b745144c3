"""Watches a batch's outcomes on a partner's FTP server: one look after the other, each with one connection.

A look works in a thread. It always ends, because its session has a time limit, so two looks never run at once. It also
ends with the wait: the last look, at the deadline, has the time of one answer.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime

from edye_delivery.annex.channels import folder_of, ftp_channel_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.ingest_outcome import IngestOutcome
from edye_delivery.clients.clock import AsyncClock
from edye_delivery.clients.ftp import FtpSession
from edye_delivery.clients.ftp_line import SessionLife
from edye_delivery.clients.ftp_outcome import OutcomeLook, outcome_at_deadline
from edye_delivery.errors import AuthRefused, FtpRefused, Transient

log = logging.getLogger(__name__)
LOOK_MAX_S = 600.0


class FtpWatch:
    """Looks for the outcomes of metadata files until each has one, the deadline is over, or the login is refused."""

    def __init__(
        self,
        annex: Annex,
        connect: Callable[[SessionLife], FtpSession],
        metadata_files: list[str],
        deadline_at: datetime,
        clock: AsyncClock,
    ) -> None:
        self._annex, self._connect, self._deadline_at, self._clock = annex, connect, deadline_at, clock
        self._look = OutcomeLook(annex)
        self._last: dict[str, IngestOutcome | None] = dict.fromkeys(metadata_files)
        self.auth_error: str | None = None

    async def until_all_ended(self) -> dict[str, IngestOutcome]:
        """The outcome of every file; one that did not end has a cause and a sentence that says so."""
        polling = ftp_channel_of(self._annex).polling
        pause_s, every_s = polling.first_s, polling.every_s
        while self._open() and self.auth_error is None and await self._sleep(pause_s):
            outcomes: dict[str, IngestOutcome] = {}
            try:
                await self._look_apart(outcomes)
            except AuthRefused as error:
                self.auth_error = str(error)
            except (Transient, FtpRefused) as error:
                log.warning("the look for the outcomes broke off: %s", error)
            self._note(dict(outcomes))  # a copy: the thread of a look that was ended may still add to it
            pause_s, every_s = (
                every_s * (0.75 + self._clock.random() / 2),
                min(polling.slowest_s, every_s * polling.growth),
            )
        return {name: self._outcome_of(name, outcome) for name, outcome in self._last.items()}

    def _open(self) -> list[str]:
        return [name for name, last in self._last.items() if last is None or not last.state.is_terminal]

    async def _look_apart(self, outcomes: dict[str, IngestOutcome]) -> None:
        """Looks in a thread; its connections are closed when the wait is cancelled or over."""
        life, left_s = SessionLife(), max(self._remaining_s(), ftp_channel_of(self._annex).answer_timeout_s)
        ends_at_s = life.clock() + left_s
        try:
            async with asyncio.timeout(left_s):  # includes the wait for a free thread
                await asyncio.to_thread(self._look_once, self._open(), life, ends_at_s, outcomes)
        except TimeoutError as error:
            life.end()
            raise Transient("the wait was over before the look had ended") from error
        except asyncio.CancelledError:
            life.end()
            raise

    def _look_once(
        self, names: list[str], life: SessionLife, ends_at_s: float, outcomes: dict[str, IngestOutcome]
    ) -> None:
        life.limit(min(LOOK_MAX_S, ends_at_s - life.clock()))
        session = self._connect(life)
        try:
            self._look.look(session, names, outcomes)
        finally:
            session.close()

    async def _sleep(self, pause_s: float) -> bool:
        """Sleeps, at most until the deadline; False after the deadline."""
        left_s = self._remaining_s()
        if left_s <= 0:
            return False
        await self._clock.sleep(min(pause_s, left_s))
        return True

    def _remaining_s(self) -> float:
        return (self._deadline_at - self._clock.now()).total_seconds()

    def _note(self, outcomes: dict[str, IngestOutcome]) -> None:
        for name, outcome in outcomes.items():
            if outcome != self._last[name]:
                self._last[name] = outcome
                log.info("%s is %s; %s still open", name, outcome.state, len(self._open()))

    def _outcome_of(self, name: str, outcome: IngestOutcome | None) -> IngestOutcome:
        if outcome is not None and outcome.state.is_terminal:
            return outcome
        incoming = folder_of(self._annex, ftp_channel_of(self._annex).folders.metadata)
        return outcome_at_deadline(outcome, name, incoming, f"at {self._deadline_at:%Y-%m-%d %H:%M:%S} UTC")
