"""Stable addresses of media files: the check follows them as a partner does, and no sentence has a signature."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from edye_delivery.annex.signed_media import SignedMedia
from edye_delivery.pipeline.exposure.result import ExposureResult
from tests.pull_server import TOKEN, Answer, Call, PullServer, pull_server
from tests.unit.clients.local_web import LocalWeb, local_web
from tests.unit.pipeline.exposure.test_addresses import FIRST, asked_check, give_still
from tests.unit.pipeline.exposure.world import a_channel, fill, messages

NO_STORE = {"Cache-Control": "no-store"}
SIGNATURE = "0123456789abcdef0123456789abcdef"
SIGNED_PATH = f"/videos/a.mp4?exp=1796040000&sig={SIGNATURE}"
MP4 = {"Content_Type": "video/mp4"}


@dataclass
class Shelf:
    """A delivery API whose one media file is at a stable address; `redirect` is its answer there."""

    server: PullServer
    web: LocalWeb
    signed: SignedMedia
    redirect: Answer

    def check(self, **annex: Any) -> ExposureResult:
        words = self.signed.model_dump() | annex
        return asked_check(self.server, pull=a_channel(signed_media=words))


@pytest.fixture
def shelf() -> Iterator[Shelf]:
    with pull_server() as server, local_web() as web:
        fill(server, episodes=2)
        server.items["feed"] = []
        signed = SignedMedia(base_url=server.url, hosts=(web.origin.removeprefix("http://"),))
        target = web.put(SIGNED_PATH, b"x" * 900, **MP4)
        shelf = Shelf(server, web, signed, Answer(302, None, {"Location": target} | NO_STORE))
        server.alter = lambda call, answer: shelf.redirect if "/sources/" in call.path else None
        file = signed.stable_address("ep-0", f"{web.origin}/videos/a.mp4")
        still = web.put("/a.jpg", b"x", Content_Type="image/jpeg")
        give_still(server, 0, still, file=file, type="video/mp4", filesize=900)
        yield shelf


def test_a_redirect_to_the_signed_file_passes(shelf):
    result = shelf.check()
    assert (result.counts, result.is_good(FIRST)) == ({}, True)
    assert SIGNED_PATH in shelf.web.asked
    asked = [call for call in shelf.server.calls if "/sources/" in call.path]
    assert [call.headers["authorization"] for call in asked] == [f"Bearer {TOKEN}"]
    assert all("authorization" not in headers for headers in shelf.web.headers)


def test_the_file_behind_a_redirect_is_looked_at_as_any_other(shelf):
    shelf.web.put(SIGNED_PATH, b"x", Content_Type="text/html")
    result = shelf.check()
    assert [text[:20] for text in messages(result, "EXPO008")] == ["source : the type is", "source : 1 bytes, th"]


def location(text: str) -> Callable[[Shelf], Answer]:
    return lambda shelf: Answer(302, None, {"Location": text.format(web=shelf.web.origin)} | NO_STORE)


def refusal(status: int, **headers: str) -> Callable[[Shelf], Answer]:
    return lambda _: Answer(status, None, headers)


WRONG = {
    "degraded": (refusal(503, **{"Retry-After": "60"}), "our API answered 503: it may lack EDYE_JW_SIGNING_SECRET"),
    "withdrawn": (refusal(410), "our API answered 410, expected a redirect (302)"),
    "not a redirect": (refusal(200), "our API answered 200, expected a redirect (302)"),
    "another file": (location("{web}/videos/b.mp4?sig=" + SIGNATURE), "our API redirects to another file than"),
    "another host": (location("https://evil.example/videos/a.mp4"), "our API redirects to another file than"),
    "nowhere": (lambda _: Answer(302, None, NO_STORE), "our API redirects to another file than"),
    "a signature that may be kept": (
        lambda shelf: Answer(302, None, {"Location": shelf.web.origin + SIGNED_PATH}),
        "our API redirects without Cache-Control: no-store",
    ),
    "a wrong signature": (location("{web}/videos/a.mp4?exp=1&sig=" + "f" * 32), "the media host answered 404"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_redirect_that_gives_no_file_is_a_finding_about_its_title(shelf, name, caplog):
    answer, sentence = WRONG[name]
    shelf.redirect = answer(shelf)
    with caplog.at_level(logging.DEBUG):
        result = shelf.check()
    assert [sentence in text for text in messages(result, "EXPO008")] == [True], messages(result, "EXPO008")
    assert not result.is_good(FIRST)
    assert not result.has_to_go_back
    assert "evil.example/videos" not in str(shelf.web.asked)
    assert SIGNATURE not in caplog.text + repr(result)


def test_the_limit_of_calls_is_waited_for(shelf):
    good = shelf.redirect
    shelf.redirect = Answer(429, None, {"Retry-After": "30"})
    calls: list[Call] = []

    def alter(call: Call, answer: Answer) -> Answer | None:
        if "/sources/" not in call.path:
            return None
        calls.append(call)
        return shelf.redirect if len(calls) == 1 else good

    shelf.server.alter = alter
    assert shelf.check().counts == {}
    assert len(calls) == 2


def test_the_token_goes_to_no_other_address_than_that_of_the_connection(shelf):
    by_name = shelf.server.url.replace("127.0.0.1", "localhost")
    shelf.server.items["episodes"][0]["sources"][0]["file"] = SignedMedia(
        base_url=by_name, hosts=shelf.signed.hosts
    ).stable_address("ep-0", f"{shelf.web.origin}/videos/a.mp4")
    result = shelf.check(base_url=by_name)
    assert ["pull.signed_media.base_url" in text for text in messages(result, "EXPO008")] == [True]
    assert not [call for call in shelf.server.calls if "/sources/" in call.path]


def test_libraries_log_no_signature(shelf, caplog):
    with caplog.at_level(logging.INFO, "httpx"):
        shelf.check()
    lines = [record.getMessage() for record in caplog.records if "/videos/a.mp4" in record.getMessage()]
    assert ["sig=***" in line for line in lines] == [True]
    assert SIGNATURE not in caplog.text
