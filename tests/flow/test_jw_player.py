"""The client and the sandbox's JW Player together: a sweep reads what is there, faults make it incomplete."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.jw_library import JwLibrary
from edye_delivery.catalog.jw_player import JwStatus
from edye_delivery.catalog.parse import parse_episode, parse_show
from edye_delivery.catalog.title import Title
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.jw_player.delivery import JwDelivery
from edye_delivery.clients.jw_player.limiter import RequestLimiter
from edye_delivery.clients.jw_player.management import JwManagement
from edye_delivery.clients.jw_player.sweep import sweep_library
from edye_delivery.errors import AuthRefused
from sandbox.jw_library import JwLibrary as MadeLibrary
from sandbox.jw_player import SITE_ID, TOKEN
from sandbox.server import Sandbox

MEDIA_DIR = Path(__file__).parents[2] / "build" / "sandbox" / "media"
SIGNING = "signing-s3cret-1234"
POLICY = RetryPolicy(attempts=3, base_s=0.0, cap_s=0.01, retry_after_max_s=120.0)


@pytest.fixture(scope="module")
def jw_box(tmp_path_factory):
    folder = tmp_path_factory.mktemp("jw")
    with Sandbox(folder, media_dir=MEDIA_DIR, jw_calls_a_minute=0, jw_signing_secret=SIGNING) as box:
        yield box


@pytest.fixture
def box(jw_box):
    jw_box.clear_faults()
    return jw_box


class Time:
    """A clock whose sleeps take no time, but move it; the stand-in's minute goes with it."""

    def __init__(self) -> None:
        self.slept_s = 0.0

    def clock(self) -> Clock:
        return Clock(lambda: datetime.now(UTC), self.sleep, lambda: 0.5, lambda: self.slept_s)

    def sleep(self, seconds: float) -> None:
        self.slept_s += seconds


@pytest.fixture
def time():
    return Time()


def management(box, time, token=TOKEN, calls_a_minute=1_000_000):
    client = httpx.Client(base_url=box.jw_url, headers={"Authorization": f"Bearer {token}"}, timeout=5.0)
    limiter = RequestLimiter(time.clock(), calls_a_minute)
    return JwManagement(client, SITE_ID, POLICY, time.clock(), limiter)


def sweep(box, time):
    library = JwLibrary()
    return sweep_library(management(box, time), library, time.clock()), library


def titles(box):
    catalogue = box.catalogue()
    parsed = [*map(parse_show, catalogue["shows"]), *map(parse_episode, catalogue["episodes"])]
    return {title.id: title for title in parsed if isinstance(title, Title)}


def test_a_sweep_of_the_sample_has_every_title_s_media_but_for_the_planted_one(box, time):
    result, library = sweep(box, time)
    assert (result.is_complete, result.sentence, len(library)) == (True, "", result.total)
    missing = [name for name, title in titles(box).items() if library.get(title.jwp_id or "") is None]
    assert missing == ["mv-vispera"]
    statuses = {media.known_status for media in library}
    assert statuses == {JwStatus.READY, JwStatus.PROCESSING, JwStatus.FAILED}
    assert not [media.defects for media in library if media.defects]


def test_ready_media_are_delivered_with_the_files_of_the_catalogue(box, time):
    library, known = sweep(box, time)[1], titles(box)
    delivery = JwDelivery(httpx.Client(timeout=5.0), box.jw_url, POLICY, time.clock(), signing_secret=SIGNING)
    ready = [media.id for media in library if media.known_status is JwStatus.READY]
    looks = {look.id: look for look in delivery.look_up(ready)}
    assert not [look.sentence for look in looks.values() if look.sentence]
    assert [media_id for media_id, look in looks.items() if look.delivered is None] == [known["sp-linternas"].jwp_id]
    assert not looks[known["so-pulpo"].jwp_id].delivered.has_picture
    found = looks[known["mv-cometa"].jwp_id].delivered
    assert {source.file for source in found.sources} == {source.file for source in known["mv-cometa"].sources}
    assert found.custom_params["Acronym"] == "EDYE_MOV_000101"
    assert SIGNING not in str(box.journal("jw"))


def test_without_the_signing_secret_the_delivery_api_refuses(box, time):
    with pytest.raises(AuthRefused, match="signing_secret"):
        JwDelivery(httpx.Client(timeout=5.0), box.jw_url, POLICY, time.clock()).media("strangr1")


def test_playlists_are_read_with_their_media(box, time):
    delivery = JwDelivery(httpx.Client(timeout=5.0), box.jw_url, POLICY, time.clock(), signing_secret=SIGNING)
    names = [(one.id, one.title) for one in management(box, time).playlists()]
    assert names == [("listmstr", "EDYE Master"), ("listroku", "roku")]
    assert "strangr1" in delivery.playlist("listroku").media_ids
    assert delivery.playlist("listnone") is None


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"kind": "garbage"}, "not JSON"),
        ({"kind": "cut", "after_bytes": 900}, "the connection failed"),
        ({"kind": "nested_gzip"}, "compressed as"),
        ({"kind": "status", "status": 500}, "answered 500"),
        ({"kind": "status", "status": 429}, "answered 429"),
        ({"kind": "garbage", "body": "x" * 10_000_000, "nth": 2}, "with more than 9,240,576 bytes"),
    ],
    ids=lambda value: value.get("kind", "") if isinstance(value, dict) else None,
)
def test_a_fault_makes_the_sweep_incomplete_with_a_sentence(box, time, fault, told):
    box.plan([{"service": "jw", "operation": "listMedia", **fault}])
    result, _ = sweep(box, time)
    assert not result.is_complete
    assert told in result.sentence


def test_a_fault_that_passes_is_tried_again_and_the_sweep_is_complete(box, time):
    box.plan([{"service": "jw", "kind": "status", "status": 503, "nth": 2, "times": 2}])
    assert sweep(box, time)[0].is_complete


@pytest.mark.parametrize(
    ("kind", "told"),
    [("doubled_page", "repeats 1,000 media"), ("moved_total", r"the total moved from 2,50[01] to 2,50[01]")],
)
def test_pages_that_move_make_the_sweep_incomplete(box, time, kind, told):
    library, box.jw.library = box.jw.library, MadeLibrary.of_size(2_500)
    try:
        # Every second call, so that a call that is sent again on a busy machine moves the total too, the other way.
        every_second_call = [{"nth": nth, "times": 1} for nth in range(3, 12, 2)]
        steps = every_second_call if kind == "moved_total" else [{}]
        box.plan([{"service": "jw", "kind": kind, **step} for step in steps])
        result, _ = sweep(box, time)
    finally:
        box.jw.library = library
    assert not result.is_complete
    assert re.search(told, result.sentence)


def test_a_library_beyond_ten_thousand_is_read_whole(box, time):
    library, box.jw.library = box.jw.library, MadeLibrary.of_size(12_000)
    try:
        result, found = sweep(box, time)
    finally:
        box.jw.library = library
    assert (result.sentence, len(found), result.total) == ("", 12_000, 12_000)


def test_a_minute_that_others_used_up_is_waited_for(tmp_path, time):
    with Sandbox(tmp_path, media_dir=MEDIA_DIR, jw_calls_a_minute=3) as box:
        box.jw.limit._seconds = lambda: time.slept_s
        other = management(box, time)
        other.media_page(length=1)
        other.media_page(length=1)
        result = sweep_library(management(box, time, calls_a_minute=60), JwLibrary(), time.clock())
    assert (result.is_complete, result.sentence) == (True, "")
    assert time.slept_s >= 60
