"""What a picture really is: opened within bounds, decoded to its last line, named by its content."""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Protocol

from PIL import Image as Pillow
from PIL import UnidentifiedImageError
from PIL.ExifTags import Base

from edye_delivery.annex.model import Images
from edye_delivery.catalog.art import DECODING_ERRORS, content_name
from edye_delivery.catalog.facts import ImageFacts, ProbeFailure
from edye_delivery.catalog.title import Image
from edye_delivery.catalog.vocabulary import ImageKind
from edye_delivery.errors import MediaTooLarge, MediaUnavailable, Transient, UrlRefused

OPENED_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
"""What is opened at all; of a format that the annex does not allow only the header is read."""

TURNED = frozenset({5, 6, 7, 8})
"""EXIF orientations that show a picture on its side."""


class WholeFiles(Protocol):
    """Whatever gives a small file as a whole."""

    def fetch(self, url: str, max_bytes: int) -> bytes:
        """The file; MediaTooLarge above the bound."""


def fetch_picture(reader: WholeFiles, image: Image, limits: Images) -> tuple[ImageFacts, bytes | None]:
    """The picture's facts and its bytes; bytes only where it can be used, and whatever went wrong is in `failure`."""
    try:
        content = reader.fetch(image.url, limits.max_size_bytes)
    except UrlRefused as error:
        return _failed(image.kind, image.url, ProbeFailure.URL_REFUSED, str(error)), None
    except MediaUnavailable as error:
        return _failed(image.kind, image.url, ProbeFailure.NOT_FOUND, str(error)), None
    except MediaTooLarge as error:
        return _failed(image.kind, image.url, ProbeFailure.TOO_LARGE, str(error)), None
    except Transient as error:
        return _failed(image.kind, image.url, ProbeFailure.UNAVAILABLE, error.message), None
    facts = look_at(image.kind, image.url, content, limits)
    return facts, content if facts.art_name else None


def look_at(kind: ImageKind, url: str, content: bytes, limits: Images) -> ImageFacts:
    """The facts of a picture's bytes; width and height as it is shown, with its EXIF orientation applied."""
    facts = ImageFacts(kind=kind, url=url, size_bytes=len(content))
    if len(content) > limits.max_size_bytes:
        detail = f"{len(content)} bytes, expected {limits.max_size_bytes} bytes or less"
        return facts.model_copy(update={"failure": ProbeFailure.TOO_LARGE, "detail": detail})
    facts = facts.model_copy(update={"sha256": hashlib.sha256(content).hexdigest()})
    try:
        with Pillow.open(BytesIO(content), formats=OPENED_FORMATS) as picture:
            return _measured(facts, picture, limits)
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning):
        failure, detail = ProbeFailure.TOO_LARGE, f"far more pixels than the {limits.max_pixels} that are opened"
    except UnidentifiedImageError:
        failure, detail = ProbeFailure.UNREADABLE, f"it is none of {', '.join(OPENED_FORMATS)}"
    except DECODING_ERRORS as error:
        failure, detail = ProbeFailure.UNREADABLE, f"it is damaged or cut short: {str(error)!r:.160}"
    return facts.model_copy(update={"failure": failure, "detail": detail})


def _measured(facts: ImageFacts, picture: Pillow.Image, limits: Images) -> ImageFacts:
    picture_format = "JPEG" if picture.format == "MPO" else str(picture.format)
    width_px, height_px = picture.size
    if width_px * height_px > limits.max_pixels:
        detail = f"{width_px}x{height_px} px are {width_px * height_px} pixels, expected {limits.max_pixels} or less"
        return facts.model_copy(update={"failure": ProbeFailure.TOO_LARGE, "detail": detail})
    figures = {"format": picture_format, "width_px": width_px, "height_px": height_px}
    if picture_format in limits.formats:
        picture.load()
        figures["art_name"] = content_name(facts.sha256, picture_format)
        if picture.getexif().get(Base.Orientation) in TURNED:
            figures |= {"width_px": height_px, "height_px": width_px}
    return facts.model_copy(update=figures)


def _failed(kind: ImageKind, url: str, failure: ProbeFailure, detail: str) -> ImageFacts:
    return ImageFacts(kind=kind, url=url, failure=failure, detail=detail)
