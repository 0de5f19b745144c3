"""The annex: everything that differs between partners, as one frozen model (architecture, decision 1).

Unknown keys are refused; include/schemas/annex.schema.json is exported from here. No value here is a secret.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from edye_delivery.annex.api import ApiChannel
from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.ftp import FtpChannel
from edye_delivery.annex.limits import Images, Name, Positive, TextLimits, ThumbnailSpec, VideoLimits
from edye_delivery.annex.metadata_field import MetadataField
from edye_delivery.annex.part import Part
from edye_delivery.annex.pull import PullChannel
from edye_delivery.annex.reencode import Reencode
from edye_delivery.annex.retention import Retention
from edye_delivery.annex.schedule import Schedule
from edye_delivery.annex.template import (
    EXTERNAL_ID_VARIABLES,
    FILE_NAME_VARIABLES,
    is_plain_name,
    template_validator,
)
from edye_delivery.annex.withdrawal import WithdrawalTerms
from edye_delivery.catalog.vocabulary import Cause

DisplayName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class CatalogueFilter(Part):
    """Which titles of the EDYE catalogue are this partner's; an empty list is no condition.

    A list of the catalogue with more than `items_max` items, or `bytes_max` bytes of them, is refused, never cut.
    """

    tags: tuple[str, ...] = ()
    """Titles that have one of these tags, themselves or through their series."""
    geo: tuple[str, ...] = ()
    """Titles that may be seen in one of these countries (ISO 3166-1 alpha-2), or that name none."""
    languages: tuple[str, ...] = ()
    """The languages of titles; one in another language is not delivered."""
    visible_only: bool = True
    """Whether titles that EDYE hides are left out."""
    page_size: int = Field(500, ge=1, le=1000)
    """How many items we ask for in one page of a list."""
    items_max: int = Field(200_000, ge=1, le=10_000_000)
    """How many items a list may have."""
    bytes_max: int = Field(1_000_000_000, ge=1_000_000)
    """How many bytes all items of a list may have."""
    media_hosts: tuple[str, ...] = ()
    """Hosts of media and artwork that are allowed besides those of the connection edye_api."""


class Naming(Part):
    """Templates of the external_id by kind of title, and of the file name (decisions, Naming)."""

    episode: Annotated[str, AfterValidator(template_validator(EXTERNAL_ID_VARIABLES))]
    """The external_id of an episode, such as `{title_id}_S{season:02}E{episode:02}_{LANG}`."""
    episode_without_season: Annotated[str, AfterValidator(template_validator(EXTERNAL_ID_VARIABLES))]
    """The external_id of an episode that has no season."""
    other: Annotated[str, AfterValidator(template_validator(EXTERNAL_ID_VARIABLES))]
    """The external_id of a movie, special or short."""
    file_name: Annotated[str, AfterValidator(template_validator(FILE_NAME_VARIABLES))]
    """The media file's name at the partner, such as `{external_id}.mp4`."""
    external_id_max_chars: Positive = 50
    """How many characters an external_id may have."""
    file_name_max_chars: Positive = 125
    """How many characters a media file's name may have, with its ending."""


class Waiver(Part):
    """A rule that does not count for this partner for a while; always with a reason and an end."""

    reason: str = Field(min_length=10)
    """Why the rule does not count, and with whom that is agreed."""
    until: date
    """The last day on which it does not count."""


class Alert(Part):
    """When an alert is sent (annex section 8)."""

    consecutive_errors: Positive
    """An alert is sent when more deliveries than this have failed in a row."""
    run_deadline_s: float | None = Field(None, ge=60, le=7 * 86400)
    """An alert is sent when a run is not green so many seconds after it was queued (the SLA); without it, none is."""


class CircuitBreaker(Part):
    """After how many technical errors in a row a run stops sending; the next run tries one title first."""

    technical_errors: Positive = 10
    """After how many technical errors in a row a run stops sending."""


class BatchTime(Part):
    """How long a step may work on one batch; titles that it did not reach stay open for the next run.

    Airflow ends a task after six hours. A step that stops earlier can still report what became of every title.
    """

    check_s: float = Field(3600, gt=0, le=5 * 3600)
    """For how many seconds the titles of a batch may be checked."""
    deliver_s: float = Field(5 * 3600, gt=0, le=5.5 * 3600)
    """For how many seconds the titles of a batch may be sent."""


class ErrorRule(Part):
    """One line of the error table, from the partner's answer to our cause; all its conditions have to be true."""

    http_status: tuple[int, ...] = ()
    """The answer has one of these statuses."""
    codes: tuple[str, ...] = ()
    """The answer has one of these error codes."""
    text_contains: tuple[str, ...] = ()
    """The answer's message has one of these texts in it, in upper or lower case."""
    cause: Cause
    """The cause that this means, which decides whose turn it is."""


PULL_SUFFIX = "__pull"
"""What a partner's name has at its end where the ledger keeps what it pulls beside what is sent to it."""
PULL_AND_PUSH_NAME_MAX = 58
"""The ledger keeps what such a partner pulls under this name and a suffix, in 64 characters."""
Criterion = Literal[
    "received_with_tracking_id", "completed", "media_within_limits", "minimum_metadata", "qc_and_thumbnails", "fetched"
]


class Annex(Part):
    """One partner."""

    partner: Name
    """The partner's name in DAGs, ledger and folders; it is the file's name too."""
    display_name: DisplayName
    """The partner's name for people."""
    client_id: str
    """Our name at the partner."""
    schedule: Schedule | None
    """When a delivery runs, as five cron fields in UTC; null where it is only started by hand."""
    batch_size: int = Field(50, ge=1, le=1000)
    """How many titles a batch has at least, where the window has as many; one task works on a batch."""
    batch_size_max: int = Field(250, ge=1, le=1000)
    """How many titles a batch has at most; it counts only where it is above `batch_size`.

    A batch is sent within `batch_time.deliver_s`: lower it where media are large and the line is slow.
    """
    batches_at_once: int = Field(8, ge=1, le=100)
    """Into how many batches a window is cut, as far as their size allows: as many as Airflow runs at once."""
    uploads_at_once: int = Field(4, ge=1, le=64)
    """How many batches are sent to the partner at the same time: the slots of its pool in Airflow."""
    fail_on: Literal["any", "technical"] = "any"
    """What makes a run red: any title that is not accepted, or only titles that failed for a technical reason."""
    catalogue: CatalogueFilter
    """Which titles are the partner's, and how the catalogue is read."""
    naming: Naming
    """The names of titles and files at the partner."""
    api: ApiChannel | None = None
    """The partner's ingest API, where it has one."""
    ftp: FtpChannel | None = None
    """The partner's FTP server, where it has one."""
    pull: PullChannel | None = None
    """What the partner reads by itself from our delivery API, where it does so."""
    metadata: dict[str, MetadataField]
    """The keys of the metadata JSON, in the order in which they are sent."""
    minimum_metadata: tuple[str, ...]
    """The keys of `metadata` without which a title is not delivered."""
    mappings: dict[str, dict[str, str]] = Field(default_factory=dict)
    """Tables by name: a value of the catalogue, and the partner's word for it; `""` leaves the value out on purpose."""
    required_tags: tuple[str, ...] = ()
    """Tags without which a title is not delivered."""
    text: TextLimits
    """How long texts may be."""
    video: VideoLimits
    """The limits for media files."""
    reencode: Reencode | None = None
    """How a media file is re-encoded where that fixes its defects; without it no file is re-encoded."""
    images: Images
    """Which artwork titles need, and its limits."""
    thumbnails: tuple[ThumbnailSpec, ...] = ()
    """The pictures that are made for each title."""
    acceptance: tuple[Criterion, ...]
    """The criteria that a title has to meet to be accepted; `fetched` waits until a partner that pulls has read it."""
    errors: tuple[ErrorRule, ...]
    """What the partner answers when it refuses a title, and what that means; the first line that is true counts."""
    alert: Alert
    """When an alert about failures is sent."""
    circuit_breaker: CircuitBreaker = CircuitBreaker()
    """When a run stops sending."""
    batch_time: BatchTime = BatchTime()
    """How long the steps of a batch may take."""
    retention: Retention = Retention()
    """How long what ended deliveries and runs have left behind is kept."""
    waivers: dict[str, Waiver] = Field(default_factory=dict)
    """Rules that do not count for this partner for a while, by code."""
    withdrawal: WithdrawalTerms = WithdrawalTerms()
    """How titles are withdrawn."""
    contacts: dict[str, str] = Field(default_factory=dict)
    """The people to ask, by role."""
    feeds: tuple[FeedSpec, ...] = ()
    """The feeds of all accepted titles that are published for the partner."""

    @model_validator(mode="after")
    def _sections_agree(self) -> Annex:
        contradictions = list(contradictions_of(self))
        if contradictions:
            raise ValueError("\n".join(contradictions))
        return self


def is_pulled(annex: Annex) -> bool:
    """Whether the partner gets titles by pulling alone."""
    return annex.pull is not None and annex.api is None and annex.ftp is None


def contradictions_of(annex: Annex) -> Iterator[str]:
    """A sentence for every contradiction between two sections."""
    if annex.withdrawal.endpoint is not None and annex.api is None:
        yield "withdrawal.endpoint is a call of the ingest API, but the annex has no section api"
    yield from _encodes_beyond_limits(annex)
    yield from _names_without_table(annex)
    if len({feed.name for feed in annex.feeds}) < len(annex.feeds):
        yield "two feeds have the same name"
    if len({(feed.conn_id, feed.prefix) for feed in annex.feeds}) < len(annex.feeds):
        yield "two feeds have the same prefix: they would overwrite each other"
    thumbnails = {spec.name for spec in annex.thumbnails}
    for shown in annex.pull.thumbnails if annex.pull else ():
        if shown.name not in thumbnails:
            yield f"pull.thumbnails names the thumbnail {shown.name!r}, which thumbnails does not have"
    if "fetched" in annex.acceptance and annex.pull is None:
        yield "acceptance names fetched, which is about what the partner reads, but the annex has no section pull"
    if annex.partner.endswith(PULL_SUFFIX):
        yield f"partner ends with {PULL_SUFFIX}, which names what another partner pulls: readers would get its titles"
    if annex.pull and not is_pulled(annex) and len(annex.partner) > PULL_AND_PUSH_NAME_MAX:
        yield f"partner may have {PULL_AND_PUSH_NAME_MAX} characters where titles are both sent and pulled"
    if annex.pull and annex.pull.genres is not None and annex.pull.genres not in annex.mappings:
        yield f"pull.genres names the table {annex.pull.genres!r}, which mappings does not have"
    for rendition in annex.api.renditions if annex.api else ():
        if rendition.thumbnail not in thumbnails:
            yield f"api.renditions names the thumbnail {rendition.thumbnail!r}, which thumbnails does not have"
    for name in annex.ftp.thumbnails if annex.ftp else ():
        if name not in thumbnails:
            yield f"ftp.thumbnails names the thumbnail {name!r}, which thumbnails does not have"
    if annex.ftp and not is_plain_name(annex.client_id):
        yield "client_id is part of FTP paths, so it may only have letters, digits, dots, hyphens and underscores"


def _encodes_beyond_limits(annex: Annex) -> Iterator[str]:
    profile = annex.reencode
    if profile is None:
        return
    for key, value, allowed in (
        ("container", profile.container, annex.video.containers),
        ("video_codec", profile.video_codec, annex.video.codecs),
        ("container", profile.media_type, annex.video.source_types),
    ):
        if value not in allowed:
            yield f"reencode.{key} gives {value}, which video does not allow: {', '.join(allowed)}"


def _names_without_table(annex: Annex) -> Iterator[str]:
    for key, field in annex.metadata.items():
        if field.map is not None and field.map not in annex.mappings:
            yield f"metadata.{key}.map names the table {field.map!r}, which mappings does not have"
        elif field.map is not None and field.constant is not None:
            given = field.constant if isinstance(field.constant, list) else [field.constant]
            unknown = [str(value) for value in given if str(value) not in annex.mappings[field.map]]
            if unknown:
                yield f"metadata.{key}.constant has {', '.join(unknown)}, for which mappings.{field.map} has no line"
    for key in annex.minimum_metadata:
        if key not in annex.metadata:
            yield f"minimum_metadata names {key!r}, which metadata does not have"
    for feed in annex.feeds:
        for key in ("genres", "ratings", "roles"):
            table = getattr(feed, key)
            if table is not None and table not in annex.mappings:
                yield f"the feed {feed.name}: {key} names {table!r}, which mappings does not have"
