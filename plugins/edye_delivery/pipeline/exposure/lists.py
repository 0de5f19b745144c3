"""Reads whole lists of the delivery API, by links, by page and from a checkpoint, and asks the rules about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from edye_delivery.catalog.exposure import ExpectedItem, sum_of
from edye_delivery.catalog.exposure_seen import SeenPage
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.clients.delivery_api.client import DeliveryApi
from edye_delivery.errors import DeliveryError
from edye_delivery.pipeline.exposure.answers import GONE, NewerGeneration, is_answers_fault
from edye_delivery.pipeline.exposure.items import ItemChecker, is_due, shows_of
from edye_delivery.pipeline.exposure.result import Collector
from edye_delivery.pipeline.exposure.store import CheckStore
from edye_delivery.qc.exposure.subjects import Body, CatalogueSum, DeltaEntry, Presence, Served, Walks

PAGES_BY_NUMBER_MAX = 50
"""How many pages of a list are also read by number; of a longer list these are spread over it."""


@dataclass(slots=True)
class _Walk:
    """One list as it was read by links: 16 bytes for each page, no items."""

    pages: list[bytes] = field(default_factory=list)
    items: int = 0
    sum: int = 0
    total: int | None = None
    last_key: tuple[datetime, str] | None = None
    out_of_order: str = ""

    def add(self, page: SeenPage) -> None:
        if page.total is not None or page.is_empty:
            self.total = page.total or 0
        self.pages.append(_ids_digest(page))
        for item in page.items:
            if item.is_deleted:
                continue
            self.items, self.sum = self.items + 1, sum_of(self.sum, item.digest)
            if item.updated_at is None:
                continue
            key = (item.updated_at, item.id)
            if self.last_key is not None and key <= self.last_key:
                self.out_of_order = self.out_of_order or item.external_id or item.id
            self.last_key = key


@dataclass(frozen=True, slots=True)
class ListChecker:
    """Checks whole lists of one generation. NewerGeneration where another one is served meanwhile."""

    api: DeliveryApi
    store: CheckStore
    collector: Collector
    items: ItemChecker
    generation: int
    counts: Mapping[ListName, int]

    def check_list(self, name: ListName, first: SeenPage, *, knows_shows: bool) -> bool:
        """Reads the list whole and judges it; whether it was read to its end.

        `first` is its first page as it was before. `knows_shows`: the list of shows was read to its end.
        """
        walk = self._walk(name, knows_shows=knows_shows)
        if walk is None:
            return False
        differing = self._differing_pages(name, walk)
        is_strange = bool(differing) or walk.total != walk.items or any(self._missing(name))
        if is_strange and self._has_changed(name, first):
            reason = f"the list {name} changed while it was read: run the check again"
            self.collector.skip(reason, "EXPO002", "EXPO005", "EXPO012")
            return True
        walks = Walks(name, walk.total, walk.items, walk.out_of_order, differing)
        self.collector.ask("EXPO005", walks, list_name=name)
        self._check_presence(name, walk)
        return True

    def check_delta(self, name: ListName, checkpoint: str) -> None:
        """Reads what changed since a checkpoint, and looks there for every change of the generation."""
        number = 0
        try:
            for number, page in enumerate(self.api.walk(name, checkpoint=checkpoint), 1):
                self._check_page(name, page, number, "the delta")
                known = self.store.find(name, [item.id for item in page.items])
                for item in page.items:
                    self.items.check_delta(item, known.get(item.id))
                self.store.note_delta(name, ((item.id, item.is_deleted) for item in page.items))
        except DeliveryError as error:
            if error.http_status == GONE and number == 0:
                self.collector.skip(f"{name}: the checkpoint of the last check has expired", "EXPO004")
            else:
                self._end_early(f"the delta of {name}", number + 1, error, "EXPO004")
            return
        for known_item, is_deleted in self.store.delta_of(name):
            if isinstance(known_item, ExpectedItem) and not is_due(known_item, self.items.now()):
                continue
            entry = DeltaEntry(known_item, is_deleted)
            self.collector.ask_of_item("EXPO004", entry, known_item, known_item.external_id)

    def _walk(self, name: ListName, *, knows_shows: bool) -> _Walk | None:
        """Reads the list by its links and judges each item; None where it does not come to its end."""
        walk, page = _Walk(), None
        try:
            for number, page in enumerate(self.api.walk(name), 1):
                self._check_page(name, page, number, "the list")
                walk.add(page)
                self._check_items(name, page, knows_shows=knows_shows)
        except DeliveryError as error:
            self._end_early(f"the list {name}", len(walk.pages) + 1, error, "EXPO002", "EXPO005", "EXPO012")
            return None
        if page is not None and page.checkpoint:
            self.collector.checkpoints[name] = page.checkpoint
        elif page is not None and not page.is_empty:
            defect = Body(f"the last page of {name}", "checkpoint: it is missing")
            self.collector.ask("EXPO006", defect, list_name=name)
        return walk

    def _check_page(self, name: ListName, page: SeenPage, number: int, what: str) -> None:
        if page.is_empty:
            return
        if number == 1:
            self._refuse_newer(page)
        if page.generation != self.generation:
            self.collector.ask("EXPO001", Served(name, self.generation, page.generation), list_name=name)
        if page.defect:
            body = Body(f"page {number} of {what} {name}", page.defect)
            self.collector.ask("EXPO006", body, list_name=name)

    def _refuse_newer(self, page: SeenPage) -> None:
        if page.generation is not None and page.generation > self.generation:
            raise NewerGeneration(page.generation)

    def _check_items(self, name: ListName, page: SeenPage, *, knows_shows: bool) -> None:
        known = self.store.find(name, [item.id for item in page.items])
        if name is ListName.SHOWS:
            self.store.keep_shows((item.id, item.kind) for item in page.items)
        kinds = self.store.kinds_of(shows_of(page.items)) if knows_shows and name is ListName.EPISODES else None
        for item in page.items:
            self.items.check_shown(item, known.get(item.id), kinds)
        self.store.note_seen(name, [item.id for item in page.items if not item.is_deleted])

    def _differing_pages(self, name: ListName, walk: _Walk) -> tuple[int, ...]:
        """The numbers of the pages that have other items by number than by links; of a long list only some are read."""
        differing = []
        try:
            for number in _page_numbers(len(walk.pages)):
                page = self.api.page(name, number)
                self._refuse_newer(page)
                if _ids_digest(page) != walk.pages[number - 1] or (page.total or 0) != (walk.total or 0):
                    differing.append(number)
        except DeliveryError as error:
            self._end_early(f"the list {name} by page", number, error, "EXPO005")
        return tuple(differing)

    def _has_changed(self, name: ListName, first: SeenPage) -> bool:
        """Whether readers see another list now than at the begin: something was withdrawn, or its window ended."""
        try:
            now = self.api.probe(name)
        except DeliveryError:
            return True
        return (now.etag, now.total, now.generation) != (first.etag, first.total, first.generation)

    def _check_presence(self, name: ListName, walk: _Walk) -> None:
        """Who is missing, who came twice, and whether number and sum are the ledger's."""
        in_order = []
        for known in self._missing(name):
            if is_due(known, self.items.now()):
                self.collector.ask_of_item("EXPO002", Presence(known, 0), known, known.external_id)
            else:
                in_order.append(known.id)
        self.store.note_seen(name, in_order)
        for known, times in self.store.seen_twice(name):
            self.collector.ask_of_item("EXPO002", Presence(known, times), known, known.external_id)
        expected_sum = None if in_order else self.store.sum_of_list(name)
        expected_count = self.counts.get(name, 0) - len(in_order)
        sums = CatalogueSum(name, expected_count, walk.total, expected_sum, walk.sum)
        self.collector.ask("EXPO012", sums, list_name=name)

    def _missing(self, name: ListName) -> Iterator[ExpectedItem]:
        for known in self.store.items("list = ? AND reason IS NULL AND seen = 0", name):
            if isinstance(known, ExpectedItem):
                yield known

    def _end_early(self, what: str, number: int, error: DeliveryError, *codes: str) -> None:
        """Notes that something was not read to its end; a finding where the answers are to blame."""
        if is_answers_fault(error):
            self.collector.ask("EXPO006", Body(what, f"page {number}: {error}"))
        self.collector.skip(f"{what} was not read to its end, page {number} did not come: {error}", *codes)


def _page_numbers(count: int) -> list[int]:
    """The pages to read by number: all, or of a longer list the first, the last, and some between."""
    if count <= PAGES_BY_NUMBER_MAX:
        return list(range(1, count + 1))
    step = (count - 1) / (PAGES_BY_NUMBER_MAX - 1)
    return sorted({1 + round(place * step) for place in range(PAGES_BY_NUMBER_MAX)})


def _ids_digest(page: SeenPage) -> bytes:
    return sha256("\0".join(item.id for item in page.items).encode()).digest()[:16]
