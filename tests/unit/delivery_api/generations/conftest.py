"""A store in a temporary folder, and short words for publishing and reading."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest

from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.generations.build import build_generation
from edye_delivery.delivery_api.generations.generation import Generation
from edye_delivery.delivery_api.generations.partner import Partner
from edye_delivery.delivery_api.generations.selection import Selection
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.switch import switch_readers
from edye_delivery.delivery_api.generations.values import Built, ItemChange, unix_ms_of

SHOWS, EPISODES, ENTRIES = ListName.SHOWS, ListName.EPISODES, ListName.ENTRIES
START = datetime(2026, 11, 29, 20, 58, 23, 123456, tzinfo=UTC)


def item(item_id: str, text: str = "", name: ListName = SHOWS, **facets: Any) -> ItemChange:
    """An item whose body has its id, an external id and a text."""
    body = orjson.dumps({"id": item_id, "external_id": f"x-{item_id}", "text": text})
    return ItemChange(name, item_id, body, **facets)


def left(item_id: str, reason: str = "withdrawn", name: ListName = SHOWS, external_id: str = "") -> ItemChange:
    """An item that left."""
    return ItemChange(name, item_id, None, reason, external_id)


@dataclass
class Publisher:
    """Publishes for one partner at hours of its own; a reader without a cache of the pointer reads at once."""

    store: FolderStore
    partner: str = "sample"
    now: datetime = START
    lists: frozenset[ListName] = frozenset({SHOWS})
    version: int = 0
    tombstone_days: int = 90
    keep: int = 3
    numbers: list[int] = field(default_factory=list)

    def build(self, *changes: ItemChange, is_full: bool = False, from_scratch: bool = False) -> Built:
        """A generation that nobody reads yet."""
        self.now += timedelta(minutes=5)
        self.version += 1
        return build_generation(
            self.store,
            self.partner,
            changes,
            self.now,
            self.version,
            "annex",
            is_full=is_full,
            lists=self.lists,
            tombstone_days=self.tombstone_days,
            keep=self.keep,
            from_scratch=from_scratch,
        )

    def publish(self, *changes: ItemChange, is_full: bool = False, from_scratch: bool = False) -> Built:
        """A generation that is read."""
        built = self.build(*changes, is_full=is_full, from_scratch=from_scratch)
        switch_readers(self.store, self.partner, built.number)
        self.numbers.append(built.number)
        return built

    def reader(self) -> Partner:
        """A reader that looks at the pointer each time."""
        return Partner(self.store, self.partner, lambda: 0.0, look_every_s=0.0)

    @property
    def now_ms(self) -> int:
        """The publisher's time in unix milliseconds."""
        return unix_ms_of(self.now)

    def served(self) -> Generation:
        """What is served now."""
        generation = self.reader().current()
        assert generation is not None
        return generation


def read(selection: Selection, page_size: int = 3) -> list[dict[str, Any]]:
    """All items of a selection, page by page."""
    items: list[dict[str, Any]] = []
    for first in range(0, selection.size, page_size):
        page = selection.page(first, page_size)
        found = orjson.loads(b"[" + page.body + b"]")
        assert len(found) == page.items
        if found:
            keys = [(each["updated_at"], each["id"]) for each in found]
            assert page.first_key.endswith(f":{min(keys)[1]}")
            assert page.last_key.endswith(f":{max(keys)[1]}")
        items += found
    return items


def ids(selection: Selection) -> list[str]:
    """The ids of all items of a selection."""
    return [each["id"] for each in read(selection)]


@pytest.fixture(autouse=True)
def quick_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing waits for the disk: no test loses the machine's power."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path / "store")


@pytest.fixture
def publisher(store: FolderStore) -> Publisher:
    return Publisher(store)
