"""Thumbnails of one picture, the same bytes every time; runs in a worker process, so it imports little."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image as Pillow
from PIL import ImageOps

from edye_delivery.catalog.art import DECODING_ERRORS, can_give, centre_crop
from edye_delivery.catalog.colours import in_srgb, pixel_mode
from edye_delivery.catalog.jobs import Answer
from edye_delivery.catalog.picture_file import open_picture
from edye_delivery.errors import PictureBroken

FORMATS = ("JPEG", "PNG", "GIF")
BACKGROUND = (255, 255, 255)
WATERMARK_MAX_PIXELS = 4096 * 4096
WATERMARK_WIDTH_PERCENT, WATERMARK_MARGIN_PERCENT = 18, 3
"""Of the thumbnail's width; nothing is agreed on where a watermark lies, so it is where broadcasters put theirs."""


@dataclass(frozen=True, slots=True)
class Shape:
    """The name, size, format and quality of a thumbnail, and its watermark: a PNG in base64, empty for none."""

    name: str
    width_px: int
    height_px: int
    format: str
    quality: int
    watermark: str = ""


@dataclass(frozen=True, slots=True)
class Pixels:
    """A decoded picture of mode RGB, L or CMYK, and its colour profile, which says what colours its values mean."""

    image: Pillow.Image
    profile: bytes | None


def render(content: bytes, options: dict[str, Any]) -> Answer:
    """The thumbnails of a picture, which is decoded once; `broken` gives, by name, the reason why one is empty.

    `options`: max_pixels, and the shapes. Each thumbnail is the picture's largest centred part of the shape's ratio, at
    exactly its size: sRGB by the picture's colour profile, no metadata, never upscaled. Transparent parts become white.
    """
    shapes = [Shape(**shape) for shape in options["shapes"]]
    try:
        picture = decode(content, options["max_pixels"])
    except PictureBroken as error:
        return {"broken": {shape.name: _failure_text(shape, error) for shape in shapes}}, [b"" for _ in shapes]
    return _render_all(picture, shapes)


def render_opened(picture: Pillow.Image, shapes: Sequence[dict[str, Any]]) -> Answer:
    """As `render`, of a picture that is open, and perhaps decoded already.

    PictureBroken, or one of the decoder's own errors, where no thumbnail at all can be made of it.
    """
    if picture.format not in (*FORMATS, "MPO"):
        raise PictureBroken(f"thumbnails are made of {', '.join(FORMATS)}, not of {picture.format}")
    return _render_all(_upright_pixels(picture), [Shape(**shape) for shape in shapes])


def decode(content: bytes, max_pixels: int) -> Pixels:
    """The picture upright and opaque, in its own colours. Pillow's own conversion would turn 16-bit grey to white.

    Pixels that need no change are not copied: a copy of a large picture takes as long as a thumbnail.

    PictureBroken if it cannot be opened or decoded, or has more than `max_pixels`.
    """
    with open_picture(content, max_pixels, FORMATS) as picture:
        return _upright_pixels(picture)


def encode(picture: Pillow.Image, picture_format: str, quality: int) -> bytes:
    """The picture's pixels as a file, without any of its metadata."""
    bare = Pillow.new("RGB", picture.size)
    bare.paste(picture)
    file = BytesIO()
    if picture_format == "PNG":
        bare.save(file, "PNG", optimize=True)
    else:
        bare.save(file, "JPEG", quality=quality, optimize=True, progressive=False)
    return file.getvalue()


def _upright_pixels(picture: Pillow.Image) -> Pixels:
    mode, profile = pixel_mode(picture), picture.info.get("icc_profile")
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode.startswith("I"):
        picture = picture.point(lambda value: value * (1 / 256)).convert("L")
    if not picture.has_transparency_data:
        return Pixels(picture if picture.mode == mode else picture.convert(mode), profile)
    canvas = Pillow.new("RGBA", picture.size, (*BACKGROUND, 255))
    canvas.alpha_composite(picture.convert("RGBA"))
    return Pixels(canvas.convert(mode), profile)


def _render_all(picture: Pixels, shapes: Sequence[Shape]) -> Answer:
    broken: dict[str, str] = {}
    thumbnails: list[bytes] = []
    for shape in shapes:
        try:
            thumbnails.append(_render(picture, shape))
        except (PictureBroken, *DECODING_ERRORS) as error:
            thumbnails.append(b"")
            broken[shape.name] = _failure_text(shape, error)
    return {"broken": broken}, thumbnails


def _render(picture: Pixels, shape: Shape) -> bytes:
    width_px, height_px = picture.image.size
    if not can_give(width_px, height_px, shape.width_px, shape.height_px):
        raise PictureBroken(
            f"it needs {shape.width_px}x{shape.height_px} px, the picture is {width_px}x{height_px} px; nothing is "
            "upscaled"
        )
    box = centre_crop(width_px, height_px, shape.width_px, shape.height_px)
    size = (shape.width_px, shape.height_px)
    resized = picture.image.resize(size, Pillow.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    finished = in_srgb(resized, picture.profile)
    return encode(_watermarked(finished, shape) if shape.watermark else finished, shape.format, shape.quality)


def _watermarked(picture: Pillow.Image, shape: Shape) -> Pillow.Image:
    """The picture under the watermark, which keeps its ratio and its transparency."""
    with open_picture(b64decode(shape.watermark), WATERMARK_MAX_PIXELS, ("PNG",)) as opened:
        mark = opened.convert("RGBA")
    width_px = max(1, shape.width_px * WATERMARK_WIDTH_PERCENT // 100)
    height_px = max(1, mark.height * width_px // mark.width)
    margin_px = shape.width_px * WATERMARK_MARGIN_PERCENT // 100
    canvas = picture.convert("RGBA")
    place = (shape.width_px - width_px - margin_px, max(0, shape.height_px - height_px - margin_px))
    canvas.alpha_composite(mark.resize((width_px, height_px), Pillow.Resampling.LANCZOS), place)
    return canvas.convert("RGB")


def _failure_text(shape: Shape, error: Exception) -> str:
    why = str(error) if isinstance(error, PictureBroken) else f"{str(error)!r:.160}"
    return f"thumbnail {shape.name} cannot be made: {why}"
