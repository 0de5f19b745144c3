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

LEASE_S = 300.0
"""Longer than an honest call is silent (a partner may take two minutes to answer), so that it never lapses in one; no
longer than Airflow itself takes to say that a worker is dead."""
LeaseLength = Annotated[float, Field(gt=0)]
LEAST_RATE_BYTES_S = 32 * 1024
"""What a stream moves at least: a film of 2 GB takes 18 hours so, and what is slower ends within no batch's time."""
Rate = Annotated[float, Field(gt=0)]


def comparison_key(word: str) -> str:
    """A partner's word as words are compared: without regard to case and to blanks around it."""
    return word.strip().casefold()


def _refuse_doubled(states: dict[str, IngestState]) -> dict[str, IngestState]:
    by_word: dict[str, IngestState] = {}
    for word, state in states.items():
        if by_word.setdefault(comparison_key(word), state) is not state:
            raise ValueError(f"states has {word!r} twice, for words are compared without regard to case")
    return states


StateWords = Annotated[dict[str, IngestState], AfterValidator(_refuse_doubled)]


class Rendition(Part):
    """A thumbnail that travels as a further multipart part."""

    part: PartName
    """The name of the multipart part."""
    thumbnail: str
    """The name of the thumbnail that is sent."""
    file_name: ImageFileName = IMAGE_FILE_NAME
    """The picture's file name, of external_id, thumbnail and extension."""


class RetryPolicy(Part):
    """How often and how long one call is tried: seconds, full jitter between them, never above `cap_s`."""

    attempts: int = Field(5, ge=1, le=20)
    """How often a call is tried in all."""
    base_s: float = Field(1.0, ge=0)
    """The longest wait before the second try; it doubles with each further one."""
    cap_s: float = Field(60.0, gt=0)
    """The longest wait between two tries."""
    retry_after_max_s: float = Field(300.0, gt=0)
    """The longest wait that is granted where the other side asks for one."""


class PollingPolicy(Part):
    """How a wait looks for an outcome: first look, pause and its growth, when to give up; all in seconds."""

    first_s: float = Field(ge=0)
    """When the first look is taken."""
    every_s: float = Field(gt=0)
    """How long after it the second one is taken."""
    slowest_s: float = Field(gt=0)
    """The longest time between two looks."""
    growth: float = Field(1.5, ge=1)
    """By which factor the time between two looks grows."""
    give_up_s: float = Field(gt=0)
    """After how long a title counts as stuck."""


class ApiPollingPolicy(PollingPolicy):
    """How the wait asks a partner's API for the states of ingests, and how many at once."""

    at_once: int = Field(8, ge=1, le=64)
    """How many states are asked for at once."""


class ApiChannel(Part):
    """A partner's ingest API (contracts/roku-ingest-api.yaml); every name that its calls and answers use is here."""

    conn_id: str
    """The connection with the API's address and token."""
    ingest_path: Path
    """The path to which a title is sent."""
    status_path: Path
    """The path at which an ingest's state is asked for."""
    status_id_parameter: PartName
    """The query parameter that takes the tracking id."""
    file_part: PartName
    """The name of the multipart part with the media file."""
    file_type: str = "video/mp4"
    """The media type of that part."""
    idempotency_key_header: HeaderName = "Idempotency-Key"
    """The header that names a delivery's content, the same for every resend of it."""
    request_id_header: HeaderName = "X-Request-ID"
    """The header that names one call, for questions to the partner."""
    metadata_part: PartName
    """The name of the multipart part with the metadata JSON."""
    tracking_id_keys: tuple[str, ...] = Field(min_length=1)
    """Where the answer has the tracking id: dotted keys, the first that is there counts."""
    state_key: str
    """Where the answer has the ingest's state, as a dotted key."""
    states: StateWords
    """The partner's words for the states of an ingest, upper or lower case, and what they mean."""
    error_code_keys: tuple[str, ...]
    """Where an answer has an error's code: dotted keys, the first that is there counts."""
    error_message_keys: tuple[str, ...]
    """Where an answer has an error's message: dotted keys, the first that is there counts."""
    titles_at_once: int = Field(4, ge=1, le=32)
    """How many titles of a batch are sent at once."""
    answer_timeout_s: float = Field(120, gt=0)
    """How long an answer may take."""
    lease_s: LeaseLength = LEASE_S
    """How long a title stays with the run that sends it where that run falls silent."""
    least_rate_bytes_s: Rate = LEAST_RATE_BYTES_S
    """What an upload moves at least; a slower one is broken off."""
    retry: RetryPolicy = RetryPolicy()
    """How often and how long a call is tried."""
    polling: ApiPollingPolicy
    """How the wait asks for the states of ingests."""
    renditions: tuple[Rendition, ...] = ()
    """Thumbnails that travel with the media file as further parts."""

    @model_validator(mode="after")
    def _lease_outlasts_a_silence(self) -> ApiChannel:
        check_lease(self.lease_s, self.answer_timeout_s)
        return self


def check_lease(lease_s: float, answer_timeout_s: float) -> None:
    """Raises ValueError where a lease could end while its holder still waits for an answer."""
    if lease_s < 2 * answer_timeout_s:
        raise ValueError(
            f"lease_s is {lease_s:g}, and answer_timeout_s {answer_timeout_s:g}: a lease lasts at least twice as long "
            "as a call may wait for an answer, else another run takes a title over that is being sent"
        )
