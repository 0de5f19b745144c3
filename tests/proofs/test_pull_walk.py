"""A seeded walk: titles come, change and leave while partners read in every manner; publisher and server are killed.

After every round each reader has exactly what it should have, and nobody is served what was withdrawn (make proofs).
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import Cause
from edye_delivery.ledger.api_tokens import ApiTokens
from edye_delivery.ledger.withdrawals import Withdrawals
from sandbox.pulling_partner import Manner, PullFailed, PullingPartner
from tests.builders import PROJECT, a_movie, an_episode, annex_content
from tests.unit.pipeline.test_publish_generation import Killed, Shelf
from tools.local import free_port

pytestmark = pytest.mark.proof
ROUNDS, TITLES = 200, 12
LISTS = ("shows", "episodes", "feed")
MANNERS = (Manner.INCREMENTAL, Manner.FULL, Manner.SINCE, Manner.OLD_CHECKPOINT)
PULL = {
    "users": {"catalogue": {"endpoints": ["shows", "episodes", "feed"]}},
    "check": {"user": "catalogue"},
    "rate_limit": {"calls": 100_000, "full_syncs_at_once": 50},
    "keep_generations": 3,
}


def annex_of(**more) -> Annex:
    content = annex_content() | {"partner": "shelf", "api": None, "ftp": None, "feeds": [], "pull": PULL | more}
    return Annex.model_validate(content)


class Server:
    """The delivery API as a program of its own, which may be killed and started again on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        (folder / "annexes").mkdir()
        self.url = f"http://127.0.0.1:{self.port}"

    def write_annex(self, annex: Annex) -> None:
        (self.folder / "annexes" / "shelf.yaml").write_text(annex.model_dump_json(exclude_defaults=True))

    def start(self) -> None:
        command = [sys.executable, "-m", "edye_delivery", "serve-api", "--root", str(self.folder / "api")]
        command += ["--annexes", str(self.folder / "annexes"), "--ledger", str(self.folder / "ledger.sqlite")]
        environment = os.environ | {"PYTHONPATH": str(PROJECT / "plugins")}
        with (self.folder / "server.log").open("ab") as log:
            self.child = subprocess.Popen(
                [*command, "--port", str(self.port)], env=environment, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 180  # a busy machine starts it slowly
        while time.monotonic() < deadline:
            try:
                httpx.get(f"{self.url}/healthz", timeout=2, trust_env=False)
                return
            except httpx.HTTPError:
                time.sleep(0.1)
        raise AssertionError((self.folder / "server.log").read_text()[-2000:])

    def kill(self) -> None:
        os.killpg(self.child.pid, signal.SIGKILL)
        self.child.wait()


class RealTime(Shelf):
    """A shelf whose clock is the machine's, as the server's is."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class Walk:
    """The world of the walk: what should be seen, by EDYE id, and the readers with what they keep."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.choose = random.Random(seed)
        (folder / "api").mkdir()
        self.shelf = RealTime(folder, pull_annex_of(annex_of()))
        self.server = Server(folder)
        self.server.write_annex(annex_of())
        token = ApiTokens(self.shelf.engine, self.shelf.now).add("shelf", "catalogue")
        self.headers = {"Authorization": f"Bearer {token}"}
        self.visible: dict[str, tuple[str, str]] = {}
        self.plans: dict[str, object] = {}
        self.withdrawals = Withdrawals(self.shelf.engine, self.shelf.now, "shelf")
        self.readers = [PullingPartner(self.server.url, token, folder / f"reader-{n}", page_size=3) for n in range(4)]
        self.rounds, self.changes = 0, 0

    def title(self, number: int, text: str):
        if number % 3:
            return an_episode(id=f"ep-{number}", episode_number=number + 1, titles={"es": text})
        return a_movie(id=f"movie-{number}", title_id=f"EDYE_MOV_{number}", titles={"en": text})

    def change(self) -> None:
        """One change of the ledger: a title comes or changes, is withdrawn, or a candidate is refused."""
        self.changes += 1
        number, text = self.choose.randrange(TITLES), f"change {self.changes}"
        title, run_id = self.title(number, text), f"run-{self.changes}"
        kind = self.choose.random()
        if kind < 0.6 or title.id not in self.visible:
            if self.plans.get(title.id) == "withdrawn":
                return
            self.plans[title.id] = self.shelf.accept(title, run_id)
            self.visible[title.id] = (title.kind.value, text)
        elif kind < 0.75:
            plan = self.plans[title.id]
            if self.choose.random() < 0.3:
                assert self.withdrawals.begin(plan.delivery_key, run_id, "the rights of this title ended", None)
                self.plans[title.id] = "withdrawn"
            else:
                self.shelf.ledger.withdraw("shelf", plan.delivery_key, run_id, "no longer offered", because="tag")
            del self.visible[title.id]
        else:
            plan = self.shelf.expose(title, run_id)
            self.shelf.ledger.fail(plan.delivery_key, Cause.METADATA, "refused by the check", ended_by_partner=True)

    def publish(self, monkeypatch) -> None:
        """Publishes; now and then the publisher is killed at some call before, and begins again."""
        if self.choose.random() < 0.3:
            left = [self.choose.randrange(1, 25)]
            with monkeypatch.context() as patched:
                for name in ("read", "write", "write_once", "add_file", "delete", "names"):
                    patched.setattr(self.shelf.store, name, _killing(getattr(self.shelf.store, name), left))
                with suppress(Killed):
                    self.shelf.publish()
        self.shelf.publish()

    def read(self) -> None:
        """Some readers read, each in some manner; all of them have to agree with what should be seen."""
        for reader in self.readers:
            if self.choose.random() < 0.3:
                continue
            manner = self.choose.choice(MANNERS)
            for name in LISTS:
                try:
                    reader.read(name, manner)
                except PullFailed as error:
                    raise AssertionError(f"round {self.rounds}, {manner}: {error}") from error
                self.compare(reader, name, manner)
            assert list(reader.kept.problems()) == [], f"round {self.rounds}, {manner}"

    def compare(self, reader: PullingPartner, name: str, manner: Manner) -> None:
        shown = reader.kept.items(name)
        wanted = {
            edye_id: text
            for edye_id, (kind, text) in self.visible.items()
            if name == "feed" or (kind == "episode") == (name == "episodes")
        }
        had = {
            edye_id: item["title"] if name == "feed" else next(iter(item["titles"].values()))
            for edye_id, item in shown.items()
            if item.get("kind") != "series"
        }
        assert had == wanted, f"round {self.rounds}: {name} read {manner}"

    def pinned_walk(self, monkeypatch) -> None:
        """A reader begins a list, a title of it is withdrawn, the reader goes on: it never gets that title."""
        with httpx.Client(base_url=self.server.url, headers=self.headers, trust_env=False, timeout=20) as web:
            answer = web.get("/v1/feed", params={"page_size": 2})
            if answer.status_code != 200 or "next" not in answer.json():
                return
            first = {entry["id"] for entry in answer.json()["playlist"]}
            later = sorted(self.visible.keys() - first)
            if not later:
                return
            gone = self.choose.choice(later)
            key = self.plans[gone].delivery_key
            self.shelf.ledger.withdraw("shelf", key, "run-of-the-catalogue", "no longer offered", because="tag")
            del self.visible[gone]
            self.publish(monkeypatch)
            time.sleep(0.5)  # a worker looks at the pointer every 0.2 s
            ids = list(first)
            page = answer.json()
            while "next" in page:
                answer = web.get(page["next"])
                assert answer.status_code == 200, answer.text
                page = answer.json()
                ids += [entry["id"] for entry in page["playlist"]]
            assert gone not in ids
            assert sorted(ids) == sorted(set(ids)), "an item came twice in one walk"
            assert set(ids) == self.visible.keys()


def _killing(method, left):
    def call(*args, **kwargs):
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        return method(*args, **kwargs)

    return call


@pytest.mark.parametrize("seed", [1])
def test_every_reader_has_what_it_should_have_whatever_is_killed(tmp_path, monkeypatch, seed):
    walk = Walk(tmp_path, seed)
    walk.server.start()
    try:
        for walk.rounds in range(1, ROUNDS + 1):
            for _ in range(walk.choose.randrange(1, 4)):
                walk.change()
            if walk.rounds % 50 == 0:  # another form of all items
                again = annex_of(scope={"external_ids": ["tms"] if walk.rounds % 100 else []})
                walk.shelf.annex = pull_annex_of(again)
            walk.publish(monkeypatch)
            if walk.rounds % 40 == 0:
                walk.server.kill()
                walk.server.start()
            time.sleep(0.25)
            walk.read()
            if walk.rounds % 20 == 0:
                walk.pinned_walk(monkeypatch)
    finally:
        walk.server.kill()
        for reader in walk.readers:
            reader.close()
        walk.shelf.engine.dispose()
