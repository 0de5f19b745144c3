"""Writes one list of a new generation: the segment of what changed, holes, and segments that are merged."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from edye_delivery.delivery_api.generations.base import BaseSegment
from edye_delivery.delivery_api.generations.build_list import ListBuild, holes_of
from edye_delivery.delivery_api.generations.compaction import Part, groups, merge
from edye_delivery.delivery_api.generations.index_file import no_rows
from edye_delivery.delivery_api.generations.manifest import ListRecord, SegmentRecord, segment_file
from edye_delivery.delivery_api.generations.segment import Segment
from edye_delivery.delivery_api.generations.segment_writer import NAME_CHARS
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.values import Position


class ListWriter:
    """Writes what a list needs: the new segment, holes, and segments that are merged."""

    def __init__(self, store: FolderStore, partner: str, folder: Path, expired_before_ms: int) -> None:
        self._store, self._partner, self._folder = store, partner, folder
        self._expired_before_ms = expired_before_ms
        self.bytes_written = 0

    def record(self, build: ListBuild, before: ListRecord) -> ListRecord:
        """The list's record in the new generation."""
        bases = list(build.base.segments)
        if len(build.spool):
            bases.append(self._open(build.spool.write(self._store, self._partner, self._folder)))
        parts = [_part(base, self._expired_before_ms) for base in bases]
        parts_of = dict(zip(map(id, parts), bases, strict=True))
        since_ms, records = before.tombstones_since_ms, []
        for group in groups(parts):
            staying = [part for part in group if part.count]
            is_same = len(group) == 1 and not group[0].is_worn and bool(staying)
            if is_same:
                records.append(self._with_holes(parts_of[id(group[0])]))
                continue
            since_ms = max(since_ms, *(part.expired_ms + 1 for part in group if part.expired_ms), since_ms)
            if staying:
                records.append(self._merged(staying))
        return ListRecord(segments=tuple(records), tombstones_since_ms=since_ms)

    def _open(self, record: SegmentRecord) -> BaseSegment:
        self.bytes_written += record.items_bytes + record.index_bytes
        return BaseSegment(Segment(self._store, self._partner, record), record, no_rows())

    def _merged(self, parts: list[Part]) -> SegmentRecord:
        record = merge(parts, self._store, self._partner, self._folder)
        self.bytes_written += record.items_bytes + record.index_bytes
        return record

    def _with_holes(self, base: BaseSegment) -> SegmentRecord:
        if not base.has_new_holes:
            return base.record
        content = holes_of(base)
        name = hashlib.sha256(content).hexdigest()[:NAME_CHARS]
        self._store.write(segment_file(self._partner, name, "holes"), content)
        self.bytes_written += len(content)
        deleted = int((base.is_tombstone & ~base.is_hole).sum())
        return base.record.model_copy(update={"holes": name, "hole_count": len(content) // 4, "deleted": deleted})


def _part(base: BaseSegment, expired_before_ms: int) -> Part:
    """The segment without superseded items and expired tombstones."""
    stays = ~base.is_hole
    expired = np.flatnonzero((base.is_tombstone & stays)[: base.segment.row_at(Position(expired_before_ms))])
    if not len(expired):
        return Part(base.segment, base.record, stays)
    stays[expired] = False
    return Part(base.segment, base.record, stays, base.segment.updated_ms(int(expired[-1])))
