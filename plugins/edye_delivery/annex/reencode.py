"""The annex's part on re-encoding: how a media file is encoded again where that fixes it (annex section 7)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from edye_delivery.annex.part import Part
from edye_delivery.catalog.digest import digest_of

WordOfFfmpeg = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,32}$")]
Preset = Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"]
MEDIA_TYPES = {"mp4": "video/mp4", "mov": "video/quicktime", "matroska": "video/x-matroska"}
BATCH_MAX_S = 5 * 3600
"""The time that a batch may take for re-encodes in all: Airflow ends its task after six hours."""
COMMAND_VERSION = 2
"""Is raised whenever the same profile gives another command line, so that older encodes are not used again."""


class Reencode(Part):
    """How a media file is re-encoded that only a new encode fixes; container and codec are named as in `video`.

    `source_types` are the types of source that are re-encoded where a title has none that the partner takes. One encode
    is stopped after `time_limit_s`. After `batch_budget_s` a batch starts no further encode or download. Together they
    have to fit into the time of a task.
    """

    source_types: tuple[str, ...] = ()
    """The media types of sources that are re-encoded where a title has none that the partner takes."""
    container: Literal["mp4", "mov", "matroska"]
    """The container of the new file."""
    video_codec: str
    """The video codec of the new file, named as in `video.codecs`."""
    encoder: WordOfFfmpeg
    """ffmpeg's encoder for it."""
    preset: Preset = "medium"
    """How fast the encoder works: a slower preset gives a smaller file."""
    crf: int = Field(18, ge=0, le=51)
    """The quality: 0 keeps everything, 51 is the worst."""
    pixel_format: WordOfFfmpeg = "yuv420p"
    """ffmpeg's name of the pixel format of the new file."""
    audio_codec: WordOfFfmpeg = "aac"
    """ffmpeg's encoder for the sound."""
    audio_bitrate_kbps: int = Field(192, ge=16, le=1024)
    """The bitrate of the sound."""
    deinterlace: bool = Field(True, description="whether interlaced pictures become progressive ones")
    faststart: bool = True
    """Whether the index is at the beginning of the file."""
    time_limit_s: int = Field(7200, gt=0, le=BATCH_MAX_S)
    """After how many seconds one encode is stopped."""
    batch_budget_s: int = Field(7200, gt=0, le=BATCH_MAX_S)
    """After how many seconds a batch starts no further encode or download."""

    @model_validator(mode="after")
    def _last_encode_ends_in_time(self) -> Reencode:
        if self.time_limit_s + self.batch_budget_s > BATCH_MAX_S:
            raise ValueError(
                f"time_limit_s is {self.time_limit_s}, and batch_budget_s is {self.batch_budget_s}: together they may "
                f"be at most {BATCH_MAX_S}, so that the last encode of a batch ends before Airflow ends its task"
            )
        return self

    @property
    def digest(self) -> str:
        """Names the encodes of this profile: all that decides their bytes."""
        return digest_of(COMMAND_VERSION, self.model_dump(exclude={"time_limit_s", "batch_budget_s", "source_types"}))

    @property
    def media_type(self) -> str:
        """The type of the encodes, as a source of the catalogue names it."""
        return MEDIA_TYPES[self.container]
