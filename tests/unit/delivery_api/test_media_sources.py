"""The stable address of a media file: a redirect with a fresh signature, for files that the item has, and no other."""

from __future__ import annotations

import hashlib
import logging
from datetime import timedelta

import pytest

from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.media_sources import SECRET_VARIABLE
from tests.unit.delivery_api.signed_entries import BASE, HLS, SECRET, VIDEO, signed_entry, source_path
from tests.unit.delivery_api.world import EVERYTHING, World, call, gone, pull_annex


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path, signing_secret=SECRET)
    words = {"base_url": BASE}
    pull_annex(world.annexes, "shelf", {"app": EVERYTHING, "other": EVERYTHING}, signed_media=words)
    pull_annex(world.annexes, "rival", signed_media=words)
    pull_annex(world.annexes, "plain", {"app": EVERYTHING, "nobody": ["shows"]})
    for partner in ("shelf", "rival", "plain"):
        world.token(partner)
    world.token("plain", "nobody")
    world.publish("shelf", signed_entry("m1", VIDEO, HLS), signed_entry("m2", HLS))
    world.publish("rival", signed_entry("r1", VIDEO))
    world.publish("plain", signed_entry("p1", VIDEO))
    return world


def shelf(world, path, **headers):
    return call(world.application(), path, "token-of-shelf-app", **headers)


@pytest.mark.parametrize("file", [VIDEO, HLS], ids=["video", "manifest"])
def test_the_answer_leads_to_the_file_with_a_fresh_signature_that_nobody_keeps(world, file):
    reply = shelf(world, source_path("m1", file))
    until = (int(world.now.timestamp()) // 3600 + 2) * 3600
    signature = hashlib.md5(f"{file.split('.com/')[1]}:{until}:{SECRET}".encode(), usedforsecurity=False).hexdigest()
    assert (reply.status, reply.body) == (302, b"")
    assert reply.headers["location"] == f"{file}?exp={until}&sig={signature}"
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["content-length"] == "0"
    assert "etag" not in reply.headers


def test_a_later_call_has_a_later_end_while_the_address_stays(world):
    path = source_path("m1", VIDEO)
    first = shelf(world, path).headers["location"]
    world.now += timedelta(hours=1)
    assert shelf(world, path).headers["location"] != first


def test_an_answer_that_the_caller_has_is_no_reason_to_leave_the_signature_out(world):
    assert shelf(world, source_path("m1", VIDEO), If_None_Match="*").status == 302
    assert shelf(world, source_path("m1", VIDEO), method="HEAD").status == 302


REFUSED = {
    "a file that only another item has": (source_path("m2", VIDEO), 404),
    "a file of a host that nobody signs": ("/v1/media/m1/sources/aHR0cHM6Ly9ldmlsLmV4YW1wbGUvYS5tcDQ", 404),
    "another partner's item": (source_path("r1", VIDEO), 404),
    "an unknown item": (source_path("m9", VIDEO), 404),
    "no name": ("/v1/media/m1/sources/", 404),
    "something behind the name": (source_path("m1", VIDEO) + "/x", 404),
    "another word": (source_path("m1", VIDEO).replace("sources", "videos"), 404),
    "an item of another list": (source_path("m1", VIDEO).replace("media", "shows"), 404),
    "a parameter": (source_path("m1", VIDEO) + "?exp=1", 400),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_address_that_the_item_does_not_have_is_refused(world, name):
    path, status = REFUSED[name]
    reply = shelf(world, path)
    assert reply.status == status
    assert "location" not in reply.headers
    assert b"cdn.jwplayer.com" not in reply.body


def test_the_file_of_a_withdrawn_item_is_gone(world):
    world.publish("shelf", gone("m1", ListName.ENTRIES))
    assert shelf(world, source_path("m1", VIDEO)).status == 410


def test_a_file_that_the_item_has_not_any_more_is_unknown(world):
    world.publish("shelf", signed_entry("m1", HLS))
    assert shelf(world, source_path("m1", VIDEO)).status == 404
    assert shelf(world, source_path("m1", HLS)).status == 302


def test_the_address_needs_a_token_and_the_permission_of_media(world):
    application, path = world.application(), source_path("p1", VIDEO)
    assert call(application, path).status == 401
    assert call(application, path, "token-of-plain-nobody").status == 403
    assert call(application, source_path("m1", VIDEO), "token-of-rival-app").status == 404


def test_where_the_annex_asks_for_no_signatures_none_are_made(world):
    reply = call(world.application(), source_path("p1", VIDEO), "token-of-plain-app")
    assert (reply.status, "location" in reply.headers) == (404, False)


def test_a_host_that_the_annex_names_no_more_is_not_signed(world):
    pull_annex(world.annexes, "shelf", signed_media={"base_url": BASE, "hosts": ["other.example"]})
    assert shelf(world, source_path("m1", VIDEO)).status == 404


def test_the_call_counts_and_has_a_line_without_a_signature(world):
    pull_annex(world.annexes, "shelf", signed_media={"base_url": BASE}, rate_limit={"calls": 1})
    application = world.application()
    statuses = [call(application, source_path("m1", VIDEO), "token-of-shelf-app").status for _ in range(2)]
    assert statuses == [302, 429]
    line = world.lines[0]
    assert (line.endpoint, line.status, line.partner, line.user) == ("mediaSource", 302, "shelf", "app")
    assert line.first_item is not None
    assert line.first_item.endswith(":m1")
    assert SECRET not in repr(world.lines)
    assert "sig=" not in repr(world.lines)


def test_without_a_secret_only_files_are_degraded_and_the_servers_log_says_why_once(world, caplog):
    world.signing_secret = ""
    application = world.application()
    with caplog.at_level(logging.ERROR):
        replies = [call(application, source_path("m1", VIDEO), "token-of-shelf-app") for _ in range(2)]
    assert [reply.status for reply in replies] == [503, 503]
    assert replies[0].json["type"] == "/problems/degraded"
    assert replies[0].headers["retry-after"] == "60"
    sentences = [record.getMessage() for record in caplog.records]
    assert len(sentences) == 1
    assert "the annex of shelf asks for signed addresses" in sentences[0]
    assert SECRET_VARIABLE in sentences[0]
    assert call(application, "/v1/feed", "token-of-shelf-app").status == 200
