"""Pages are linted by several workers at once, in the order of the feed; a worker that ends costs no verdict."""

from __future__ import annotations

import pytest

from edye_delivery.catalog.jobs import run_here
from edye_delivery.clients.workers import Workers
from edye_delivery.errors import PictureBroken, Transient
from edye_delivery.feeds.lint.page_parser import FeedUnusable
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.pipeline.lint_pages import PageLinter
from tests.artifacts import Artifacts
from tests.builders import the_annex
from tests.ending_worker import SecondEnds
from tests.unit.feeds.search_feeds import NOW_MS, a_movie, a_page, encoded, linted, page_name

PAGES = [a_page(a_movie(), genres=number) for number in range(7)]
NAMES = [page_name(number + 1) for number in range(len(PAGES))]
STORE = Artifacts(zip(NAMES, map(encoded, PAGES), strict=True))


def lint(names=NAMES, store=STORE, run=run_here, at_once=3):
    return PageLinter(Profile.SCHEMA, NOW_MS, run, at_once).lint(names, store)


def test_worker_processes_find_what_one_process_finds():
    with Workers(the_annex().images, at_once=2) as workers:
        assert lint(run=workers.run, at_once=workers.at_once) == linted(PAGES).findings


@pytest.mark.parametrize("at_once", [1, 2, 7, 20])
def test_pages_are_put_together_in_their_order_however_many_are_read_at_once(at_once):
    assert lint(at_once=at_once) == linted(PAGES).findings


@pytest.mark.parametrize("error", [PictureBroken("the worker crashed"), Transient("it was killed")])
def test_a_page_whose_worker_ends_is_read_here(error):
    run = SecondEnds(error)
    assert lint(run=run) == linted(PAGES).findings
    assert run.count == len(PAGES)


def test_a_feed_of_one_page_needs_no_worker():
    def nobody(*_):
        raise AssertionError("a worker was asked")

    assert lint(NAMES[:1], run=nobody) == linted(PAGES[:1]).findings


def test_a_page_that_cannot_be_read_is_named():
    with pytest.raises(FeedUnusable, match=r"page-3\.json is not usable JSON"):
        lint(store=Artifacts(STORE | {NAMES[2]: b"{"}))


def test_only_as_many_pages_as_are_read_at_once_are_in_memory():
    asked, read = [], []

    class Store(Artifacts):
        def get(self, name):
            asked.append(name)
            assert len(asked) - len(read) <= 1
            return super().get(name)

    def run(*job):
        answer = run_here(*job)
        read.append(job)
        return answer

    lint(store=Store(STORE), run=run, at_once=1)
    assert asked == NAMES
