"""Which rows a reader asked for, as one numbered sequence that never changes; small in memory for a whole list."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Protocol

import numpy as np

from edye_delivery.delivery_api.generations.index_file import Array, Rows, no_rows
from edye_delivery.delivery_api.generations.list_files import in_sorted


class Chosen(Protocol):
    """Rows in order."""

    @property
    def size(self) -> int:
        """How many."""

    @property
    def memory_bytes(self) -> int:
        """How much memory it takes."""

    def rows(self, first: int, count: int) -> Rows:
        """Some of them, fewer at the end."""

    def number_among(self, rows: Rows) -> int:
        """How many of these sorted rows are chosen."""

    def is_told_as_deleted(self, rows: Rows) -> Array:
        """For each row whether readers get a tombstone in its place."""


class AllBut:
    """All rows from one to before another but for some, of which it keeps only these."""

    def __init__(self, first: int, end: int, left_out: Rows) -> None:
        self._first, self._end = first, end
        self._left_out = left_out[np.searchsorted(left_out, first) :]
        self._chosen_before = self._left_out.astype(np.int64) - first - np.arange(len(self._left_out))
        self.size = max(0, end - first) - len(self._left_out)
        self.memory_bytes = self._left_out.nbytes + self._chosen_before.nbytes

    def rows(self, first: int, count: int) -> Rows:
        """Some of them, fewer at the end."""
        numbers = np.arange(first, min(first + count, self.size), dtype=np.int64)
        skipped = np.searchsorted(self._chosen_before, numbers, side="right")
        return (numbers + skipped + self._first).astype(np.uint32)

    def number_among(self, rows: Rows) -> int:
        """How many of these sorted rows are chosen."""
        here = rows[(rows >= self._first) & (rows < self._end)]
        return len(here) - int(np.count_nonzero(in_sorted(here, self._left_out)))

    def is_told_as_deleted(self, rows: Rows) -> Array:
        """None of them: tombstones are items of their own here."""
        return np.zeros(len(rows), np.bool_)


class Picked:
    """The rows of a filtered list; `deleted` are those that no longer pass, which a delta tells as deleted."""

    def __init__(self, rows: Rows, deleted: Rows | None = None) -> None:
        self._rows, self._deleted = rows, no_rows() if deleted is None else deleted
        self.size = len(rows)
        self.memory_bytes = rows.nbytes + self._deleted.nbytes

    def rows(self, first: int, count: int) -> Rows:
        """Some of them, fewer at the end."""
        return self._rows[first : first + count]

    def number_among(self, rows: Rows) -> int:
        """How many of these sorted rows are chosen."""
        return int(np.count_nonzero(in_sorted(rows, self._rows)))

    def is_told_as_deleted(self, rows: Rows) -> Array:
        """For each row whether it no longer passes the filters."""
        return in_sorted(rows, self._deleted)


class ChosenCache:
    """The last used selections of all partners of a process, bounded in number and in bytes."""

    def __init__(self, max_count: int = 256, max_bytes: int = 48 * 1024 * 1024) -> None:
        self._max_count, self._max_bytes = max_count, max_bytes
        self._kept: OrderedDict[Hashable, Chosen] = OrderedDict()
        self._lock = Lock()
        self.memory_bytes = 0

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, make: Callable[[], Chosen]) -> Chosen:
        """The selection under this key, made where it is not kept."""
        with self._lock:
            chosen = self._kept.get(key)
            if chosen is not None:
                self._kept.move_to_end(key)
                return chosen
        chosen = make()
        with self._lock:
            replaced = self._kept.pop(key, None)
            self.memory_bytes += chosen.memory_bytes - (replaced.memory_bytes if replaced else 0)
            self._kept[key] = chosen
            while len(self._kept) > self._max_count or self.memory_bytes > self._max_bytes:
                _, oldest = self._kept.popitem(last=False)
                self.memory_bytes -= oldest.memory_bytes
        return chosen
