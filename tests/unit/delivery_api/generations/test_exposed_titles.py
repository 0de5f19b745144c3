"""The exposed titles are those of the generation, with the keys that the log of calls has, and its tombstones."""

from __future__ import annotations

import orjson

from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.exposed_titles import exposed_titles
from edye_delivery.delivery_api.generations.values import ItemChange, Position
from tests.unit.delivery_api.generations.conftest import item, left


def told(publisher):
    found = exposed_titles(publisher.served(), publisher.now_ms)
    return {(one.list, one.item_id, one.is_removed): one for one in found}


def test_every_item_and_every_tombstone_is_there_once(publisher):
    publisher.lists = frozenset({ListName.SHOWS, ListName.EPISODES})
    publisher.publish(*(item(f"i{number}") for number in range(5)), item("e1", name=ListName.EPISODES))
    publisher.publish(item("i1", "changed"), left("i2", external_id="EDYE_I2"))
    found = told(publisher)
    assert set(found) == {
        *(("shows", f"i{number}", False) for number in (0, 1, 3, 4)),
        ("shows", "i2", True),
        ("episodes", "e1", False),
    }
    assert found["shows", "i2", True].external_id == "EDYE_I2"


def test_the_keys_are_those_of_the_pages(publisher):
    publisher.publish(item("a"), item("b"))
    publisher.publish(item("b", "changed"))
    generation, now_ms = publisher.served(), publisher.now_ms
    page = generation.select(ListName.SHOWS, now_ms=now_ms).page(0, 10)
    keys = [f"{one.updated_at_ms}:{one.item_id}" for one in told(publisher).values()]
    assert (min(keys), max(keys)) == (page.first_key, page.last_key)
    assert generation.select(ListName.SHOWS, after=Position(0), now_ms=now_ms).total == 2


def test_an_item_is_named_by_its_title_in_its_own_language(publisher):
    bodies = {
        "entry": {"id": "entry", "title": "The Kite"},
        "episode": {"id": "episode", "lang": "es", "titles": {"en": "The sea", "es": "El mar"}, "external_id": "X_ES"},
        "show": {"id": "show", "titles": {"en": "Planet"}},
        "nameless": {"id": "nameless"},
    }
    publisher.publish(*(ItemChange(ListName.SHOWS, name, orjson.dumps(body)) for name, body in bodies.items()))
    found = {name: (one.title, one.external_id) for (_, name, _), one in told(publisher).items()}
    assert found == {
        "entry": ("The Kite", ""),
        "episode": ("El mar", "X_ES"),
        "show": ("Planet", ""),
        "nameless": ("", ""),
    }
