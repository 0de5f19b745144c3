"""One event of the trail, and its Elastic Common Schema document (annex section 8, IngestaLogs)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Any, Protocol, TypeVar

import orjson

from edye_delivery.catalog.one_title import StepFailure, attempt
from edye_delivery.catalog.window import rfc3339

ECS_VERSION = "8.17.0"
DATASET = "ingestalogs.edye"
ID_CHARS = 32
NANOSECONDS_A_SECOND = 1_000_000_000


Id = TypeVar("Id", bound=int | str)
Id_co = TypeVar("Id_co", bound=int | str, covariant=True)


class Shippable(Protocol[Id_co]):
    """What the trail ships: something with an id of its own that becomes one document."""

    @property
    def id(self) -> Id_co:
        """What the ledger names it by."""

    @property
    def document_id(self) -> str:
        """The document's id: each shipment has the same one."""

    @property
    def subject(self) -> str:
        """What it is, for a sentence."""

    @property
    def file_stem(self) -> str:
        """The name, below its day, of a file that begins with it."""

    @property
    def at(self) -> datetime:
        """When it happened, aware."""

    def as_ecs(self) -> dict[str, Any]:
        """Its document."""


class Outcome(StrEnum):
    """How the step of an event ended; `unknown` where the event says that the step begins."""

    SUCCESS = "success"
    FAILURE = "failure"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Event:
    """One step of one delivery, as the ledger keeps it; what a step does not have is None or empty."""

    id: int
    at: datetime
    action: str
    outcome: Outcome
    partner: str
    client_id: str | None
    external_id: str
    delivery_key: str
    run_id: str
    state: str
    detail: str
    seconds: float | None
    http_status: int | None
    error_code: str | None
    cause: str | None
    owner: str | None
    attempt: int | None
    tracking_id: str | None
    request_id: str | None

    @property
    def document_id(self) -> str:
        """The document's id: each shipment of this event has the same one, an event of another ledger never has."""
        identity = f"{self.partner}\n{self.delivery_key}\n{self.id}\n{self.at.isoformat()}"
        return document_id_of(identity)

    @property
    def subject(self) -> str:
        """What it is, for a sentence."""
        return f"event {self.id} of {self.external_id}"

    @property
    def file_stem(self) -> str:
        """The name, below its day, of a file that begins with this event."""
        return f"ingestalogs-{self.id:012}-{self.document_id[:8]}"

    def as_ecs(self) -> dict[str, Any]:
        """As the function `as_ecs`."""
        return as_ecs(self)


def document_id_of(identity: str) -> str:
    """The id of a document about what this text names."""
    return hashlib.sha256(identity.encode()).hexdigest()[:ID_CHARS]


def as_ecs(event: Event) -> dict[str, Any]:
    """The event's document: the fields of the Elastic Common Schema, and ours beside them; empty ones are left out."""
    failed = event.outcome is Outcome.FAILURE
    document = {
        "@timestamp": rfc3339(event.at),
        "ecs.version": ECS_VERSION,
        "event.id": event.document_id,
        "event.sequence": event.id,
        "event.kind": "event",
        "event.dataset": DATASET,
        "event.action": event.action,
        "event.outcome": event.outcome.value,
        "event.duration": None if event.seconds is None else round(event.seconds * NANOSECONDS_A_SECOND),
        "http.response.status_code": event.http_status,
        "http.request.id": event.request_id,
        "error.code": event.error_code,
        "error.message": event.detail if failed else None,
        "message": None if failed else event.detail,
        "partner": event.partner,
        "client_id": event.client_id,
        "external_id": event.external_id,
        "delivery_key": event.delivery_key,
        "tracking_id": event.tracking_id,
        "state": event.state,
        "cause": event.cause,
        "owner": event.owner,
        "attempt": event.attempt,
        "run_id": event.run_id,
    }
    return {name: value for name, value in document.items() if value not in (None, "")}


def documents_of(events: Iterable[Shippable[Id]]) -> tuple[dict[Id, bytes], dict[Id, str]]:
    """By event id: the documents as JSON, and for each event that cannot become one the reason."""
    documents: dict[Id, bytes] = {}
    reasons: dict[Id, str] = {}
    for event in events:
        document = attempt(event.subject, "writing its document", partial(_pack, event))
        if isinstance(document, StepFailure):
            reasons[event.id] = document.sentence
        else:
            documents[event.id] = document
    return documents, reasons


def _pack(event: Shippable[Id]) -> bytes:
    return orjson.dumps(event.as_ecs())
