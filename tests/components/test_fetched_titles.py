"""The criterion `fetched` with a real delivery API, its log and its ledger: what a partner reads is accepted, once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from threading import Barrier, Thread
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import func, select

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.generation_records import CheckedGeneration
from edye_delivery.catalog.plan import CheckedTitle, PlannedTitle
from edye_delivery.catalog.vocabulary import DeliveryState
from edye_delivery.delivery_api.generations.switch import go_back
from edye_delivery.ledger.api_tokens import ApiTokens
from edye_delivery.ledger.ledger import Ledger
from edye_delivery.ledger.pull_tables import API_CALLS
from edye_delivery.ledger.withdrawals import Withdrawals
from edye_delivery.operators.pull import AcceptFetchedOperator
from edye_delivery.pipeline.accept import Acceptor
from edye_delivery.pipeline.exposed_titles import conclude_exposures
from tests.builders import a_movie, annex_content
from tests.history import actions
from tests.proofs.test_pull_walk import PULL, RealTime, Server
from tests.waiting import until

ACCEPTANCE = ["received_with_tracking_id", "completed", "fetched"]
OURS, THEIRS = "edye-delivery/1 (exposure check)", "shelf/1"


def annex_of(*, is_pushed: bool = False) -> Annex:
    content = annex_content() | {"partner": "shelf", "pull": PULL, "acceptance": ACCEPTANCE}
    return Annex.model_validate(content if is_pushed else content | {"api": None, "ftp": None, "feeds": []})


class Shelf(RealTime):
    """A partner that pulls, with a real API; titles are exposed, checked, and wait."""

    def __init__(self, folder: Path, annex: Annex) -> None:
        (folder / "api").mkdir()
        super().__init__(folder, pull_annex_of(annex))
        self.server = Server(folder)
        self.server.write_annex(annex)
        self.token = ApiTokens(self.engine, self.now).add("shelf", "catalogue")

    def offer(self, *names: str, text: str = "a title") -> list[PlannedTitle]:
        """The movies are exposed, published and found as they should be."""
        titles = [a_movie(id=name, title_id=f"EDYE_{name.upper()}", titles={"en": text}) for name in names]
        plans = [self.expose(title) for title in titles]
        published = self.publish()
        confirmed = tuple(plan.external_id for plan in plans)
        checked = tuple(CheckedTitle(plan=plan) for plan in plans)
        conclude_exposures(self.ledger, checked, CheckedGeneration(number=published.number, confirmed=confirmed))
        Acceptor(self.annex, self.ledger).accept_batch(checked)
        return plans

    def read(self, path: str, agent: str = THEIRS) -> httpx.Response:
        """One call of the partner, which is in the log when this returns."""
        headers = {"Authorization": f"Bearer {self.token}", "User-Agent": agent}

        def look() -> httpx.Response | None:  # a publication reaches readers a moment later
            more = headers | {"X-Request-ID": uuid4().hex}
            answer = httpx.get(f"{self.server.url}{path}", headers=more, timeout=10, trust_env=False)
            return answer if answer.status_code == 200 else None

        answer = until(look, f"an answer of {path}")
        until(lambda: self.is_logged(answer.headers["x-request-id"]), "the call in the log")
        return answer

    def is_logged(self, request_id: str) -> bool:
        with self.engine.connect() as connection:
            query = select(func.count()).select_from(API_CALLS).where(API_CALLS.c.request_id == request_id)
            return connection.execute(query).scalar_one() == 1

    def watch(self) -> dict[str, int]:
        return AcceptFetchedOperator(task_id="accept_fetched", annex=self.annex).execute({})

    def states(self, *plans: PlannedTitle) -> list[DeliveryState]:
        found = self.ledger.deliveries(plan.delivery_key for plan in plans)
        return [found[plan.delivery_key].state for plan in plans]


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    connections = {
        "DELIVERY_LEDGER": {"conn_type": "sqlite", "host": str(tmp_path / "ledger.sqlite")},
        "DELIVERY_API_STORE": {"conn_type": "fs", "extra": {"path": str(tmp_path / "api")}},
    }
    for name, fields in connections.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", json.dumps(fields))


@pytest.fixture(params=[False, True], ids=["pull", "pull and push"])
def shelf(request: pytest.FixtureRequest, connected: None, tmp_path: Path) -> Iterator[Shelf]:
    yield from running(Shelf(tmp_path, annex_of(is_pushed=request.param)))


@pytest.fixture
def pulling(connected: None, tmp_path: Path) -> Iterator[Shelf]:
    yield from running(Shelf(tmp_path, annex_of()))


def running(shelf: Shelf) -> Iterator[Shelf]:
    try:
        yield shelf
    finally:
        if hasattr(shelf.server, "child"):
            shelf.server.kill()
        shelf.engine.dispose()


COMPLETED, ACCEPTED, WITHDRAWN = DeliveryState.COMPLETED, DeliveryState.ACCEPTED, DeliveryState.WITHDRAWN


def test_the_watch_accepts_just_the_title_that_the_partner_read(shelf):
    plans = shelf.offer("one", "two")
    shelf.server.start()
    assert shelf.states(*plans) == [COMPLETED, COMPLETED]
    assert len(shelf.read("/v1/shows", OURS).json()["items"]) == 2
    assert shelf.watch() == {"waiting": 2, "accepted": 0}
    shelf.read("/v1/shows/one")
    assert shelf.watch() == {"waiting": 2, "accepted": 1}
    assert shelf.states(*plans) == [ACCEPTED, COMPLETED]
    shelf.read("/v1/feed")
    assert [shelf.watch() for _ in range(2)] == [{"waiting": 1, "accepted": 1}, {"waiting": 0, "accepted": 0}]
    assert shelf.states(*plans) == [ACCEPTED, ACCEPTED]


def test_what_was_withdrawn_or_replaced_after_the_partner_read_it_is_not_accepted(pulling):
    gone, changed = pulling.offer("one", "two")
    pulling.server.start()
    pulling.read("/v1/shows")
    Withdrawals(pulling.engine, pulling.now, pulling.annex.partner).begin(gone.delivery_key, "run-2", "rights", None)
    [newer] = pulling.offer("two", text="another title")
    assert pulling.watch() == {"waiting": 1, "accepted": 0}
    assert pulling.states(gone, changed, newer) == [WITHDRAWN, WITHDRAWN, COMPLETED]
    until(lambda: pulling.read("/v1/shows/two").json()["titles"] == {"en": "another title"}, "the newer title")
    assert pulling.watch() == {"waiting": 1, "accepted": 1}
    assert pulling.states(newer) == [ACCEPTED]


def test_nothing_is_accepted_while_readers_have_an_earlier_generation(pulling):
    pulling.offer("one")
    [newer] = pulling.offer("one", text="another title")
    go_back(pulling.store, "shelf")
    pulling.server.start()
    assert pulling.read("/v1/shows/one").json()["titles"] == {"en": "a title"}
    assert pulling.watch() == {"waiting": 1, "accepted": 0}
    assert pulling.states(newer) == [COMPLETED]


def test_two_watches_at_once_accept_a_title_once(pulling, monkeypatch):
    [plan] = pulling.offer("one")
    pulling.server.start()
    pulling.read("/v1/shows")
    barrier, counts, accept = Barrier(2, timeout=30), [], Ledger.accept_fetched

    def accept_together(ledger: Ledger, key: str, evidence: str) -> None:
        barrier.wait()
        accept(ledger, key, evidence)

    monkeypatch.setattr(Ledger, "accept_fetched", accept_together)
    threads = [Thread(target=lambda: counts.append(pulling.watch())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one["accepted"] for one in counts) == [0, 1]
    assert actions(pulling.ledger, pulling.annex.partner, plan.external_id).count("accept") == 1
