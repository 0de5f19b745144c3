"""The wait for ingests of the partner's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from edye_delivery.catalog.vocabulary import Channel
from edye_delivery.sensors.batch import BatchSensor

if TYPE_CHECKING:
    from edye_delivery.triggers.ingest import IngestTrigger


class IngestSensor(BatchSensor):
    """Waits until the partner's API has ended every ingest of a batch."""

    channel: ClassVar[Channel] = Channel.API

    def trigger(self, tracking_ids: list[str], deadline_at: str) -> IngestTrigger:
        """The trigger that asks the API for every tracking id."""
        from edye_delivery.triggers.ingest import IngestTrigger

        return IngestTrigger(self.annex.model_dump(mode="json"), tracking_ids, deadline_at)
