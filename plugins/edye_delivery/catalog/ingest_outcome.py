"""How ingests ended, as a wait tells it: from the partner's answer to the ledger."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from edye_delivery.catalog.plan import Record
from edye_delivery.catalog.vocabulary import Cause, IngestState


class IngestOutcome(Record):
    """Where one ingest stands: its last state, and for one that failed or hangs the cause and the sentence for people.

    `http_status` and `error_code` are those of a refusal. `partner_ended` is false where the partner refused to tell,
    not the ingest itself: whether that one goes on, nobody said, and a resend keeps its key.
    """

    state: IngestState
    cause: Cause | None = None
    sentence: str = ""
    http_status: int | None = None
    error_code: str = ""
    partner_ended: bool = True


class WaitOutcome(Record):
    """What a trigger saw of the tracking ids that it was given: one outcome for each that answered.

    `auth_error` says that the partner no longer takes our token, `unusable` that nobody could look at all.
    """

    tracking_ids: tuple[str, ...]
    outcomes: dict[str, IngestOutcome] = Field(default_factory=dict)
    auth_error: str | None = None
    unusable: str = ""

    def as_event(self) -> dict[str, Any]:
        """The payload of the trigger's event, all JSON."""
        return self.model_dump(mode="json")
