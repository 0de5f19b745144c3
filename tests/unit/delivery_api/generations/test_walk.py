"""Seeded walks beside a plain dict: whatever happens, every reader has exactly what he should have."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from edye_delivery.delivery_api.generations import compaction
from edye_delivery.delivery_api.generations.generation import Generation
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.switch import go_back, switch_readers
from edye_delivery.delivery_api.generations.values import Filters, Position
from edye_delivery.errors import CheckpointExpired
from tests.unit.delivery_api.generations.conftest import SHOWS, Publisher, item, left, read

TAGS = ("x", "y", "z")
KEPT = 3
FILTERS = (Filters(), Filters(tag="x"), Filters(geo="mx"), Filters(tag="y", geo="co"))


@dataclass
class Reader:
    """Syncs now and then, under filters of his own, and keeps what he was told."""

    filters: Filters
    checkpoint: Position | None = None
    items: dict[str, dict[str, Any]] = field(default_factory=dict)

    def sync(self, generation: Generation, now_ms: int) -> None:
        """Reads what changed, or everything where that is not kept."""
        try:
            selection = generation.select(SHOWS, self.filters, self.checkpoint, now_ms=now_ms)
        except CheckpointExpired:
            self.items, self.checkpoint = {}, None
            selection = generation.select(SHOWS, self.filters, now_ms=now_ms)
        told = read(selection, 7)
        if self.checkpoint is None:
            assert len(told) == selection.total
        for each in told:
            if each.get("deleted"):
                self.items.pop(each["id"], None)
            else:
                self.items[each["id"]] = each
        self.checkpoint = generation.checkpoint


class Model:
    """What should be exposed, and how it was at each number."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.items: dict[str, dict[str, Any]] = {}
        self.at: dict[int, dict[str, dict[str, Any]]] = {}

    def changes(self, now_ms: int) -> list[Any]:
        """Some items appear, change, come back, leave; each id at most once."""
        found = []
        for number in self.random.sample(range(80), self.random.choice((1, 3, 10, 40))):
            name = f"i{number:03}"
            if self.random.random() < 0.3:
                self.items.pop(name, None)
                found.append(left(name, self.random.choice(("withdrawn", "tag", "geo"))))
                continue
            ends = self.random.random() < 0.2
            facts = {
                "text": str(self.random.randrange(3)),
                "tags": tuple(self.random.sample(TAGS, self.random.randrange(3))),
                "geo": self.random.choice(((), ("mx",), ("mx", "co"))),
                "end_ms": now_ms + self.random.randrange(1, 3_000_000) if ends else None,
            }
            self.items[name] = facts
            found.append(item(name, **facts))
        return found

    def everything(self) -> list[Any]:
        """All items as they are, for a full publication."""
        return [item(name, **facts) for name, facts in self.items.items()]

    def seen(self, state: dict[str, dict[str, Any]], filters: Filters, now_ms: int) -> dict[str, str]:
        """The ids and texts that a reader of this state sees now."""
        return {
            name: facts["text"]
            for name, facts in state.items()
            if (facts["end_ms"] is None or facts["end_ms"] > now_ms)
            and (not filters.tag or filters.tag in facts["tags"])
            and (not filters.geo or not facts["geo"] or filters.geo in facts["geo"])
        }

    def drop_ended(self, now_ms: int) -> None:
        """What a publication does by itself."""
        self.items = {
            name: facts for name, facts in self.items.items() if facts["end_ms"] is None or facts["end_ms"] > now_ms
        }


def texts(items: list[dict[str, Any]]) -> dict[str, str]:
    assert len({each["id"] for each in items}) == len(items), "doubled"
    return {each["id"]: each["text"] for each in items}


def check_pinned(model: Model, partner: Any, publisher: Publisher, now_ms: int) -> None:
    """Every kept generation has what it had, less what left since."""
    for number in publisher.numbers[-KEPT:]:
        generation = partner.at(number)
        live = {name for name in model.at[number] if name in model.items}
        state = {name: facts for name, facts in model.at[number].items() if name in live}
        for filters in FILTERS:
            found = texts(read(generation.select(SHOWS, filters, now_ms=now_ms)))
            assert found == model.seen(state, filters, now_ms), (number, filters)


@pytest.mark.parametrize("seed", range(3))
def test_every_reader_has_exactly_what_he_should_have_whatever_is_published(publisher, seed, monkeypatch):
    monkeypatch.setattr(compaction, "MERGE_FACTOR", 1 + seed % 4)
    walk(publisher, seed, 20)


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(10, 18))
def test_every_reader_has_what_he_should_have_on_long_walks(publisher, seed, monkeypatch):
    monkeypatch.setattr(compaction, "MERGE_FACTOR", 1 + seed % 4)
    walk(publisher, seed, 200)


def walk(publisher: Publisher, seed: int, rounds: int) -> None:
    """Publishes so often, and looks after each publication at what readers have."""
    model, partner = Model(seed), publisher.reader()
    publisher.tombstone_days, publisher.keep = 1, KEPT
    readers = [Reader(filters) for filters in FILTERS for _ in range(3)]
    for round_number in range(rounds):
        if model.random.random() < 0.1:
            publisher.now += timedelta(hours=13)
        model.drop_ended(publisher.now_ms + 300_000)
        is_full = model.random.random() < 0.2
        changes = model.changes(publisher.now_ms + 300_000)
        before = publisher.numbers[-1] if publisher.numbers else 0
        built = publisher.publish(*(model.everything() if is_full else changes), is_full=is_full)
        assert built.number >= before
        publisher.numbers = sorted(set(publisher.numbers))
        model.at[built.number] = dict(model.items)
        publisher.now += timedelta(seconds=model.random.choice((0, 0, 1000)))
        now_ms = publisher.now_ms
        generation = partner.current()
        assert (generation.number, generation.version) == (built.number, generation.version)
        for reader in model.random.sample(readers, 4) if round_number < rounds - 1 else readers:
            reader.sync(generation, now_ms)
            found = {name: each["text"] for name, each in reader.items.items()}
            assert found == model.seen(model.items, reader.filters, now_ms)
        check_pinned(model, partner, publisher, now_ms)
    assert_nothing_is_left_over(publisher.store, publisher)


def assert_nothing_is_left_over(store: FolderStore, publisher: Publisher) -> None:
    """The disk has the kept generations and what they need, and nothing else."""
    assert len(store.names("sample/generations")) <= KEPT
    assert not [entry for entry in (store.root / "sample").rglob(".*")]


@pytest.mark.parametrize("seed", range(3))
def test_readers_who_saw_a_generation_that_was_taken_back_end_with_what_they_should_have(publisher, seed):
    model, partner = Model(seed), publisher.reader()
    readers = [Reader(filters) for filters in FILTERS]
    for _ in range(30):
        built = publisher.publish(*model.changes(publisher.now_ms + 300_000))
        model.at[built.number] = dict(model.items)
        now_ms = publisher.now_ms
        for reader in model.random.sample(readers, 2):
            reader.sync(partner.current(), now_ms)
        generation = partner.current()
        if model.random.random() < 0.4 and partner.at(generation.number - 1) is not None:
            number = go_back(publisher.store, "sample")
            assert partner.current().number == number < generation.number
            assert partner.at(generation.number) is None
            shown = set(texts(read(partner.current().select(SHOWS, now_ms=now_ms))))
            assert not shown - set(model.seen(model.items, Filters(), now_ms)), "withdrawn, and shown again"
            for reader in model.random.sample(readers, 2):
                reader.sync(partner.current(), now_ms)
            if model.random.random() < 0.3:
                switch_readers(publisher.store, "sample", generation.number)
    model.drop_ended(publisher.now_ms + 300_000)
    publisher.publish(item("last"))
    model.items["last"] = {"text": "", "tags": (), "geo": (), "end_ms": None}
    for reader in readers:
        reader.sync(partner.current(), publisher.now_ms)
        found = {name: each["text"] for name, each in reader.items.items()}
        assert found == model.seen(model.items, reader.filters, publisher.now_ms)
