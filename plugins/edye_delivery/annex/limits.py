"""The annex's limits for media files, artwork and texts, and the thumbnails that are made."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, StringConstraints, model_validator

from edye_delivery.annex.part import Part
from edye_delivery.annex.pixel_formats import Interlaced, PixelFormats
from edye_delivery.catalog.vocabulary import ImageKind, TitleKind

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,63}$")]
Ratio = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,3}:[1-9][0-9]{0,3}$")]
Positive = Annotated[int, Field(gt=0)]


class VideoLimits(Part):
    """What a media file has to be (annex section 5)."""

    source_types: tuple[str, ...]
    """The media types of the catalogue's sources that are delivered as they are, such as video/mp4."""
    containers: tuple[str, ...]
    """The containers that the partner takes, by what the file itself is, such as mp4."""
    codecs: tuple[str, ...]
    """The video codecs that the partner takes, by what the file itself has, such as h264."""
    min_short_edge_px: Positive
    """How many pixels the shorter edge of the picture needs at least."""
    max_duration_s: Positive
    """How many seconds a film may last at most."""
    min_duration_s: float = Field(0, ge=0)
    """How many seconds a film has to last at least."""
    max_size_bytes: Positive
    """How many bytes a file may have."""
    duration_tolerance_s: float = Field(5, ge=0)
    """By how many seconds the film's length may differ from the length in the catalogue."""
    audio_required: bool = False
    """Whether a film without sound is refused."""
    pixel_formats: PixelFormats = Field(
        PixelFormats(),
        description="the pixel formats (bits per colour, colour sampling) that players decode",
    )
    interlaced: Interlaced = Field(
        "allow",
        description="whether an interlaced film is delivered (allow), gets a warning (warn), or is refused (block)",
    )


class ImageLimits(Part):
    """The limits for one kind of artwork; sizes in pixels, tolerance of the ratio in percent."""

    ratio: Ratio
    """Width to height, such as 16:9."""
    ratio_tolerance_percent: float = Field(ge=0, le=50)
    """By how many percent the ratio may differ."""
    min_width_px: Positive
    """How many pixels wide the picture has to be at least."""
    min_height_px: Positive
    """How many pixels high the picture has to be at least."""


class Images(Part):
    """Which artwork each kind of title needs, and the limits for every picture."""

    formats: tuple[Literal["JPEG", "PNG", "GIF"], ...]
    """The formats that the partner takes."""
    max_size_bytes: Positive
    """How many bytes a picture may have; a larger one is not opened."""
    max_pixels: Positive
    """How many pixels a picture may have; a larger one is not opened."""
    decode_limit_s: float = Field(5.0, gt=0, le=120)
    """How many seconds of processor time it may take to decode a picture; one that takes longer counts as broken."""
    limits: dict[ImageKind, ImageLimits]
    """The limits for each kind of artwork."""
    required: dict[TitleKind, tuple[ImageKind, ...]]
    """For each kind of title, the kinds of artwork without which it is not delivered."""

    @model_validator(mode="after")
    def _limits_for_required(self) -> Images:
        missing = {kind for kinds in self.required.values() for kind in kinds} - self.limits.keys()
        if missing:
            raise ValueError(f"images.required names {sorted(missing)}, for which images.limits has no limits")
        return self


class ThumbnailSpec(Part):
    """A thumbnail that a title must have: exact size, from the first usable art of `origins`, never upscaled."""

    name: Name
    """The thumbnail's name in this annex, in reports and in file names."""
    width_px: Annotated[int, Field(gt=0, le=4096)]
    """Its exact width."""
    height_px: Annotated[int, Field(gt=0, le=4096)]
    """Its exact height."""
    origins: tuple[ImageKind, ...] = Field(min_length=1)
    """The kinds of artwork that it is made from: the centre of the first usable one is cut out."""
    format: Literal["JPEG", "PNG"] = "JPEG"
    """The format in which it is written."""
    quality: int = Field(85, ge=1, le=95)
    """The quality of a JPEG."""
    watermark: Name | None = None
    """The picture of include/watermarks, without `.png`, that lies over the lower right corner; null for none."""


class TextLimits(Part):
    """Lengths of texts in characters."""

    title_max_chars: Positive
    """How many characters a title may have."""
    synopsis_short_max_chars: Positive
    """How many characters a short synopsis may have; a longer one is clipped."""
    synopsis_long_max_chars: Positive
    """How many characters a long synopsis may have; a longer one is clipped."""
