"""A media address is read again: which address is taken, and how often the catalogue is asked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.window import Window
from edye_delivery.errors import AuthRefused, Transient
from edye_delivery.pipeline.fresh_address import AROUND, NO_FRESH_SOURCES, READING_MAX_AGE_S, FreshAddresses
from tests.builders import a_movie, an_episode, episode_item
from tests.unit.pipeline.builders import ANNEX

EPISODE = an_episode()
PLAN = plan_of(ANNEX, EPISODE)
FRESH = "http://media.example/ep-1.mp4?sig=b"


class Catalogue:
    """The lists of one moment, which a test sets; `error` instead of an answer."""

    def __init__(self, *items, error=None):
        self.items, self.error, self.asked = {item["id"]: item for item in items}, error, []

    def _list(self, kind, window):
        self.asked.append((kind, window))
        if self.error is not None:
            raise self.error
        return dict(self.items)

    def shows(self, window):
        return self._list("shows", window)

    def episodes(self, window):
        return self._list("episodes", window)


class Seconds:
    at = 0.0

    def __call__(self):
        return self.at


def item_at(url, **changes):
    source = {"file": url, "type": "video/mp4", "height": 720, "filesize": 9}
    return episode_item(sources=[source | changes])


@pytest.mark.parametrize(
    ("items", "url"),
    [
        ([item_at(FRESH)], FRESH),
        ([item_at(PLAN.media.file)], None),
        ([item_at("http://media.example/other.mp4?sig=b")], None),
        ([item_at(FRESH, filesize=10)], None),
        ([episode_item(sources=[])], None),
        ([episode_item(titles=5)], None),
        ([], None),
    ],
    ids=["another", "the same", "another file", "another version", "no file", "malformed", "gone"],
)
def test_only_the_very_file_of_the_plan_at_another_address_is_a_fresh_source(items, url):
    source = FreshAddresses(ANNEX, Catalogue(*items)).source_of(PLAN)
    assert (source.file if source else None) == url


@pytest.mark.parametrize("error", [Transient("503"), AuthRefused("401")], ids=["transient", "auth"])
def test_a_catalogue_that_cannot_be_read_gives_no_address_and_the_log_says_so(error, caplog):
    assert FreshAddresses(ANNEX, Catalogue(error=error)).source_of(PLAN) is None
    assert PLAN.external_id in caplog.text
    assert str(error) in caplog.text


def test_a_bug_is_no_missing_address():
    with pytest.raises(ZeroDivisionError):
        FreshAddresses(ANNEX, Catalogue(error=ZeroDivisionError())).source_of(PLAN)


@pytest.mark.parametrize(("title", "kind"), [(EPISODE, "episodes"), (a_movie(), "shows")], ids=["episode", "movie"])
def test_the_list_of_the_titles_kind_is_asked_for_its_moment_alone(title, kind):
    catalogue = Catalogue()
    FreshAddresses(ANNEX, catalogue).source_of(plan_of(ANNEX, title))
    at = title.updated_at
    assert catalogue.asked == [(kind, Window(at - AROUND, at + AROUND))]


@pytest.mark.parametrize("error", [None, Transient("503")], ids=["answered", "failed"])
@pytest.mark.parametrize(("after_s", "looks"), [(0.0, 1), (READING_MAX_AGE_S - 0.1, 1), (READING_MAX_AGE_S, 2)])
def test_one_reading_stands_a_minute_for_all_titles_of_its_moment_failures_too(error, after_s, looks):
    seconds, catalogue = Seconds(), Catalogue(item_at(FRESH), error=error)
    addresses = FreshAddresses(ANNEX, catalogue, seconds)
    first = addresses.source_of(PLAN)
    seconds.at = after_s
    other = plan_of(ANNEX, an_episode(id="ep-2"))
    assert addresses.source_of(other) is None
    assert addresses.source_of(PLAN) == first
    assert len(catalogue.asked) == looks
    assert (first is None) is (error is not None)


def test_after_a_minute_a_failure_may_have_healed_and_an_address_may_be_newer():
    seconds, catalogue = Seconds(), Catalogue(item_at(FRESH), error=Transient("503"))
    addresses = FreshAddresses(ANNEX, catalogue, seconds)
    assert addresses.source_of(PLAN) is None
    catalogue.error, seconds.at = None, READING_MAX_AGE_S
    assert addresses.source_of(PLAN).file == FRESH
    catalogue.items, seconds.at = {"ep-1": item_at(f"{FRESH}c")}, 2 * READING_MAX_AGE_S
    assert addresses.source_of(PLAN).file == f"{FRESH}c"


def test_titles_of_two_moments_and_of_two_kinds_are_two_readings():
    catalogue = Catalogue()
    addresses = FreshAddresses(ANNEX, catalogue, Seconds())
    titles = [EPISODE, an_episode(updated_at="2026-03-01T12:00:01Z"), a_movie(updated_at="2026-03-01T12:00:00Z")]
    for title in titles * 2:
        addresses.source_of(plan_of(ANNEX, title))
    assert len(catalogue.asked) == 3


@pytest.mark.parametrize("at", [datetime.min, datetime.max], ids=["first", "last"])
def test_a_moment_at_the_end_of_time_has_no_reading_and_costs_its_title_alone(at):
    title = EPISODE.model_copy(update={"updated_at": at.replace(tzinfo=UTC)})
    assert FreshAddresses(ANNEX, Catalogue()).source_of(plan_of(ANNEX, title)) is None


def test_a_step_that_reads_nothing_again_has_no_address():
    assert NO_FRESH_SOURCES.source_of(PLAN) is None
