"""Geometry and content names of pictures: the pure questions on which every ring that handles artwork agrees."""

from __future__ import annotations

import struct
import zlib

SUFFIXES = {"JPEG": "jpg", "PNG": "png", "GIF": "gif"}
DECODING_ERRORS = (
    OSError, SyntaxError, ValueError, TypeError, EOFError, LookupError, ArithmeticError, MemoryError, struct.error,
    zlib.error, Warning,
)  # fmt: skip
"""What Pillow raises on bytes that are damaged or made to harm; warnings too, where a process makes errors of them."""


SIDEWAYS = frozenset({5, 6, 7, 8})
"""EXIF orientations that show a picture on its side."""


def content_name(sha256: str, picture_format: str) -> str:
    """The content name of a picture in the artifact store, `<sha256>.<jpg|png|gif>`."""
    return f"{sha256}.{SUFFIXES[picture_format]}"


def has_ratio(width_px: int, height_px: int, ratio_width: int, ratio_height: int) -> bool:
    """Whether a picture has exactly this ratio."""
    return width_px * ratio_height == height_px * ratio_width


def ratio_off_percent(width_px: int, height_px: int, ratio: str) -> float:
    """By how many percent a picture's ratio differs from one that is written as "16:9"."""
    ratio_width, ratio_height = (int(part) for part in ratio.split(":"))
    return abs(width_px * ratio_height - height_px * ratio_width) * 100 / (height_px * ratio_width)


def centre_crop(width_px: int, height_px: int, ratio_width: int, ratio_height: int) -> tuple[int, int, int, int]:
    """The largest centred part of a picture with this ratio, in whole pixels: left, upper, right, lower."""
    crop_width = min(width_px, height_px * ratio_width // ratio_height)
    crop_height = min(height_px, width_px * ratio_height // ratio_width)
    left, upper = (width_px - crop_width) // 2, (height_px - crop_height) // 2
    return left, upper, left + crop_width, upper + crop_height


def can_give(width_px: int, height_px: int, wanted_width_px: int, wanted_height_px: int) -> bool:
    """Whether a picture, cropped to the wanted ratio, gives the wanted size without being upscaled.

    A picture that is at least as wide and as high is enough: its largest part of that ratio is then large enough too.
    """
    return width_px >= wanted_width_px and height_px >= wanted_height_px
