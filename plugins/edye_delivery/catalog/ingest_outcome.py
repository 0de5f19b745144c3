"""The outcomes of ingests, which a wait reads from the partner's answers and passes on to the ledger."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from edye_delivery.catalog.plan import Record
from edye_delivery.catalog.vocabulary import Cause, IngestState


class IngestOutcome(Record):
    """The outcome of one ingest: its last state; for a failed or stuck one also the cause and a sentence for people.

    `http_status` and `error_code` come from the partner's refusal. `partner_ended` is false where the partner refused
    to give the state: the ingest itself may still be running, so a resend keeps its idempotency key.
    """

    state: IngestState
    cause: Cause | None = None
    sentence: str = ""
    http_status: int | None = None
    error_code: str = ""
    partner_ended: bool = True


class WaitOutcome(Record):
    """What a trigger found out about its tracking ids: one outcome for each that the partner answered for.

    `auth_error` is set where the partner no longer accepts our token, `unusable` where no state could be asked for.
    """

    tracking_ids: tuple[str, ...]
    outcomes: dict[str, IngestOutcome] = Field(default_factory=dict)
    auth_error: str | None = None
    unusable: str = ""

    def as_event(self) -> dict[str, Any]:
        """The payload of the trigger's event, all JSON."""
        return self.model_dump(mode="json")
