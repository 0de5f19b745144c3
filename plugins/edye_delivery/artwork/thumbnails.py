"""A title's thumbnails: the picture that each is made from, and the thumbnail itself, the same bytes every time."""

from __future__ import annotations

import hashlib
from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PIL import Image as Pillow

from edye_delivery.annex.art import is_custom_thumbnail, thumbnail_origin
from edye_delivery.annex.limits import Images, ThumbnailSpec
from edye_delivery.annex.model import Annex
from edye_delivery.artwork.rendering import decode, encode, render
from edye_delivery.catalog.art import DECODING_ERRORS, content_name
from edye_delivery.catalog.digest import digest_of
from edye_delivery.catalog.facts import ImageFacts
from edye_delivery.catalog.jobs import Run
from edye_delivery.catalog.plan import RenderedThumbnail, Thumbnail
from edye_delivery.catalog.title import Title
from edye_delivery.errors import PictureBroken

CUSTOM = "custom_thumbnail"
NONE: Mapping[str, bytes] = {}
SMALL_PX = 240
SMALL_QUALITY = 70


@dataclass(frozen=True, slots=True)
class ThumbnailPlan:
    """One thumbnail of the annex and the picture that it is made from; None if no picture is large enough."""

    spec: ThumbnailSpec
    origin: ImageFacts | None
    is_custom: bool = False


def plan_thumbnails(annex: Annex, title: Title, images: Sequence[ImageFacts]) -> tuple[ThumbnailPlan, ...]:
    """The picture to make each thumbnail from, for every thumbnail of the annex in its order."""
    plans = []
    for spec in annex.thumbnails:
        origin = thumbnail_origin(annex, spec, title, images)
        plans.append(ThumbnailPlan(spec, origin, origin is not None and is_custom_thumbnail(title, origin)))
    return tuple(plans)


def shape_of(spec: ThumbnailSpec, watermarks: Mapping[str, bytes] = NONE) -> dict[str, Any]:
    """What a worker is told of a thumbnail; `watermarks` has the PNG of the watermark that the spec names."""
    named = spec.model_dump(include={"name", "width_px", "height_px", "format", "quality"})
    return named | {"watermark": b64encode(watermarks[spec.watermark]).decode() if spec.watermark else ""}


def rendered_thumbnail(picture: str, shape: dict[str, Any], content: bytes) -> RenderedThumbnail:
    """The note on a thumbnail that was made of a picture, which has this content name."""
    return RenderedThumbnail(
        picture=picture,
        shape_digest=digest_of(shape),
        art_name=content_name(hashlib.sha256(content).hexdigest(), shape["format"]),
        size_bytes=len(content),
    )


def render_thumbnails(
    content: bytes, specs: Sequence[ThumbnailSpec], images: Images, run: Run, watermarks: Mapping[str, bytes] = NONE
) -> list[bytes | PictureBroken]:
    """The thumbnails of one picture in the order of the specs: each is its bytes, or the error that says why not.

    `watermarks` has the PNG of every watermark that the specs name.

    `run` decodes the picture, once for all thumbnails. Raises PictureBroken if the picture ends the job, or Transient.
    """
    shapes = [shape_of(spec, watermarks) for spec in specs]
    cpu_s = images.decode_limit_s * (1 + len(shapes))
    answer, thumbnails = run(render, content, {"max_pixels": images.max_pixels, "shapes": shapes}, cpu_s)
    broken = answer["broken"]
    return [
        PictureBroken(broken[spec.name]) if spec.name in broken else thumbnail
        for spec, thumbnail in zip(specs, thumbnails, strict=True)
    ]


def thumbnail_record(plan: ThumbnailPlan, rendered: RenderedThumbnail) -> Thumbnail:
    """The thumbnail's entry for the title: its names, its figures, and the kind of picture that it was made from."""
    if plan.origin is None:
        raise PictureBroken(f"thumbnail {plan.spec.name} has no picture to be made from")
    return Thumbnail(
        name=plan.spec.name,
        art_name=rendered.art_name,
        width_px=plan.spec.width_px,
        height_px=plan.spec.height_px,
        size_bytes=rendered.size_bytes,
        origin=CUSTOM if plan.is_custom else plan.origin.kind.value,
    )


def small_picture(thumbnail: bytes, max_pixels: int = 4096 * 4096) -> bytes:
    """A thumbnail as a JPEG that fits into 240x240 px, for a report's page."""
    try:
        picture = decode(thumbnail, max_pixels).image.convert("RGB")
        picture.thumbnail((SMALL_PX, SMALL_PX), Pillow.Resampling.LANCZOS)
        return encode(picture, "JPEG", SMALL_QUALITY)
    except (PictureBroken, *DECODING_ERRORS) as error:
        raise PictureBroken(f"a thumbnail cannot be made smaller: {str(error)!r:.160}") from error
