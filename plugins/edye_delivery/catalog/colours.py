"""Converts a picture's colours from its embedded profile to sRGB, which partners and browsers expect."""

from __future__ import annotations

from functools import cache
from io import BytesIO

from PIL import Image as Pillow
from PIL import ImageCms

SPACES = {"RGB": "RGB ", "L": "GRAY", "CMYK": "CMYK"}
"""The profile's colour space (ICC.1, 7.2.6) that fits pixels of this mode."""

INTENT = ImageCms.Intent.RELATIVE_COLORIMETRIC
FLAGS = ImageCms.Flags.BLACKPOINTCOMPENSATION
"""The default of image editors: white stays white, black stays black."""


class ProfileUnusable(ValueError):
    """An embedded colour profile cannot be used; the message says why."""


def pixel_mode(picture: Pillow.Image) -> str:
    """The mode in which the picture's colours are converted: RGB, L for grey, or CMYK."""
    if picture.mode == "CMYK":
        return "CMYK"
    is_grey = picture.mode in ("1", "L", "LA", "La") or picture.mode.startswith(("I", "F"))
    return "L" if is_grey else "RGB"


def profile_defect(picture: Pillow.Image) -> str:
    """Why the picture's colours cannot be converted by its embedded profile; empty where they can, or it has none."""
    try:
        _conversion(picture.info.get("icc_profile", b""), pixel_mode(picture))
    except ProfileUnusable as error:
        return str(error)
    return ""


def in_srgb(pixels: Pillow.Image, profile: bytes | None) -> Pillow.Image:
    """Pixels of mode RGB, L or CMYK in sRGB; without a usable profile they are converted as if they were sRGB."""
    try:
        conversion = _conversion(profile or b"", pixels.mode)
    except ProfileUnusable:
        conversion = None
    if conversion is None:
        return pixels.convert("RGB")
    converted = ImageCms.applyTransform(pixels, conversion)
    return converted if converted is not None else pixels.convert("RGB")


def _conversion(profile: bytes | None, mode: str) -> ImageCms.ImageCmsTransform | None:
    """The conversion to sRGB; None where there is no profile, ProfileUnusable where the profile cannot be used."""
    if profile == b"":
        return None
    if profile is None:
        raise ProfileUnusable("its colour profile cannot be put together: parts of it are missing or damaged")
    try:
        embedded = ImageCms.ImageCmsProfile(BytesIO(profile))
        space = embedded.profile.xcolor_space
        if space != SPACES[mode]:
            colours = "grey" if mode == "L" else mode
            raise ProfileUnusable(f"its colour profile is for {space.strip()!r:.10}, its pixels are {colours}")
        return ImageCms.buildTransform(embedded, _srgb(), mode, "RGB", INTENT, FLAGS)
    except (ImageCms.PyCMSError, OSError, UnicodeError) as error:
        raise ProfileUnusable(f"its colour profile of {len(profile)} bytes cannot be read") from error


@cache
def _srgb() -> ImageCms.ImageCmsProfile:
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
