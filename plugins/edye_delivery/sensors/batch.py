"""The wait for a batch: reads the ledger once, then defers until the partner has ended every ingest."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from airflow.sdk import BaseSensorOperator, Context
from airflow.triggers.base import BaseTrigger

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.ingest_outcome import WaitOutcome
from edye_delivery.catalog.snapshot import CheckedBatch
from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.errors import AuthRefused, ConfigurationInvalid
from edye_delivery.hooks.artifacts import ArtifactHook
from edye_delivery.hooks.ledger import LedgerHook
from edye_delivery.ledger.records import Delivery
from edye_delivery.operators.base import alerter, load
from edye_delivery.pipeline.outcomes import deadline_at, record_outcomes, with_partner

log = logging.getLogger(__name__)

OUTCOMES_WRITTEN_WITHIN = timedelta(minutes=30)
"""The time from a wait's deadline until its task has a worker again and has written the outcomes."""


class BatchSensor(BaseSensorOperator):
    """Waits for all tracking ids of a batch; writes to the ledger how each ended; returns the batch's reference.

    Its trigger's event is a WaitOutcome as JSON.
    """

    template_fields: ClassVar[Sequence[str]] = ("batch",)
    channel: ClassVar[Channel]

    def __init__(self, *, annex: Annex, batch: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.annex, self.batch = annex, batch

    def trigger(self, tracking_ids: list[str], deadline_at: str) -> BaseTrigger:
        """The trigger that waits for the channel's outcomes."""
        raise NotImplementedError

    def execute(self, context: Context) -> Any:
        """Defers while the partner has titles of the batch; runs after a failed upload too, for the titles sent."""
        if self.batch is None:
            log.warning("the batch was never checked, so the partner has none of its titles")
            return None
        return self._wait_for(self._with_partner())

    def execute_complete(self, context: Context, event: dict[str, Any]) -> Any:
        """Writes the outcomes of the ids that were waited for, and waits for titles that the partner got since.

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
        alerter().send()
        if ended.auth_error:
            self._note_wait(self._with_partner(), datetime.now(UTC))  # from now on nobody waits for the others
            raise AuthRefused(ended.auth_error)
        return self._wait_for(self._with_partner())

    def _wait_for(self, waiting: list[Delivery]) -> Any:
        """Defers for these deliveries; the batch's reference where there is none."""
        if not waiting:
            return self.batch
        until = deadline_at(self.annex, self.channel, waiting, datetime.now(UTC))
        self._note_wait(waiting, until + OUTCOMES_WRITTEN_WITHIN)
        tracking_ids = sorted(str(delivery.tracking_id) for delivery in waiting)
        self.defer(trigger=self.trigger(tracking_ids, until.isoformat()), method_name="execute_complete")

    def _note_wait(self, waiting: list[Delivery], until: datetime) -> None:
        LedgerHook().get_conn().note_wait([delivery.delivery_key for delivery in waiting], until)

    def _with_partner(self) -> list[Delivery]:
        batch = load(ArtifactHook().get_conn(), self.batch, CheckedBatch)
        titles = () if batch.request.dry_run else batch.titles
        return with_partner(LedgerHook().get_conn(), titles, self.channel)
