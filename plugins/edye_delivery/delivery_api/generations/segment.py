"""An open segment: its items' bytes and its index, both read part by part; a deleted file goes on being readable."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator

import numpy as np

from edye_delivery.delivery_api.generations.index_file import Array, IndexFile, Rows, no_rows, read_part
from edye_delivery.delivery_api.generations.manifest import FULL_AGAIN, SegmentRecord, segment_file
from edye_delivery.delivery_api.generations.postings import hash_of, unpack_rows
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.values import Position
from edye_delivery.errors import GenerationDamaged

FEW_HASHES = 64
BLOCK_ROWS = 65_536
BLOCK_BYTES = 4 * 1024 * 1024


class Segment:
    """One segment's files; they are closed when nobody needs this object any more.

    FileNotFoundError where it is not there; GenerationDamaged where it is not what was written.
    """

    def __init__(self, store: FolderStore, partner: str, record: SegmentRecord) -> None:
        self.name, self.items_bytes = record.name, record.items_bytes
        self._items_name = segment_file(partner, record.name, "items")
        index_name = segment_file(partner, record.name, "index")
        self._items, index = store.open_segment(self._items_name, index_name, record.items_bytes, record.index_bytes)
        for handle in (self._items, index):
            weakref.finalize(self, os.close, handle)
        self.index = IndexFile(index, index_name, record.index_bytes)
        self.count = self.index.count
        if os.fstat(self._items).st_size != record.items_bytes or self.count != record.items:
            raise self._damage(f"it has not the {record.items_bytes} bytes that were written")

    def row_of(self, item_id: str) -> int | None:
        """The row of an item; None where the segment has no such item."""
        item_hash = hash_of(item_id)
        for row in self._rows_of_hash(item_hash):
            if self.id_of(row) == item_id:  # another item may have the same hash
                return row
        return None

    def rows_of_hashes(self, hashes: Array) -> Rows:
        """The rows of all items whose ids have one of these hashes (sorted), in no order."""
        if len(hashes) <= FEW_HASHES:
            return np.array([row for item_hash in hashes for row in self._rows_of_hash(int(item_hash))], np.uint32)
        parts = []
        for first in range(0, self.count, BLOCK_ROWS):
            block = self.index.read("hashes", first, min(BLOCK_ROWS, self.count - first))
            low, high = np.searchsorted(hashes, block[0]), np.searchsorted(hashes, block[-1], side="right")
            chosen = np.flatnonzero(np.isin(block, hashes[low:high]))
            if len(chosen):
                parts.append(self.index.read("hash_rows", first, len(block))[chosen])
        return np.concatenate(parts) if parts else no_rows()

    def hashes_of(self, rows: Rows) -> Array:
        """The hashes of these rows' ids, sorted; `rows` is sorted."""
        parts = []
        for first in range(0, self.count, BLOCK_ROWS) if len(rows) else ():
            block = self.index.read("hash_rows", first, min(BLOCK_ROWS, self.count - first))
            chosen = np.flatnonzero(np.isin(block, rows))
            if len(chosen):
                parts.append(self.index.read("hashes", first, len(block))[chosen])
        return np.concatenate(parts) if parts else np.zeros(0, np.uint64)

    def id_of(self, row: int) -> str:
        """The id of a row."""
        first, end = (int(value) for value in self.index.read("id_offsets", row, 2))
        try:
            return self.index.read("ids", first, end - first).tobytes().decode()
        except UnicodeDecodeError as error:
            raise self.index.damage(f"the id in row {row} is not UTF-8") from error

    def updated_ms(self, row: int) -> int:
        """The updated_at of a row."""
        return self.index.number("moment_ms", self.index.left_of("moment_rows", row + 1) - 1)

    def rows_of_term(self, term: int) -> Rows:
        """The sorted rows that have a value of a facet."""
        place = self.index.left_of("term_hashes", term)
        if place == self.index.length("term_hashes") or self.index.number("term_hashes", place) != term:
            return no_rows()
        first, end = (int(value) for value in self.index.read("term_offsets", place, 2))
        content = self.index.read("postings", first, end - first)
        try:
            return unpack_rows(content, self.index.number("term_counts", place), self.count)
        except ValueError as error:
            raise self.index.damage(str(error)) from error

    def row_at(self, position: Position) -> int:
        """The first row after a position, or from its moment on; the number of rows where all are before it."""
        group = self.index.left_of("moment_ms", position.updated_ms)
        if group == self.index.length("moment_ms"):
            return self.count
        first = self.index.number("moment_rows", group)
        if position.id is None or self.index.number("moment_ms", group) != position.updated_ms:
            return first
        is_last = group + 1 == self.index.length("moment_ms")
        end = self.count if is_last else self.index.number("moment_rows", group + 1)
        wanted = position.id.encode(errors="surrogatepass")
        while first < end:
            middle = (first + end) // 2
            if self.id_of(middle).encode() <= wanted:
                first = middle + 1
            else:
                end = middle
        return first

    def ended(self, now_ms: int) -> tuple[Array, Rows]:
        """When the items ended whose end has come, and their rows, both in the order of the ends."""
        count = self.index.left_of("end_ms", now_ms + 1)
        return self.index.read("end_ms", 0, count), self.index.read("end_rows", 0, count)

    def pieces(self, rows: Rows) -> list[bytes]:
        """The bytes of these sorted rows, each run of neighbours as one piece with its commas."""
        return [self.read_items(offset, size) for offset, size in self._places(rows)]

    def blocks(self, first: int, end: int) -> Iterator[bytes]:
        """The bytes of the rows from one to before another, in blocks, with commas between them."""
        offset = self.index.number("offsets", first)
        last = self.index.number("offsets", end) - 1
        while offset < last:
            size = min(BLOCK_BYTES, last - offset)
            yield self.read_items(offset, size)
            offset += size

    def read_items(self, offset: int, size_bytes: int) -> bytes:
        """A part of the items' bytes."""
        content = read_part(self._items, offset, size_bytes) if 0 <= size_bytes <= self.items_bytes else b""
        if len(content) != size_bytes:
            raise self._damage(f"{size_bytes} bytes from {offset} on were asked for")
        return content

    def _places(self, rows: Rows) -> Iterator[tuple[int, int]]:
        if not len(rows):
            return
        low, span = int(rows[0]), int(rows[-1]) - int(rows[0]) + 2
        if span == len(rows) + 1:  # one run
            begin = self.index.number("offsets", low)
            yield begin, self.index.number("offsets", low + len(rows)) - begin - 1
            return
        breaks = np.flatnonzero(np.diff(rows.astype(np.int64)) != 1) + 1
        first_rows = rows[np.concatenate([[0], breaks])].astype(np.int64)
        last_rows = rows[np.concatenate([breaks - 1, [-1]])].astype(np.int64)
        if span <= 8 * len(rows) + BLOCK_ROWS // 64:
            offsets = self.index.read("offsets", low, span).astype(np.int64)
            begins, ends = offsets[first_rows - low], offsets[last_rows + 1 - low]
            yield from zip(begins.tolist(), (ends - begins - 1).tolist(), strict=True)
            return
        for first, last in zip(first_rows.tolist(), last_rows.tolist(), strict=True):
            offsets = self.index.read("offsets", first, last - first + 2)
            yield int(offsets[0]), int(offsets[-1]) - int(offsets[0]) - 1

    def _rows_of_hash(self, item_hash: int) -> Iterator[int]:
        place = self.index.left_of("hashes", item_hash)
        while place < self.count and self.index.number("hashes", place) == item_hash:
            row = self.index.number("hash_rows", place)
            if row >= self.count:
                raise self.index.damage(f"a hash names row {row} of {self.count}")
            yield row
            place += 1

    def _damage(self, what: str) -> GenerationDamaged:
        return GenerationDamaged(f"{self._items_name} of the delivery API's store is damaged: {what}; {FULL_AGAIN}")
