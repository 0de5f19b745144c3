"""The annex's parts that describe a partner's ingest API: paths, names, retries."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from edye_delivery.annex.part import Part
from edye_delivery.annex.template import IMAGE_FILE_NAME, ImageFileName
from edye_delivery.catalog.vocabulary import IngestState

Path = Annotated[str, StringConstraints(pattern=r"^/[A-Za-z0-9._~/-]*$")]
PartName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,64}$")]
HeaderName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]

LEASE_S = 120.0
"""Twice as long as a call may be without an answer, so that no lease ends during a call; and hardly longer than Airflow
takes until it tries a dead worker's task again (docs/scaling.md)."""
LeaseLength = Annotated[float, Field(gt=0)]
LEAST_RATE_BYTES_S = 32 * 1024
"""The least rate of a stream. At this rate a film of 2 GB takes 18 hours; no batch has time for a slower one."""
Rate = Annotated[float, Field(gt=0)]


def comparison_key(word: str) -> str:
    """A partner's word in the form in which words are compared: in one case, without blanks around it."""
    return word.strip().casefold()


def _refuse_duplicates(states: dict[str, IngestState]) -> dict[str, IngestState]:
    by_word: dict[str, IngestState] = {}
    for word, state in states.items():
        if by_word.setdefault(comparison_key(word), state) is not state:
            raise ValueError(f"states has {word!r} twice, because words are compared without regard to case")
    return states


StateWords = Annotated[dict[str, IngestState], AfterValidator(_refuse_duplicates)]


class Rendition(Part):
    """A thumbnail that is sent as a further multipart part."""

    part: PartName
    """The name of the multipart part."""
    thumbnail: str
    """The name of the thumbnail that is sent."""
    file_name: ImageFileName = IMAGE_FILE_NAME
    """The picture's file name, of external_id, thumbnail and extension."""


class RetryPolicy(Part):
    """How often one call is tried, and how long the waits between the tries are: in seconds, with full jitter."""

    attempts: int = Field(5, ge=1, le=20)
    """How often a call is tried in all."""
    base_s: float = Field(1.0, ge=0)
    """The longest wait before the second try; it doubles with each further one."""
    cap_s: float = Field(60.0, gt=0)
    """The longest wait between two tries."""
    retry_after_max_s: float = Field(300.0, gt=0)
    """The longest wait that the other side may ask for; if it asks for more, the call is not tried again."""


class PollingPolicy(Part):
    """When a wait looks for the outcome of a title, and when it gives up; all times in seconds."""

    first_s: float = Field(ge=0)
    """How long the wait pauses before its first look."""
    every_s: float = Field(gt=0)
    """The time between the first look and the second one."""
    slowest_s: float = Field(gt=0)
    """The longest time between two looks."""
    growth: float = Field(1.5, ge=1)
    """The factor by which the time between two looks grows."""
    give_up_s: float = Field(gt=0)
    """After how long a title without an outcome counts as stuck."""


class ApiPollingPolicy(PollingPolicy):
    """When the wait asks a partner's API for the states of ingests, and for how many at once."""

    at_once: int = Field(8, ge=1, le=64)
    """How many states are asked for at once."""


class ApiChannel(Part):
    """A partner's ingest API (contracts/roku-ingest-api.yaml); every name that its calls and answers use is here."""

    conn_id: str
    """The connection with the API's address and token."""
    ingest_path: Path
    """The path to which a title is sent."""
    status_path: Path
    """The path under which the API gives the state of an ingest."""
    status_id_parameter: PartName
    """The query parameter that takes the tracking id."""
    file_part: PartName
    """The name of the multipart part with the media file."""
    file_type: str = "video/mp4"
    """The media type of that part."""
    idempotency_key_header: HeaderName = "Idempotency-Key"
    """The header with the idempotency key, by which the partner recognises a resend of the same content."""
    request_id_header: HeaderName = "X-Request-ID"
    """The header with the id of one call, for questions to the partner."""
    metadata_part: PartName
    """The name of the multipart part with the metadata JSON."""
    tracking_id_keys: tuple[str, ...] = Field(min_length=1)
    """The dotted keys under which an answer may have the tracking id; the first one that it has counts."""
    state_key: str
    """The dotted key under which an answer has the ingest's state."""
    states: StateWords
    """The partner's words for the states of an ingest, in upper or lower case, and our state for each."""
    error_code_keys: tuple[str, ...]
    """The dotted keys under which an answer may have an error's code; the first one that it has counts."""
    error_message_keys: tuple[str, ...]
    """The dotted keys under which an answer may have an error's message; the first one that it has counts."""
    titles_at_once: int = Field(4, ge=1, le=32)
    """How many titles of a batch are sent at once."""
    answer_timeout_s: float = Field(60, gt=0)
    """How many seconds an answer may take."""
    lease_s: LeaseLength = LEASE_S
    """For how many seconds no other run takes over a title when the run that sends it gives no sign of life."""
    least_rate_bytes_s: Rate = LEAST_RATE_BYTES_S
    """The least rate of an upload in bytes a second; a slower one is stopped."""
    retry: RetryPolicy = RetryPolicy()
    """How often and how long a call is tried."""
    polling: ApiPollingPolicy
    """When the wait asks for the states of ingests."""
    renditions: tuple[Rendition, ...] = ()
    """Thumbnails that are sent with the media file as further parts."""

    @model_validator(mode="after")
    def _check_lease(self) -> ApiChannel:
        check_lease(self.lease_s, self.answer_timeout_s)
        return self


def check_lease(lease_s: float, answer_timeout_s: float) -> None:
    """Raises ValueError where a lease could end while its holder still waits for an answer."""
    if lease_s < 2 * answer_timeout_s:
        raise ValueError(
            f"lease_s is {lease_s:g}, and answer_timeout_s is {answer_timeout_s:g}: lease_s has to be at least twice "
            "as long, else another run could take over a title that is being sent"
        )
