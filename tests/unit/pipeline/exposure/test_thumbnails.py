"""Thumbnails are downloaded and measured, over HTTP: what is no picture of the told size is a finding of its title."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, BinaryIO

import httpx
import pytest
from PIL import Image as Pillow

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.exposure import ExpectedThumbnail
from edye_delivery.catalog.exposure_seen import Address
from edye_delivery.catalog.jobs import Run, run_here
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.clients.bounds import CallBounds
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.media import MediaHost
from edye_delivery.clients.workers import Workers
from edye_delivery.pipeline.exposure.result import Collector
from edye_delivery.pipeline.exposure.store import CheckStore
from edye_delivery.pipeline.exposure.thumbnails import ThumbnailChecker
from edye_delivery.qc.exposure.terms import ExposureTerms
from tests.pull_server import PullServer
from tests.unit.pipeline.exposure import world
from tests.unit.pipeline.exposure.world import a_channel, check, expected_of, external_id_of, messages, skipped

IMAGES = world.ANNEX.images.model_copy(update={"max_size_bytes": 50_000, "max_pixels": 100_000})
FIRST, SECOND = external_id_of("ep-0"), external_id_of("ep-1")
ONCE = RetryPolicy(attempts=1, base_s=0.0)
JPEG = {"Content_Type": "image/jpeg"}
WIDE = {"name": "wide", "width": 64, "height": 36, "type": "image/jpeg"}


def a_picture(width_px: int = 64, height_px: int = 36, picture_format: str = "JPEG") -> bytes:
    file = BytesIO()
    Pillow.new("RGB", (width_px, height_px), "red").save(file, picture_format)
    return file.getvalue()


def give(server: PullServer, number: int, url: str, **changes: Any) -> None:
    server.items["episodes"][number]["custom_thumbnails"] = [WIDE | {"url": url} | changes]


def measure(server: PullServer, run: Run = run_here, **check_of: int):
    """The check of both episodes, with a host that has to send 100 kB within a tenth of a second."""
    counts, clock = {ListName.SHOWS: 1, ListName.EPISODES: 2}, Clock(lambda: datetime.now(UTC), [].append, lambda: 0.5)
    shown = {item["id"]: item.get("custom_thumbnails", ()) for item in server.items["episodes"]}
    changes = {
        item_id: {"thumbnails": tuple(ExpectedThumbnail("wide", one["width"], one["height"]) for one in thumbnails)}
        for item_id, thumbnails in shown.items()
    }
    expected = expected_of(server, new=("ep-0", "ep-1"), counts=counts, changes=changes)
    with httpx.Client(timeout=5.0, trust_env=False) as client:
        bounds = CallBounds(least_rate_bytes_s=1_000_000, span_s=0.1)
        media = MediaHost(client, frozenset({"127.0.0.1"}), ONCE, clock, bounds)
        return check(server, expected, media=media, run=run, pull=a_channel(check=check_of))


def test_a_thumbnail_of_the_told_size_passes_and_both_titles_are_good(server, web):
    give(server, 0, web.put("/a.jpg", a_picture(), **JPEG))
    result = measure(server)
    assert result.counts == {}, [found.finding.message for found in result.findings]
    assert [result.is_good(title) for title in (FIRST, SECOND)] == [True, True]
    assert ("range" in web.headers[0], "range" in web.headers[1]) == (True, False)


def drip(out: BinaryIO, is_over: threading.Event) -> None:
    out.write(b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nContent-Length: 900000\r\n\r\n")
    while not is_over.wait(0.05):
        out.write(b"\xff")
        out.flush()


WRONG = {
    "wrong size": (a_picture(640, 36), "thumbnail wide: the picture has 640x36 px, the item says 64x36 px"),
    "another format": (
        a_picture(picture_format="PNG"),
        "the picture is a PNG, the item says image/jpeg",
    ),
    "no picture": (b"<html>" * 99, "thumbnail wide: it has none of the formats"),
    "cut": (a_picture()[:-150], "thumbnail wide: it is damaged or cut short"),
    "too many bytes": (b"x" * (IMAGES.max_size_bytes + 1), "is larger than 50000 bytes"),
    "too many pixels": (a_picture(400, 300), "400x300 px are 120000 pixels, expected 100000 or less"),
    "slow": (drip, "thumbnail wide: "),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_is_no_picture_of_the_told_size_is_a_finding_of_its_title_alone(server, web, monkeypatch, name):
    monkeypatch.setattr(world, "ANNEX", world.ANNEX.model_copy(update={"images": IMAGES}))
    content, message = WRONG[name]
    give(server, 0, web.put_raw("/a.jpg", content) if callable(content) else web.put("/a.jpg", content, **JPEG))
    give(server, 1, web.put("/b.jpg", a_picture(), **JPEG))
    with Workers(IMAGES, at_once=1) as workers:
        result = measure(server, workers.run)
    assert result.counts == {"EXPO013": 1}, [found.finding.message for found in result.findings]
    assert message in messages(result, "EXPO013")[0]
    assert [result.is_good(title) for title in (FIRST, SECOND)] == [False, True]
    assert not result.has_to_go_back


def test_a_thumbnail_that_is_not_there_is_told_once_and_not_downloaded(server, web):
    give(server, 0, web.put("/a.jpg", status=404))
    result = measure(server)
    assert result.counts == {"EXPO008": 1}
    assert web.asked == ["/a.jpg"]


def test_a_host_that_is_not_on_the_list_is_not_asked(server, web):
    give(server, 0, web.by_name + "/a.jpg")
    assert measure(server).counts == {"EXPO008": 1}
    assert web.asked == []


@pytest.mark.parametrize(("most", "downloaded"), [(0, 0), (1, 1), (2, 2)])
def test_at_most_so_many_thumbnails_are_downloaded(server, web, most, downloaded):
    for number in (0, 1):
        give(server, number, web.put(f"/{number}.jpg", a_picture(), **JPEG))
    assert measure(server, thumbnails=most).counts == {}
    assert sum("range" not in headers for headers in web.headers) == downloaded


def test_without_anything_that_decodes_pictures_the_rule_is_skipped(server, web):
    give(server, 0, web.put("/a.jpg", a_picture(640, 36), **JPEG))
    result = measure(server, None)
    assert result.counts == {}
    assert skipped(result, "EXPO013") == ["nothing was given that decodes pictures"]


def test_thumbnails_that_were_not_reached_in_time_are_named_as_not_measured(web):
    collector = Collector(ExposureTerms(), CheckStore())
    address = Address(web.put("/a.jpg"), "thumbnail wide", "image/jpeg", None, 64, 36)
    media: Any = None
    thumbnails = ThumbnailChecker(media, run_here, IMAGES, collector, 9, lambda: False, lambda: 0.5)
    thumbnails.offer([(address, ListName.EPISODES, "ep-0", FIRST)])
    thumbnails.check_all()
    reason = "1 thumbnails were not measured: the time of the check was over"
    assert collector.result(7).skipped == (("EXPO013", reason),)
