"""What is read of an item: values where it has them, a defect where it breaks the contract, never an error."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import reduce

import pytest

from edye_delivery.catalog.exposure import item_digest, sum_of
from edye_delivery.catalog.exposure_seen import Address, SeenThumbnail
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.clients.delivery_api.items import seen_item
from tests.pull_server import a_show, a_tombstone, an_entry, an_item

DEEP = reduce(lambda inner, _: [inner], range(400), "x")
THUMBNAIL = {
    "name": "wide", "url": "https://t.example/a.jpg", "width": 640, "height": 360, "type": "image/jpeg",
    "watermark": "kids",
}  # fmt: skip


def test_an_episode_is_read_with_its_show_window_tags_and_thumbnails():
    item = seen_item(
        ListName.EPISODES,
        an_item(
            3,
            availability={"start": "2026-01-01T00:00:00Z", "end": "2026-06-01T02:00:00+02:00"},
            custom_thumbnails=[THUMBNAIL],
            external_ids={"tms": "EP1"},
        ),
    )
    assert (item.id, item.show_id, item.season_number, item.episode_number) == ("ep-3", "show-1", 1, 3)
    assert (item.tags, item.geo, item.id_sources) == (("kids",), ("mx",), ("tms",))
    assert item.opens_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert item.closes_at == datetime(2026, 6, 1, tzinfo=UTC)
    assert item.thumbnails == (SeenThumbnail("wide", 640, 360, "kids"),)
    assert item.defect == ""


def test_every_address_of_an_item_is_read_with_what_is_said_about_its_file():
    item = seen_item(
        ListName.EPISODES,
        an_item(
            1,
            images=[{"kind": "still", "url": "https://i.example/s.jpg"}],
            custom_thumbnails=[THUMBNAIL],
            sources=[{"file": "https://m.example/a.mp4", "type": "video/mp4", "label": "720p", "filesize": 9}],
            captions=[{"url": "https://m.example/a.vtt", "lang": "es"}],
        ),
    )
    assert item.addresses == (
        Address("https://i.example/s.jpg", "still", "image/*"),
        Address("https://t.example/a.jpg", "thumbnail wide", "image/jpeg", width_px=640, height_px=360),
        Address("https://m.example/a.mp4", "source 720p", "video/mp4", 9),
        Address("https://m.example/a.vtt", "captions es"),
    )


@pytest.mark.parametrize(
    ("name", "item"),
    [("shows", a_show()), ("episodes", an_item(1)), ("entries", an_entry(1)), ("entries", a_tombstone("ep-1"))],
)
def test_an_item_by_the_contract_has_no_defect(name, item):
    assert seen_item(ListName(name), item).defect == ""


DEFECTS = {
    "no object": (5, "it is no JSON object"),
    "no title_id": ({"id": "a", "kind": "movie", "titles": {}, "updated_at": "2026-01-01T00:00:00Z"}, '"title_id"'),
    "an unknown kind": (an_item(1, kind="trailer"), "kind: "),
    "updated_at is no moment": (an_item(1, updated_at="yesterday"), "updated_at: "),
    "half a tombstone": ({"id": "a", "deleted": True}, '"updated_at" is a required property'),
    "an unknown reason": (a_tombstone("a", reason="\x1b[31m"), "reason: "),
    "an image without address": (an_item(1, images=[{"kind": "still"}]), "images.0: "),
    "nested deeply": (an_item(1, titles=DEEP), "cannot be compared with the contract"),
    "a number without end": (an_item(1, duration_ms=10**400), ""),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_an_item_that_breaks_the_contract_says_where(name):
    item, sentence = DEFECTS[name]
    defect = seen_item(ListName.EPISODES, item).defect
    assert sentence in defect
    assert defect.isprintable()
    assert len(defect) <= 300


@pytest.mark.parametrize(
    "value", [None, 5, "x", [], {}, [[]], {"a": {}}, True, -1.5, "x" * 5000, float("nan"), ["\ud800"]]
)
def test_a_value_of_any_type_in_any_key_is_read_without_an_error(value):
    for key in [*an_item(1), "availability", "custom_thumbnails", "captions", "external_ids", "deleted", "reason"]:
        seen_item(ListName.EPISODES, an_item(1) | {key: value})
        seen_item(ListName.ENTRIES, an_entry(1) | {key: value})


def test_the_digest_names_the_content_but_not_the_moment_or_the_order_of_keys():
    item = an_item(1)
    turned = dict(reversed(list(item.items()))) | {"updated_at": "2030-01-01T00:00:00Z"}
    assert item_digest(item) == item_digest(turned)
    assert item_digest(item) != item_digest(item | {"lang": "en"})
    assert item_digest(item | {"duration_ms": 10**400}) == ""


def test_the_sum_of_a_list_does_not_depend_on_the_order():
    digests = [item_digest(an_item(number)) for number in range(5)]
    sums = set()
    for order in (digests, digests[::-1]):
        total = 0
        for digest in order:
            total = sum_of(total, digest)
        sums.add(total)
    assert len(sums) == 1
    assert sums != {sum_of(0, digests[0])}
