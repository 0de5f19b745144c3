"""Which items have a tag, country, language, show or season: their rows, packed as a list or as one bit a row."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.uint32]
ROW_BYTES = 4
EVERYWHERE = ""
"""The country of items that may be seen in all."""


@dataclass(frozen=True, slots=True)
class PackedPostings:
    """All terms of a segment: sorted hashes, and where the rows of each begin in `content`."""

    hashes: npt.NDArray[np.uint64]
    offsets: npt.NDArray[np.uint64]
    counts: npt.NDArray[np.uint32]
    content: bytes


def hash_of(text: str) -> int:
    """64 bits that stand for a text, the same on every machine."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")


def term_of(facet: str, value: object) -> int:
    """What stands for one value of a facet, such as tag or geo."""
    return hash_of(f"{facet}\0{value}")


def pack_postings(postings: Mapping[int, Rows], items: int) -> PackedPostings:
    """The rows of every term, in the shorter of both forms."""
    hashes = sorted(postings)
    parts = [pack_rows(postings[term], items) for term in hashes]
    offsets = np.zeros(len(parts) + 1, np.uint64)
    np.cumsum([len(part) for part in parts], out=offsets[1:])
    counts = np.array([len(postings[term]) for term in hashes], np.uint32)
    return PackedPostings(np.array(hashes, np.uint64), offsets, counts, b"".join(parts))


def pack_rows(rows: Rows, items: int) -> bytes:
    """Sorted rows as four bytes each, or as one bit for every item where that is shorter."""
    if len(rows) * ROW_BYTES <= _bitmap_bytes(items):
        return rows.astype("<u4").tobytes()
    bits = np.zeros(items, np.bool_)
    bits[rows] = True
    return np.packbits(bits).tobytes()


def unpack_rows(content: npt.NDArray[np.uint8], count: int, items: int) -> Rows:
    """The rows again; ValueError where the content is of neither form."""
    if len(content) == count * ROW_BYTES:
        rows = content.view("<u4").astype(np.uint32)
    elif len(content) == _bitmap_bytes(items):
        rows = np.flatnonzero(np.unpackbits(content, count=items)).astype(np.uint32)
    else:
        raise ValueError(f"{len(content)} bytes do not hold {count} rows of {items}")
    if len(rows) != count or (count and int(rows[-1]) >= items):
        raise ValueError(f"{len(rows)} rows of {items}, not {count}")
    return rows


def union(rows: Rows, others: Rows, items: int) -> Rows:
    """The rows that are in either, sorted."""
    if not len(rows) or not len(others):
        return others if not len(rows) else rows
    bits = np.zeros(items, np.bool_)
    bits[rows] = True
    bits[others] = True
    return np.flatnonzero(bits).astype(np.uint32)


def intersection(rows: Rows, others: Rows, items: int) -> Rows:
    """The rows that are in both, sorted."""
    if not len(rows) or not len(others):
        return rows[:0]
    bits = np.zeros(items, np.bool_)
    bits[others] = True
    return rows[bits[rows]]


def _bitmap_bytes(items: int) -> int:
    return -(-items // 8)
