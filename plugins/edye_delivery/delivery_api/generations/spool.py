"""What changed in one list, while a publisher hands it over: items go to a file, only their columns stay in memory."""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np

from edye_delivery.delivery_api.generations.facets import Facets
from edye_delivery.delivery_api.generations.index_file import DIGEST_WORDS, Array, Columns
from edye_delivery.delivery_api.generations.manifest import SegmentRecord
from edye_delivery.delivery_api.generations.segment_writer import SegmentWriter
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.values import ItemChange, moment_text
from edye_delivery.errors import ItemRefused, StoreUnavailable

COPY_BYTES = 4 * 1024 * 1024
NO_END = -1


class Spool:
    """Collects changed items and tombstones of one moment in any order, and writes them as one segment in order."""

    def __init__(self, path: Path, as_of_ms: int) -> None:
        self._path, self._as_of_ms = path, as_of_ms
        self._file = path.open("wb", buffering=COPY_BYTES)
        self._end = b',"updated_at":"%s"},' % moment_text(as_of_ms).encode()
        self._ids: list[bytes] = []
        self._lengths, self._hashes, self._ends = array("Q"), array("Q"), array("q")
        self._digests = bytearray()
        self._is_tombstone, self._is_revised = bytearray(), bytearray()
        self.facets = Facets()

    def __len__(self) -> int:
        return len(self._ids)

    def add(self, change: ItemChange, body: bytes, item_hash: int, digest: bytes, *, is_revised: bool) -> None:
        """Takes an item as it is now; `is_revised` where it was there before in another state."""
        self._add(body, change.id.encode(), item_hash, digest)
        self._is_tombstone.append(0)
        self._is_revised.append(is_revised)
        self._ends.append(NO_END if change.end_ms is None else change.end_ms)
        self.facets.add(change)

    def add_tombstone(self, body: bytes, item_id: bytes, item_hash: int) -> None:
        """Takes a tombstone without its updated_at."""
        self._add(body, item_id, item_hash, bytes(8 * DIGEST_WORDS))
        self._is_tombstone.append(1)
        self._is_revised.append(1)
        self._ends.append(NO_END)
        self.facets.add_nothing()

    def write(self, store: FolderStore, partner: str, folder: Path) -> SegmentRecord:
        """The segment of all that was taken; ItemRefused where an id came twice."""
        self._file.close()
        order = np.array(sorted(range(len(self._ids)), key=self._ids.__getitem__), np.int64)
        ids = [self._ids[number] for number in order.tolist()]
        self._ids.clear()
        for item_id, following in pairwise(ids):
            if item_id == following:
                raise ItemRefused(f"{item_id.decode()} comes twice in one list of a publication: hand it over once")
        lengths = np.frombuffer(self._lengths, np.uint64).astype(np.int64)
        writer = SegmentWriter(store, partner, folder)
        for block in self._in_order(order, lengths):
            writer.write(block)
        columns = self._columns(order, ids, lengths[order])
        del ids
        os.unlink(self._path)
        return writer.finish(columns)

    def _in_order(self, order: Array, lengths: Array) -> Iterator[bytes]:
        """The items in order with commas between them: the last byte of the spool is the comma after the last item."""
        begins = np.concatenate([[0], np.cumsum(lengths)])
        breaks = np.flatnonzero(np.diff(order) != 1) + 1
        firsts, lasts = order[np.r_[0, breaks]], order[np.r_[breaks - 1, -1]]
        handle = os.open(self._path, os.O_RDONLY)
        try:
            remaining = int(begins[-1]) - 1
            waiting, size = [], 0
            for first, end in zip(begins[firsts].tolist(), begins[lasts + 1].tolist(), strict=True):
                for begin in range(first, end, COPY_BYTES):
                    part = os.pread(handle, min(COPY_BYTES, end - begin, remaining), begin)
                    remaining -= len(part)
                    waiting.append(part)
                    size += len(part)
                    if size >= COPY_BYTES:
                        yield b"".join(waiting)
                        waiting, size = [], 0
            if remaining:
                raise StoreUnavailable(
                    f"{self._path.name} in the delivery API's store lost {remaining} bytes; run it again"
                )
            yield b"".join(waiting)
        finally:
            os.close(handle)

    def _columns(self, order: Array, ids: list[bytes], lengths: Array) -> Columns:
        ends = np.frombuffer(self._ends, np.int64)[order]
        end_rows = np.flatnonzero(ends != NO_END).astype(np.uint32)
        return Columns(
            offsets=starts_of(lengths),
            id_offsets=starts_of(np.fromiter(map(len, ids), np.int64, len(ids))),
            ids=b"".join(ids),
            hashes=np.frombuffer(self._hashes, np.uint64)[order],
            digests=np.frombuffer(bytes(self._digests), np.uint64).reshape(-1, DIGEST_WORDS)[order],
            moment_ms=np.array([self._as_of_ms], np.int64),
            moment_rows=np.zeros(1, np.uint32),
            tombstones=np.flatnonzero(np.frombuffer(self._is_tombstone, np.uint8)[order]).astype(np.uint32),
            revised=np.flatnonzero(np.frombuffer(self._is_revised, np.uint8)[order]).astype(np.uint32),
            end_ms=ends[end_rows],
            end_rows=end_rows,
            postings=self.facets.postings(order),
        )

    def _add(self, body: bytes, item_id: bytes, item_hash: int, digest: bytes) -> None:
        self._file.write(body[:-1])
        self._file.write(self._end)
        self._ids.append(item_id)
        self._lengths.append(len(body) - 1 + len(self._end))
        self._hashes.append(item_hash)
        self._digests += digest


def starts_of(lengths: Array) -> Array:
    """Where each part begins, and where the one after the last would."""
    starts = np.zeros(len(lengths) + 1, np.uint64)
    np.cumsum(lengths, out=starts[1:])
    return starts
