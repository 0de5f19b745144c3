"""The top-level boxes of an MP4 or QuickTime file: where its index is, and whether the file is complete."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

ReadAt = Callable[[int, int], bytes]

BOXES_MAX = 64
"""Each box may cost one ranged call; a plain file has fewer than ten."""

PADDING = frozenset({b"free", b"skip", b"wide"})
FRAGMENT = b"moof"
KNOWN = PADDING | {
    b"ftyp", b"moov", b"mdat", FRAGMENT, b"mfra", b"sidx", b"ssix", b"styp", b"uuid", b"meta", b"udta", b"pdin",
    b"prft", b"emsg", b"pnot",
}  # fmt: skip
FIRST_LETTER, LAST_LETTER, COPYRIGHT_SIGN = 0x20, 0x7E, 0xA9
"""The bytes that a box's four letters may have (ISO/IEC 14496-12, 4.2; QuickTime's own begin with a copyright sign)."""


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its four letters, where it begins, how many bytes it claims with its header."""

    kind: bytes
    offset: int
    size_bytes: int
    header_bytes: int = 8

    @property
    def content(self) -> int:
        """The first byte after the box's header."""
        return self.offset + self.header_bytes

    @property
    def end(self) -> int:
        """The first byte after the box."""
        return self.offset + self.size_bytes


@dataclass(frozen=True, slots=True)
class Layout:
    """What a walk over the boxes has found.

    `is_mp4` says that there was a box of this format. `index` is the moov box, if the file has all of it; `media` are
    the mdat boxes. `overrun` is a box that ends after the end of the file: the file was cut off. The walk stops at the
    first fragment and after `BOXES_MAX` boxes: `walked_bytes` says how far it came, `is_walked` whether it reached the
    end.
    """

    is_mp4: bool = False
    brand: bytes = b""
    index: Box | None = None
    overrun: Box | None = None
    media: tuple[Box, ...] = ()
    is_fragmented: bool = False
    walked_bytes: int = 0
    is_walked: bool = False


def layout_of(read_at: ReadAt, size_bytes: int, boxes_max: int = BOXES_MAX, into_fragments: bool = False) -> Layout:
    """The file's layout; `read_at(offset, length)` gives bytes, fewer only at the end of the file.

    With `into_fragments` the walk does not stop at the first fragment.
    """
    brand = b""
    index = overrun = None
    media: list[Box] = []
    is_fragmented = is_mp4 = False
    position = walked = 0
    for box in boxes(read_at, size_bytes):
        is_mp4, walked, position = is_mp4 or box.kind in KNOWN, walked + 1, box.end
        if box.end > size_bytes and box.kind not in PADDING:
            overrun = box
        elif box.kind == b"moov" and index is None:
            index = box
        if box.kind == b"ftyp":
            brand = read_at(box.offset + 8, 4)
        elif box.kind == b"mdat":
            media.append(box)
        is_fragmented = is_fragmented or box.kind == FRAGMENT
        if walked >= boxes_max or (is_fragmented and not into_fragments):
            break
    if not is_mp4:
        return Layout()
    return Layout(is_mp4, brand, index, overrun, tuple(media), is_fragmented, position, position >= size_bytes)


def boxes(read_at: ReadAt, size_bytes: int) -> Iterator[Box]:
    """The boxes from the start of the file, unknown ones included; ends where no box begins."""
    offset = 0
    while offset + 8 <= size_bytes:
        box = box_at(read_at, offset, size_bytes)
        if box is None or not (box.kind in KNOWN or _may_be_unknown_box(box, size_bytes)):
            return
        yield box
        offset = box.end


def box_at(read_at: ReadAt, offset: int, end: int) -> Box | None:
    """The box that begins at `offset`; without a size of its own it reaches to `end`. None for an invalid size."""
    header = read_at(offset, 16)
    if len(header) < 8:
        return None
    size, kind = struct.unpack_from(">I4s", header)
    least = 8
    if size == 0:
        size = end - offset
    elif size == 1 and len(header) == 16:
        size, least = struct.unpack_from(">Q", header, 8)[0], 16
    return Box(kind, offset, size, least) if size >= least else None


def _may_be_unknown_box(box: Box, size_bytes: int) -> bool:
    """Whether it has four letters and is within the file; otherwise it is something else after the last box."""
    letters = all(FIRST_LETTER <= byte <= LAST_LETTER or byte == COPYRIGHT_SIGN for byte in box.kind)
    return letters and box.end <= size_bytes
