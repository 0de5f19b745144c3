"""The wait for a batch: what the partner has of it, and what the ledger is told before and after."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from edye_delivery.catalog.ingest_outcome import WaitOutcome
from edye_delivery.catalog.snapshot import CheckedBatch
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.errors import AuthRefused, ConfigurationInvalid
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.hooks.metrics import time_partner
from edye_delivery.ledger.records import Delivery
from edye_delivery.pipeline.outcomes import deadline_at, record_outcomes, with_partner
from edye_delivery.steps.base import BatchStep, alerter, load

log = logging.getLogger(__name__)

OUTCOMES_WRITTEN_WITHIN = timedelta(minutes=30)
"""The time from a wait's deadline until its task has a worker again and has written the outcomes."""


@dataclass(frozen=True)
class Wait:
    """What a batch waits for: tracking ids, and until when at most, as ISO 8601."""

    tracking_ids: list[str]
    deadline_at: str


@dataclass(frozen=True)
class WaitForBatch(BatchStep):
    """The work of a batch's wait on one channel."""

    channel: Channel

    def begin(self) -> Wait | None:
        """What is to be waited for, which the ledger then knows; None where the partner has no title of the batch."""
        if self.batch is None:
            log.warning("the batch was never checked, so the partner has none of its titles")
            return None
        return self._wait_for(self._with_partner())

    def go_on(self, event: dict[str, Any]) -> Wait | None:
        """Writes the outcomes of the ids that were waited for; what remains, with titles that the partner got since.

        AuthRefused where the partner no longer takes our token; titles that had not ended stay as they were.
        ConfigurationInvalid where the trigger could not ask at all.
        """
        ended = WaitOutcome.model_validate(event)
        if ended.unusable:
            raise ConfigurationInvalid(ended.unusable)
        answered = set(ended.tracking_ids)
        if ended.auth_error:
            answered = {name for name, outcome in ended.outcomes.items() if outcome.state.is_terminal}
        waiting = [delivery for delivery in self._with_partner() if delivery.tracking_id in answered]
        record_outcomes(LedgerHook().get_conn(self.annex), waiting, ended.outcomes)
        time_partner(self.annex.partner, waiting, ended.outcomes, datetime.now(UTC))
        alerter().send()
        if ended.auth_error:
            self._note_wait(self._with_partner(), datetime.now(UTC))  # from now on nobody waits for the others
            raise AuthRefused(ended.auth_error)
        return self._wait_for(self._with_partner())

    def _wait_for(self, waiting: list[Delivery]) -> Wait | None:
        if not waiting:
            return None
        until = deadline_at(self.annex, self.channel, waiting, datetime.now(UTC))
        self._note_wait(waiting, until + OUTCOMES_WRITTEN_WITHIN)
        return Wait(sorted(str(delivery.tracking_id) for delivery in waiting), until.isoformat())

    def _note_wait(self, waiting: list[Delivery], until: datetime) -> None:
        LedgerHook().get_conn().note_wait([delivery.delivery_key for delivery in waiting], until)

    def _with_partner(self) -> list[Delivery]:
        batch = load(self.artifacts, self.batch, CheckedBatch)
        titles = () if batch.request.dry_run else batch.titles
        return with_partner(LedgerHook().get_conn(), titles, self.channel)
