"""A title's thumbnails: which picture each is made of, and the thumbnail itself, the same bytes every time."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO

from PIL import Image as Pillow
from PIL import ImageOps

from edye_delivery.annex.art import is_custom_thumbnail, thumbnail_origin
from edye_delivery.annex.model import Annex, ThumbnailSpec
from edye_delivery.catalog.art import DECODING_ERRORS, can_give, centre_crop, content_name
from edye_delivery.catalog.facts import ImageFacts
from edye_delivery.catalog.plan import Thumbnail
from edye_delivery.catalog.title import Title
from edye_delivery.errors import PictureBroken

FORMATS = ("JPEG", "PNG", "GIF")
BACKGROUND = (255, 255, 255)
CUSTOM = "custom_thumbnail"
SMALL_PX = 240
SMALL_QUALITY = 70
BROKEN = (*DECODING_ERRORS, Pillow.DecompressionBombError)


@dataclass(frozen=True, slots=True)
class ThumbnailPlan:
    """One thumbnail of the annex and the picture that it is made of; None where no picture is large enough."""

    spec: ThumbnailSpec
    origin: ImageFacts | None
    is_custom: bool = False


def plan_thumbnails(annex: Annex, title: Title, images: Sequence[ImageFacts]) -> tuple[ThumbnailPlan, ...]:
    """For every thumbnail of the annex, in its order, the picture to make it of."""
    plans = []
    for spec in annex.thumbnails:
        origin = thumbnail_origin(annex, spec, title, images)
        plans.append(ThumbnailPlan(spec, origin, origin is not None and is_custom_thumbnail(title, origin)))
    return tuple(plans)


def render_thumbnail(content: bytes, spec: ThumbnailSpec, max_pixels: int) -> bytes:
    """The picture's largest centred part of the spec's ratio, at exactly its size: RGB, no metadata, never upscaled.

    Transparent parts become white. PictureBroken where the bytes are no picture of the wanted size.
    """
    try:
        picture = _opened(content, max_pixels)
        if not can_give(*picture.size, spec.width_px, spec.height_px):
            width_px, height_px = picture.size
            raise PictureBroken(
                f"thumbnail {spec.name} needs {spec.width_px}x{spec.height_px} px, the picture is "
                f"{width_px}x{height_px} px; nothing is upscaled"
            )
        box = centre_crop(*picture.size, spec.width_px, spec.height_px)
        resized = picture.resize((spec.width_px, spec.height_px), Pillow.Resampling.LANCZOS, box=box, reducing_gap=3.0)
        return _encoded(resized, spec.format, spec.quality)
    except BROKEN as error:
        raise PictureBroken(f"thumbnail {spec.name} cannot be made: {str(error)!r:.160}") from error


def thumbnail_record(plan: ThumbnailPlan, rendered: bytes) -> Thumbnail:
    """The thumbnail's entry for the title: its names, its figures, and what it was made of."""
    if plan.origin is None:
        raise PictureBroken(f"thumbnail {plan.spec.name} has no picture to be made of")
    return Thumbnail(
        name=plan.spec.name,
        art_name=content_name(hashlib.sha256(rendered).hexdigest(), plan.spec.format),
        width_px=plan.spec.width_px,
        height_px=plan.spec.height_px,
        size_bytes=len(rendered),
        origin=CUSTOM if plan.is_custom else plan.origin.kind.value,
    )


def small_picture(thumbnail: bytes, max_pixels: int = 4096 * 4096) -> bytes:
    """A thumbnail as a JPEG that fits into 240x240 px, for a report's page."""
    try:
        picture = _opened(thumbnail, max_pixels)
        picture.thumbnail((SMALL_PX, SMALL_PX), Pillow.Resampling.LANCZOS)
        return _encoded(picture, "JPEG", SMALL_QUALITY)
    except BROKEN as error:
        raise PictureBroken(f"a thumbnail cannot be made smaller: {str(error)!r:.160}") from error


def _opened(content: bytes, max_pixels: int) -> Pillow.Image:
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


def _encoded(picture: Pillow.Image, picture_format: str, quality: int) -> bytes:
    bare = Pillow.new("RGB", picture.size)
    bare.paste(picture)
    file = BytesIO()
    if picture_format == "PNG":
        bare.save(file, "PNG", optimize=True)
    else:
        bare.save(file, "JPEG", quality=quality, optimize=True, progressive=False)
    return file.getvalue()
