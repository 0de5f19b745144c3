"""A media address that the host refuses is read from the catalogue again, before anything is held against the file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import httpx
import pytest

from benchmarks.local_media import LocalMedia
from edye_delivery.annex.planning import plan_of
from edye_delivery.catalog.finding import blocking
from edye_delivery.catalog.jobs import run_here
from edye_delivery.catalog.plan import CheckedTitle
from edye_delivery.clients.media import MediaFile, MediaHost
from edye_delivery.errors import AddressRefused, AuthRefused, Transient
from edye_delivery.pipeline.check import NO_OTHER_ADDRESS, BatchChecker
from edye_delivery.pipeline.check_pictures import PictureChecker
from edye_delivery.pipeline.fresh_address import FreshAddresses
from edye_delivery.pipeline.media_source import MediaSource
from tests.artifacts import Artifacts
from tests.builders import a_movie, an_episode, the_annex
from tests.unit.clients.transport import RETRY_POLICY, Slept, client_of
from tests.unit.qc.clips import Clips

ANNEX = the_annex()
OLD, NEW = ("https://media.example/film.mp4?sig=old", "https://media.example/film.mp4?sig=new")


def source(url: str = OLD, **changes: Any) -> dict[str, Any]:
    return {"file": url, "type": "video/mp4", "height": 720} | changes


def plan(kind: Any = a_movie, url: str = OLD) -> Any:
    return plan_of(ANNEX, kind(sources=[source(url)]))


def item_of(title: Any) -> dict[str, Any]:
    """The catalogue's item of a title."""
    return title.model_dump(mode="json", exclude={"series", "custom_thumbnails"})


class Lists:
    """The catalogue's two lists as they are now; notes what it is asked for."""

    def __init__(self, item: dict[str, Any] | None = None, error: Exception | None = None) -> None:
        self.item, self.error = item, error
        self.asked: list[tuple[str, Any]] = []

    def shows(self, window: Any) -> Any:
        return self._answer("shows", window)

    def episodes(self, window: Any) -> Any:
        return self._answer("episodes", window)

    def _answer(self, name: str, window: Any) -> Any:
        self.asked.append((name, window))
        if self.error:
            raise self.error
        return {self.item["id"]: self.item} if self.item else {}


@pytest.mark.parametrize(("kind", "list_name"), [(a_movie, "shows"), (an_episode, "episodes")])
def test_the_same_file_is_found_at_its_new_address(kind, list_name):
    planned = plan(kind)
    lists = Lists(item_of(kind(sources=[source(NEW)])))
    fresh = FreshAddresses(ANNEX, lists).source_of(planned)

    assert fresh is not None
    assert fresh.file == NEW
    ((name, window),) = lists.asked
    assert (name, window.start_at < planned.title.updated_at < window.end_at) == (list_name, True)


@pytest.mark.parametrize(
    "lists",
    [
        Lists(item_of(a_movie(sources=[source(OLD)]))),
        Lists(item_of(a_movie(sources=[source("https://media.example/other.mp4?sig=new")]))),
        Lists(item_of(a_movie(sources=[source(NEW, filesize=9)]))),
        Lists(item_of(a_movie(sources=[]))),
        Lists({"id": "movie-1", "kind": "movie"}),
        Lists(),
        Lists(error=Transient("the EDYE API answered 503")),
        Lists(error=AuthRefused("the EDYE API refused our token")),
    ],
    ids=["same address", "other file", "other size", "no source", "malformed", "gone", "no answer", "no token"],
)
def test_nothing_else_is_taken_for_the_file_that_was_planned(lists):
    assert FreshAddresses(ANNEX, lists).source_of(plan()) is None


def test_the_list_of_one_moment_is_read_once_for_all_its_titles():
    lists = Lists(item_of(a_movie(sources=[source(NEW)])))
    fresh = FreshAddresses(ANNEX, lists)

    assert [fresh.source_of(plan()).file for _ in range(3)] == [NEW] * 3
    assert len(lists.asked) == 1


def test_a_catalogue_that_cannot_be_read_is_asked_once_for_all_titles_of_a_moment():
    lists = Lists(error=Transient("the EDYE API answered 503"))
    fresh = FreshAddresses(ANNEX, lists)

    assert [fresh.source_of(plan()) for _ in range(3)] == [None] * 3
    assert len(lists.asked) == 1


def test_a_list_that_is_a_minute_old_is_read_again():
    lists, at_s = Lists(item_of(a_movie(sources=[source(NEW)]))), [0.0]
    fresh = FreshAddresses(ANNEX, lists, lambda: at_s[0])
    for seconds in (0.0, 59.0, 61.0, 62.0):
        at_s[0] = seconds
        assert fresh.source_of(plan()).file == NEW
    assert len(lists.asked) == 2


def test_titles_of_other_moments_do_not_wait_for_a_slow_catalogue():
    both_ask = Barrier(2, timeout=20)

    class SlowLists(Lists):
        def shows(self, window):
            both_ask.wait()  # broken, and an error, where one asks after the other
            return super().shows(window)

    fresh = FreshAddresses(ANNEX, SlowLists(item_of(a_movie(sources=[source(NEW)]))))
    plans = [plan(), plan(lambda **more: a_movie(updated_at="2026-02-01T00:00:00Z", **more))]
    with ThreadPoolExecutor(2) as pool:
        assert [found.file for found in pool.map(fresh.source_of, plans)] == [NEW] * 2


class Fresh:
    """Finds this source for every title."""

    def __init__(self, source):
        self.source = source

    def source_of(self, plan):
        return self.source


class SignedMedia(LocalMedia):
    """A folder of media files whose old addresses have expired."""

    def describe(self, url: str) -> MediaFile:
        if "sig=old" in url:
            raise AddressRefused("the media host answered 403")
        return super().describe(url)


@pytest.mark.parametrize("finds", [True, False], ids=["a new address", "no other address"])
def test_a_title_whose_address_has_expired_is_checked_by_its_new_one(tmp_path: Path, finds: bool):
    media: Any = SignedMedia(Clips(tmp_path).clip("film.mp4").parent)
    fresh = plan(url=NEW).media if finds else None
    checker = BatchChecker(
        ANNEX, media, tmp_path, datetime(2026, 3, 2, tzinfo=UTC).date(),
        PictureChecker(ANNEX, media, Artifacts(), run_here), fresh_sources=Fresh(fresh),
    )  # fmt: skip
    (checked,) = checker.check_batch((plan(),))
    found = {finding.code: finding for finding in blocking(checked.findings) if finding.code.startswith("VID")}

    if finds:
        assert (found, checked.plan.media.file, checked.video.codec) == ({}, NEW, "h264")
    else:
        assert set(found) == {"VID011"}
        assert (found["VID011"].owner, NO_OTHER_ADDRESS in found["VID011"].message) == ("DevOps", True)


def test_an_address_that_expires_before_the_upload_is_read_again_too():
    def answer(request: httpx.Request) -> httpx.Response:
        is_new = request.url.query == b"sig=new"
        return httpx.Response(200, headers={"ETag": '"v"'}, content=b"film") if is_new else httpx.Response(403)

    host = MediaHost(client_of(answer), frozenset({"media.example"}), RETRY_POLICY, Slept().clock())
    checked = CheckedTitle(plan=plan())
    fresh = plan(url=NEW).media
    with MediaSource(host, fresh_sources=Fresh(fresh)).open(checked) as stream:
        assert b"".join(stream.blocks()) == b"film"
    with pytest.raises(AddressRefused), MediaSource(host).open(checked):
        pass
