"""Compares the index (moov) of an MP4 with the file: are the bytes there that its sample tables name, and readable?"""

from __future__ import annotations

import struct
import sys
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice, pairwise

from edye_delivery.catalog.facts import ProbeFailure
from edye_delivery.clients.mp4 import Box, Layout, ReadAt, box_at

Defect = tuple[ProbeFailure, str]
CHILDREN_MAX = 1000
TRACKS_MAX = 64
ENTRIES_MAX = 16_000_000
"""The most entries of all tables of one index, more than the largest index that we read can hold; two hours at 60
pictures a second with eight tracks of sound have 7 million."""
SAMPLE_FORMATS_MAX = 16
ENCRYPTED = frozenset({b"encv", b"enca", b"encs", b"drmi", b"drms"})
"""Formats of encrypted samples: common encryption (ISO/IEC 23001-7), and FairPlay's older ones."""
PLAYED = {b"vide": "picture", b"soun": "sound"}


class _Damaged(Exception):
    """A table of the index cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Track:
    """One track of an index: the kind by its handler, the formats of its samples, its table of samples."""

    kind: bytes
    formats: tuple[bytes, ...]
    table: Box

    @property
    def name(self) -> str:
        """What it is, for people."""
        return PLAYED.get(self.kind, "other")


@dataclass(slots=True)
class _Tables:
    """Reads tables of an index, up to a number of entries in all."""

    read_at: ReadAt
    entries_left: int

    def read(self, track: Track, *kinds: bytes) -> tuple[Box, bytes]:
        """The first table of these kinds with its first twenty bytes; _Damaged where there is none."""
        for kind in kinds:
            box = _child(self.read_at, track.table, kind)
            if box is not None:
                return box, self.read_at(box.content, min(20, box.end - box.content))
        raise _Damaged(f"the track of its {track.name} has no table {kinds[0].decode()}")

    def numbers(self, box: Box, skipped_bytes: int, count: int, width_bytes: int) -> array[int]:
        """`count` numbers of a table."""
        room = max(box.end - box.content - skipped_bytes, 0) // width_bytes
        if count > room:
            raise _Damaged(f"its table {box.kind.decode()} counts {count} entries and has room for {room}")
        self.entries_left -= count
        if self.entries_left < 0:
            raise _Damaged(f"its tables have more than {ENTRIES_MAX} entries")
        found = array({1: "B", 2: "H", 4: "I", 8: "Q"}[width_bytes])
        found.frombytes(self.read_at(box.content + skipped_bytes, count * width_bytes))
        if sys.byteorder == "little":
            found.byteswap()
        return found


def index_defect(read_at: ReadAt, layout: Layout, size_bytes: int) -> Defect | None:
    """The defect of the file by its index, None where there is none; `read_at` gives any byte of the index.

    ENCRYPTED where a track is encrypted, TRUNCATED where pictures or sound should be at bytes that the file does not
    have or that hold no media, UNREADABLE where the tables themselves are damaged.
    """
    if layout.index is None:
        return None
    tracks = list(tracks_of(read_at, layout.index))
    locked = next((found for track in tracks for found in track.formats if found in ENCRYPTED), None)
    if locked is not None:
        return ProbeFailure.ENCRYPTED, f"its samples are of the format {locked.decode()}, which only a key opens"
    tables = _Tables(read_at, ENTRIES_MAX)
    try:
        for track in tracks:
            defect = _missing_samples(tables, track, layout, size_bytes) if track.kind in PLAYED else ""
            if defect:
                return ProbeFailure.TRUNCATED, defect
    except (_Damaged, struct.error) as error:
        if layout.is_fragmented:
            return None  # the places of its samples are in its fragments
        return ProbeFailure.UNREADABLE, f"its index (moov) is damaged: {error}"
    return None


def tracks_of(read_at: ReadAt, index: Box) -> Iterator[Track]:
    """The tracks of an index that have a handler and a table of samples."""
    traks = (box for box in _children(read_at, index) if box.kind == b"trak")
    for trak in islice(traks, TRACKS_MAX):
        media = _child(read_at, trak, b"mdia")
        handler = media and _child(read_at, media, b"hdlr")
        table = _descendant(read_at, media, b"minf", b"stbl") if media else None
        if handler and table:
            yield Track(read_at(handler.content + 8, 4), tuple(_formats(read_at, table)), table)


def _formats(read_at: ReadAt, table: Box) -> Iterator[bytes]:
    described = _child(read_at, table, b"stsd")
    if described is not None:
        entries = Box(b"stsd", described.offset, described.size_bytes, described.header_bytes + 8)
        yield from (box.kind for box in islice(_children(read_at, entries), SAMPLE_FORMATS_MAX))


def _children(read_at: ReadAt, parent: Box) -> Iterator[Box]:
    offset = parent.content
    for _ in range(CHILDREN_MAX):
        box = box_at(read_at, offset, parent.end) if offset + 8 <= parent.end else None
        if box is None or box.end > parent.end:
            return
        yield box
        offset = box.end


def _child(read_at: ReadAt, parent: Box, kind: bytes) -> Box | None:
    return next((box for box in _children(read_at, parent) if box.kind == kind), None)


def _descendant(read_at: ReadAt, box: Box, *kinds: bytes) -> Box | None:
    found: Box | None = box
    for kind in kinds:
        found = _child(read_at, found, kind) if found else None
    return found


def _missing_samples(tables: _Tables, track: Track, layout: Layout, size_bytes: int) -> str:
    """Which part of the track is not where the index says; empty where all of it is."""
    media = sorted((box.content, min(box.end, size_bytes)) for box in layout.media)
    missing_bytes = misplaced = chunks = 0
    for start, end in _chunks(tables, track):
        chunks += 1
        if end > size_bytes:
            missing_bytes = max(missing_bytes, end - size_bytes)
        elif start < layout.walked_bytes:
            place = bisect_right(media, (start, size_bytes)) - 1
            holds_to = media[place][1] if place >= 0 else 0
            misplaced += end > (size_bytes if holds_to == layout.walked_bytes else holds_to)
    if missing_bytes:
        return (
            f"its index (moov) says that its {track.name} reaches to byte {size_bytes + missing_bytes}, the file ends "
            f"at {size_bytes}: {missing_bytes} are missing"
        )
    if misplaced:
        return (
            f"its index (moov) does not fit the file: {misplaced} of {chunks} pieces of its {track.name} should be at "
            "bytes that hold no media (mdat)"
        )
    return ""


def _chunks(tables: _Tables, track: Track) -> Iterator[tuple[int, int]]:
    """First byte and end of every chunk that has bytes."""
    constant, count, sizes = _sizes(tables, track)
    if track.kind == b"soun" and constant:
        constant = 0  # QuickTime counts frames there, not bytes
    at = 0
    for offset, samples in _samples_of_chunks(tables, track):
        if at >= count:
            return
        samples = min(samples, count - at)
        size = sum(sizes[at : at + samples]) if sizes is not None else samples * constant or 1
        at += samples
        if size:
            yield offset, offset + size


def _sizes(tables: _Tables, track: Track) -> tuple[int, int, array[int] | None]:
    """The one size of all samples, their number, and, where their sizes differ, the size of each."""
    box, head = tables.read(track, b"stsz", b"stz2")
    constant, count = struct.unpack_from(">4xII", head)
    if box.kind == b"stsz":
        return constant, count, None if constant else tables.numbers(box, 12, count, 4)
    width_bits = constant & 0xFF
    if width_bits in (8, 16):
        return 0, count, tables.numbers(box, 12, count, width_bits // 8)
    pairs = tables.numbers(box, 12, (count + 1) // 2, 1)
    return 0, count, array("B", (half for pair in pairs for half in (pair >> 4, pair & 0x0F)))


def _samples_of_chunks(tables: _Tables, track: Track) -> Iterator[tuple[int, int]]:
    """Each chunk's first byte and its number of samples."""
    places, head = tables.read(track, b"stco", b"co64")
    (count,) = struct.unpack_from(">4xI", head)
    offsets = tables.numbers(places, 8, count, 4 if places.kind == b"stco" else 8)
    box, head = tables.read(track, b"stsc")
    (runs,) = struct.unpack_from(">4xI", head)
    table = tables.numbers(box, 8, runs * 3, 4)
    firsts = [*table[::3], len(offsets) + 1]
    for number, (first, after) in enumerate(pairwise(firsts)):
        if (number == 0 and first != 1) or (number < runs - 1 and after <= first):
            raise _Damaged("its table stsc is not in order")
        for offset in offsets[first - 1 : after - 1]:
            yield offset, table[3 * number + 1]
