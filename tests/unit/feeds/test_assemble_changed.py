"""A feed by what changed is the feed of a full assembly, byte for byte, whatever changes in whatever order."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from edye_delivery.catalog.feed_records import FeedPage
from edye_delivery.catalog.order import place_of, show_key
from edye_delivery.catalog.title import Availability
from edye_delivery.feeds.publish.assemble import AssembledFeed, assemble
from edye_delivery.feeds.publish.assemble_changed import Base, FullAssemblyNeeded, assemble_changed
from edye_delivery.feeds.publish.page_cutter import Body
from edye_delivery.feeds.publish.page_index import load_index
from edye_delivery.feeds.publish.paging import end_of, facts_of_body
from edye_delivery.pipeline.feeds import rule_counts
from edye_delivery.pipeline.kept_feed import pages_by_digest
from tests.builders import a_movie, an_episode, the_annex
from tests.unit.feeds.catalogues import NOW, accepted_of

ANNEX = the_annex()
PREFIX = "https://feeds.example/search/pages/"
WHOLE = {
    "release_date": "2025-01-01",
    "synopsis_short": {"en": "A kite flies over the village."},
    "images": [{"kind": "key_art", "url": "https://media.example/1.jpg", "width": 1920, "height": 1080}],
}
ROUNDS, CHANGES_MAX, SHOWS = 7, 5, 30


def spec_of(page_max_bytes):
    return ANNEX.feeds[0].model_copy(update={"page_max_bytes": page_max_bytes})


@dataclass
class World:
    """What is offered, what readers have, and what is kept of it."""

    dice: random.Random
    offered: dict = field(default_factory=dict)
    contents: dict = field(default_factory=dict)
    indexes: dict = field(default_factory=dict)
    chain: list = field(default_factory=list)
    facts: list = field(default_factory=list)

    def title(self, number):
        """A title of one of thirty shows; some are long, some are left out, some end soon."""
        dice, show = self.dice, f"SHOW_{number % SHOWS:03}"
        words = {"en": "A kite flies over the village. " * dice.choice([1, 1, 3, 14])}
        more = WHOLE | {"synopsis_short": words, "titles": {"en": f"Number {number} {dice.random()}"}}
        more |= {"genres": ["western"]} if dice.random() < 0.15 else {}
        end = NOW + timedelta(days=dice.randrange(1, 20)) if dice.random() < 0.2 else None
        made = (
            an_episode(title_id=show, season_number=1 + number % 2, episode_number=number, **more)
            if number % SHOWS % 3 == 0
            else a_movie(title_id=show, id=f"MOVIE_{number}", **more)
        )
        series = made.series.model_copy(update={"title_id": show}) if made.series is not None else None
        return made.model_copy(update={"availability": Availability(start=None, end=end), "series": series})

    def change(self):
        """Some titles come, change, go, or move to another show; gives the keys of the shows that this touches."""
        keys = set()
        for _ in range(self.dice.randrange(CHANGES_MAX + 1)):
            name = self.dice.randrange(SHOWS * 3)
            old = self.offered.pop(name, None)
            new = self.title(name + SHOWS * self.dice.randrange(2) + self.dice.choice([0, 0, 1]))
            if old is None or self.dice.random() < 0.7:
                self.offered[name] = new
                keys.add(show_key(new.title_id))
            keys |= {show_key(old.title_id)} if old is not None else set()
        return keys

    def accepted(self):
        return accepted_of(ANNEX, sorted(self.offered.values(), key=place_of))

    def titles_of(self, key):
        return [one for one in self.accepted() if show_key(one.title.title_id) == key]

    def base(self):
        return Base(self.facts, pages_by_digest(self.chain), self)

    def index(self, page):
        return load_index(self.indexes[page.index])

    def body(self, page):
        return self.contents[page.page.name].removesuffix(end_of(PREFIX, page.next_name))

    def publish(self, feed: AssembledFeed):
        for page in feed.pages:
            if page.path is not None:
                self.contents[page.name] = page.path.read_bytes()
        for body in feed.bodies:
            if isinstance(body, Body):
                self.indexes[body.facts.index] = body.index_path.read_bytes()
        self.chain = [
            FeedPage(name=p.name, sha256=p.sha256, body_digest=p.body_digest, size_bytes=p.size_bytes, items=p.items)
            for p in feed.pages
        ]
        self.facts = [facts_of_body(body) for body in feed.bodies]


def outcome(feed, contents=None):
    """All that readers and the next assembly see of it."""
    pages = [
        (p.name, p.sha256, p.body_digest, p.size_bytes, p.items, p.path.read_bytes() if p.path else contents[p.name])
        for p in feed.pages
    ]
    return pages, dict(feed.kinds), rule_counts(feed.notes), [facts_of_body(body) for body in feed.bodies]


def full(world, spec, folder, now):
    folder.mkdir(parents=True)
    digests = [page.body_digest for page in world.chain]
    return assemble(ANNEX, spec, world.accepted(), digests, PREFIX, folder, now)


@pytest.mark.parametrize("page_max_bytes", [6_000, 25_000, 400_000])
@pytest.mark.parametrize("seed", range(25))
def test_by_what_changed_and_in_full_are_the_same_pages_counts_and_notes(tmp_path, seed, page_max_bytes):
    world, spec, now = World(random.Random(seed)), spec_of(page_max_bytes), NOW
    for _ in range(40):
        world.change()
    world.publish(full(world, spec, tmp_path / "first", now))
    assert (len(world.chain) > 3) == (page_max_bytes < 10_000)
    for number in range(ROUNDS):
        keys = world.change()
        now += timedelta(hours=world.dice.randrange(72))
        whole = full(world, spec, tmp_path / f"full-{number}", now)
        folder = tmp_path / f"changed-{number}"
        folder.mkdir()
        try:
            changed = assemble_changed(ANNEX, spec, world.base(), keys, world.titles_of, PREFIX, folder, now)
        except FullAssemblyNeeded:
            assert len(whole.pages) == 1, "only a feed that came to fit into one page needs a full assembly"
            changed = whole
        assert outcome(changed, world.contents) == outcome(whole)
        world.publish(changed)


def test_what_no_change_touches_is_neither_read_nor_written(tmp_path):
    world, spec = World(random.Random(1)), spec_of(6_000)
    world.offered = {number: a_movie(**WHOLE, title_id=f"MOVIE_{number:04}", id=f"m-{number}") for number in range(200)}
    world.publish(full(world, spec, tmp_path / "first", NOW))
    read = []
    base = Base(world.facts, pages_by_digest(world.chain), Recorded(world, read))
    world.offered[100] = world.offered[100].model_copy(update={"titles": {"en": "Another"}})
    folder = tmp_path / "changed"
    folder.mkdir()
    changed = assemble_changed(ANNEX, spec, base, [show_key("MOVIE_0100")], world.titles_of, PREFIX, folder, NOW)
    assert len(world.chain) > 20
    assert sum(isinstance(body, Body) for body in changed.bodies) <= 2
    made = {page.body_digest for page in changed.pages if page.path is not None}
    assert set(read) <= made | {page.body_digest for page in world.chain} - {p.body_digest for p in changed.pages}
    read.clear()
    nothing = assemble_changed(ANNEX, spec, base, [], world.titles_of, PREFIX, folder, NOW)
    assert ([page.name for page in nothing.pages], read) == ([page.name for page in world.chain], [])


class Recorded:
    """A source that notes which bodies are read."""

    def __init__(self, world, read):
        self.world, self.read = world, read

    def index(self, page):
        return self.world.index(page)

    def body(self, page):
        self.read.append(page.page.body_digest)
        return self.world.body(page)


def test_shows_whose_ids_run_into_each_other_are_always_assembled_in_full(tmp_path):
    world, spec = World(random.Random(1)), spec_of(6_000)
    world.offered = {1: a_movie(**WHOLE, title_id="A"), 2: a_movie(**WHOLE, title_id="A\x1fmovie", id="m-2")}
    assert full(world, spec, tmp_path / "both", NOW).bodies == ()
    del world.offered[2]
    world.publish(full(world, spec, tmp_path / "one", NOW))
    world.offered[2] = a_movie(**WHOLE, title_id="A\x1fmovie", id="m-2")
    (folder := tmp_path / "changed").mkdir()
    with pytest.raises(FullAssemblyNeeded, match="tell their titles apart"):
        assemble_changed(
            ANNEX, spec, world.base(), [show_key("A")], lambda _: world.accepted(), PREFIX, Path(folder), NOW
        )


def test_a_feed_that_loses_its_last_title_and_one_without_pages_are_assembled_in_full(tmp_path):
    world, spec = World(random.Random(1)), spec_of(6_000)
    world.offered = {1: a_movie(**WHOLE, title_id="A")}
    world.publish(full(world, spec, tmp_path / "one", NOW))
    world.offered.clear()
    (folder := tmp_path / "changed").mkdir()
    for used, why in ((spec, "no title any more"), (ANNEX.feeds[0], "one page")):
        direct = used.model_copy(update={"writer": "roku_direct_publisher"}) if used is not spec else spec
        with pytest.raises(FullAssemblyNeeded, match=why):
            assemble_changed(ANNEX, direct, world.base(), [show_key("A")], world.titles_of, PREFIX, folder, NOW)
