"""The check after a publication asks for what changed since the last whole check, whatever was published between."""

from __future__ import annotations

import socket
import threading
from dataclasses import replace
from datetime import timedelta

import httpx
import pytest
import uvicorn

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.load import load_annexes
from edye_delivery.clients.delivery_api.client import DeliveryApi
from edye_delivery.clients.media import MediaHost
from edye_delivery.ledger.withdrawals import Withdrawals
from edye_delivery.pipeline.check_generation import GenerationChecker
from tests.builders import a_movie
from tests.unit.delivery_api.world import World, pull_annex
from tests.unit.pipeline.exposure.world import POLICY, Time
from tests.unit.pipeline.test_publish_generation import START, Shelf
from tests.waiting import until

TOKEN = "a-token-of-sixteen-signs-or-more"
MEDIA = "http://media.example/{}.mp4"


class Checked(Shelf):
    """A shelf whose generations a real API serves, with a check that notes the addresses that it asks for."""

    def __init__(self, folder):
        self.world = World(folder, now=START + timedelta(days=1))
        pull_annex(self.world.annexes, "shelf", check={"user": "app", "urls": 0}, thumbnails=[])
        super().__init__(folder, pull_annex_of(load_annexes(self.world.annexes)["shelf"]))
        self.store = self.world.store
        self.world.token("shelf", token=TOKEN)
        self.asked = []

    def movie(self, number, **changes):
        source = {"file": MEDIA.format(number), "type": "video/mp4", "height": 1080}
        return a_movie(**{"id": f"m-{number}", "title_id": f"EDYE_{number}", "sources": [source]} | changes)

    def answer(self, request):
        self.asked.append(request.url.path)
        return httpx.Response(206, headers={"Content-Type": "video/mp4", "Content-Range": "bytes 0-0/9"}, content=b"0")

    def checker(self, url):
        clock = replace(Time().clock(), now=lambda: self.world.now)
        web = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {TOKEN}"}, trust_env=False)
        media = MediaHost(
            httpx.Client(transport=httpx.MockTransport(self.answer)),
            frozenset({"media.example"}), RetryPolicy(attempts=1, base_s=0.0), clock,
        )  # fmt: skip
        api = DeliveryApi(web, POLICY, clock, 10)
        return GenerationChecker(self.annex, self.publish, self.store, self.exposures, api, media, clock)

    def check(self):
        """The numbers of the media that a whole check asks for, and what it found."""
        self.asked.clear()
        checker = self.checker(self.url)
        published, result = checker.check()
        checker.keep(published, result)
        assert not any(finding.finding.code == "EXPO004" for finding in result.findings)
        return {path.strip("/").removesuffix(".mp4") for path in self.asked if path.endswith(".mp4")}, result

    def skipped_delta(self, result):
        """The lists whose changes were not read."""
        return {reason.partition(":")[0] for code, reason in result.skipped if code == "EXPO004"}


@pytest.fixture
def shelf(tmp_path):
    shelf = Checked(tmp_path)
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(shelf.world.application(), lifespan="off", log_config=None, access_log=False, ws="none")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    until(lambda: server.started, "the start of the API")
    shelf.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    yield shelf
    server.should_exit = True
    thread.join()
    listener.close()
    shelf.engine.dispose()


def test_all_that_changed_since_the_last_check_is_new_whatever_was_published_between(shelf):
    first, *_ = [shelf.accept(shelf.movie(number)) for number in range(6)]
    asked, result = shelf.check()
    assert asked == {str(number) for number in range(6)}
    shelf.accept(shelf.movie(6))
    shelf.publish()  # the step that is tried again
    shelf.accept(shelf.movie(7))
    Withdrawals(shelf.engine, shelf.now, shelf.annex.partner).begin(first.delivery_key, "run-2", "a reason", None)
    shelf.publish()
    asked, result = shelf.check()
    assert asked == {"6", "7"}
    assert shelf.skipped_delta(result) == {"episodes"}  # the empty list


def test_without_a_change_nothing_is_new_and_without_a_known_check_everything_is(shelf):
    for number in range(4):
        shelf.accept(shelf.movie(number))
    shelf.check()
    assert shelf.check()[0] == set()
    shelf.store.write("shelf/checkpoints.json", b'{"shows":"abc"}')
    asked, result = shelf.check()
    assert len(asked) == 4
    assert shelf.skipped_delta(result) == {"shows", "episodes", "entries"}
