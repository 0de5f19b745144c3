"""A media that JW Player's list lacks is asked for by id, on the sandbox over HTTP, before it counts as missing."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.jw_library import JwLibrary
from edye_delivery.catalog.jw_states import BadMedia, MediaState, MediaStates
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.jw_player.limiter import RequestLimiter
from edye_delivery.clients.jw_player.management import JwManagement
from edye_delivery.clients.jw_player.sweep import sweep_library
from edye_delivery.pipeline.sync_missing import FAILURES_MAX, confirm_missing
from edye_delivery.pipeline.sync_report import states_after
from sandbox.jw_player import SITE_ID, TOKEN
from sandbox.server import Sandbox
from tests.builders import PROJECT
from tests.unit.pipeline.sync_world import a_check, titles_of
from tests.unit.qc.sync.builders import NOW, a_title

SLEPT_S: list[float] = []
"""Sleeps take no time, but move the clock, so that JW Player's minute is waited for without waiting."""
CLOCK = Clock(lambda: datetime.now(UTC), SLEPT_S.append, random.Random(1).random, lambda: sum(SLEPT_S))
ONCE = RetryPolicy(attempts=1, base_s=0.0)
GONE = [f"gOnE{number:04}" for number in range(6)]
WAS_GONE = BadMedia(state=MediaState.GONE)


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    media = PROJECT / "build" / "sandbox" / "media"
    with Sandbox(tmp_path_factory.mktemp("box"), media_dir=media, jw_calls_a_minute=0) as box:
        yield box


@pytest.fixture
def box(started: Sandbox) -> Sandbox:
    started.clear_faults()
    started.reset()
    return started


@pytest.fixture
def management(box: Sandbox) -> Iterator[JwManagement]:
    with httpx.Client(base_url=box.jw_url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False) as client:
        yield JwManagement(client, SITE_ID, ONCE, CLOCK, RequestLimiter(CLOCK, 1_000_000))


class World:
    """A library that was swept, and titles that name the first media of it and those that are gone."""

    def __init__(self, management: JwManagement, named: list[str]) -> None:
        self.management, self.library = management, JwLibrary()
        assert sweep_library(management, self.library, CLOCK).is_complete
        self.first = next(iter(self.library.ids()))
        media_ids = [self.first, *named]
        self.titles = titles_of(*(a_title(id=f"movie-{one}", jwp_id=one) for one in media_ids))
        self.calls_before = management.calls

    def confirm(self, **more):
        self.titles.load_media(self.library)
        return confirm_missing(self.management, self.titles, self.library, NOW, **more)

    @property
    def calls(self) -> int:
        return self.management.calls - self.calls_before

    def codes(self, confirmed) -> dict[str, set[str]]:
        check = a_check(self.titles, self.library, confirmed=confirmed)
        check.run()
        of_titles = {row.edye_id: {one.code for one in row.findings} for row in check.findings.rows() if row.edye_id}
        return {edye_id: codes & {"SYNC001", "SYNC017"} for edye_id, codes in of_titles.items()}


def test_a_media_that_only_the_list_lacks_is_compared_and_not_missing(management):
    world = World(management, GONE[:1])
    world.library.forget([world.first])

    missing, sentences = world.confirm()

    assert (missing, sentences, world.calls) == ({GONE[0]}, [], 2)
    assert world.first in world.library
    assert world.codes(missing) == {f"movie-{world.first}": set(), f"movie-{GONE[0]}": {"SYNC001"}}


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ({"kind": "status", "status": 429}, "answered 429"),
        ({"kind": "status", "status": 500}, "answered 500"),
        ({"kind": "status", "status": 403}, "(403)"),
        ({"kind": "garbage"}, "a body that is not JSON"),
    ],
    ids=["429", "500", "403", "HTML"],
)
def test_where_jw_player_does_not_answer_nothing_counts_as_missing(box, management, fault, why):
    world = World(management, GONE)
    box.plan([{"service": "jw", "operation": "getMedia"} | fault])

    missing, sentences = world.confirm()

    assert missing == frozenset()
    assert sentences[0].startswith("6 media are not in JW Player's list, and nobody knows whether they are gone: ")
    assert why in sentences[0]
    assert world.calls == (1 if "403" in why else FAILURES_MAX)
    assert all(codes == set() for codes in world.codes(missing).values())


def test_one_failure_leaves_that_media_unsure_and_the_others_sure(box, management):
    world = World(management, GONE[:3])
    box.plan([{"service": "jw", "operation": "getMedia", "kind": "status", "status": 500, "nth": 2, "times": 1}])

    missing, sentences = world.confirm()

    assert (len(missing), world.calls) == (2, 3)
    assert sentences[0].startswith("1 media are not in JW Player's list")


def test_at_most_so_many_are_asked_for_in_a_run_and_the_others_in_the_next_runs(management):
    world = World(management, GONE)
    found: set[str] = set()
    for day in range(3):
        world.titles.load_media(world.library)
        missing, sentences = confirm_missing(management, world.titles, world.library, NOW + timedelta(days=day), 2)
        assert (len(missing), "asked for 2 media a run" in sentences[0]) == (2, True)
        found |= missing

    assert (found, world.calls) == (set(GONE), 6)


def test_what_quality_control_knew_of_a_media_that_nobody_is_sure_of_stays(management):
    world = World(management, GONE[:2])
    world.titles.load_media(world.library)
    check = a_check(world.titles, world.library, confirmed=frozenset())
    before = MediaStates(swept_at=NOW, media_read=9, bad={GONE[0]: WAS_GONE})

    states = states_after(check, before)

    assert states is not None
    assert {media_id: bad for media_id, bad in states.bad.items() if media_id in GONE} == {GONE[0]: WAS_GONE}
