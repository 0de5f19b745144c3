"""One list of a generation with its files open: all segments as one sequence of rows, oldest state first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cached_property

import numpy as np

from edye_delivery.delivery_api.generations.index_file import Array, Rows, no_rows
from edye_delivery.delivery_api.generations.manifest import FULL_AGAIN, ListRecord, SegmentRecord, segment_file
from edye_delivery.delivery_api.generations.postings import EVERYWHERE, intersection, term_of, union
from edye_delivery.delivery_api.generations.segment import Segment
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.values import Filters, Position
from edye_delivery.errors import GenerationDamaged


def read_holes(store: FolderStore, partner: str, record: SegmentRecord) -> Rows:
    """The rows of a segment that are superseded, sorted; FileNotFoundError, GenerationDamaged."""
    if not record.holes:
        return no_rows()
    name = segment_file(partner, record.holes, "holes")
    content = store.read(name)
    if len(content) != record.hole_count * 4:
        raise GenerationDamaged(f"{name} of the delivery API's store has {len(content)} bytes; {FULL_AGAIN}")
    return np.frombuffer(content, "<u4").astype(np.uint32)


class ListFiles:
    """The segments of one list; a row's number counts through all of them."""

    def __init__(
        self,
        store: FolderStore,
        partner: str,
        record: ListRecord,
        open_segment: Callable[[SegmentRecord], Segment] | None = None,
    ) -> None:
        self.record = record
        self.segments = [
            open_segment(segment) if open_segment else Segment(store, partner, segment) for segment in record.segments
        ]
        self.holes_by_segment = [read_holes(store, partner, segment) for segment in record.segments]
        self.bases = np.cumsum([0] + [segment.count for segment in self.segments]).tolist()
        self.count: int = self.bases[-1]

    @cached_property
    def holes(self) -> Rows:
        """All superseded rows, sorted."""
        return self._join(self.holes_by_segment)

    @cached_property
    def tombstones(self) -> Rows:
        """The rows of all tombstones that are not superseded, sorted."""
        return without(self._join([segment.index.read("tombstones") for segment in self.segments]), self.holes)

    @cached_property
    def not_live(self) -> Rows:
        """The rows that a whole list leaves out: superseded ones and tombstones, sorted."""
        return np.sort(np.concatenate([self.holes, self.tombstones]))

    def revised(self, first: int) -> Rows:
        """The rows from one on of items that were there before in another state, sorted, but for superseded ones."""
        rows = self._join([segment.index.read("revised") for segment in self.segments])
        return without(rows[rows >= first], self.not_live)

    def row_of(self, item_id: str) -> int | None:
        """The row of the item's present state or tombstone; None where it has none."""
        for base, segment, holes in zip(
            reversed(self.bases[:-1]), reversed(self.segments), reversed(self.holes_by_segment), strict=True
        ):
            row = segment.row_of(item_id)
            if row is not None and not contains(holes, row):
                return int(base) + row
        return None

    def rows_of_hashes(self, hashes: Array) -> Rows:
        """The live rows of all items whose ids have one of these hashes (sorted), sorted."""
        if not len(hashes):
            return no_rows()
        rows = self._join([segment.rows_of_hashes(hashes) for segment in self.segments])
        return without(np.sort(rows), self.not_live)

    def rows_left_after(self, after_ms: int) -> Rows:
        """The rows of tombstones after a moment that are not superseded, sorted."""
        first = self.row_at(Position(after_ms + 1))
        return self.tombstones[np.searchsorted(self.tombstones, first) :]

    def tombstone_hashes(self, after_ms: int) -> Array:
        """The sorted hashes of the ids that left after a moment and did not come back."""
        rows = self.rows_left_after(after_ms)
        cuts = np.searchsorted(rows, self.bases)
        parts = [np.zeros(0, np.uint64)]
        for base, segment, first, end in zip(self.bases[:-1], self.segments, cuts[:-1], cuts[1:], strict=True):
            if first < end:
                parts.append(segment.hashes_of(rows[first:end] - np.uint32(base)))
        return np.unique(np.concatenate(parts))

    def row_at(self, position: Position) -> int:
        """The first row after a position, or from its moment on."""
        for base, segment, record in zip(self.bases[:-1], self.segments, self.record.segments, strict=True):
            if record.last_ms >= position.updated_ms:
                row = segment.row_at(position)
                if row < segment.count:
                    return int(base) + row
        return self.count

    def matching(self, filters: Filters) -> Rows:
        """The live rows that pass all filters, sorted."""
        rows = self._join([_matching(segment, filters) for segment in self.segments])
        return without(rows, self.not_live)

    def ended(self, now_ms: int) -> Rows:
        """The live rows whose end has come, in the order of their ends."""
        ends, rows = [np.zeros(0, np.int64)], [no_rows()]
        for base, segment in zip(self.bases[:-1], self.segments, strict=True):
            segment_ends, segment_rows = segment.ended(now_ms)
            ends.append(segment_ends)
            rows.append(segment_rows + np.uint32(base))
        every = np.concatenate(rows)
        ordered = every[np.lexsort((every, np.concatenate(ends)))]
        return ordered[~np.isin(ordered, self.not_live)]

    def ended_count(self, now_ms: int) -> int:
        """How many rows' ends have come, superseded or not: it changes whenever `ended` does."""
        return sum(segment.index.left_of("end_ms", now_ms + 1) for segment in self.segments)

    def place_of(self, row: int) -> tuple[Segment, int]:
        """The segment of a row and its number there."""
        number = int(np.searchsorted(self.bases, row, side="right")) - 1
        return self.segments[number], row - int(self.bases[number])

    def pieces(self, rows: Rows) -> Iterator[bytes]:
        """The bytes of these sorted rows, in pieces that a comma joins."""
        cuts = np.searchsorted(rows, self.bases)
        for base, segment, first, end in zip(self.bases[:-1], self.segments, cuts[:-1], cuts[1:], strict=True):
            if first < end:
                yield from segment.pieces(rows[first:end] - np.uint32(base))

    def _join(self, parts: list[Rows]) -> Rows:
        moved = [part + np.uint32(base) for base, part in zip(self.bases[:-1], parts, strict=True)]
        return np.concatenate([no_rows(), *moved])


def without(rows: Rows, others: Rows) -> Rows:
    """The rows that are not among others; both sorted, each row once."""
    return rows if not len(others) or not len(rows) else rows[~in_sorted(rows, others)]


def in_sorted(rows: Rows, others: Rows) -> Array:
    """For each row whether sorted others have it."""
    if not len(others):
        return np.zeros(len(rows), np.bool_)
    places = np.minimum(np.searchsorted(others, rows), len(others) - 1)
    found: Array = others[places] == rows
    return found


def contains(rows: Rows, row: int) -> bool:
    """Whether sorted rows have one."""
    place = int(np.searchsorted(rows, row))
    return place < len(rows) and int(rows[place]) == row


def _matching(segment: Segment, filters: Filters) -> Rows:
    sets = []
    for facet, value in (("tag", filters.tag), ("lang", filters.lang), ("show_id", filters.show_id)):
        if value:
            sets.append(segment.rows_of_term(term_of(facet, value)))
    if filters.season_number is not None:
        sets.append(segment.rows_of_term(term_of("season_number", filters.season_number)))
    if filters.geo:
        here = segment.rows_of_term(term_of("geo", filters.geo))
        sets.append(union(here, segment.rows_of_term(term_of("geo", EVERYWHERE)), segment.count))
    rows: Rows = sets[0]
    for other in sets[1:]:
        rows = intersection(rows, other, segment.count)
    return rows
