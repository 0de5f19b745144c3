"""One picture opened and decoded to its last line; runs in a worker process, so it imports little."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

from PIL import Image as Pillow
from PIL import UnidentifiedImageError
from PIL.ExifTags import Base

from edye_delivery.catalog.art import DECODING_ERRORS, TURNED
from edye_delivery.catalog.jobs import Answer

OPENED_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
"""What is opened at all; of a format that the annex does not allow only the header is read."""

SCANS_MAX = 100
"""Each scan of a progressive JPEG costs a pass over all pixels; encoders write about ten, at most a few dozen."""

AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""The next marker: in a scan's data, 0xff is followed by 0 or a restart marker."""

START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
EXPORT_ANEW = "export it anew as a baseline (not progressive) JPEG or as a PNG"
WITHOUT_LENGTH = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})


def look(content: bytes, options: dict[str, Any]) -> Answer:
    """Format, width and height as the picture is shown, and whether it was decoded; or failure and detail.

    `options`: max_pixels, and the formats that are decoded. The first picture of an animation counts.
    """
    try:
        if scans_of(content) > SCANS_MAX:
            return _failed("unreadable", f"its JPEG has more than {SCANS_MAX} scans; {EXPORT_ANEW}")
        with Pillow.open(BytesIO(content), formats=OPENED_FORMATS) as picture:
            return _measured(picture, options["max_pixels"], options["formats"]), []
    except (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning):
        return _failed("too_large", f"far more pixels than the {options['max_pixels']} that are opened")
    except UnidentifiedImageError:
        return _failed("unreadable", f"it is none of {', '.join(OPENED_FORMATS)}")
    except MemoryError:
        return _failed("too_large", f"decoding it takes more memory than a worker has; {EXPORT_ANEW}")
    except DECODING_ERRORS as error:
        return _failed("unreadable", f"it is damaged or cut short: {str(error)!r:.160}")


def scans_of(content: bytes) -> int:
    """The scans of a JPEG, counted without decoding it and no further than is needed; 0 for anything else."""
    if not content.startswith(b"\xff\xd8"):
        return 0
    scans, position = 0, 2
    while scans <= SCANS_MAX and position + 4 <= len(content) and content[position] == 0xFF:
        marker = content[position + 1]
        if marker == END_OF_IMAGE:
            break
        if marker == 0xFF or marker in WITHOUT_LENGTH:
            position += 1 if marker == 0xFF else 2
            continue
        position += 2 + int.from_bytes(content[position + 2 : position + 4], "big")
        if marker == START_OF_SCAN:
            scans += 1
            found = AFTER_SCAN.search(content, position)
            position = found.start() if found else len(content)
    return scans


def _measured(picture: Pillow.Image, max_pixels: int, decoded_formats: list[str]) -> dict[str, Any]:
    picture_format = "JPEG" if picture.format == "MPO" else str(picture.format)
    width_px, height_px = picture.size
    if width_px * height_px > max_pixels:
        detail = f"{width_px}x{height_px} px are {width_px * height_px} pixels, expected {max_pixels} or less"
        return {"failure": "too_large", "detail": detail}
    is_decoded = picture_format in decoded_formats
    if is_decoded:
        picture.load()
        if picture.getexif().get(Base.Orientation) in TURNED:
            width_px, height_px = height_px, width_px
    return {"format": picture_format, "width_px": width_px, "height_px": height_px, "is_decoded": is_decoded}


def _failed(failure: str, detail: str) -> Answer:
    return {"failure": failure, "detail": detail}, []
