"""Opens and decodes one picture completely; runs in a worker process, so it imports little."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from PIL import Image as Pillow

from edye_delivery.catalog.colours import profile_defect
from edye_delivery.catalog.jobs import Answer
from edye_delivery.catalog.picture_file import EXPORT_AGAIN, display_size, format_of, open_picture
from edye_delivery.clients.damage import refuse_damage
from edye_delivery.errors import PictureBroken, PictureTooLarge

Use = Callable[[Pillow.Image], Answer]

OPENED_FORMATS = ("JPEG", "PNG", "GIF", "WEBP")
"""The formats that are opened; where the annex does not allow the format, only the header is read."""

SCANS_MAX = 100
"""Each scan of a progressive JPEG costs a pass over all pixels; encoders write about ten, at most a few dozen."""

AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""The next marker: in a scan's data, 0xff is followed by 0 or a restart marker."""

START_OF_SCAN, END_OF_IMAGE = 0xDA, 0xD9
WITHOUT_LENGTH = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})


def look(content: bytes, options: dict[str, Any]) -> Answer:
    """Format, width and height as the picture is shown, and whether it was decoded; or failure and detail.

    `options`: max_pixels, and the formats that are decoded. Of an animation the first picture counts. `profile_defect`
    says why a colour profile cannot be used.
    """
    return look_and_use(content, options, _use_nothing)


def look_and_use(content: bytes, options: dict[str, Any], use: Use) -> Answer:
    """As `look`; what `use` makes of the decoded picture becomes part of the answer. It may not raise."""
    try:
        with open_picture(content, options["max_pixels"], OPENED_FORMATS) as picture:
            measured = _measure(picture, content, options["formats"])
            used, blobs = use(picture) if measured["is_decoded"] else ({}, [])
            return measured | used, blobs
    except PictureTooLarge as error:
        return {"failure": "too_large", "detail": str(error)}, []
    except PictureBroken as error:
        return {"failure": "unreadable", "detail": str(error)}, []


def scans_of(content: bytes) -> int:
    """The number of scans of a JPEG, counted without decoding it, up to SCANS_MAX + 1; 0 for anything else."""
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


def _use_nothing(picture: Pillow.Image) -> Answer:
    return {}, []


def _measure(picture: Pillow.Image, content: bytes, decoded_formats: list[str]) -> dict[str, Any]:
    picture_format = format_of(picture)
    width_px, height_px = picture.size
    measured = {"format": picture_format, "is_decoded": picture_format in decoded_formats}
    if measured["is_decoded"]:
        if scans_of(content) > SCANS_MAX:
            raise PictureBroken(f"its JPEG has more than {SCANS_MAX} scans; {EXPORT_AGAIN}")
        picture.load()
        refuse_damage(content, picture_format)
        width_px, height_px = display_size(picture)
        measured["profile_defect"] = profile_defect(picture)
    return measured | {"width_px": width_px, "height_px": height_px}
