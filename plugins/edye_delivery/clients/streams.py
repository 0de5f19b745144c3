"""Decides which streams of a media file players show: once, for measuring, checking and encoding."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

STILL_CODECS = frozenset({"mjpeg", "png", "bmp", "tiff", "webp", "jpeg2000", "jpegls"})
"""Codecs of single pictures; a film in one of them is rare, a cover picture is not."""


@dataclass(frozen=True, slots=True)
class Stream:
    """One stream of a media file; `frames` is None and `duration_s` 0 where the header does not have them.

    `is_marked_still` says that the file itself calls the picture a cover, a still or a thumbnail.
    """

    index: int
    kind: str
    codec: str
    width_px: int = 0
    height_px: int = 0
    duration_s: float = 0.0
    frames: int | None = None
    pixel_format: str = ""
    field_order: str = ""
    is_default: bool = False
    is_marked_still: bool = False

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture, moving or not."""
        return self.kind == "video"

    @property
    def is_moving(self) -> bool:
        """Whether it is more than one picture, as far as the header says."""
        return self.is_picture and not self.is_marked_still and (self.frames is None or self.frames > 1)

    @property
    def is_surely_moving(self) -> bool:
        """Whether nothing suggests that it is a single picture."""
        return self.is_moving and (self.frames is not None or self.codec not in STILL_CODECS)


def main_picture(streams: Iterable[Stream]) -> Stream | None:
    """The moving picture that a player shows: the default one; of several the longest; of equally long ones the first.

    None where the file has no moving picture.
    """
    moving = [stream for stream in streams if stream.is_moving]
    return max(
        moving,
        key=lambda one: (one.is_surely_moving, one.is_default, one.duration_s, -one.index),
        default=None,
    )
