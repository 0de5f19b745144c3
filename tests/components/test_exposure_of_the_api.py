"""The delivery API itself, over HTTP, before the exposure check and the sandbox's pulling partner."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
import uvicorn

from edye_delivery.annex.load import load_annexes
from edye_delivery.annex.model import Annex
from edye_delivery.annex.pull import PullChannel
from edye_delivery.catalog.exposure import Expected, ExpectedItem, RemovedItem, item_digest
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.clients.delivery_api.client import DeliveryApi
from edye_delivery.delivery_api.generations.switch import go_back
from edye_delivery.delivery_api.generations.values import ItemChange
from edye_delivery.pipeline.exposure.check import check_exposure
from edye_delivery.pipeline.exposure.result import ExposureResult
from sandbox.pulling_partner import Manner, PullingPartner
from tests.pull_server import a_show, an_entry, an_item
from tests.unit.delivery_api.world import EVERYTHING, World, pull_annex
from tests.unit.pipeline.exposure.world import POLICY, Time, external_id_of
from tests.waiting import until

PARTNER = "a_partner"
LISTS = {ListName.SHOWS: "shows", ListName.EPISODES: "episodes", ListName.ENTRIES: "feed"}
FIRST, GONE = external_id_of("ep-0"), external_id_of("ep-3")


@dataclass
class Served:
    """A partner's lists, published into the real API; `items` is what the ledger would expose, by list and id."""

    world: World
    url: str
    token: str
    annex: Annex
    items: dict[tuple[ListName, str], dict[str, Any]]
    new: frozenset[str] = frozenset()
    removed: tuple[RemovedItem, ...] = ()

    def publish(self, *changes: ItemChange) -> int:
        return self.world.publish(PARTNER, *changes).number

    def expected(self, generation: int, checkpoints: dict[ListName, str] | None = None) -> Expected:
        found: list[ExpectedItem | RemovedItem] = [self._expected(name, item) for (name, _), item in self.items.items()]
        counts = {name: sum(1 for one, _ in self.items if one is name) for name in ListName}
        return Expected(generation, counts, [*found, *self.removed], checkpoints or {})

    def _expected(self, name: ListName, item: dict[str, Any]) -> ExpectedItem:
        return ExpectedItem(
            list=name,
            id=item["id"],
            external_id=external_id_of(item["id"]),
            digest=item_digest(item),
            show_id=item.get("show_id", ""),
            season_number=item.get("season_number"),
            episode_number=item.get("episode_number"),
            tags=tuple(item["tags"]),
            is_new=item["id"] in self.new,
        )

    def check(self, expected: Expected, *, is_full: bool = True) -> ExposureResult:
        pull = self.annex.pull
        assert isinstance(pull, PullChannel)
        headers = {"Authorization": f"Bearer {self.token}"}
        skipping = Time()
        clock = replace(skipping.clock(), now=lambda: self.world.now)
        with httpx.Client(base_url=self.url, headers=headers, timeout=10.0, trust_env=False) as web:
            api = DeliveryApi(web, POLICY, clock, 10)
            return check_exposure(api, expected, self.annex, pull, clock, is_full=is_full)


def change_of(name: ListName, item: dict[str, Any]) -> ItemChange:
    facets = {"show_id": item.get("show_id", ""), "season_number": item.get("season_number")}
    return ItemChange(name, item["id"], orjson.dumps(item), tags=tuple(item["tags"]), **facets)


def without_moment(item: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in item.items() if key != "updated_at"}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    world = World(tmp_path)
    limit = {"calls": 100_000, "full_syncs_at_once": 1}
    pull_annex(world.annexes, PARTNER, {"app": EVERYTHING}, tags=["kids"], geo=["mx"], rate_limit=limit)
    token = world.token(PARTNER, token="a-token-of-sixteen-signs-or-more")
    pairs = [(ListName.SHOWS, a_show())]
    for number in range(25):
        pairs += [(ListName.EPISODES, an_item(number)), (ListName.ENTRIES, an_entry(number))]
    items = {(name, item["id"]): without_moment(item) for name, item in pairs}
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(world.application(), lifespan="off", log_config=None, access_log=False, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    until(lambda: server.started, "the start of the API")
    annex = load_annexes(world.annexes)[PARTNER]
    yield Served(world, f"http://127.0.0.1:{listener.getsockname()[1]}", token, annex, items)
    server.should_exit = True
    thread.join()
    listener.close()


@pytest.fixture
def first(served: Served) -> tuple[Served, int]:
    return served, served.publish(*(change_of(name, item) for (name, _), item in served.items.items()))


def publish_again(served: Served) -> int:
    """ep-0 changes, ep-3 leaves."""
    changes = []
    for name in (ListName.EPISODES, ListName.ENTRIES):
        changed = served.items[name, "ep-0"] | {"tags": ["kids", "new"]}
        served.items[name, "ep-0"] = changed
        del served.items[name, "ep-3"]
        changes += [change_of(name, changed), ItemChange(name, "ep-3", None, "withdrawn", external_id=GONE)]
    served.new = frozenset({"ep-0"})
    lists = (ListName.EPISODES, ListName.ENTRIES)
    served.removed = tuple(RemovedItem(name, "ep-3", "withdrawn", GONE, is_new=True) for name in lists)
    return served.publish(*changes)


@pytest.mark.parametrize("is_full", [True, False], ids=["full", "sample"])
def test_the_api_shows_a_generation_as_it_should_be(first, is_full):
    served, number = first
    foreign = {name: "of-another-partner" for name in ListName}
    result = served.check(replace(served.expected(number), foreign_ids=foreign), is_full=is_full)
    assert result.counts == {}, [found.finding.message for found in result.findings]
    assert len(list(result.good_titles())) == 25


def test_the_next_generation_is_in_the_delta_with_its_change_and_its_tombstone(first):
    served, number = first
    checkpoints = dict(served.check(served.expected(number)).checkpoints)
    second = publish_again(served)
    result = served.check(served.expected(second, checkpoints))
    assert result.counts == {}, [found.finding.message for found in result.findings]
    assert {reason for code, reason in result.skipped if code == "EXPO004"} == set()
    assert result.is_good(FIRST)
    assert not result.is_good(GONE)


def test_a_second_check_of_the_same_generation_misses_nothing_in_the_delta(first):
    served, number = first
    served.new = frozenset({"ep-0"})
    checkpoints = dict(served.check(served.expected(number)).checkpoints)
    result = served.check(served.expected(number, checkpoints))
    assert result.counts == {}, [found.finding.message for found in result.findings]
    assert "episodes: the last check was of this generation, too" in {reason for _, reason in result.skipped}


def test_what_the_ledger_does_not_expose_takes_the_generation_back(first):
    served, number = first
    del served.items[ListName.EPISODES, "ep-0"]
    result = served.check(served.expected(number))
    assert result.has_to_go_back
    assert {"EXPO003", "EXPO012"} <= result.counts.keys()


def test_after_the_pointer_went_back_the_generation_before_is_as_it_was(first):
    served, number = first
    before = served.expected(number)
    publish_again(served)
    assert go_back(served.world.store, PARTNER) == number
    gone = {(name, "ep-3") for name in ListName}
    kept = [one for one in before.items if (one.list, one.id) not in gone]
    removed = [replace(one, is_new=False) for one in served.removed]
    counts = {ListName.SHOWS: 1, ListName.EPISODES: 24, ListName.ENTRIES: 24}
    result = served.check(replace(before, items=[*kept, *removed], counts=counts))
    assert result.counts == {}, [found.finding.message for found in result.findings]


def has_what_it_should(partner: PullingPartner, served: Served) -> bool:
    for name, key in LISTS.items():
        held = {item_id: without_moment(item) for item_id, item in partner.kept.items(key).items()}
        if held != {item_id: item for (one, item_id), item in served.items.items() if one is name}:
            return False
    return True


@pytest.mark.parametrize("manner", [Manner.INCREMENTAL, Manner.SINCE, Manner.OLD_CHECKPOINT, Manner.FULL, Manner.RUDE])
def test_a_pulling_partner_has_what_it_should_after_a_second_generation(first, tmp_path, manner):
    served, _ = first
    partner = PullingPartner(served.url, served.token, tmp_path / "kept", page_size=10)
    for key in LISTS.values():
        partner.read(key)
    assert has_what_it_should(partner, served)
    publish_again(served)
    for key in LISTS.values():
        partner.read(key, manner)
    assert has_what_it_should(partner, served)
    assert partner.kept.problems() == []
    partner.close()


@pytest.mark.parametrize("manner", [Manner.WRONG_TOKEN, Manner.URL_TOKEN])
def test_a_pulling_partner_with_a_wrong_token_or_one_in_the_url_is_refused(first, tmp_path, manner):
    served, _ = first
    partner = PullingPartner(served.url, served.token, tmp_path / "kept")
    assert partner.read("shows", manner)["status"] == 401
    assert served.token not in str(served.world.lines)
    partner.close()
