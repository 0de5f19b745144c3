"""A picture's pixels are copied only where they change, and every thumbnail is the same as from a copy."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image as Pillow
from PIL import ImageDraw, ImageOps
from PIL.ExifTags import Base

from edye_delivery.artwork import rendering
from edye_delivery.artwork.rendering import Pixels, decode, render
from edye_delivery.catalog.colours import pixel_mode
from edye_delivery.catalog.picture_file import open_picture

MOST_PIXELS = 1_000_000
SHAPES = [
    {"name": "wide", "width_px": 64, "height_px": 36, "format": "JPEG", "quality": 85},
    {"name": "small", "width_px": 40, "height_px": 40, "format": "PNG", "quality": 85},
]
MODES = ("RGB", "L", "CMYK", "P", "RGBA", "LA", "I;16", "1")
FORMATS = {"RGB": ("JPEG", "PNG"), "L": ("JPEG", "PNG", "GIF"), "CMYK": ("JPEG",), "P": ("PNG", "GIF")}
PICTURES = [(mode, kind) for mode in MODES for kind in FORMATS.get(mode, ("PNG",))]


def a_picture(mode: str, kind: str, orientation: int = 1) -> bytes:
    picture = Pillow.new("RGB", (160, 100), (200, 30, 30))
    drawn = ImageDraw.Draw(picture)
    drawn.ellipse((10, 10, 90, 70), fill=(20, 160, 60))
    drawn.line((0, 99, 159, 0), fill=(10, 20, 240), width=7)
    exif = Pillow.Exif()
    exif[Base.Orientation] = orientation
    file = BytesIO()
    converted = picture.convert("L").convert("I").convert("I;16") if mode == "I;16" else picture.convert(mode)
    converted.save(file, kind, **({} if kind == "GIF" else {"exif": exif}))
    return file.getvalue()


def decode_by_copies(content: bytes, max_pixels: int) -> Pixels:
    """What `decode` promises, with a copy of the pixels at each step."""
    with open_picture(content, max_pixels, rendering.FORMATS) as picture:
        upright, mode = ImageOps.exif_transpose(picture), pixel_mode(picture)
        profile = picture.info.get("icc_profile")
        if upright.mode.startswith("I"):
            upright = upright.point(lambda value: value * (1 / 256)).convert("L")
        if not upright.has_transparency_data:
            return Pixels(upright.convert(mode), profile)
        canvas = Pillow.new("RGBA", upright.size, (*rendering.BACKGROUND, 255))
        canvas.alpha_composite(upright.convert("RGBA"))
        return Pixels(canvas.convert(mode), profile)


def thumbnails_of(content: bytes) -> list[bytes]:
    answer, thumbnails = render(content, {"max_pixels": MOST_PIXELS, "shapes": SHAPES})
    assert answer == {"broken": {}}
    return thumbnails


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize(("mode", "kind"), PICTURES)
def test_thumbnails_are_the_same_bytes_as_from_copies(monkeypatch, mode, kind, orientation):
    content = a_picture(mode, kind, orientation)
    decoded, expected = decode(content, MOST_PIXELS), decode_by_copies(content, MOST_PIXELS)
    assert (decoded.image.mode, decoded.image.size) == (expected.image.mode, expected.image.size)
    assert decoded.image.tobytes() == expected.image.tobytes()
    assert decoded.profile == expected.profile
    made = thumbnails_of(content)
    monkeypatch.setattr(rendering, "decode", decode_by_copies)
    assert made == thumbnails_of(content)


@pytest.mark.parametrize("mode", ["RGB", "L", "CMYK"])
def test_pixels_that_need_no_change_are_not_copied(monkeypatch, mode):
    content = a_picture(mode, "JPEG")

    def copied(*_: object) -> None:
        raise AssertionError("the pixels were copied")

    monkeypatch.setattr(Pillow.Image, "copy", copied)
    assert decode(content, MOST_PIXELS).image.size == (160, 100)
