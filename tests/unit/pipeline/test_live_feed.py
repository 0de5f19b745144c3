"""A look at a feed's address says what readers find there, beside what was published, and never reads elsewhere."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime

import pytest

from edye_delivery.catalog.feed_records import FeedPage
from edye_delivery.clients.clock import Clock
from edye_delivery.errors import Transient
from edye_delivery.ledger.publication_history import PastPublication
from edye_delivery.pipeline import live_feed
from edye_delivery.pipeline.live_feed import look_at_feed

AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
FIRST, PAGES = "https://feeds.example/search/feed.json", "https://feeds.example/search/pages/"


class Readers:
    """Pages by address, as readers find them; each reading is counted, and takes some time of the clock."""

    def __init__(self, **pages):
        self.pages, self.read, self.now_s, self.takes_s = dict(pages), [], 0.0, 1.0
        self.clock = Clock(now=lambda: AT, sleep=lambda _: None, random=lambda: 0.5, monotonic=lambda: self.now_s)

    def fetch(self, url, max_bytes, max_s):
        self.read.append(url)
        self.now_s += self.takes_s
        if url not in self.pages:
            raise Transient(f"{url} answered 404 instead of 200")
        return self.pages[url]

    def look(self, newest, *older):
        known = [one for one in (newest, *older) if one]
        return look_at_feed(FIRST, PAGES, newest, known, self.fetch, self.clock)


def a_page(*ids, following=None, **more):
    page = {"version": "1", "assets": [{"id": one, **more} for one in ids]}
    return json.dumps(page | ({"nextPageUrl": following} if following else {})).encode()


def published(number, *contents):
    pages = tuple(
        FeedPage(
            name=f"{number}-{place}.json",
            sha256=hashlib.sha256(content).hexdigest(),
            body_digest="b",
            size_bytes=len(content),
            items=1,
        )
        for place, content in enumerate(contents)
    )
    return PastPublication(number, f"run {number}", number, pages, {"movie": 1}, AT, AT, None)


def two_pages(number=1):
    last = a_page(f"{number}c")
    return a_page(f"{number}a", f"{number}b", following=f"{PAGES}{number}-1.json"), last


def readers_of(number, first, last):
    return Readers(**{FIRST: first, f"{PAGES}{number}-0.json": first, f"{PAGES}{number}-1.json": last})


def test_what_was_published_is_said_to_be_there_page_by_page():
    first, last = two_pages()
    found = readers_of(1, first, last).look(published(1, first, last))
    assert found.is_as_published
    assert [(page.items, page.is_expected) for page in found.pages] == [(2, True), (1, True)]
    assert (found.changes, found.problem) == (None, "")


def test_an_older_publication_is_named_with_what_readers_lack_in_its_first_page():
    old, new = two_pages(1), two_pages(2)
    readers = readers_of(1, *old)
    readers.pages |= {f"{PAGES}2-0.json": new[0]}
    found = readers.look(published(2, *new), published(1, *old))
    assert found.found.run_id == "run 1"
    assert not found.is_as_published
    assert found.changes.first_added == ("1a", "1b")
    assert found.changes.first_removed == ("2a", "2b")


def test_a_page_that_nobody_published_is_of_no_publication():
    first, last = two_pages()
    readers = readers_of(1, first, last)
    readers.pages[FIRST] = a_page("other")
    found = readers.look(published(1, first, last))
    assert found.found is None
    assert (found.changes.added, found.changes.removed) == (1, 2)


def test_another_page_after_the_right_first_one_is_seen():
    first, last = two_pages()
    readers = readers_of(1, first, last)
    readers.pages[f"{PAGES}1-1.json"] = a_page("other")
    found = readers.look(published(1, first, last))
    assert found.is_newest
    assert not found.is_as_published


@pytest.mark.parametrize(
    "address",
    ["http://169.254.169.254/latest", "https://feeds.example/secret", f"{PAGES}../secret", "file:///etc/passwd"],
)
def test_an_address_outside_the_feeds_folder_is_not_read(address):
    first = a_page("a", following=address)
    readers = Readers(**{FIRST: first})
    found = readers.look(published(1, first))
    assert readers.read == [FIRST]
    assert "outside" in found.problem


def test_pages_that_lead_in_a_circle_are_read_at_most_so_often():
    first = a_page("a", following=f"{PAGES}x.json")
    readers = Readers(**{FIRST: first, f"{PAGES}x.json": first})
    found = readers.look(published(1, first))
    assert len(found.pages) == len(readers.read) == live_feed.PAGES_MAX
    assert "more pages" in found.problem


def test_a_look_ends_with_its_time():
    first = a_page("a", following=f"{PAGES}x.json")
    readers = Readers(**{FIRST: first, f"{PAGES}x.json": first})
    readers.takes_s = live_feed.TIME_MAX_S
    found = readers.look(published(1, first))
    assert len(readers.read) == 1
    assert "at most 20 s" in found.problem


@pytest.mark.parametrize("content", [b"", b"<html>", b"[1]", b'{"assets": 7}', b"\xff\xfe", b'{"nextPageUrl": 7}'])
def test_what_is_no_feed_is_said_in_words(content):
    found = Readers(**{FIRST: content, f"{PAGES}1-0.json": a_page("a")}).look(published(1, a_page("a")))
    assert found.found is None
    assert len(found.pages) == 1


def test_an_address_without_a_page_gives_the_reason():
    found = Readers().look(published(1, a_page("a")))
    assert found.pages == ()
    assert "404" in found.problem
    assert not found.is_as_published


def test_a_feed_that_was_never_published_has_nothing_to_be_compared_with():
    found = Readers(**{FIRST: a_page("a")}).look(None)
    assert (found.found, found.changes, found.is_newest) == (None, None, False)


def test_pages_that_are_missing_at_the_end_are_noticed():
    first, last = a_page("a"), a_page("b")
    found = Readers(**{FIRST: first}).look(published(1, first, last))
    assert found.problem == "pages of the publication are missing at the end"
    assert found.is_newest
