"""A publisher that is killed at any call of its store, and one that comes after it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from edye_delivery.delivery_api.generations.build import build_generation
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.switch import go_back, switch_readers
from edye_delivery.errors import GenerationTaken, NoEarlierGeneration
from tests.unit.delivery_api.generations.conftest import SHOWS, START, Publisher, ids, item, left, read


class KilledError(BaseException):
    """The process ends here."""


class CountedStore:
    """Ends the process before, or after, one call of the store."""

    def __init__(self, store: Any, last: int, *, is_after: bool) -> None:
        self._store, self._last, self._is_after = store, last, is_after
        self.root = store.root
        self.calls = 0

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Any] = getattr(self._store, name)

        def counted(*arguments: Any) -> Any:
            self.calls += 1
            if self.calls == self._last and not self._is_after:
                raise KilledError
            result = method(*arguments)
            if self.calls == self._last:
                raise KilledError
            return result

        return counted


def publish_twice(publisher: Publisher) -> None:
    publisher.publish(*(item(each) for each in "abcdef"))
    publisher.publish(item("a", "second"), left("b"))


def calls_of(publisher: Publisher, act: Callable[[], object]) -> int:
    """How many calls of the store something takes."""
    store = publisher.store
    counted = publisher.store = CountedStore(store, 0, is_after=False)
    act()
    publisher.store = store
    return counted.calls


@pytest.mark.parametrize("is_after", [False, True], ids=["before the call", "after it"])
def test_a_kill_at_any_call_leaves_what_readers_had_and_the_next_run_publishes(tmp_path, is_after):
    def changes() -> list[Any]:
        return [item("c", "third"), item("g"), left("d"), item("b")]

    trial = Publisher(FolderStore(tmp_path / "trial"))
    publish_twice(trial)
    calls = calls_of(trial, lambda: trial.publish(*changes()))
    assert calls > 15
    for last in range(1, calls + 1):
        publisher = Publisher(FolderStore(tmp_path / f"{last}"))
        publish_twice(publisher)
        reader = publisher.reader()
        store = publisher.store
        publisher.store = CountedStore(store, last, is_after=is_after)
        with pytest.raises(KilledError):
            publisher.publish(*changes())
        publisher.store = store
        assert ids(reader.current().select(SHOWS, now_ms=publisher.now_ms)) in (list("cdefa"), list("efabcg"))
        publisher.publish(*changes())
        assert sorted(ids(reader.current().select(SHOWS, now_ms=publisher.now_ms))) == list("abcefg")
        again = publisher.publish(item("c", "fourth"))
        numbers = [int(name.rpartition("/")[2].removesuffix(".json")) for name in store.names("sample/generations")]
        assert max(numbers) == again.number
        assert len(numbers) <= publisher.keep
        assert not list((store.root / "sample").rglob(".build-*"))


def test_a_number_is_never_used_twice_also_when_nobody_was_switched_to_it(publisher):
    publisher.publish(item("a"))
    first = publisher.build(item("a", "x"))
    second = publisher.build(item("a", "y"))
    assert (first.number, second.number) == (2, 3)
    assert second.as_of_ms > first.as_of_ms
    with pytest.raises(GenerationTaken, match="not complete"):
        switch_readers(publisher.store, "sample", first.number)
    switch_readers(publisher.store, "sample", second.number)
    go_back(publisher.store, "sample")
    assert publisher.publish(item("a", "z")).number == 4


def test_a_generation_that_is_not_switched_to_is_not_read(publisher):
    publisher.publish(item("a"))
    publisher.build(item("b"))
    assert ids(publisher.served().select(SHOWS, now_ms=publisher.now_ms)) == ["a"]


def test_readers_are_not_switched_to_an_older_generation(publisher):
    publish_twice(publisher)
    with pytest.raises(GenerationTaken, match="2 of sample is newer than 1"):
        switch_readers(publisher.store, "sample", 1)


def test_two_publishers_at_once_do_not_write_the_same_generation(publisher, store):
    publisher.publish(item("a"))

    def others():
        yield item("b")
        Publisher(store, now=publisher.now).build(item("c"))
        yield item("d")

    with pytest.raises(GenerationTaken, match="another publisher"):
        build_generation(
            store, "sample", others(), START, 1, "", is_full=False, lists=[SHOWS], tombstone_days=1, keep=3
        )
    publisher.publish(item("e"))
    assert ids(publisher.served().select(SHOWS, now_ms=publisher.now_ms)) == ["a", "e"]


def test_going_back_hides_what_later_generations_removed_and_tells_why(publisher):
    publish_twice(publisher)
    checkpoint = publisher.served().checkpoint
    assert go_back(publisher.store, "sample") == 1
    generation = publisher.served()
    now_ms = publisher.now_ms
    assert ids(generation.select(SHOWS, now_ms=now_ms)) == list("acdef")
    told = read(generation.select(SHOWS, after=generation.checkpoint, now_ms=now_ms))
    assert [(each["id"], each["reason"]) for each in told] == [("b", "withdrawn")]
    assert generation.find(SHOWS, "b", now_ms=now_ms).is_deleted
    with pytest.raises(NoEarlierGeneration, match="no earlier generation of sample is kept"):
        go_back(publisher.store, "sample")
    publisher.publish(item("a", "third"))
    told = read(publisher.served().select(SHOWS, after=checkpoint, now_ms=publisher.now_ms))
    assert [(each["id"], each["text"]) for each in told] == [("a", "third")]


def test_a_switch_that_is_repeated_changes_nothing(publisher, store):
    publish_twice(publisher)
    before = store.read("sample/current.json")
    switch_readers(store, "sample", 2)
    assert store.read("sample/current.json") == before
