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


@dataclass(frozen=True, slots=True)
class Box:
    """One box: its four letters, where it begins, how many bytes it claims with its header."""

    kind: bytes
    offset: int
    size_bytes: int

    @property
    def end(self) -> int:
        """The first byte after the box."""
        return self.offset + self.size_bytes


@dataclass(frozen=True, slots=True)
class Layout:
    """What a walk over the boxes tells.

    `is_mp4` is about the first box: other files have none of these letters there. `index` is the moov box, if the file
    has all of it. `overrun` is the box that claims bytes beyond the end of the file: something was cut off. The walk
    stops at the first fragment and after `BOXES_MAX` boxes; `is_walked` says that it reached the end.
    """

    is_mp4: bool = False
    brand: bytes = b""
    index: Box | None = None
    overrun: Box | None = None
    has_media: bool = False
    is_fragmented: bool = False
    is_walked: bool = False


def layout_of(read_at: ReadAt, size_bytes: int, boxes_max: int = BOXES_MAX, into_fragments: bool = False) -> Layout:
    """The file's layout; `read_at(offset, length)` gives bytes, fewer only at the end of the file.

    With `into_fragments` the walk does not stop at the first fragment.
    """
    brand = b""
    index = overrun = None
    has_media = is_fragmented = is_mp4 = False
    position = walked = 0
    for box in boxes(read_at, size_bytes):
        is_mp4, walked, position = True, walked + 1, box.end
        if box.end > size_bytes and box.kind not in PADDING:
            overrun = box
        elif box.kind == b"moov" and index is None:
            index = box
        if box.kind == b"ftyp":
            brand = read_at(box.offset + 8, 4)
        has_media = has_media or box.kind == b"mdat"
        is_fragmented = is_fragmented or box.kind == FRAGMENT
        if walked >= boxes_max or (is_fragmented and not into_fragments):
            break
    return Layout(is_mp4, brand, index, overrun, has_media, is_fragmented, is_mp4 and position >= size_bytes)


def boxes(read_at: ReadAt, size_bytes: int) -> Iterator[Box]:
    """The boxes from the start of the file; ends at the end of the file or where no known box begins."""
    offset = 0
    while offset + 8 <= size_bytes:
        header = read_at(offset, 16)
        if len(header) < 8:
            return
        size, kind = struct.unpack_from(">I4s", header)
        if kind not in KNOWN:
            return
        least = 8
        if size == 0:
            size = size_bytes - offset
        elif size == 1 and len(header) == 16:
            size, least = struct.unpack_from(">Q", header, 8)[0], 16
        if size < least:
            return
        yield Box(kind, offset, size)
        offset += size
