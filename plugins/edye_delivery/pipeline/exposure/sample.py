"""Asks the delivery API for single items: the hourly check of a sample."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from edye_delivery.catalog.exposure import ExpectedItem, RemovedItem
from edye_delivery.catalog.exposure_seen import SeenPage
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.clients.delivery_api.client import DeliveryApi
from edye_delivery.errors import DeliveryError
from edye_delivery.pipeline.exposure.answers import is_answers_fault
from edye_delivery.pipeline.exposure.items import ItemChecker, is_due
from edye_delivery.pipeline.exposure.result import Collector
from edye_delivery.pipeline.exposure.store import CheckStore, Known
from edye_delivery.qc.exposure.subjects import Body, CatalogueSum, Presence

FOUND = 200
NOT_THERE = frozenset({404, 410})


@dataclass(slots=True)
class SampleChecker:
    """Asks for each item of the sample by itself; `lists` are those whose single items the user may call."""

    api: DeliveryApi
    store: CheckStore
    collector: Collector
    items: ItemChecker
    lists: frozenset[ListName]
    _kinds: dict[str, str] = field(default_factory=dict)

    def check_all(self) -> None:
        """Judges the sample; the first call without an answer ends it."""
        asked = 0
        for known in list(self.store.items()):
            if known.list not in self.lists:  # it is not served, which EXPO001 says
                continue
            try:
                self._check(known)
            except DeliveryError as error:
                if not is_answers_fault(error):
                    self.collector.skip(f"the sample ended after {asked} items: {error}", "EXPO002", "EXPO003")
                    return
                body = Body(known.external_id or f"the item {known.id}", f"the answer: {error}")
                self.collector.ask_of_item("EXPO006", body, known, known.external_id)
            asked += 1

    def check_totals(self, first_pages: Mapping[ListName, SeenPage], counts: Mapping[ListName, int]) -> None:
        """Whether each list says that it has as many items as the ledger."""
        for name, page in first_pages.items():
            total = 0 if page.is_empty else page.total
            self.collector.ask("EXPO012", CatalogueSum(name, counts.get(name, 0), total), list_name=name)

    def _check(self, known: Known) -> None:
        answer, item = self.api.item(known.list, known.id)
        if item is not None:
            judges_show = item.list is ListName.EPISODES and ListName.SHOWS in self.lists
            kinds = {item.show_id: self._kind_of(item.show_id)} if judges_show else None
            self.items.check_shown(item, known, kinds)
            self.store.note_seen(known.list, [known.id])
        elif isinstance(known, RemovedItem):
            self._check_refusal(known, answer.status)
        elif not is_due(known, self.items.now()) and answer.status in NOT_THERE:
            self.store.note_seen(known.list, [known.id])
        elif answer.status in NOT_THERE:
            self.collector.ask_of_item("EXPO002", Presence(known, 0), known, known.external_id)
        else:
            self._check_refusal(known, answer.status)

    def _check_refusal(self, known: Known, status: int) -> None:
        if status not in NOT_THERE:
            defect = f"the status: {status}"
            self.collector.ask_of_item("EXPO006", Body(_name(known), defect), known, known.external_id)

    def _kind_of(self, show_id: str) -> str:
        """The kind of a show, asked for once; empty for one that is not there."""
        if show_id and show_id not in self._kinds:
            _, show = self.api.item(ListName.SHOWS, show_id)
            self._kinds[show_id] = show.kind if show is not None else ""
        return self._kinds.get(show_id, "")


def _name(known: ExpectedItem | RemovedItem) -> str:
    return known.external_id or f"the item {known.id}"
