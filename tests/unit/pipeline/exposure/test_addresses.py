"""The addresses of pictures and media: all of changed titles and a sample of the rest are asked for, each once."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.exposure import ExpectedItem
from edye_delivery.catalog.exposure_seen import Address
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.delivery_api.client import DeliveryApi
from edye_delivery.clients.media import MediaHost
from edye_delivery.pipeline.exposure.addresses import AddressChecker
from edye_delivery.pipeline.exposure.result import Collector
from edye_delivery.pipeline.exposure.store import CheckStore
from edye_delivery.qc.exposure.terms import ExposureTerms
from tests.pull_server import PullServer
from tests.unit.pipeline.exposure.world import a_channel, check, expected_of, external_id_of, messages, skipped

FIRST, SECOND = external_id_of("ep-0"), external_id_of("ep-1")
ONCE = RetryPolicy(attempts=1, base_s=0.0)
JPEG = {"Content_Type": "image/jpeg"}


def media_of(*hosts: str) -> MediaHost:
    clock = Clock(lambda: datetime.now(UTC), [].append, lambda: 0.5)
    return MediaHost(httpx.Client(timeout=5.0, trust_env=False), frozenset(hosts or {"127.0.0.1"}), ONCE, clock)


def give_still(server: PullServer, number: int, url: str, **source: Any) -> None:
    item = server.items["episodes"][number]
    item["images"] = [{"kind": "still", "url": url}]
    item["sources"] = [source] if source else []


def asked_check(server: PullServer, new: tuple[str, ...] = ("ep-0",), **more: Any):
    counts = {ListName.SHOWS: 1, ListName.EPISODES: 2}
    return check(server, expected_of(server, new=new, counts=counts), media=more.pop("media", media_of()), **more)


def test_files_that_are_there_with_the_type_and_size_that_are_told_pass(server, web):
    source = {"file": web.put("/a.mp4", b"x" * 900, Content_Type="video/mp4"), "type": "video/mp4", "filesize": 900}
    give_still(server, 0, web.put("/a.jpg", b"x", **JPEG), **source)
    result = asked_check(server)
    assert result.counts == {}
    assert sorted(web.asked) == ["/a.jpg", "/a.mp4"]
    assert web.headers[0]["range"] == "bytes=0-0"


WRONG = {
    "missing": ({"status": 404}, "still: the media host answered 404"),
    "refused": ({"status": 403}, "still: the media host answered 403"),
    "a page instead": ({"Content_Type": "text/html"}, "still: the type is text/html, the item says image/*"),
    "empty": ({"body": b"", **JPEG}, "still: the file is empty"),
    "broken": ({"status": 500}, "still: the media host answered 500"),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_address_without_its_file_is_a_finding_about_its_title_alone(server, web, name):
    answer, message = WRONG[name]
    give_still(server, 0, web.put("/a.jpg", **({"body": b"x"} | answer)))
    result = asked_check(server)
    assert [text.startswith(message) for text in messages(result, "EXPO008")] == [True], messages(result, "EXPO008")
    assert [result.is_good(title) for title in (FIRST, SECOND)] == [False, True]
    assert not result.has_to_go_back


def test_another_size_than_is_told_is_a_finding(server, web):
    url = web.put("/a.mp4", b"x" * 900, Content_Type="video/mp4")
    give_still(server, 0, web.put("/a.jpg", b"x", **JPEG), file=url, type="video/mp4", label="720p", filesize=901)
    assert messages(asked_check(server), "EXPO008") == ["source 720p: 900 bytes, the item says 901"]


def test_a_host_that_is_not_on_the_list_is_not_asked(server, web):
    give_still(server, 0, web.by_name + "/a.jpg")
    result = asked_check(server)
    assert "is not on the allow-list" in messages(result, "EXPO008")[0]
    assert web.asked == []


def test_an_address_of_several_titles_is_asked_for_once_and_is_a_finding_about_each(server, web):
    for number in (0, 1):
        give_still(server, number, web.put("/a.jpg", status=404))
    result = asked_check(server, new=("ep-0", "ep-1"))
    assert web.asked == ["/a.jpg"]
    assert result.counts == {"EXPO008": 2}
    assert not result.is_good(SECOND)


@pytest.mark.parametrize(("most", "asked"), [(0, 0), (1, 1), (200, 2)])
def test_of_unchanged_titles_only_a_sample_is_asked_for(server, web, most, asked):
    for number in (0, 1):
        give_still(server, number, web.put(f"/{number}.jpg", b"x", **JPEG))
    result = asked_check(server, new=(), pull=a_channel(check={"urls": most}))
    assert result.counts == {}
    assert len(web.asked) == asked


def test_without_a_host_nothing_is_asked_and_the_rule_is_skipped(server, web):
    give_still(server, 0, web.put("/a.jpg", status=404))
    result = asked_check(server, media=None)
    assert result.counts == {}
    assert skipped(result, "EXPO008") == ["no host was given that may be asked"]
    assert web.asked == []


def test_titles_whose_addresses_were_not_reached_in_time_are_held_back_without_a_finding(web):
    store = CheckStore()
    collector = Collector(ExposureTerms(), store)
    for number in (0, 1):
        store.load([ExpectedItem(ListName.EPISODES, f"ep-{number}", external_id_of(f"ep-{number}"))])
        store.note_seen(ListName.EPISODES, [f"ep-{number}"])
    store.keep_addresses(ListName.EPISODES, "ep-0", FIRST, [Address(web.origin + "/a.jpg", "still")])
    AddressChecker(media_of(), store, collector, False, lambda: False).check_all()
    assert web.asked == []
    assert collector.result(7).skipped == (
        ("EXPO008", "1 addresses were not asked for: the time of the check was over"),
    )  # fmt: skip
    assert list(collector.result(7).good_titles()) == [SECOND]
    assert collector.result(7).finding_of(FIRST) is None


def test_over_https_an_address_of_plain_http_is_a_finding(server, web, monkeypatch):
    monkeypatch.setattr(DeliveryApi, "is_https", property(lambda api: True))
    give_still(server, 0, web.put("/a.jpg", b"x", **JPEG))
    assert messages(asked_check(server), "EXPO008") == ["still: its address does not begin with https://"]
