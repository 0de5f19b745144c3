"""A publication and what readers see of it, in small cases."""

from __future__ import annotations

from datetime import timedelta

import orjson
import pytest

from edye_delivery.delivery_api.generations.values import Filters, Position, moment_text, unix_ms_of
from edye_delivery.errors import CheckpointExpired, ItemRefused
from tests.unit.delivery_api.generations.conftest import (
    ENTRIES,
    EPISODES,
    SHOWS,
    START,
    Publisher,
    ids,
    item,
    left,
    read,
)


def test_items_are_served_in_order_of_updated_at_and_id_with_updated_at_as_last_key(publisher):
    publisher.publish(item("b"), item("a"), item("c"))
    publisher.publish(item("a", "new"))
    generation = publisher.served()
    page = generation.select(SHOWS, now_ms=publisher.now_ms).page(0, 10)
    assert page.items == 3
    found = orjson.loads(b"[%s]" % page.body)
    assert [each["id"] for each in found] == ["b", "c", "a"]
    assert list(found[0])[-1] == "updated_at"
    assert found[0]["updated_at"] == moment_text(unix_ms_of(START + timedelta(minutes=5)))
    assert found[0]["updated_at"] == "2026-11-29T21:03:23.123Z"
    assert page.first_key == f"{unix_ms_of(START + timedelta(minutes=5))}:b"


def test_an_item_with_the_same_bytes_is_no_change_and_without_change_there_is_no_generation(publisher):
    first = publisher.publish(item("a"), item("b"))
    again = publisher.publish(item("a"), item("b"))
    assert (again.number, again.is_new, again.changes[SHOWS].unchanged) == (first.number, False, 2)
    changed = publisher.publish(item("a"), item("b", "new"))
    assert (changed.number, changed.is_new, changed.changes[SHOWS].changed) == (2, True, 1)


def test_an_item_whose_facets_alone_change_is_a_change(publisher):
    publisher.publish(item("a", tags=("x",)))
    assert publisher.publish(item("a", tags=("y",))).is_new
    assert ids(publisher.served().select(SHOWS, Filters(tag="y"), now_ms=publisher.now_ms)) == ["a"]
    assert ids(publisher.served().select(SHOWS, Filters(tag="x"), now_ms=publisher.now_ms)) == []


def test_a_delta_has_changes_and_tombstones_and_a_full_list_has_no_tombstones(publisher):
    publisher.publish(item("a"), item("b"), item("c"))
    checkpoint = publisher.served().checkpoint
    publisher.publish(item("b", "new"), left("c", "tag"))
    generation = publisher.served()
    assert ids(generation.select(SHOWS, now_ms=publisher.now_ms)) == ["a", "b"]
    delta = read(generation.select(SHOWS, after=checkpoint, now_ms=publisher.now_ms))
    assert delta[1] == {
        "id": "c",
        "external_id": "x-c",
        "deleted": True,
        "reason": "tag",
        "updated_at": moment_text(publisher.now_ms),
    }
    assert delta[0]["text"] == "new"
    assert generation.select(SHOWS, after=generation.checkpoint, now_ms=publisher.now_ms).size == 0


def test_a_moment_is_inclusive_and_a_position_is_exclusive(publisher):
    publisher.publish(item("a"), item("b"), item("c"))
    generation, at = publisher.served(), publisher.now_ms
    now = publisher.now_ms
    assert ids(generation.select(SHOWS, after=Position(at), now_ms=now)) == ["a", "b", "c"]
    assert ids(generation.select(SHOWS, after=Position(at, "b"), now_ms=now)) == ["c"]
    assert ids(generation.select(SHOWS, after=Position(at - 1, "z"), now_ms=now)) == ["a", "b", "c"]
    assert ids(generation.select(SHOWS, after=Position(at + 1), now_ms=now)) == []


def test_items_that_a_full_publication_lacks_leave_as_deleted(publisher):
    publisher.publish(item("a"), item("b"))
    checkpoint = publisher.served().checkpoint
    publisher.publish(item("b"), item("c"), is_full=True)
    delta = read(publisher.served().select(SHOWS, after=checkpoint, now_ms=publisher.now_ms))
    assert [(each["id"], each.get("reason")) for each in delta] == [("a", "deleted"), ("c", None)]


def test_the_clock_set_back_still_gives_a_later_moment(publisher):
    first = publisher.publish(item("a"))
    publisher.now -= timedelta(days=1)
    second = publisher.publish(item("a", "new"))
    assert second.as_of_ms == first.as_of_ms + 1


def test_filters_narrow_by_tag_country_language_show_and_season(publisher):
    publisher.lists = frozenset({EPISODES})
    publisher.publish(
        item("a", name=EPISODES, tags=("x", "y"), geo=("mx",), langs=("es", "en"), show_id="s1", season_number=1),
        item("b", name=EPISODES, tags=("y",), geo=("mx", "co"), langs=("en",), show_id="s1", season_number=2),
        item("c", name=EPISODES, tags=(), langs=("en",), show_id="s2", season_number=0),
    )
    generation = publisher.served()

    def found(filters: Filters) -> str:
        return "".join(ids(generation.select(EPISODES, filters, now_ms=publisher.now_ms)))

    assert found(Filters(tag="y")) == "ab"
    assert found(Filters(tag="unknown")) == ""
    assert found(Filters(geo="co")) == "bc", "an item without a country may be seen everywhere"
    assert found(Filters(lang="es")) == "a"
    assert found(Filters(show_id="s1")) == "ab"
    assert found(Filters(show_id="s1", season_number=2)) == "b"
    assert found(Filters(season_number=0)) == "c"
    assert found(Filters(tag="y", geo="mx", lang="en", show_id="s1", season_number=1)) == "a"


def test_a_filtered_delta_tells_an_item_that_no_longer_passes_as_deleted(publisher):
    publisher.publish(item("a", tags=("x",)), item("b", tags=("x",)), item("c"))
    checkpoint = publisher.served().checkpoint
    publisher.publish(item("a", tags=("y",)), item("b", "new", tags=("x",)), item("d"))
    delta = read(publisher.served().select(SHOWS, Filters(tag="x"), checkpoint, now_ms=publisher.now_ms))
    assert [(each["id"], each.get("reason")) for each in delta] == [("a", "tag"), ("b", None)]
    assert list(delta[0]) == ["id", "external_id", "deleted", "reason", "updated_at"]


def test_an_item_is_found_by_its_id_also_after_it_left(publisher):
    publisher.publish(item("a"), item("b"))
    publisher.publish(item("a", "new"), left("b"))
    generation = publisher.served()
    found = generation.find(SHOWS, "a", now_ms=publisher.now_ms)
    assert found is not None
    assert (orjson.loads(found.body)["text"], found.is_deleted) == ("new", False)
    gone = generation.find(SHOWS, "b", now_ms=publisher.now_ms)
    assert gone is not None
    assert gone.is_deleted
    assert generation.find(SHOWS, "c", now_ms=publisher.now_ms) is None


def test_an_item_is_hidden_from_its_end_on_and_a_delta_says_so_until_a_generation_does(publisher):
    end_ms = publisher.now_ms + 600_000
    publisher.publish(item("a"), item("b", end_ms=end_ms), item("c"))
    generation = publisher.served()
    before, after = end_ms - 1, end_ms
    assert ids(generation.select(SHOWS, now_ms=before)) == ["a", "b", "c"]
    full = generation.select(SHOWS, now_ms=after)
    assert (ids(full), full.total) == (["a", "c"], 2)
    delta = read(generation.select(SHOWS, after=generation.checkpoint, now_ms=after))
    assert [(each["id"], each["reason"]) for each in delta] == [("b", "window_ended")]
    assert delta[0]["updated_at"] == moment_text(generation.as_of_ms), "no item is younger than its generation"
    assert full.state != generation.select(SHOWS, now_ms=before).state
    found = generation.find(SHOWS, "b", now_ms=after)
    assert found is not None
    assert found.is_deleted
    publisher.publish()
    publisher.publish(item("d"))
    delta = read(publisher.served().select(SHOWS, after=generation.checkpoint, now_ms=publisher.now_ms))
    assert [(each["id"], each.get("reason")) for each in delta] == [("b", "window_ended"), ("d", None)]


def test_a_pinned_generation_hides_what_left_since_and_its_numbers_stay(publisher):
    publisher.publish(*(item(each) for each in "abcdef"))
    reader = publisher.reader()
    assert reader.current().number == 1
    publisher.publish(left("b"), item("c", "new"))
    pinned = reader.at(1)
    selection = pinned.select(SHOWS, now_ms=publisher.now_ms)
    assert (selection.size, selection.total) == (6, 5)
    assert [each["id"] for each in orjson.loads(b"[%s]" % selection.page(0, 3).body)] == ["a", "c"]
    assert [each["id"] for each in orjson.loads(b"[%s]" % selection.page(3, 3).body)] == ["d", "e", "f"]
    assert pinned.find(SHOWS, "b", now_ms=publisher.now_ms).is_deleted


def test_generations_are_kept_as_many_as_the_annex_says_and_others_are_deleted(publisher, store):
    reader = publisher.reader()
    for text in "abcde":
        publisher.publish(item("a", text))
        assert reader.current() is not None
    assert [reader.at(number) is not None for number in range(7)] == [False, False, False, True, True, True, False]
    assert store.names("sample/generations") == [f"sample/generations/{number}.json" for number in (3, 4, 5)]
    pinned = reader.at(3)
    for text in "fgh":
        publisher.publish(item("a", text))
    assert read(pinned.select(SHOWS, now_ms=publisher.now_ms))[0]["text"] == "c", "an open file goes on serving"
    assert reader.at(3) is None


def test_only_the_lists_that_are_asked_for_are_written(publisher):
    publisher.publish(item("a"), item("e", name=ENTRIES))
    assert publisher.served().lists == {SHOWS}


def test_a_list_that_is_new_expires_checkpoints_from_before_it(publisher):
    publisher.publish(item("a"))
    checkpoint = publisher.served().checkpoint
    publisher.lists = frozenset({SHOWS, ENTRIES})
    publisher.publish(item("e", name=ENTRIES))
    with pytest.raises(CheckpointExpired):
        publisher.served().select(ENTRIES, after=Position(checkpoint.updated_ms - 2), now_ms=publisher.now_ms)
    assert ids(publisher.served().select(SHOWS, after=Position(0), now_ms=publisher.now_ms)) == ["a"]


@pytest.mark.parametrize(
    "change",
    [item(""), item("a\n"), item("x" * 201), left("b", "no reason"), item("a"), item("c")],
    ids=["no id", "line feed", "too long", "unknown reason", "twice, known", "twice, new"],
)
def test_what_no_generation_can_hold_is_refused_with_its_name(publisher: Publisher, change):
    publisher.publish(item("a", "old"), item("b"))
    with pytest.raises(ItemRefused) as refused:
        publisher.build(item("a"), item("c", "x"), change)
    assert change.id[:3] in str(refused.value) or "'a\\n'" in str(refused.value)


def test_tombstones_are_kept_for_their_days_and_then_expire_older_checkpoints(publisher):
    publisher.tombstone_days = 10
    publisher.publish(*(item(each) for each in "abc"))
    checkpoint = publisher.served().checkpoint
    publisher.publish(left("a"))
    left_at = publisher.now_ms
    publisher.now += timedelta(days=9)
    for number in range(20):
        publisher.publish(item(f"n{number}"))
    delta = publisher.served().select(SHOWS, after=checkpoint, now_ms=publisher.now_ms)
    assert ids(delta)[0] == "a"
    publisher.now += timedelta(days=2)
    for number in range(20, 60):
        publisher.publish(item(f"n{number}"))
    generation = publisher.served()
    assert generation.tombstones_since_ms(SHOWS) == left_at + 1
    with pytest.raises(CheckpointExpired, match="read from the start"):
        generation.select(SHOWS, after=checkpoint, now_ms=publisher.now_ms)
    later = generation.select(SHOWS, after=Position(left_at + 1), now_ms=publisher.now_ms)
    assert ids(later) == [f"n{number}" for number in range(60)]
    assert len(generation.files.manifest.lists[SHOWS].segments) < 8


def test_a_tombstone_stays_while_a_kept_generation_has_its_item(publisher):
    publisher.tombstone_days = 1
    publisher.publish(item("a"), item("b"))
    publisher.publish(left("a"))
    reader = publisher.reader()
    publisher.now += timedelta(days=30)
    publisher.publish(item("c"), item("d"), item("e"))
    assert ids(reader.at(1).select(SHOWS, now_ms=publisher.now_ms)) == ["b"]
