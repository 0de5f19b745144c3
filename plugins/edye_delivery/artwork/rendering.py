"""Thumbnails of one picture, the same bytes every time; runs in a worker process, so it imports little."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Any

from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from edye_delivery.catalog.art import DECODING_ERRORS, can_give, centre_crop
from edye_delivery.catalog.jobs import Answer
from edye_delivery.errors import PictureBroken

FORMATS = ("JPEG", "PNG", "GIF")
BACKGROUND = (255, 255, 255)
BROKEN = (*DECODING_ERRORS, Pillow.DecompressionBombError)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a thumbnail is to be."""

    name: str
    width_px: int
    height_px: int
    format: str
    quality: int


def render(content: bytes, options: dict[str, Any]) -> Answer:
    """The thumbnails of a picture, which is decoded once; `broken` says by name why one of them is empty.

    `options`: max_pixels, and the shapes. Each thumbnail is the picture's largest centred part of the shape's ratio, at
    exactly its size: RGB, no metadata, never upscaled. Transparent parts become white.
    """
    broken: dict[str, str] = {}
    thumbnails: list[bytes] = []
    shapes = [Shape(**shape) for shape in options["shapes"]]
    try:
        picture = opened(content, options["max_pixels"])
    except (PictureBroken, *BROKEN) as error:
        return {"broken": {shape.name: _not_made(shape, error) for shape in shapes}}, [b"" for _ in shapes]
    for shape in shapes:
        try:
            thumbnails.append(_rendered(picture, shape))
        except (PictureBroken, *BROKEN) as error:
            thumbnails.append(b"")
            broken[shape.name] = _not_made(shape, error)
    return {"broken": broken}, thumbnails


def opened(content: bytes, max_pixels: int) -> Pillow.Image:
    """The picture upright, in RGB; Pillow's own conversion would turn 16 bits of grey into white."""
    with Pillow.open(BytesIO(content), formats=FORMATS) as picture:
        width_px, height_px = picture.size
        if width_px * height_px > max_pixels:
            raise PictureBroken(f"{width_px}x{height_px} px are more pixels than the {max_pixels} that are opened")
        upright = ImageOps.exif_transpose(picture)
        if upright.mode.startswith("I"):
            upright = upright.point(lambda value: value * (1 / 256)).convert("L")
        if not upright.has_transparency_data:
            return upright.convert("RGB")
        canvas = Pillow.new("RGBA", upright.size, (*BACKGROUND, 255))
        canvas.alpha_composite(upright.convert("RGBA"))
        return canvas.convert("RGB")


def encoded(picture: Pillow.Image, picture_format: str, quality: int) -> bytes:
    """The picture's pixels as a file, without any of its metadata."""
    bare = Pillow.new("RGB", picture.size)
    bare.paste(picture)
    file = BytesIO()
    if picture_format == "PNG":
        bare.save(file, "PNG", optimize=True)
    else:
        bare.save(file, "JPEG", quality=quality, optimize=True, progressive=False)
    return file.getvalue()


def _rendered(picture: Pillow.Image, shape: Shape) -> bytes:
    if not can_give(*picture.size, shape.width_px, shape.height_px):
        width_px, height_px = picture.size
        raise PictureBroken(
            f"it needs {shape.width_px}x{shape.height_px} px, the picture is {width_px}x{height_px} px; nothing is "
            "upscaled"
        )
    box = centre_crop(*picture.size, shape.width_px, shape.height_px)
    resized = picture.resize((shape.width_px, shape.height_px), Pillow.Resampling.LANCZOS, box=box, reducing_gap=3.0)
    return encoded(resized, shape.format, shape.quality)


def _not_made(shape: Shape, error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        why = f"it is none of {', '.join(FORMATS)}"
    else:
        why = str(error) if isinstance(error, PictureBroken) else f"{str(error)!r:.160}"
    return f"thumbnail {shape.name} cannot be made: {why}"
