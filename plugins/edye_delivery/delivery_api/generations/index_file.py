"""The index of a segment: columns of fixed width, so that readers filter and page without parsing an item.

A line of JSON says where each column begins and how many values it has; then the columns follow, each from a multiple
of eight bytes on, little-endian.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

from edye_delivery.delivery_api.generations.manifest import FULL_AGAIN
from edye_delivery.delivery_api.generations.postings import pack_postings
from edye_delivery.errors import GenerationDamaged

Array = npt.NDArray[Any]
Rows = npt.NDArray[np.uint32]
FORMAT = 1
HEAD_BYTES = 2048
DIGEST_WORDS = 2
TYPES = {
    "offsets": "<u8",  # of each item in the items file, and where the one after the last would begin
    "id_offsets": "<u8",
    "ids": "<u1",
    "hashes": "<u8",  # of the ids, sorted; `hash_rows` are their rows
    "hash_rows": "<u4",
    "digests": "<u8",  # two words a row: what the publisher handed over, to find out what changed
    "tombstones": "<u4",  # rows
    "revised": "<u4",  # rows of items that were there before in another state
    "end_ms": "<i8",  # sorted; `end_rows` are their rows
    "end_rows": "<u4",
    "moment_ms": "<i8",  # updated_at, of all rows from the one in `moment_rows` on
    "moment_rows": "<u4",
    "term_hashes": "<u8",  # sorted; of tags, countries, languages, shows, seasons
    "term_offsets": "<u8",  # of their rows in `postings`, and where the last one ends
    "term_counts": "<u4",
    "postings": "<u1",
}
WIDTHS = {name: (np.dtype(kind).itemsize, kind[1] == "i") for name, kind in TYPES.items()}
FEW_VALUES = 2048
"""So many values are read at once rather than looked at one by one."""


def no_rows() -> Rows:
    """An empty array of rows."""
    return np.zeros(0, np.uint32)


@dataclass(slots=True)
class Columns:
    """A segment's columns in memory; `hashes` and `digests` are by row here."""

    offsets: Array
    id_offsets: Array
    ids: bytes
    hashes: Array
    digests: Array
    moment_ms: Array
    moment_rows: Rows
    tombstones: Rows = field(default_factory=no_rows)
    revised: Rows = field(default_factory=no_rows)
    end_ms: Array = field(default_factory=lambda: np.zeros(0, np.int64))
    end_rows: Rows = field(default_factory=no_rows)
    postings: dict[int, Rows] = field(default_factory=dict)

    @property
    def count(self) -> int:
        """How many items."""
        return len(self.hashes)

    def blocks(self) -> Iterator[bytes]:
        """The file, part by part."""
        columns = self._in_file()
        begin, places = HEAD_BYTES, {}
        for name, kind in TYPES.items():
            places[name] = [begin, len(columns[name])]
            begin += _padded(len(columns[name]) * np.dtype(kind).itemsize)
        head = orjson.dumps({"format": FORMAT, "items": self.count, "bytes": begin, "columns": places})
        yield head.ljust(HEAD_BYTES - 1) + b"\n"
        for name, kind in TYPES.items():
            content = np.ascontiguousarray(columns.pop(name), dtype=kind).tobytes()
            yield content
            yield bytes(_padded(len(content)) - len(content))

    def _in_file(self) -> dict[str, Array]:
        by_hash = np.argsort(self.hashes, kind="stable")
        by_end = np.argsort(self.end_ms, kind="stable")
        terms = pack_postings(self.postings, self.count)
        return {
            "offsets": self.offsets,
            "id_offsets": self.id_offsets,
            "ids": np.frombuffer(self.ids, np.uint8),
            "hashes": self.hashes[by_hash],
            "hash_rows": by_hash,
            "digests": self.digests.reshape(-1),
            "tombstones": self.tombstones,
            "revised": self.revised,
            "end_ms": self.end_ms[by_end],
            "end_rows": self.end_rows[by_end],
            "moment_ms": self.moment_ms,
            "moment_rows": self.moment_rows,
            "term_hashes": terms.hashes,
            "term_offsets": terms.offsets,
            "term_counts": terms.counts,
            "postings": np.frombuffer(terms.content, np.uint8),
        }


class IndexFile:
    """An open index; it is read part by part, so that memory does not grow with it.

    GenerationDamaged where the file is not the one that was written.
    """

    def __init__(self, handle: int, name: str, size_bytes: int) -> None:
        self._handle, self._name = handle, name
        try:
            head = orjson.loads(os.pread(handle, HEAD_BYTES, 0))
            places = {column: (int(place[0]), int(place[1])) for column, place in head["columns"].items()}
            is_whole = head["format"] == FORMAT and head["bytes"] == size_bytes == os.fstat(handle).st_size
            self.count = int(head["items"])
        except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
            raise self.damage("its head cannot be read") from error
        if not is_whole or places.keys() != TYPES.keys():
            raise self.damage(f"it has not the {size_bytes} bytes that were written")
        self._places = places

    def length(self, column: str) -> int:
        """How many values a column has."""
        return self._places[column][1]

    def read(self, column: str, first: int = 0, count: int | None = None) -> Array:
        """Values of a column, from one on; all that follow without a count."""
        begin, length = self._places[column]
        kind = np.dtype(TYPES[column])
        count = length - first if count is None else count
        if first < 0 or count < 0 or first + count > length:
            raise self.damage(f"values {first} to {first + count} of {column} were asked for, it has {length}")
        content = read_part(self._handle, begin + first * kind.itemsize, count * kind.itemsize)
        if len(content) != count * kind.itemsize:
            raise self.damage(f"it ends within {column}")
        return np.frombuffer(content, kind)

    def number(self, column: str, row: int) -> int:
        """One value."""
        begin, length = self._places[column]
        width, is_signed = WIDTHS[column]
        content = os.pread(self._handle, width, begin + row * width) if 0 <= row < length else b""
        if len(content) != width:
            raise self.damage(f"value {row} of {column} was asked for, it has {length}")
        return int.from_bytes(content, "little", signed=is_signed)

    def left_of(self, column: str, value: int) -> int:
        """How many values of a sorted column are less than the value: found in a few small parts of the file."""
        low, high = 0, self.length(column)
        while high - low > FEW_VALUES:
            middle = (low + high) // 2
            if self.number(column, middle) < value:
                low = middle + 1
            else:
                high = middle
        part = self.read(column, low, high - low)
        return low + int(np.searchsorted(part, part.dtype.type(value)))

    def damage(self, what: str) -> GenerationDamaged:
        """The error that says what is wrong with this file."""
        return GenerationDamaged(f"{self._name} of the delivery API's store is damaged: {what}; {FULL_AGAIN}")


def read_part(handle: int, offset: int, count: int) -> bytes:
    """So many bytes of a file, fewer where it ends before; one call of the system gives at most 2 GiB."""
    parts = []
    while count:
        part = os.pread(handle, count, offset)
        if not part:
            break
        parts.append(part)
        count, offset = count - len(part), offset + len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _padded(size_bytes: int) -> int:
    return -(-size_bytes // 8) * 8
