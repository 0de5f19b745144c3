"""Pages: boundaries stay where they are, names are content, the chain is complete, changes cost little."""

import json
from pathlib import Path

import pytest

from edye_delivery.feeds.publish.document import document
from edye_delivery.feeds.publish.page_cutter import PageCutter
from edye_delivery.feeds.publish.paging import PageLinker, order_bodies
from edye_delivery.feeds.publish.shows import WrittenShow
from edye_delivery.feeds.roku.item import FeedItem

HEAD = {"version": "1", "defaultLanguage": "es"}
PREFIX = "https://feeds.example/search/pages/"


def items(count, changed=(), without=()):
    for number in range(count):
        if number in without:
            continue
        item_id = f"TITLE_{number:05}"
        padding = "y" * 90 if number in changed else "x" * 80
        content = json.dumps({"id": item_id, "value": padding}, separators=(",", ":")).encode()
        yield FeedItem("assets", item_id, "movie", content)


def chain(folder: Path, made, page_max_bytes=20_000, previous=()):
    folder.mkdir(exist_ok=True)
    cutter = PageCutter(HEAD, page_max_bytes, folder)
    for item in made:
        cutter.add_show(WrittenShow(item.item_id, None, (), [item]))
    cutter.finish()
    if cutter.is_unpaged([body.facts.size_bytes for body in cutter.bodies]):
        cutter.join()
    linker = PageLinker(PREFIX, folder, {}, lambda _: b"")
    return linker.link(order_bodies(cutter.bodies, [page.body_digest for page in previous]))


def read(pages):
    """The items of a chain, followed as a reader does."""
    by_url = {PREFIX + page.name: page for page in pages}
    page, found = pages[0], []
    while True:
        content = json.loads(page.path.read_bytes())
        found += [asset["id"] for asset in content["assets"]]
        assert {key: content[key] for key in HEAD} == HEAD
        if "nextPageUrl" not in content:
            return found
        page = by_url.pop(content["nextPageUrl"])


def test_a_chain_has_every_item_once_and_no_page_is_larger_than_asked(tmp_path):
    pages = chain(tmp_path, items(4000))
    assert sorted(read(pages)) == [f"TITLE_{number:05}" for number in range(4000)]
    assert len(pages) > 5
    assert all(page.size_bytes <= 20_000 and page.path.stat().st_size == page.size_bytes for page in pages)
    assert sum(page.items for page in pages) == 4000


def test_pages_are_filled_by_more_than_half_but_for_the_last(tmp_path):
    pages = chain(tmp_path, items(4000))
    assert sum(page.size_bytes < 8_000 for page in pages) <= 1


def test_what_fits_into_one_page_is_one_page_without_a_link(tmp_path):
    (page,) = chain(tmp_path, items(140))
    assert page.size_bytes > 5_000
    assert "nextPageUrl" not in json.loads(page.path.read_bytes())


def test_nothing_at_all_is_one_page_without_items(tmp_path):
    (page,) = chain(tmp_path, [])
    assert json.loads(page.path.read_bytes()) == {**HEAD, "assets": []}


def test_the_same_items_make_the_same_pages(tmp_path):
    first, second = chain(tmp_path / "a", items(1000)), chain(tmp_path / "b", items(1000))
    assert [page.name for page in first] == [page.name for page in second]


@pytest.mark.parametrize(
    "change", [{"changed": {700}}, {"without": {700}}, {"changed": {700, 701}}], ids=["changed", "removed", "two"]
)
def test_a_changed_item_changes_one_page_and_leaves_the_pages_after_it(tmp_path, change):
    old = chain(tmp_path / "old", items(4000))
    new = chain(tmp_path / "new", items(4000, **change), previous=old)
    bodies = {page.body_digest for page in old}
    assert sum(page.body_digest not in bodies for page in new) == 1
    place = next(number for number, page in enumerate(old) if page.body_digest not in {p.body_digest for p in new})
    assert [page.name for page in new[place + 1 :]] == [page.name for page in old[place + 1 :]]
    assert new[0].body_digest not in bodies


def test_an_item_that_changes_again_costs_one_page_and_no_link(tmp_path):
    old = chain(tmp_path / "old", items(4000))
    once = chain(tmp_path / "once", items(4000, changed={700}), previous=old)
    twice = chain(tmp_path / "twice", items(4000, changed={700, 702}), previous=once)
    names = {page.name for page in once}
    assert [page.name in names for page in twice] == [False, *[True] * (len(twice) - 1)]


def test_an_added_item_leaves_all_boundaries_but_its_own_pages(tmp_path):
    old = chain(tmp_path / "old", items(4000, without={700}))
    new = chain(tmp_path / "new", items(4000), previous=old)
    bodies = {page.body_digest for page in old}
    assert sum(page.body_digest not in bodies for page in new) <= 3


def test_a_document_has_its_lists_in_order_and_leaves_empty_ones_out(tmp_path):
    made = [
        FeedItem("series", "S", "series", b'{"id":"S"}'),
        FeedItem("movies", "A", "movie", b'{"id":"A"}'),
        FeedItem("movies", "B", "movie", b'{"id":"B"}'),
    ]
    page, kinds = document(made, lambda: {"providerName": "EDYE"}, ("movies", "series", "tvSpecials"), tmp_path)
    expected = {"providerName": "EDYE", "movies": [{"id": "A"}, {"id": "B"}], "series": [{"id": "S"}]}
    assert json.loads(page.path.read_bytes()) == expected
    assert kinds == {"series": 1, "movie": 2}
    assert page.items == 3
