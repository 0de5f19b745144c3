"""Finds damage in pictures that Pillow decodes nevertheless: by libjpeg's warnings, and by the checksums of a PNG."""

from __future__ import annotations

import zlib

from edye_delivery.errors import PictureBroken

JPEG_DAMAGE = ("Corrupt JPEG data", "Premature end of JPEG file", "Inconsistent progression sequence")
"""The beginnings of libjpeg's warnings about missing or wrong pixels (jerror.h). Another warning is about unusual
parameters in a scan's header, which decoders ignore."""

EXTRANEOUS = "extraneous bytes before marker 0xd9"
"""libjpeg's warning about padding, and also about a hole near the end: we decode again without the padding."""

START_OF_SCAN, END_OF_IMAGE = 0xDA, b"\xff\xd9"
METADATA = frozenset({0xFE, *range(0xE0, 0xF0)})
"""The markers of comments and of what programs add: JFIF, EXIF, colour profiles."""

PNG_SIGNATURE_BYTES = 8
CHUNK_HEAD_BYTES, CHECKSUM_BYTES = 8, 4


def refuse_damage(content: bytes, picture_format: str) -> None:
    """PictureBroken where a picture that can be decoded is damaged: parts of it are missing or wrong."""
    if picture_format == "JPEG":
        _refuse_damaged_jpeg(content)
    elif picture_format == "PNG":
        _refuse_damaged_png(content)


def _refuse_damaged_jpeg(content: bytes) -> None:
    """Decodes the picture at an eighth of its size, which reads all of its data, and without its metadata.

    libjpeg gives only one warning, and it also warns about metadata, which has no pixels. Any other error only means
    that this decoder does not support such a JPEG, not that the file is damaged.
    """
    plain = _without_metadata(content)
    warning = _damage_of(plain)
    if warning and EXTRANEOUS in warning and not _damage_of(_without_padding(plain)):
        return
    if warning:
        raise PictureBroken(f"it is damaged or cut short: {warning!r:.160}")


def _damage_of(jpeg: bytes) -> str:
    """The first of libjpeg's warnings about damage; empty where there is none."""
    from simplejpeg import decode_jpeg  # imports numpy, which takes a tenth of a second: only where it is needed

    try:
        decode_jpeg(jpeg, "GRAY", min_height=1, min_width=1, strict=True)
    except ValueError as error:
        warning = str(error)
        return warning if warning.startswith(JPEG_DAMAGE) else ""
    return ""


def _without_padding(jpeg: bytes) -> bytes:
    """The JPEG without zeros between its data and its end; some programs write them, and no pixel is missing."""
    data, end, behind = jpeg.rpartition(END_OF_IMAGE)
    bare = data.rstrip(b"\0")
    return bare + (b"\0" if bare.endswith(b"\xff") else b"") + end + behind


def _without_metadata(content: bytes) -> bytes:
    """The JPEG without the metadata before its first scan."""
    view, position = memoryview(content), 2
    parts = [view[:2]]
    while position + 4 <= len(content) and content[position] == 0xFF and content[position + 1] != START_OF_SCAN:
        end = position + 2 + int.from_bytes(view[position + 2 : position + 4], "big")
        if content[position + 1] == 0xFF:  # a filler
            end = position + 1
        elif content[position + 1] not in METADATA:
            parts.append(view[position:end])
        position = end
    return b"".join([*parts, view[position:]])


def _refuse_damaged_png(content: bytes) -> None:
    """Reads every chunk up to the last one, IEND, and compares its checksum."""
    view, position = memoryview(content), PNG_SIGNATURE_BYTES
    while True:
        length = int.from_bytes(view[position : position + 4], "big")
        end = position + CHUNK_HEAD_BYTES + length
        if end + CHECKSUM_BYTES > len(view):
            raise PictureBroken("it is damaged or cut short: it ends before its last chunk, IEND")
        kind = bytes(view[position + 4 : position + CHUNK_HEAD_BYTES])
        if zlib.crc32(view[position + 4 : end]) != int.from_bytes(view[end : end + CHECKSUM_BYTES], "big"):
            raise PictureBroken(f"it is damaged: the checksum of a chunk {kind!r:.20} is wrong")
        if kind == b"IEND":
            return
        position = end + CHECKSUM_BYTES
