"""The annex's part on re-encoding: into what a media file is encoded anew where that fixes it (annex section 7)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from edye_delivery.annex.part import Part
from edye_delivery.catalog.digest import digest_of

WordOfFfmpeg = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,32}$")]
Preset = Literal["ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow"]
MEDIA_TYPES = {"mp4": "video/mp4", "mov": "video/quicktime", "matroska": "video/x-matroska"}
BATCH_MAX_S = 5 * 3600
"""All that a batch may take for re-encodes: its task is ended after six hours."""
COMMAND_VERSION = 2
"""Counts up whenever the same profile becomes another command line: then older encodes are not taken."""


class Reencode(Part):
    """What a media file becomes that only a new encode fixes; container and codec are named as in `video`.

    `source_types` are the types of source that are encoded anew where a title has none that the partner takes. One
    encode is stopped after `time_limit_s`; after `batch_budget_s` a batch begins no further one and downloads no
    further byte. Together they fit into the time of a task.
    """

    source_types: tuple[str, ...] = ()
    """The media types of sources that are encoded where a title has none that the partner takes."""
    container: Literal["mp4", "mov", "matroska"]
    """The container of the new file."""
    video_codec: str
    """The video codec of the new file, named as in `video.codecs`."""
    encoder: WordOfFfmpeg
    """ffmpeg's encoder for it."""
    preset: Preset = "medium"
    """How much time the encoder takes for how small a file."""
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
    """Whether the index stands at the file's beginning."""
    time_limit_s: int = Field(7200, gt=0, le=BATCH_MAX_S)
    """After how long one encode is stopped."""
    batch_budget_s: int = Field(7200, gt=0, le=BATCH_MAX_S)
    """After how long a batch begins no further encode and downloads no further byte."""

    @model_validator(mode="after")
    def _last_encode_ends_in_time(self) -> Reencode:
        if self.time_limit_s + self.batch_budget_s > BATCH_MAX_S:
            raise ValueError(
                f"time_limit_s is {self.time_limit_s}, and batch_budget_s {self.batch_budget_s}: together they are at "
                f"most {BATCH_MAX_S}, so that an encode that a batch begins last ends before its task is ended"
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
