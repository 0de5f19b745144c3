"""Which generation readers are served, which ones are kept, and whether the newest one was taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.generations.build import build_generation
from edye_delivery.delivery_api.generations.manifest import pointer_name
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.switch import go_back, switch_readers
from edye_delivery.delivery_api.generations.values import ItemChange
from edye_delivery.errors import GenerationDamaged
from edye_delivery.pipeline.live_generation import live_generations

AT = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path)


def publish(store, number, *names, partner="shelf"):
    changes = [ItemChange(ListName.SHOWS, name, b'{"id": "%s"}' % name.encode()) for name in names]
    at = AT + timedelta(hours=number)
    built = build_generation(
        store, partner, changes, at, number, "digest", is_full=False, lists=list(ListName), tombstone_days=90, keep=3
    )
    switch_readers(store, partner, built.number)


def test_a_partner_that_was_never_published_has_none(store):
    assert live_generations(store, "shelf") is None


def test_the_newest_generation_is_served_and_earlier_ones_are_kept(store):
    publish(store, 1, "a")
    publish(store, 2, "b", "c")
    found = live_generations(store, "shelf")
    assert (found.served, found.newest, found.version, found.is_taken_back) == (2, 2, 2, False)
    assert [(one.number, one.version, one.items["shows"], one.is_served) for one in found.kept] == [
        (2, 2, 3, True),
        (1, 1, 1, False),
    ]
    assert found.kept[0].as_of == AT + timedelta(hours=2)
    assert found.kept[0].size_bytes > 0


def test_a_generation_that_was_taken_back_is_no_longer_served(store):
    publish(store, 1, "a")
    publish(store, 2, "b")
    go_back(store, "shelf")
    found = live_generations(store, "shelf")
    assert (found.served, found.newest, found.is_taken_back) == (1, 2, True)
    assert [(one.number, one.is_served, one.is_taken_back) for one in found.kept] == [
        (2, False, True),
        (1, True, False),
    ]


def test_a_damaged_pointer_is_said(store):
    publish(store, 1, "a")
    store.write(pointer_name("shelf"), b"{")
    with pytest.raises(GenerationDamaged):
        live_generations(store, "shelf")
