"""The publications of a feed as a page lists them, and who publishes at the moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from edye_delivery.catalog.feed_records import FeedPage
from edye_delivery.ledger.publication_history import feed_state, newest_publication, publications_of
from edye_delivery.ledger.publications import Publications

AT = datetime(2026, 3, 2, 6, tzinfo=UTC)
PAGE = FeedPage(name="a.json", sha256="a", body_digest="b", size_bytes=100, items=3)


@pytest.fixture
def publications(engine):
    return Publications(engine, lambda: AT, "p", "search", database_now=lambda _: AT)


def begin(publications, run_id, *, is_published=True):
    lease = publications.acquire(run_id)
    number = publications.begin(lease, 0, [PAGE, PAGE], {"movie": 6})
    if is_published:
        publications.mark_published(lease, number)
    publications.release(lease)
    return number


def test_publications_come_newest_first_and_in_pages(engine, publications):
    numbers = [begin(publications, f"run {number}") for number in range(5)]
    with engine.connect() as connection:
        first = publications_of(connection, "p", "search", 3)
        second = publications_of(connection, "p", "search", 3, first[-1].id)
        assert publications_of(connection, "p", "other", 3) == ()
    assert [one.id for one in (*first, *second)] == numbers[::-1]
    assert (first[0].items, first[0].size_bytes, first[0].published_at) == (6, 200, AT)


def test_the_newest_publication_is_the_last_one_that_readers_were_switched_to(engine, publications):
    begin(publications, "run 1")
    begin(publications, "run 2", is_published=False)
    with engine.connect() as connection:
        assert newest_publication(connection, "p", "search").run_id == "run 1"
        assert newest_publication(connection, "p", "other") is None


def test_the_state_names_the_run_that_publishes_now(engine, publications):
    with engine.connect() as connection:
        assert feed_state(connection, "p", "search") is None
    lease = publications.acquire("run 1")
    with engine.connect() as connection:
        state = feed_state(connection, "p", "search")
    assert (state.run_id, state.expires_at) == ("run 1", AT + timedelta(seconds=600))
    publications.release(lease)
    with engine.connect() as connection:
        assert feed_state(connection, "p", "search").run_id is None
