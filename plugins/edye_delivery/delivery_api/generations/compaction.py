"""Compaction: neighbouring segments become one without superseded items; bytes are copied, not rendered again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edye_delivery.delivery_api.generations.index_file import DIGEST_WORDS, Array, Columns, Rows
from edye_delivery.delivery_api.generations.manifest import SegmentRecord
from edye_delivery.delivery_api.generations.postings import unpack_rows
from edye_delivery.delivery_api.generations.segment import Segment
from edye_delivery.delivery_api.generations.segment_writer import SegmentWriter
from edye_delivery.delivery_api.generations.spool import starts_of
from edye_delivery.delivery_api.generations.store import FolderStore

MERGE_FACTOR = 4
"""A segment joins the younger ones when it has fewer items than so many times theirs: few segments, little copying."""
HOLE_SHARE = 0.2
"""A segment with a larger share of superseded or expired items is written again without them."""


@dataclass(frozen=True, slots=True)
class Part:
    """A segment, which of its rows stay, and when the last expired tombstone left (0 without one)."""

    segment: Segment
    record: SegmentRecord
    stays: Array
    expired_ms: int = 0

    @property
    def count(self) -> int:
        """How many rows stay."""
        return int(np.count_nonzero(self.stays))

    @property
    def is_worn(self) -> bool:
        """Whether too many of its rows do not stay."""
        return self.segment.count - self.count > HOLE_SHARE * self.segment.count


def groups(parts: Sequence[Part]) -> Iterator[list[Part]]:
    """The segments in order, those together that become one; a group of one that is not worn stays as it is."""
    first, younger = len(parts), 0
    while first and (parts[first - 1].count < MERGE_FACTOR * younger or first == len(parts)):
        first -= 1
        younger += parts[first].count
    for part in parts[:first]:
        yield [part]
    if first < len(parts):
        yield list(parts[first:])


def merge(parts: Sequence[Part], store: FolderStore, partner: str, folder: Path) -> SegmentRecord:
    """One segment with all rows that stay; there is at least one."""
    writer = SegmentWriter(store, partner, folder)
    is_first = True
    for part in parts:
        for first, end in _runs(part.stays):
            if not is_first:
                writer.write(b",")
            is_first = False
            for block in part.segment.blocks(first, end):
                writer.write(block)
    return writer.finish(_columns(parts))


def _columns(parts: Sequence[Part]) -> Columns:
    kept = [np.flatnonzero(part.stays) for part in parts]
    bases = np.cumsum([0] + [len(rows) for rows in kept]).tolist()
    moved = [_moved(part.stays, base) for part, base in zip(parts, bases, strict=False)]
    ends = [_ends(part, rows) for part, rows in zip(parts, moved, strict=True)]
    ids = [_ids(part, rows) for part, rows in zip(parts, kept, strict=True)]
    moment_ms, moment_rows = _moments(parts, kept)
    return Columns(
        offsets=starts_of(np.concatenate([_lengths(part, "offsets")[part.stays] for part in parts])),
        id_offsets=starts_of(np.concatenate([_lengths(part, "id_offsets")[part.stays] for part in parts])),
        ids=b"".join(ids),
        hashes=np.concatenate([_by_row(part)[part.stays] for part in parts]),
        digests=np.concatenate(
            [part.segment.index.read("digests").reshape(-1, DIGEST_WORDS)[part.stays] for part in parts]
        ),
        moment_ms=moment_ms,
        moment_rows=moment_rows,
        tombstones=_flags(parts, moved, "tombstones"),
        revised=_flags(parts, moved, "revised"),
        end_ms=np.concatenate([each for each, _ in ends]),
        end_rows=np.concatenate([rows for _, rows in ends]),
        postings=_postings(parts, moved),
    )


def _runs(stays: Array) -> Iterator[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], stays, [False]]).astype(np.int8)))
    yield from zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True)


def _moved(stays: Array, base: int) -> Array:
    """For each row its new number; -1 for one that does not stay."""
    return np.where(stays, np.cumsum(stays) - 1 + base, -1)


def _lengths(part: Part, column: str) -> Array:
    return np.diff(part.segment.index.read(column).astype(np.int64))


def _by_row(part: Part) -> Array:
    hashes = np.zeros(part.segment.count, np.uint64)
    hashes[part.segment.index.read("hash_rows")] = part.segment.index.read("hashes")
    return hashes


def _ids(part: Part, kept: Array) -> bytes:
    content = part.segment.index.read("ids")
    if len(kept) == part.segment.count:
        return content.tobytes()
    lengths = _lengths(part, "id_offsets")
    return bytes(content[np.repeat(part.stays, lengths)])


def _flags(parts: Sequence[Part], moved: Sequence[Array], column: str) -> Rows:
    rows = [new[part.segment.index.read(column)] for part, new in zip(parts, moved, strict=True)]
    every = np.concatenate(rows)
    return every[every >= 0].astype(np.uint32)


def _ends(part: Part, moved: Array) -> tuple[Array, Rows]:
    rows = moved[part.segment.index.read("end_rows")]
    stay = rows >= 0
    return part.segment.index.read("end_ms")[stay], rows[stay].astype(np.uint32)


def _moments(parts: Sequence[Part], kept: Sequence[Array]) -> tuple[Array, Rows]:
    """The moments in order with their first rows, of those that still have a row."""
    moments, counts = [], []
    for part, rows in zip(parts, kept, strict=True):
        starts = part.segment.index.read("moment_rows")
        moments.append(part.segment.index.read("moment_ms"))
        places = np.searchsorted(rows, np.append(starts, part.segment.count))
        counts.append(np.diff(places))
    every, numbers = np.concatenate(moments), np.concatenate(counts)
    firsts = np.concatenate([[0], np.cumsum(numbers)[:-1]]).astype(np.uint32)
    return every[numbers > 0], firsts[numbers > 0]


def _postings(parts: Sequence[Part], moved: Sequence[Array]) -> dict[int, Rows]:
    found: dict[int, list[Rows]] = {}
    for part, new in zip(parts, moved, strict=True):
        index = part.segment.index
        terms, counts = index.read("term_hashes").tolist(), index.read("term_counts").tolist()
        offsets, content = index.read("term_offsets").tolist(), index.read("postings")
        for term, count, first, end in zip(terms, counts, offsets, offsets[1:], strict=False):
            rows = new[unpack_rows(content[first:end], count, part.segment.count)]
            rows = rows[rows >= 0]
            if len(rows):
                found.setdefault(term, []).append(rows.astype(np.uint32))
    return {term: rows[0] if len(rows) == 1 else np.concatenate(rows) for term, rows in found.items()}
