"""The annex: everything that differs between partners, as one frozen model (architecture, decision 1).

Unknown keys are refused; include/schemas/annex.schema.json is exported from here. No value here is a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import Annotated, Literal

from croniter import CroniterError, croniter
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from edye_delivery.annex.feeds import FeedSpec
from edye_delivery.annex.ftp import FtpChannel
from edye_delivery.annex.metadata_field import MetadataField
from edye_delivery.annex.part import Part
from edye_delivery.annex.pixel_formats import Interlaced, PixelFormats
from edye_delivery.annex.reencode import Reencode
from edye_delivery.annex.template import (
    EXTERNAL_ID_VARIABLES,
    FILE_NAME_VARIABLES,
    checked_template,
    is_plain_name,
)
from edye_delivery.annex.wire import ApiChannel
from edye_delivery.annex.withdrawal import WithdrawalTerms
from edye_delivery.catalog.vocabulary import Cause, ImageKind, TitleKind

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,63}$")]
Ratio = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,3}:[1-9][0-9]{0,3}$")]
Positive = Annotated[int, Field(gt=0)]
DisplayName = Annotated[str, StringConstraints(min_length=1, max_length=200)]


CRON_FIELDS = 5
DRAWN = re.compile(r"[hr](\(|/|$)", re.IGNORECASE)
"""A field whose value croniter draws (R) or makes of a hash (H)."""


def _checked_schedule(schedule: str) -> str:
    """A DAG file with a schedule that never comes, or is none, would take all partners' DAGs away.

    A sixth field (seconds) and random fields are croniter's own: Airflow would run such a DAG at other times, or make a
    new version of it at every parse.
    """
    fields = schedule.split()
    if not schedule.startswith("@") and (len(fields) != CRON_FIELDS or any(map(DRAWN.match, fields))):
        raise ValueError(
            f"{schedule!r:.60} is no cron schedule, such as '0 6 * * *': it has five fields, minute, hour, day, month "
            f"and weekday, and {len(fields)} are here"
        )
    try:
        times = croniter(schedule, datetime(2026, 1, 1, tzinfo=UTC))
        times.get_next()
        times.get_prev()
    except CroniterError as error:
        raise ValueError(f"{schedule!r:.60} is no cron schedule, such as '0 6 * * *': {error}") from error
    return schedule


Schedule = Annotated[str, AfterValidator(_checked_schedule)]


class CatalogueFilter(Part):
    """Which titles of the EDYE catalogue are this partner's; an empty list asks for nothing.

    A list of the catalogue with more than `items_max` items, or `bytes_max` bytes of them, is refused, never cut.
    """

    tags: tuple[str, ...] = ()
    geo: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    visible_only: bool = True
    page_size: int = Field(500, ge=1, le=1000)
    items_max: int = Field(200_000, ge=1, le=10_000_000)
    bytes_max: int = Field(1_000_000_000, ge=1_000_000)
    media_hosts: tuple[str, ...] = ()


class Naming(Part):
    """Templates of the external_id by kind of title, and of the file name (decisions, Naming)."""

    episode: Annotated[str, AfterValidator(checked_template(EXTERNAL_ID_VARIABLES))]
    episode_without_season: Annotated[str, AfterValidator(checked_template(EXTERNAL_ID_VARIABLES))]
    other: Annotated[str, AfterValidator(checked_template(EXTERNAL_ID_VARIABLES))]
    file_name: Annotated[str, AfterValidator(checked_template(FILE_NAME_VARIABLES))]
    external_id_max_chars: Positive = 50
    file_name_max_chars: Positive = 125


class VideoLimits(Part):
    """What a media file has to be (annex section 5)."""

    source_types: tuple[str, ...]
    containers: tuple[str, ...]
    codecs: tuple[str, ...]
    min_short_edge_px: Positive
    max_duration_s: Positive
    min_duration_s: float = Field(0, ge=0)
    max_size_bytes: Positive
    duration_tolerance_s: float = Field(5, ge=0)
    audio_required: bool = False
    pixel_formats: PixelFormats = Field(
        PixelFormats(), description="bits a colour and colour sampling that the partner's players decode"
    )
    interlaced: Interlaced = Field(
        "allow", description="whether an interlaced film is delivered, told as well, or not delivered"
    )


class ImageLimits(Part):
    """What one piece of artwork has to be; sizes in pixels, tolerance of the ratio in percent."""

    ratio: Ratio
    ratio_tolerance_percent: float = Field(ge=0, le=50)
    min_width_px: Positive
    min_height_px: Positive


class Images(Part):
    """Which artwork each kind of title needs, and what every picture has to keep to.

    A picture that takes more than `decode_limit_s` of processor time to be decoded is stopped and counts as broken.
    """

    formats: tuple[Literal["JPEG", "PNG", "GIF"], ...]
    max_size_bytes: Positive
    max_pixels: Positive
    decode_limit_s: float = Field(5.0, gt=0, le=120)
    limits: dict[ImageKind, ImageLimits]
    required: dict[TitleKind, tuple[ImageKind, ...]]

    @model_validator(mode="after")
    def _limits_for_required(self) -> Images:
        missing = {kind for kinds in self.required.values() for kind in kinds} - self.limits.keys()
        if missing:
            raise ValueError(f"images.required names {sorted(missing)}, for which images.limits says nothing")
        return self


class ThumbnailSpec(Part):
    """A thumbnail that a title must have: exact size, from the first usable art of `origins`, never upscaled."""

    name: Name
    width_px: Annotated[int, Field(gt=0, le=4096)]
    height_px: Annotated[int, Field(gt=0, le=4096)]
    origins: tuple[ImageKind, ...] = Field(min_length=1)
    format: Literal["JPEG", "PNG"] = "JPEG"
    quality: int = Field(85, ge=1, le=95)


class TextLimits(Part):
    """Lengths of texts in characters."""

    title_max_chars: Positive
    synopsis_short_max_chars: Positive
    synopsis_long_max_chars: Positive


class Waiver(Part):
    """A rule that does not count for this partner for a while; always with a reason and an end."""

    reason: str = Field(min_length=10)
    until: date


class Alert(Part):
    """When somebody is to be woken (annex section 8)."""

    consecutive_errors: Positive


class CircuitBreaker(Part):
    """After how many technical errors in a row a run sends nothing more; the next one tries one title first."""

    technical_errors: Positive = 10


class BatchTime(Part):
    """How long a step works on one batch; what it did not get to is left open for the next run.

    A task is ended after six hours: a step that ends before tells what became of every title.
    """

    judge_s: float = Field(3600, gt=0, le=5 * 3600)
    deliver_s: float = Field(5 * 3600, gt=0, le=5.5 * 3600)


class ErrorRule(Part):
    """One line of the table from what the partner says to our cause; every given condition has to hold."""

    http_status: tuple[int, ...] = ()
    codes: tuple[str, ...] = ()
    text_contains: tuple[str, ...] = ()
    cause: Cause


Criterion = Literal[
    "received_with_tracking_id", "completed", "media_within_limits", "minimum_metadata", "qc_and_thumbnails"
]


class Annex(Part):
    """One partner."""

    partner: Name
    display_name: DisplayName
    client_id: str
    schedule: Schedule | None
    batch_size: int = Field(50, ge=1, le=1000)
    fail_on: Literal["any", "technical"] = "any"
    catalogue: CatalogueFilter
    naming: Naming
    api: ApiChannel | None = None
    ftp: FtpChannel | None = None
    metadata: dict[str, MetadataField]
    minimum_metadata: tuple[str, ...]
    mappings: dict[str, dict[str, str]] = Field(default_factory=dict)
    required_tags: tuple[str, ...] = ()
    text: TextLimits
    video: VideoLimits
    reencode: Reencode | None = None
    images: Images
    thumbnails: tuple[ThumbnailSpec, ...] = ()
    acceptance: tuple[Criterion, ...]
    errors: tuple[ErrorRule, ...]
    alert: Alert
    circuit_breaker: CircuitBreaker = CircuitBreaker()
    batch_time: BatchTime = BatchTime()
    waivers: dict[str, Waiver] = Field(default_factory=dict)
    withdrawal: WithdrawalTerms = WithdrawalTerms()
    contacts: dict[str, str] = Field(default_factory=dict)
    feeds: tuple[FeedSpec, ...] = ()

    @model_validator(mode="after")
    def _sections_agree(self) -> Annex:
        contradictions = list(contradictions_of(self))
        if contradictions:
            raise ValueError("\n".join(contradictions))
        return self


def contradictions_of(annex: Annex) -> Iterator[str]:
    """A sentence for everything that one section says and another does not bear out."""
    if annex.withdrawal.endpoint is not None and annex.api is None:
        yield "withdrawal.endpoint is a call of the ingest API, and the annex has no section api"
    yield from _encodes_beyond_limits(annex)
    yield from _names_without_table(annex)
    if len({feed.name for feed in annex.feeds}) < len(annex.feeds):
        yield "two feeds have one name"
    if len({(feed.conn_id, feed.prefix) for feed in annex.feeds}) < len(annex.feeds):
        yield "two feeds have one prefix: they would overwrite each other"
    thumbnails = {spec.name for spec in annex.thumbnails}
    for rendition in annex.api.renditions if annex.api else ():
        if rendition.thumbnail not in thumbnails:
            yield f"api.renditions names the thumbnail {rendition.thumbnail!r}, which thumbnails lacks"
    for name in annex.ftp.thumbnails if annex.ftp else ():
        if name not in thumbnails:
            yield f"ftp.thumbnails names the thumbnail {name!r}, which thumbnails lacks"
    if annex.ftp and not is_plain_name(annex.client_id):
        yield "client_id is part of FTP paths, so it is letters, digits, dots, hyphens and underscores"


def _encodes_beyond_limits(annex: Annex) -> Iterator[str]:
    made = annex.reencode
    if made is None:
        return
    for key, value, allowed in (
        ("container", made.container, annex.video.containers),
        ("video_codec", made.video_codec, annex.video.codecs),
        ("container", made.media_type, annex.video.source_types),
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
