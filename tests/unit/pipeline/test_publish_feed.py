"""The publication of a feed: assembled, linted, read back, switched, and never replaced by an older state."""

from __future__ import annotations

import hashlib
import json

import pytest

from edye_delivery.catalog.feed_records import LintedFeed, RuleCount
from edye_delivery.catalog.order import Accepted, place_of
from edye_delivery.errors import FeedRefused
from edye_delivery.feeds.publish.publish import FIRST_PAGE, PAGES
from edye_delivery.ledger.offers import Offer, offer_version, raise_version
from edye_delivery.ledger.publications import Publications
from edye_delivery.pipeline import publisher_lease
from edye_delivery.pipeline.feeds import DraftPageGone, DraftPages, draft_feed, lint_draft, read_back, refuse_errors
from edye_delivery.pipeline.publish_feed import (
    LEASES,
    ROUNDS,
    FeedOverwritten,
    FeedPublisher,
    OfferUnsteady,
)
from edye_delivery.pipeline.publisher_lease import LOOK_EVERY_S, FeedBusy
from tests.artifacts import Artifacts
from tests.stored import stored
from tests.unit.pipeline.builders import ANNEX, PARTNER, a_request, movie

SPEC = ANNEX.feeds[0].model_copy(update={"page_max_bytes": 6_000, "keep_old_s": 3600})
URL = "https://feeds.example/"


class Bucket(dict):
    """A bucket in memory; `after_switch` is what happens when the first page was replaced."""

    def __init__(self):
        super().__init__()
        self.after_switch = lambda: None

    def url(self, name):
        return URL + name

    def sha256_of(self, name):
        return hashlib.sha256(self[name]).hexdigest() if name in self else None

    etag_of = sha256_of

    def put(self, name, content, sha256, cache_control):
        self[name] = content

    def replace(self, name, content, sha256, cache_control, etag):
        if self.etag_of(name) != etag:
            return False
        self[name] = content
        self.after_switch()
        return True

    def delete(self, names):
        for name in names:
            self.pop(name, None)


def movies(count, changed=()):
    return [
        movie(
            number,
            titles={"en": f"Number {number}{' changed' if number in changed else ''}"},
            synopsis_short={"en": "A kite flies over four villages. " * 5},
            images=[{"kind": "key_art", "url": f"https://media.example/{number}.jpg"}],
            release_date="2025-01-01",
        )
        for number in range(count)
    ]


class Desk:
    """One feed of a partner whose offer a test sets."""

    def __init__(self, engine, pauses):
        self.engine, self.pauses, self.bucket, self.offered = engine, pauses, Bucket(), []
        self.publications = Publications(engine, pauses.time, PARTNER, SPEC.name, database_now=lambda _: pauses.time.at)
        self.pages, self.assembled = Artifacts(), 0

    def offer(self, titles, *, removed=False):
        with self.engine.begin() as connection:
            raise_version(connection, PARTNER, "A", removed=removed)
        self.offered = [Accepted(title.title_id, title) for title in sorted(titles, key=place_of)]

    def draft(self, before_page=lambda: None):
        self.assembled += 1
        before_page()
        with self.engine.connect() as connection:
            offer = Offer(offer_version(connection, PARTNER).version, iter(stored(self.offered)))
        return draft_feed(
            ANNEX, SPEC, offer, self.publications.current(), self.bucket.url(PAGES), self.pages, self.pauses.time()
        )

    def fetch(self, url):
        return self.bucket[url.removeprefix(URL)]

    def publisher(self, run_id="run-1", fetch=None):
        return FeedPublisher(
            SPEC, run_id, self.bucket, self.publications, self.pages, fetch or self.fetch, self.draft, self.pauses.clock
        )

    def publish(self, titles, run_id="run-1", **changes):
        self.offer(titles, **changes)
        return self.publisher(run_id).publish(self.draft())

    def read(self):
        """The names in the chain as readers follow it."""
        url, found = URL + FIRST_PAGE, []
        while url is not None:
            page = json.loads(self.fetch(url))
            found += [asset["titles"][0]["value"] for asset in page["assets"]]
            url = page.get("nextPageUrl")
        return sorted(found)


@pytest.fixture
def desk(engine, pauses):
    return Desk(engine, pauses)


def names(count, changed=()):
    return sorted(f"Number {number}{' changed' if number in changed else ''}" for number in range(count))


def test_a_draft_has_the_version_of_the_offer_its_kinds_and_its_pages_in_the_store(desk):
    desk.offer(movies(20))
    draft = desk.draft()
    assert len(draft.pages) > 1
    assert (draft.feed, draft.version, draft.kinds) == (
        SPEC.name,
        desk.publications.offer_version().version,
        {"movie": 20},
    )
    assert sum(page.items for page in draft.pages) == 20
    for page in draft.pages:
        content = desk.pages[page.name]
        assert (page.sha256, page.size_bytes) == (hashlib.sha256(content).hexdigest(), len(content))


def test_pages_of_a_draft_lie_among_their_runs_files_and_each_access_is_announced():
    store, calls = Artifacts(), []
    pages = DraftPages(store, a_request(), "search", lambda: calls.append("page"))
    pages.put_once("a.json", b"first")
    pages.put_once("a.json", b"second")
    assert (pages.get("a.json"), len(calls)) == (b"first", 3)
    with pytest.raises(DraftPageGone, match=r"a\.json of the draft of the feed search is not in the bucket"):
        DraftPages(store, a_request(run_id="run-2"), "search").get("a.json")
    assert DraftPages(store, a_request(run_id="run-2"), "search", read_published=str.encode).get("a.json") == b"a.json"


def test_a_draft_without_errors_is_linted_clean_and_one_that_is_broken_is_not(desk):
    desk.offer(movies(3))
    draft, now = desk.draft(), desk.pauses.time()
    assert lint_draft(draft, desk.pages, now).errors == 0
    broken = {name: content.replace(b'"Number 1"', b'""') for name, content in desk.pages.items()}
    assert lint_draft(draft, Artifacts(broken), now).errors > 0


@pytest.mark.parametrize("number", [0, 1], ids=["first", "second"])
def test_a_page_that_comes_back_other_than_it_was_sent_refuses_the_feed(desk, number):
    desk.offer(movies(20))
    draft = desk.draft()
    pages = {URL + PAGES + page.name: desk.pages[page.name] for page in draft.pages}
    url = URL + PAGES + draft.pages[0].name
    read_back(draft, url, pages.__getitem__)
    other = pages | {URL + PAGES + draft.pages[number].name: b"{}"}
    with pytest.raises(FeedRefused, match=f"page {number + 1} "):
        read_back(draft, url, other.__getitem__)


def a_rule(severity, code):
    return RuleCount(code=code, name="genre-unknown", severity=severity, owner="Design", count=3, examples=("EDYE_1",))


def test_a_feed_with_errors_is_refused_by_their_rules_and_warnings_alone_refuse_nothing():
    refuse_errors("search", "as assembled", LintedFeed(errors=0, warnings=3, rules=(a_rule("warning", "FEED507"),)))
    rules = (a_rule("error", "FEED013"), a_rule("warning", "FEED507"))
    with pytest.raises(FeedRefused) as raised:
        refuse_errors("search", "as assembled", LintedFeed(errors=3, warnings=3, rules=rules))
    for word in ("search", "FEED013", "x3", "Design", "EDYE_1"):
        assert word in str(raised.value)
    assert "FEED507" not in str(raised.value)


def test_readers_get_what_is_offered_and_a_second_run_switches_nothing(desk):
    published = desk.publish(movies(20))
    assert desk.read() == names(20)
    assert (published.url, published.switched, published.changes.added) == (URL + FIRST_PAGE, True, 20)
    again = desk.publisher("run-2").publish(desk.draft())
    assert (again.switched, again.uploaded, again.deleted) == (False, (), 0)


def test_changes_since_the_publication_before_are_counted_and_only_new_pages_uploaded(desk):
    desk.publish(movies(20))
    second = desk.publish(movies(20, changed=(19,)), "run-2")
    assert desk.read() == names(20, changed=(19,))
    assert (second.changes.added, second.changes.changed, second.changes.removed) == (0, 1, 0)
    assert 0 < len(second.uploaded) <= 20


def test_pages_of_the_old_chain_stay_for_its_grace_period_and_are_deleted_then(desk):
    desk.publish(movies(5))
    old = set(desk.bucket)
    assert desk.publish(movies(6), "run-2").deleted == 0
    assert old <= set(desk.bucket)
    desk.pauses.time.pass_by(SPEC.keep_old_s + 1)
    assert desk.publish(movies(7), "run-3").deleted > 0
    assert desk.read() == names(7)


def test_an_empty_offer_publishes_nothing_and_never_empties_a_feed(desk):
    assert desk.publish([]).switched is False
    assert desk.bucket == {}
    desk.publish(movies(2), "run-2")
    with pytest.raises(FeedRefused, match=" 2 items"):
        desk.publish([], "run-3")
    assert desk.read() == names(2)


def test_a_stale_draft_is_assembled_again_and_readers_get_the_newer_offer(desk):
    desk.offer(movies(2))
    stale = desk.draft()
    desk.offer(movies(3))
    assert desk.publisher().publish(stale).switched is True
    assert (desk.assembled, desk.read()) == (2, names(3))


def test_a_stale_draft_is_not_needed_where_another_run_has_published_the_newer_offer(desk):
    desk.offer(movies(2))
    stale = desk.draft()
    desk.publish(movies(3), "run-2")
    left = desk.publisher("run-1").publish(stale)
    assert (left.switched, desk.assembled) == (False, 2)
    assert "run-2" in left.detail
    assert desk.read() == names(3)


def test_a_title_that_is_withdrawn_while_its_page_goes_up_is_not_switched_to(desk):
    desk.offer(movies(3))
    draft, withdrawn = desk.draft(), []

    def fetch(url):
        if not withdrawn:
            withdrawn.append(url)
            desk.offer(movies(2), removed=True)
        return desk.fetch(url)

    assert desk.publisher(fetch=fetch).publish(draft).switched is True
    assert desk.read() == names(2)


def test_a_title_that_is_accepted_while_the_pages_go_up_is_in_the_feed_that_is_switched_to(desk):
    desk.offer(movies(2))
    draft, accepted = desk.draft(), []

    def fetch(url):
        if not accepted:
            accepted.append(url)
            desk.offer(movies(3))
        return desk.fetch(url)

    assert desk.publisher(fetch=fetch).publish(draft).switched is True
    assert (desk.assembled, desk.read()) == (2, names(3))


def test_an_offer_that_loses_titles_in_every_round_ends_the_try_with_the_old_feed(desk):
    desk.publish(movies(9))
    count = [9]

    def fetch(url):
        count[0] -= 1
        desk.offer(movies(count[0]), removed=True)
        return desk.fetch(url)

    desk.offer(movies(9, changed=(1,)))
    with pytest.raises(OfferUnsteady):
        desk.publisher("run-2", fetch).publish(desk.draft())
    assert desk.assembled == 2 + ROUNDS - 1
    assert desk.read() == names(9)


def test_a_feed_that_another_run_publishes_is_waited_for(desk):
    lease = desk.publications.acquire("run-2")
    desk.pauses.during = lambda: desk.publications.release(lease)
    desk.publish(movies(2))
    assert desk.pauses.noted == [LOOK_EVERY_S]
    assert desk.read() == names(2)


def test_a_feed_that_another_run_does_not_let_go_is_left_to_it_in_the_end(desk, monkeypatch):
    monkeypatch.setattr(publisher_lease, "WAIT_MAX_S", 4 * LOOK_EVERY_S)
    lease = desk.publications.acquire("run-2")
    desk.pauses.during = lambda: desk.publications.renew(lease)
    with pytest.raises(FeedBusy, match="run-2"):
        desk.publish(movies(2))
    assert desk.pauses.noted == [LOOK_EVERY_S] * 4
    assert desk.bucket == {}


@pytest.mark.parametrize(("times", "ends_well"), [(1, True), (LEASES, False)])
def test_a_first_page_that_somebody_overwrites_is_published_again_so_many_times(desk, times, ends_well):
    left = [times]

    def overwrite():
        if left[0]:
            left[0] -= 1
            desk.bucket[FIRST_PAGE] = b"somebody else's"

    desk.bucket.after_switch = overwrite
    if ends_well:
        desk.publish(movies(2))
        assert desk.read() == names(2)
    else:
        with pytest.raises(FeedOverwritten):
            desk.publish(movies(2))
    assert desk.publications.acquire("run-9") is not None


def test_the_lease_is_let_go_however_the_try_ends(desk):
    desk.offer(movies(2))
    with pytest.raises(FeedRefused):
        desk.publisher(fetch=lambda url: b"{}").publish(desk.draft())
    assert FIRST_PAGE not in desk.bucket
    assert desk.publications.acquire("run-2") is not None
