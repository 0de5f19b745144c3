"""Publishing a generation: what readers find after each change of the ledger, one publisher at a time, also killed."""

import random
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.model import Annex
from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.exposed_thumbnail import ExposedThumbnail
from edye_delivery.catalog.vocabulary import Cause, Channel, DeliveryState, ListName
from edye_delivery.clients.clock import Clock
from edye_delivery.delivery_api.generations.partner import Partner
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.exposures import Exposures
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.publications import Publications
from edye_delivery.ledger.withdrawals import Withdrawals
from edye_delivery.pipeline import publish_generation
from edye_delivery.pipeline.publish_generation import FEED, GenerationPublisher, OfferUnsteady
from edye_delivery.pipeline.publisher_lease import WAIT_MAX_S, FeedBusy
from tests.builders import a_movie, an_episode, annex_content

START = datetime(2026, 3, 5, tzinfo=UTC)
USERS = {"catalogue": {"endpoints": ["shows", "episodes"]}, "player": {"endpoints": ["feed"]}}
WIDE = ExposedThumbnail(
    name="landscape_16x9", url="https://media.example/a.jpg", width=800, height=450, type="image/jpeg", sha256="0" * 64
)


def annex_of(**pull):
    content = annex_content() | {"partner": "shelf", "api": None, "ftp": None, "feeds": []}
    return pull_annex_of(
        Annex.model_validate(content | {"pull": {"users": USERS, "check": {"user": "catalogue"}} | pull})
    )


class Shelf:
    """One partner that pulls: its ledger, its folder of generations, and a clock that the test moves."""

    def __init__(self, folder, annex=None):
        self.annex, self.at, self.pauses = annex or annex_of(), START, []
        self.engine = open_engine(f"sqlite:///{folder}/ledger.sqlite")
        self.ledger = Ledger(self.engine, self.now)
        self.store = FolderStore(folder / "api")
        self.exposures = Exposures(self.engine, self.annex.partner)
        self.clock = Clock(now=self.now, sleep=self.pauses.append, random=random.Random(1).random)

    def now(self):
        self.at += timedelta(milliseconds=10)
        return self.at

    def publications(self):
        return Publications(self.engine, self.now, self.annex.partner, FEED)

    def publisher(self, run_id="run-1", **more):
        values = {"annex": self.annex, "run_id": run_id, "store": self.store, "exposures": self.exposures}
        return GenerationPublisher(**values | {"publications": self.publications(), "clock": self.clock} | more)

    def publish(self):
        return self.publisher().publish()

    def expose(self, title, run_id="run-1"):
        plan = plan_of(self.annex, title)
        self.ledger.plan(self.annex.partner, run_id, [plan], Channel.PULL)
        self.ledger.begin_send(plan.delivery_key, run_id, Channel.PULL)
        self.exposures.put(plan, [WIDE])
        self.ledger.mark_received(plan.delivery_key, f"exposure-{plan.delivery_key[:16]}", 0, 0.1)
        return plan

    def accept(self, title, run_id="run-1"):
        plan = self.expose(title, run_id)
        self.ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
        self.ledger.accept(self.annex.partner, plan, [])
        return plan

    def seen(self, name, after=None):
        """What a reader of the list finds: by id its item, or None for a tombstone."""
        generation = Partner(self.store, self.annex.partner, lambda: 0.0).current()
        selection = generation.select(name, after=after, now_ms=int(self.at.timestamp() * 1000))
        items = orjson.loads(b"[" + selection.page(0, 1000).body + b"]")
        return {item["id"]: None if item.get("deleted") else item for item in items}

    def delta(self, name, number):
        """What changed in a list since an earlier generation."""
        earlier = Partner(self.store, self.annex.partner, lambda: 0.0).at(number)
        return self.seen(name, earlier.checkpoint)


@pytest.fixture
def shelf(tmp_path):
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.engine.dispose()


def test_readers_find_the_accepted_titles_and_those_that_are_to_be_checked(shelf):
    shelf.accept(an_episode())
    shelf.expose(a_movie())
    published = shelf.publish()
    assert (published.number, published.is_new, published.is_full) == (1, True, True)
    assert published.items == {"shows": 2, "episodes": 1, "entries": 2}
    assert shelf.seen(ListName.SHOWS).keys() == {"show-1", "movie-1"}
    assert shelf.seen(ListName.EPISODES)["ep-1"]["external_id"] == "EDYE_PLANETA_S01E03_ES"


def test_without_a_change_readers_keep_their_generation(shelf):
    shelf.accept(a_movie())
    first = shelf.publish()
    again = shelf.publish()
    assert (again.number, again.is_new, again.bytes_written) == (first.number, False, 0)


def test_acceptance_changes_nothing_for_readers(shelf):
    plan = shelf.expose(a_movie())
    first = shelf.publish()
    shelf.ledger.observe(plan.delivery_key, DeliveryState.COMPLETED)
    shelf.ledger.accept(shelf.annex.partner, plan, [])
    assert shelf.publish().number == first.number


def test_an_increment_writes_what_changed_and_tells_it_since_the_generation_before(shelf):
    shelf.accept(an_episode())
    shelf.accept(a_movie())
    shelf.publish()
    shelf.accept(a_movie(titles={"en": "The new kite"}), "run-2")
    published = shelf.publish()
    assert (published.number, published.is_full) == (2, False)
    assert published.changed == {"shows": 1, "episodes": 0, "entries": 1}
    assert shelf.delta(ListName.SHOWS, 1).keys() == {"movie-1"}
    assert shelf.seen(ListName.SHOWS)["movie-1"]["titles"]["en"] == "The new kite"


def test_a_withdrawn_title_is_a_tombstone_with_its_reason(shelf):
    plan = shelf.accept(a_movie())
    shelf.publish()
    shelf.ledger.withdraw(shelf.annex.partner, plan.delivery_key, "run-2", "no longer offered", because="tag")
    published = shelf.publish()
    assert published.removed == {"shows": 1, "episodes": 0, "entries": 1}
    assert shelf.seen(ListName.SHOWS) == {}
    assert shelf.delta(ListName.SHOWS, 1) == {"movie-1": None}


def test_a_series_leaves_with_its_last_episode_and_returns_with_one(shelf):
    plan = shelf.accept(an_episode())
    shelf.publish()
    Withdrawals(shelf.engine, shelf.now, shelf.annex.partner).begin(
        plan.delivery_key, "run-2", "the rights ended", None
    )
    shelf.publish()
    assert shelf.seen(ListName.SHOWS) == {}
    shelf.accept(an_episode(id="ep-2", episode_number=4), "run-3")
    shelf.publish()
    assert shelf.seen(ListName.SHOWS).keys() == {"show-1"}


def test_a_rejected_candidate_leaves_and_the_content_before_returns(shelf):
    shelf.accept(a_movie())
    shelf.publish()
    newer = shelf.expose(a_movie(titles={"en": "The broken kite"}), "run-2")
    shelf.publish()
    assert shelf.seen(ListName.SHOWS)["movie-1"]["titles"]["en"] == "The broken kite"
    shelf.ledger.fail(newer.delivery_key, Cause.METADATA, "EXPO006", ended_by_partner=True)
    shelf.publish()
    assert shelf.seen(ListName.SHOWS)["movie-1"]["titles"]["en"] == "The Kite"


def test_titles_begin_and_end_with_their_availability_although_nothing_is_written(shelf):
    opens, closes = START + timedelta(hours=1), START + timedelta(hours=2)
    shelf.accept(a_movie(availability={"start": opens.isoformat(), "end": closes.isoformat()}))
    shelf.publish()
    assert shelf.seen(ListName.SHOWS) == {}
    shelf.at = opens
    shelf.publish()
    assert shelf.seen(ListName.SHOWS).keys() == {"movie-1"}
    shelf.at = closes
    assert shelf.seen(ListName.SHOWS) == {}, "readers do not wait for the next publication"
    shelf.publish()
    assert shelf.seen(ListName.SHOWS) == {}


def test_another_form_of_items_writes_all_of_them_again(shelf):
    shelf.accept(a_movie())
    shelf.publish()
    shelf.annex = annex_of(entry_id="uuid5")
    published = shelf.publish()
    assert (published.is_full, published.removed["entries"]) == (True, 1)
    assert "movie-1" not in shelf.seen(ListName.ENTRIES)


def test_a_publisher_waits_for_the_one_before_and_gives_up_in_time(shelf):
    shelf.publications().acquire("another-run")
    with pytest.raises(FeedBusy, match=r"the generation of .* is being published by the run another-run"):
        shelf.publish()
    assert sum(shelf.pauses) >= WAIT_MAX_S


def test_a_withdrawal_while_the_generation_is_built_is_not_shown(shelf, monkeypatch):
    plan = shelf.accept(a_movie())
    shelf.accept(an_episode())
    build, builds = publish_generation.build_generation, []

    def withdraw_meanwhile(*args, **kwargs):
        built = build(*args, **kwargs)
        if not builds:
            shelf.ledger.withdraw(shelf.annex.partner, plan.delivery_key, "run-2", "no longer offered", because="tag")
        builds.append(built.number)
        return built

    monkeypatch.setattr(publish_generation, "build_generation", withdraw_meanwhile)
    published = shelf.publish()
    assert (builds, published.number) == ([1, 2], 2)
    assert shelf.seen(ListName.SHOWS).keys() == {"show-1"}


def test_withdrawals_without_end_leave_readers_with_the_generation_before(shelf, monkeypatch):
    shelf.accept(an_episode())
    shelf.publish()
    plans = [shelf.accept(a_movie(id=f"movie-{n}", title_id=f"EDYE_MOV_{n}")) for n in range(5)]
    build = publish_generation.build_generation

    def withdraw_meanwhile(*args, **kwargs):
        built = build(*args, **kwargs)
        shelf.ledger.withdraw(shelf.annex.partner, plans.pop().delivery_key, "run-2", "no longer offered")
        return built

    monkeypatch.setattr(publish_generation, "build_generation", withdraw_meanwhile)
    with pytest.raises(OfferUnsteady, match="readers have the generation before"):
        shelf.publish()
    assert shelf.seen(ListName.SHOWS).keys() == {"show-1"}


class Killed(BaseException):
    """Stands for kill -9 in the middle of a publication."""


@pytest.mark.parametrize("calls", range(1, 30))
def test_a_publisher_that_is_killed_anywhere_leaves_a_whole_generation(shelf, monkeypatch, calls):
    shelf.accept(an_episode())
    shelf.publish()
    before = shelf.seen(ListName.SHOWS)
    shelf.accept(a_movie())
    left = [calls]

    def killing(method):
        def call(*args, **kwargs):
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            return method(*args, **kwargs)

        return call

    with monkeypatch.context() as patched:
        for name in ("read", "write", "write_once", "add_file", "delete", "names"):
            patched.setattr(shelf.store, name, killing(getattr(shelf.store, name)))
        try:
            shelf.publish()
        except Killed:
            assert shelf.seen(ListName.SHOWS).keys() in (before.keys(), {"show-1", "movie-1"})
    shelf.publish()
    assert shelf.seen(ListName.SHOWS).keys() == {"show-1", "movie-1"}


def test_a_series_leaves_with_its_last_episode_where_another_one_moved_away_before(shelf):
    shelf.accept(an_episode())
    last = shelf.accept(an_episode(id="ep-2", episode_number=4))
    shelf.publish()
    shelf.expose(an_episode(show_id="show-2", titles={"es": "Otra"}, series={"id": "show-2"}), "run-2")
    shelf.publish()
    assert shelf.seen(ListName.SHOWS).keys() == {"show-1", "show-2"}
    shelf.ledger.withdraw(shelf.annex.partner, last.delivery_key, "run-3", "no longer offered")
    shelf.publish()
    assert shelf.seen(ListName.SHOWS).keys() == {"show-2"}
