"""A generation as a reader sees it: questions to its lists, and single items."""

from __future__ import annotations

from collections import OrderedDict

import numpy as np

from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.generations.chosen import AllBut, Chosen, ChosenCache, Picked
from edye_delivery.delivery_api.generations.hidden import NOTHING_HIDDEN, Hidden
from edye_delivery.delivery_api.generations.index_file import Rows
from edye_delivery.delivery_api.generations.list_files import ListFiles, contains, without
from edye_delivery.delivery_api.generations.manifest import Manifest
from edye_delivery.delivery_api.generations.selection import Selection, Tail
from edye_delivery.delivery_api.generations.values import NO_FILTERS, Filters, Found, Position, Reason
from edye_delivery.errors import CheckpointExpired

HIDDEN_KEPT = 12


class OpenGeneration:
    """A generation's files, open; the same object for all who read it."""

    def __init__(self, partner: str, manifest: Manifest, lists: dict[ListName, ListFiles]) -> None:
        self.partner, self.manifest, self.lists = partner, manifest, lists
        self.hidden_rows: OrderedDict[tuple[ListName, str], tuple[Rows, Rows]] = OrderedDict()


class Generation:
    """An immutable generation, less what no reader may see any more.

    `number`; `as_of_ms`, the moment that no item of it is younger than; `version` of the ledger's offer.
    """

    def __init__(self, files: OpenGeneration, cache: ChosenCache, hidden: Hidden = NOTHING_HIDDEN) -> None:
        self.files, self._cache, self._hidden = files, cache, hidden
        self.number, self.as_of_ms = files.manifest.number, files.manifest.as_of_ms
        self.version, self.annex_digest = files.manifest.version, files.manifest.annex_digest

    @property
    def lists(self) -> frozenset[ListName]:
        """The lists that it has."""
        return frozenset(self.files.lists)

    @property
    def checkpoint(self) -> Position:
        """Where the next delta begins for a reader who has read all of this generation."""
        return Position(self.as_of_ms + 1)

    def tombstones_since_ms(self, name: ListName) -> int:
        """From which moment on all tombstones are kept; a delta from before is refused."""
        return self.files.manifest.lists[name].tombstones_since_ms

    def select(
        self, name: ListName, filters: Filters = NO_FILTERS, after: Position | None = None, *, now_ms: int
    ) -> Selection:
        """The live items of a list that pass the filters, or, with `after`, what changed since, tombstones too.

        A filtered delta tells an item that changed and does not pass now as deleted. At a delta's end are the items
        whose end has come since the generation was exposed, and those withdrawn without a generation that says so.
        CheckpointExpired where tombstones since then are no longer kept; KeyError where there is no such list.
        """
        files = self.files.lists[name]
        since_ms = self.tombstones_since_ms(name)
        if after is not None and after.updated_ms < since_ms:
            raise CheckpointExpired(f"changes of {name} are kept since {since_ms} (unix ms): read from the start")
        key = (self.files.partner, self.number, name, filters, after)
        chosen = self._cache.get(key, lambda: _choose(files, filters, after))
        state, hidden, ended = self._hidden_rows(name, now_ms)
        tail = Tail() if after is None else self._tail(name, ended)
        return Selection(files, chosen, hidden, tail, self.as_of_ms, state, _left_because(filters))

    def tombstones(self, name: ListName, *, now_ms: int) -> Selection:
        """The tombstones that a delta from the oldest checkpoint would tell, without the items that changed."""
        files = self.files.lists[name]
        first = files.row_at(Position(self.tombstones_since_ms(name)))
        state, hidden, ended = self._hidden_rows(name, now_ms)
        chosen = Picked(files.tombstones[np.searchsorted(files.tombstones, first) :])
        tail = self._tail(name, ended)
        return Selection(files, chosen, hidden, tail, self.as_of_ms, state, Reason.INVISIBLE)

    def find(self, name: ListName, item_id: str, *, now_ms: int) -> Found | None:
        """An item by its id, or that it left; None where it was never there, or too long ago."""
        files = self.files.lists[name]
        row = files.row_of(item_id)
        if row is None:
            return None
        segment, number = files.place_of(row)
        updated_ms = segment.updated_ms(number)
        body = next(files.pieces(np.array([row], np.uint32)))
        _, hidden, _ = self._hidden_rows(name, now_ms)
        if contains(hidden, row):
            return Found(b"", True, updated_ms)
        return Found(body, contains(files.tombstones, row), updated_ms)

    def _hidden_rows(self, name: ListName, now_ms: int) -> tuple[str, Rows, Rows]:
        """What names this state, the hidden live rows, sorted, and those that ended, in the order of their ends."""
        files = self.files.lists[name]
        state = f"{self._hidden.digest}.{files.ended_count(now_ms)}"
        kept = self.files.hidden_rows.get((name, state))
        if kept is None:
            ended = files.ended(now_ms)
            gone = files.rows_of_hashes(self._hidden.hashes[name]) if name in self._hidden.hashes else ended[:0]
            kept = np.union1d(gone, ended).astype(np.uint32), ended
            self.files.hidden_rows[name, state] = kept
            while len(self.files.hidden_rows) > HIDDEN_KEPT:
                self.files.hidden_rows.popitem(last=False)
        return state, *kept

    def _tail(self, name: ListName, ended: Rows) -> Tail:
        files, withdrawn = self.files.lists[name], self._hidden.withdrawn.get(name, {})
        reasons = {}
        for item_id, reason in withdrawn.items():
            row = files.row_of(item_id)
            if row is not None and not contains(files.tombstones, row):
                reasons[row] = reason
        reasons |= {int(row): Reason.WINDOW_ENDED for row in ended if int(row) not in reasons}
        return Tail(tuple(reasons), tuple(reasons.values()))


def _choose(files: ListFiles, filters: Filters, after: Position | None) -> Chosen:
    first = 0 if after is None else files.row_at(after)
    if filters.is_empty:
        return AllBut(first, files.count, files.not_live if after is None else files.holes)
    matching = files.matching(filters)
    if after is None:
        return Picked(matching)
    matching = matching[np.searchsorted(matching, first) :]
    left = without(files.revised(first), matching)
    tombstones = files.tombstones[np.searchsorted(files.tombstones, first) :]
    return Picked(np.sort(np.concatenate([matching, left, tombstones])), left)


def _left_because(filters: Filters) -> Reason:
    """Why an item that a filtered reader may have is not for him now."""
    if filters.tag:
        return Reason.TAG
    return Reason.GEO if filters.geo else Reason.INVISIBLE
