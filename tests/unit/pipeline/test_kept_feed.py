"""What is kept of a published feed: the next assembly starts from it, or says why it does not."""

from __future__ import annotations

import logging
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from edye_delivery.catalog.artifact_names import feed_base_name
from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.feeds.publish.publish import FIRST_PAGE, PAGES
from edye_delivery.ledger import offer_changes
from edye_delivery.ledger.needed_files import bases_of_feeds
from edye_delivery.ledger.offer_changes import prune_changes
from edye_delivery.ledger.publications import Publications
from edye_delivery.ledger.tables import OFFER_CHANGES
from edye_delivery.ledger.withdrawals import Withdrawals
from edye_delivery.pipeline import kept_feed
from edye_delivery.pipeline.feeds import lint_draft
from edye_delivery.pipeline.kept_feed import files_of
from edye_delivery.pipeline.publish_feed import FeedPublisher
from tests.artifacts import Artifacts
from tests.kept_feeds import DraftFiles, draft_by_changes
from tests.unit.pipeline.builders import ANNEX, PARTNER, bring, plan_for
from tests.unit.pipeline.test_publish_feed import SPEC, URL, Bucket

WHOLE = {
    "synopsis_short": {"en": "A kite flies over four villages. " * 5},
    "images": [{"kind": "key_art", "url": "https://media.example/1.jpg"}],
    "release_date": "2025-01-01",
}


class Store(Bucket):
    """The bucket, as the S3 store reads it."""

    get = dict.get


class Feed:
    """One feed of a partner with a real ledger."""

    def __init__(self, ledger, engine, pauses):
        self.ledger, self.engine, self.pauses, self.bucket = ledger, engine, pauses, Store()
        self.publications = Publications(engine, pauses.time, PARTNER, SPEC.name, database_now=lambda _: pauses.time.at)
        self.kept, self.annex, self.runs, self.plans = Artifacts(), ANNEX, 0, {}

    def accept(self, number, **changes):
        self.runs += 1
        title = {"titles": {"en": f"Number {number}"}} | WHOLE | changes
        self.plans[number] = plan_for(number, **title)
        bring(self.ledger, self.plans[number], DeliveryState.ACCEPTED, run_id=f"deliver-{self.runs}")

    def refresh(self, number, **changes):
        """The catalogue says something else of an accepted title, under the same external_id."""
        new = plan_for(number, **({"titles": {"en": f"Number {number}"}} | WHOLE | changes))
        fields = {"title": new.title, "revision": new.revision}
        self.ledger.refresh(PARTNER, self.plans[number].model_copy(update=fields))

    def draft(self, pages=None, **how):
        pages = pages if pages is not None else DraftFiles(self.bucket)
        return draft_by_changes(
            self.annex, SPEC, self.ledger, self.publications, self.bucket, self.kept, pages, self.pauses.time(), **how
        )

    def publish(self):
        pages = DraftFiles(self.bucket)
        draft = self.draft(pages)
        assert lint_draft(draft, pages, self.pauses.time()).errors == 0
        publisher = FeedPublisher(
            SPEC, "run", self.bucket, self.publications, pages, lambda url: self.bucket[url.removeprefix(URL)],
            lambda _: self.draft(pages), self.pauses.clock,
        )  # fmt: skip
        return publisher.publish(draft)

    def is_the_full_one(self):
        """Whether the draft by what changed writes no more than a full assembly, which it is in every byte."""
        own, whole = DraftFiles(self.bucket), DraftFiles(self.bucket)
        changed, full = self.draft(own), self.draft(whole, is_full=True)
        assert changed == full
        assert [own.get(page.name) for page in changed.pages] == [whole.get(page.name) for page in full.pages]
        return len(own) <= len(whole)

    def written(self, caplog):
        """How many pages the next draft writes, and what its log says."""
        caplog.clear()
        caplog.set_level(logging.INFO, logger="edye_delivery")
        pages = DraftFiles(self.bucket)
        self.draft(pages)
        return len(pages), caplog.text


@pytest.fixture
def feed(ledger, engine, pauses):
    made = Feed(ledger, engine, pauses)
    for number in range(20):
        made.accept(number)
    made.publish()
    assert len(made.publications.current()) > 5
    return made


def test_without_a_change_nothing_is_written_and_readers_keep_what_they_have(feed, caplog):
    before = dict(feed.bucket)
    assert feed.written(caplog)[0] == 0
    assert feed.publish().switched is False
    assert feed.bucket == before


@pytest.mark.parametrize("number", [0, 7, 19])
def test_a_changed_title_writes_its_page_and_the_links_before_it_and_is_found_by_readers(feed, number):
    feed.accept(number, titles={"en": "Quite another"})
    assert feed.is_the_full_one()
    published = feed.publish()
    assert (published.changes.added, published.changes.changed, published.changes.removed) == (0, 1, 0)
    assert b"Quite another" in feed.bucket[FIRST_PAGE]


def test_a_title_that_comes_goes_ends_or_moves_to_another_show_is_seen(feed, pauses):
    feed.accept(31)
    assert feed.is_the_full_one()
    assert feed.publish().changes.added == 1
    withdrawals = Withdrawals(feed.engine, pauses.time, PARTNER)
    withdrawals.begin(feed.plans[3].delivery_key, "w-1", "the rights ended", None)
    assert feed.is_the_full_one()
    assert feed.publish().changes.removed == 1
    feed.refresh(5, title_id="ANOTHER_SHOW")
    assert feed.is_the_full_one()
    moved = feed.publish().changes
    assert (moved.added, moved.removed) == (1, 1)
    feed.refresh(6, availability={"start": None, "end": (pauses.time.at + timedelta(days=9)).isoformat()})
    assert feed.publish().changes.changed == 1
    pauses.time.pass_by(10 * 86400)
    assert feed.is_the_full_one()
    assert feed.publish().changes.removed == 1


def test_what_the_titles_lose_is_counted_as_in_a_full_assembly(feed):
    feed.refresh(8, genres=["western"])
    assert feed.is_the_full_one()
    feed.publish()
    feed.refresh(15, tags=["a tag of more than twenty"])
    assert feed.is_the_full_one()


def another_program(feed, monkeypatch):
    monkeypatch.setattr(kept_feed, "_program_digest", lambda: "another")


def another_annex(feed, monkeypatch):
    feed.annex = ANNEX.model_copy(update={"schedule": "0 1 * * *"})


def a_page_gone(feed, monkeypatch):
    del feed.bucket[PAGES + feed.publications.current()[-1].name]


def a_foreign_page(feed, monkeypatch):
    """The page that changes is overwritten, and the store still says that it has the digest of before."""
    page = next(one for one in feed.publications.current() if b"Number 19" in feed.bucket[PAGES + one.name])
    known, name = feed.bucket.sha256_of, PAGES + page.name
    feed.bucket[name] = feed.bucket[name].replace(b"Number", b"Nobody")
    monkeypatch.setattr(feed.bucket, "sha256_of", lambda one: page.sha256 if one == name else known(one))


def an_index_gone(feed, monkeypatch):
    for name in list(feed.kept):
        if feed.publications.newest().kept not in name:
            del feed.kept[name]


def a_spoiled_index(feed, monkeypatch):
    for name in list(feed.kept):
        if feed.publications.newest().kept not in name:
            feed.kept[name] = b"[]"


def nothing_kept(feed, monkeypatch):
    feed.kept.clear()


def garbage_kept(feed, monkeypatch):
    feed.kept[feed_base_name(PARTNER, SPEC.name, feed.publications.newest().kept)] = b"{}"


def changes_deleted(feed, monkeypatch):
    monkeypatch.setattr(offer_changes, "VERSIONS_KEPT", 0)
    assert prune_changes(feed.engine, PARTNER, deletes=False) > 20
    assert prune_changes(feed.engine, PARTNER, deletes=True) > 20


def a_change_that_nobody_noted(feed, monkeypatch):
    """Between two that are noted: as an older program does that still runs."""
    feed.accept(3, titles={"en": "Not noted"})
    feed.accept(4, titles={"en": "Noted"})
    with feed.engine.begin() as connection:
        newest = connection.execute(select(func.max(OFFER_CHANGES.c.version))).scalar_one()
        connection.execute(delete(OFFER_CHANGES).where(OFFER_CHANGES.c.version == newest - 1))


def too_many_changed(feed, monkeypatch):
    monkeypatch.setattr(offer_changes, "SHOWS_MAX", 0)


def the_clock_set_back(feed, monkeypatch):
    feed.pauses.time.pass_by(-3600)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (another_program, "annex, program or address is another"),
        (another_annex, "annex, program or address is another"),
        (a_page_gone, "is gone from the bucket"),
        (a_foreign_page, "is not in the bucket as it was published"),
        (an_index_gone, "is gone from the artifact store"),
        (a_spoiled_index, "is not what was written"),
        (nothing_kept, "is gone from the artifact store"),
        (garbage_kept, "is not what was written"),
        (changes_deleted, "it is not known what has changed"),
        (a_change_that_nobody_noted, "it is not known what has changed"),
        (too_many_changed, "it is not known what has changed"),
        (the_clock_set_back, "the clock is behind"),
    ],
)
def test_a_full_assembly_runs_by_itself_where_it_is_needed_and_the_log_says_why(
    feed, monkeypatch, caplog, spoil, words
):
    feed.accept(19, titles={"en": "Quite another"})
    spoil(feed, monkeypatch)
    written, said = feed.written(caplog)
    assert "assembled in full" in said
    assert words in said
    assert written == len(feed.draft().pages)


def test_a_publication_of_an_earlier_program_is_followed_by_a_full_assembly(feed, caplog):
    newest = feed.publications.newest()
    lease = feed.publications.acquire("run-2")
    number = feed.publications.begin(lease, newest.version, newest.pages, {})
    feed.publications.mark_published(lease, number)
    feed.publications.release(lease)
    assert "nothing is kept of an earlier one" in feed.written(caplog)[1]


def test_a_page_that_is_deleted_after_the_draft_costs_another_assembly_and_the_feed_is_whole(feed):
    feed.accept(19, titles={"en": "Quite another"})
    pages = DraftFiles(feed.bucket)
    draft = feed.draft(pages)
    gone = next(page.name for page in draft.pages if page.name not in pages)
    del feed.bucket[PAGES + gone]
    publisher = FeedPublisher(
        SPEC, "run-2", feed.bucket, feed.publications, pages, lambda url: feed.bucket[url.removeprefix(URL)],
        lambda _: feed.draft(pages), feed.pauses.clock,
    )  # fmt: skip
    assert publisher.publish(draft).switched is True
    assert sum(page.items for page in feed.publications.current()) == 20
    assert all(PAGES + page.name in feed.bucket for page in feed.publications.current())


def test_all_that_the_next_assembly_needs_is_named_so_that_pruning_leaves_it(feed):
    feed.accept(19, titles={"en": "Quite another"})
    feed.publish()
    with feed.engine.connect() as connection:
        kept = bases_of_feeds(connection, PARTNER)
    needed = files_of(feed.kept, PARTNER, [*kept, (SPEC.name, "unknown.json")])
    assert len(kept) == 2
    assert set(feed.kept) <= needed
    feed.accept(3, titles={"en": "One more"})
    assert feed.is_the_full_one()


def test_each_look_at_a_published_page_renews_the_lease(feed):
    renewed = []
    feed.draft(before_page=lambda: renewed.append("page"))
    assert len(renewed) == len(feed.publications.current())
    feed.accept(19, titles={"en": "Quite another"})
    renewed.clear()
    feed.draft(before_page=lambda: renewed.append("page"))
    assert len(renewed) > len(feed.publications.current())
