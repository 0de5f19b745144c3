"""The annex's parts on what media files, artwork and texts have to be, and which thumbnails are made."""

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
    """The containers that the partner takes, as they are found in the file, such as mp4."""
    codecs: tuple[str, ...]
    """The video codecs that the partner takes, as they are found in the file, such as h264."""
    min_short_edge_px: Positive
    """How many pixels the shorter edge of the picture has at least."""
    max_duration_s: Positive
    """How long a film may be."""
    min_duration_s: float = Field(0, ge=0)
    """How long a film is at least."""
    max_size_bytes: Positive
    """How large a file may be."""
    duration_tolerance_s: float = Field(5, ge=0)
    """By how much the film's length may differ from the catalogue's."""
    audio_required: bool = False
    """Whether a film without sound is not delivered."""
    pixel_formats: PixelFormats = Field(
        PixelFormats(), description="bits a colour and colour sampling that the partner's players decode"
    )
    interlaced: Interlaced = Field(
        "allow", description="whether an interlaced film is delivered, told as well, or not delivered"
    )


class ImageLimits(Part):
    """What one piece of artwork has to be; sizes in pixels, tolerance of the ratio in percent."""

    ratio: Ratio
    """Width to height, such as 16:9."""
    ratio_tolerance_percent: float = Field(ge=0, le=50)
    """By how much the ratio may be off."""
    min_width_px: Positive
    """How wide the picture is at least."""
    min_height_px: Positive
    """How high the picture is at least."""


class Images(Part):
    """Which artwork each kind of title needs, and what every picture has to keep to."""

    formats: tuple[Literal["JPEG", "PNG", "GIF"], ...]
    """The formats that the partner takes."""
    max_size_bytes: Positive
    """How many bytes a picture may have to be opened."""
    max_pixels: Positive
    """How many pixels a picture may have to be opened."""
    decode_limit_s: float = Field(5.0, gt=0, le=120)
    """How many seconds of processor time a picture may take to be decoded; a longer one counts as broken."""
    limits: dict[ImageKind, ImageLimits]
    """By kind of artwork, what it has to be."""
    required: dict[TitleKind, tuple[ImageKind, ...]]
    """By kind of title, the kinds of artwork without which it is not delivered."""

    @model_validator(mode="after")
    def _limits_for_required(self) -> Images:
        missing = {kind for kinds in self.required.values() for kind in kinds} - self.limits.keys()
        if missing:
            raise ValueError(f"images.required names {sorted(missing)}, for which images.limits says nothing")
        return self


class ThumbnailSpec(Part):
    """A thumbnail that a title must have: exact size, from the first usable art of `origins`, never upscaled."""

    name: Name
    """Names the thumbnail in this annex, in reports and in file names."""
    width_px: Annotated[int, Field(gt=0, le=4096)]
    """Its exact width."""
    height_px: Annotated[int, Field(gt=0, le=4096)]
    """Its exact height."""
    origins: tuple[ImageKind, ...] = Field(min_length=1)
    """The kinds of artwork that it is made of; the first usable one is taken and its middle is cut out."""
    format: Literal["JPEG", "PNG"] = "JPEG"
    """The format in which it is written."""
    quality: int = Field(85, ge=1, le=95)
    """The quality of a JPEG."""


class TextLimits(Part):
    """Lengths of texts in characters."""

    title_max_chars: Positive
    """How long a title may be."""
    synopsis_short_max_chars: Positive
    """How long a short synopsis may be; the rest of a longer one is clipped."""
    synopsis_long_max_chars: Positive
    """How long a long synopsis may be; the rest of a longer one is clipped."""
