"""A list of the generation that a build starts from: which items it has, and which of them are superseded now."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
import orjson

from edye_delivery.delivery_api.generations.index_file import DIGEST_WORDS, Array, Rows
from edye_delivery.delivery_api.generations.list_files import ListFiles, read_holes
from edye_delivery.delivery_api.generations.manifest import ListRecord, SegmentRecord
from edye_delivery.delivery_api.generations.segment import Segment
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.errors import GenerationDamaged

FEW_ROWS = 256


class BaseSegment:
    """A segment of the base with its hashes in memory, and one byte a row for what became of it."""

    def __init__(self, segment: Segment, record: SegmentRecord, holes: Rows) -> None:
        self.segment, self.record = segment, record
        self.hashes = segment.index.read("hashes")
        self.hash_rows = segment.index.read("hash_rows")
        self.is_hole = np.zeros(segment.count, np.bool_)
        self.is_hole[holes] = True
        self.is_tombstone = np.zeros(segment.count, np.bool_)
        self.is_tombstone[segment.index.read("tombstones")] = True
        self.is_seen = np.zeros(segment.count, np.bool_)
        """Whether the publisher has handed the item over in this build."""
        self.has_new_holes = False

    @cached_property
    def digests(self) -> Array:
        """What the publisher handed over, two words a row."""
        return self.segment.index.read("digests").reshape(-1, DIGEST_WORDS)

    def digest(self, row: int) -> bytes:
        """What the publisher handed over."""
        if "digests" in self.__dict__:
            return bytes(self.digests[row].tobytes())
        return bytes(self.segment.index.read("digests", row * DIGEST_WORDS, DIGEST_WORDS).tobytes())

    def supersede(self, row: int) -> None:
        """Notes that a later segment has this item in a newer state."""
        self.is_hole[row] = True
        self.has_new_holes = True

    def live_rows(self) -> Array:
        """The rows of items that readers of the whole list see."""
        return np.flatnonzero(~(self.is_hole | self.is_tombstone))

    def external_id(self, row: int) -> str:
        """The external id that the item itself tells; empty where it has none."""
        return external_id_of(self.segment.pieces(np.array([row], np.uint32))[0])


class BaseList:
    """The base's segments of one list; none for a list that begins."""

    def __init__(self, store: FolderStore, partner: str, record: ListRecord) -> None:
        files = ListFiles(store, partner, record)
        self.segments = [
            BaseSegment(segment, each, read_holes(store, partner, each))
            for segment, each in zip(files.segments, record.segments, strict=True)
        ]

    def candidates(self, hashes: Sequence[int]) -> dict[int, list[tuple[BaseSegment, int]]]:
        """For the number of each hash: the rows that are not superseded and whose ids have it."""
        wanted = np.array(hashes, np.uint64)
        found: dict[int, list[tuple[BaseSegment, int]]] = {}
        for base in self.segments:
            places = np.searchsorted(base.hashes, wanted)
            ends = np.searchsorted(base.hashes, wanted, side="right")
            chosen = np.flatnonzero(ends > places)
            if len(chosen) > FEW_ROWS:
                _ = base.digests  # all at once: cheaper than one by one
            for number, place, end in zip(chosen.tolist(), places[chosen].tolist(), ends[chosen].tolist(), strict=True):
                rows = (int(row) for row in base.hash_rows[place:end])
                found.setdefault(number, []).extend((base, row) for row in rows if not base.is_hole[row])
        return found

    def ended(self, now_ms: int) -> Iterator[tuple[BaseSegment, int]]:
        """The live rows whose end has come and that the publisher did not hand over."""
        for base in self.segments:
            _, rows = base.segment.ended(now_ms)
            left = base.is_hole | base.is_tombstone | base.is_seen
            yield from ((base, int(row)) for row in rows if not left[row])

    def not_seen(self) -> Iterator[tuple[BaseSegment, int]]:
        """The live rows that the publisher did not hand over."""
        for base in self.segments:
            yield from ((base, int(row)) for row in base.live_rows() if not base.is_seen[row])


def external_id_of(item: bytes) -> str:
    """The external id that an item tells; empty where it has none."""
    try:
        told = orjson.loads(item)
    except orjson.JSONDecodeError as error:
        raise GenerationDamaged(f"an item of a generation is no JSON: {item[:80]!r}") from error
    found = told.get("external_id") if isinstance(told, dict) else None
    return found if isinstance(found, str) else ""
