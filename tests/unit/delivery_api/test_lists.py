"""Lists of the delivery API: pages, cursors, checkpoints and conditions, as the contract says."""

from __future__ import annotations

import gzip
import re
from datetime import timedelta

import pytest

from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.generations.switch import go_back
from tests.unit.delivery_api.world import World, call, entry, episode, gone, pull_annex, show


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    pull_annex(world.annexes, "shelf")
    world.token("shelf", token="t")
    return world


@pytest.fixture
def seven(world):
    """Seven shows of one generation."""
    world.publish("shelf", *(show(f"s{number}", tags=("kids",) if number % 2 else ()) for number in range(7)))
    return world.application()


def walk(application, path):
    """All pages from one on."""
    pages = [call(application, path, "t")]
    while "next" in pages[-1].json:
        pages.append(call(application, pages[-1].json["next"], "t"))
    return pages


def test_a_list_is_read_page_by_page_to_its_checkpoint(seven):
    pages = walk(seven, "/v1/shows?page_size=3")
    assert [page.ids for page in pages] == [["s0", "s1", "s2"], ["s3", "s4", "s5"], ["s6"]]
    assert {page.status for page in pages} == {200}
    assert [page.json["total"] for page in pages] == [7, 7, 7]
    assert ["checkpoint" in page.json for page in pages] == [False, False, True]
    assert pages[0].headers["link"] == f'<{pages[0].json["next"]}>; rel="next"'
    assert "link" not in pages[-1].headers
    assert pages[0].json["as_of"] == "2026-11-29T12:05:00.000Z"


def test_pages_are_counted_in_the_newest_generation_and_go_on_by_cursor(seven):
    page = call(seven, "/v1/shows?page=2&page_size=3", "t")
    assert (page.ids, page.json["page"]) == (["s3", "s4", "s5"], 2)
    assert call(seven, page.json["next"], "t").ids == ["s6"]


def test_a_page_beyond_the_end_has_no_items(seven):
    page = call(seven, "/v1/shows?page=1000000&page_size=1000", "t")
    assert (page.status, page.ids) == (200, [])
    assert not {"next", "checkpoint"} & page.json.keys()


def test_a_walk_is_not_disturbed_by_a_publication(world, seven):
    first = call(seven, "/v1/shows?page_size=3", "t")
    world.publish("shelf", show("s0", "Another title"), show("new"), gone("s4"))
    second = call(seven, first.json["next"], "t")
    third = call(seven, second.json["next"], "t")
    assert (second.ids, third.ids) == (["s3", "s5"], ["s6"])
    delta = call(seven, f"/v1/shows?cursor={third.json['checkpoint']}", "t")
    assert sorted(delta.ids) == ["-s4", "new", "s0"]


def test_a_checkpoint_answers_what_changed_with_tombstones_and_then_nothing(world, seven):
    checkpoint = walk(seven, "/v1/shows?page_size=3")[-1].json["checkpoint"]
    unchanged = call(seven, f"/v1/shows?cursor={checkpoint}", "t")
    assert (unchanged.status, unchanged.body) == (204, b"")
    assert re.fullmatch('"[0-9a-f]+"', unchanged.headers["etag"])
    world.publish("shelf", gone("s1"), show("s9"))
    delta = call(seven, f"/v1/shows?cursor={checkpoint}", "t")
    assert delta.ids == ["-s1", "s9"]
    assert delta.json["items"][0]["reason"] == "withdrawn"
    assert "total" not in delta.json
    assert call(seven, f"/v1/shows?cursor={delta.json['checkpoint']}", "t").status == 204


def test_a_delta_has_pages_too(world, seven):
    checkpoint = walk(seven, "/v1/shows?page_size=2")[-1].json["checkpoint"]
    world.publish("shelf", *(show(f"n{number}") for number in range(5)))
    pages = walk(seven, f"/v1/shows?cursor={checkpoint}")
    assert [page.ids for page in pages] == [["n0", "n1"], ["n2", "n3"], ["n4"]]


def test_updated_since_is_inclusive(world, seven):
    moment = call(seven, "/v1/shows", "t").json["as_of"]
    assert len(call(seven, f"/v1/shows?updated_since={moment}", "t").ids) == 7
    later = (world.now + timedelta(milliseconds=1)).isoformat().replace("+", "%2B")
    assert call(seven, f"/v1/shows?updated_since={later}", "t").status == 204


def test_a_cursor_of_a_generation_that_is_gone_is_told(world, seven):
    first = call(seven, "/v1/shows?page_size=3", "t")
    for number in range(3):
        world.publish("shelf", show(f"n{number}"))
    reply = call(seven, first.json["next"], "t")
    assert (reply.status, reply.json["type"]) == (410, "/problems/generation-expired")


def test_a_checkpoint_whose_tombstones_are_gone_is_told(world, seven):
    checkpoint = walk(seven, "/v1/shows")[-1].json["checkpoint"]
    for number in range(80):
        world.now += timedelta(days=2)
        world.publish("shelf", show(f"n{number}"), gone("s0"), tombstone_days=1, keep=2)
    reply = call(seven, f"/v1/shows?cursor={checkpoint}", "t")
    since = call(seven, "/v1/shows?updated_since=1970-01-01T00:00:00Z", "t")
    assert (reply.status, since.status) == (410, 410)
    assert reply.json["type"] == since.json["type"] == "/problems/checkpoint-expired"


def test_a_partner_without_a_generation_is_asked_to_come_later(world):
    reply = call(world.application(), "/v1/shows", "t")
    assert (reply.status, reply.headers["retry-after"], reply.json["status"]) == (503, "30", 503)


def test_a_list_that_is_empty_or_not_written_says_so(world):
    world.publish("shelf", show("s1"), lists=[ListName.SHOWS, ListName.EPISODES])
    application = world.application()
    assert call(application, "/v1/episodes", "t").status == 204
    assert call(application, "/v1/feed", "t").status == 503


def test_filters_narrow_a_list_and_its_cursor_keeps_them(seven):
    pages = walk(seven, "/v1/shows?tag=kids&page_size=2")
    assert [page.ids for page in pages] == [["s1", "s3"], ["s5"]]
    assert pages[0].json["total"] == 3
    assert call(seven, "/v1/shows?tag=other", "t").status == 204


def test_filters_beside_a_cursor_have_to_be_those_of_its_first_call(seven):
    following = call(seven, "/v1/shows?tag=kids&page_size=2", "t").json["next"]
    assert call(seven, f"{following}&tag=kids&page_size=2", "t").ids == ["s5"]
    refused = call(seven, f"{following}&tag=other&page_size=3", "t")
    assert refused.status == 400
    assert {error["parameter"] for error in refused.json["errors"]} == {"tag", "page_size"}


def test_episodes_are_read_by_show_and_season(world):
    world.publish("shelf", episode("e1", "s1"), episode("e2", "s1", 2), episode("e3", "s2", None))
    application = world.application()
    assert call(application, "/v1/episodes?show_id=s1", "t").ids == ["e1", "e2"]
    assert call(application, "/v1/episodes?show_id=s1&season_number=2", "t").ids == ["e2"]


def test_the_feed_has_a_playlist(world):
    world.publish("shelf", entry("m1"))
    reply = call(world.application(), "/v1/feed", "t")
    assert "items" not in reply.json
    assert reply.ids == ["m1"]


def test_an_etag_is_answered_with_304_until_something_changes(world, seven):
    page = call(seven, "/v1/shows?page_size=3", "t")
    tag = page.headers["etag"]
    same = call(seven, "/v1/shows?page_size=3", "t", If_None_Match=tag)
    assert (same.status, same.body, same.headers["etag"]) == (304, b"", tag)
    assert "content-length" not in same.headers
    assert call(seven, "/v1/shows?page_size=4", "t", If_None_Match=tag).status == 200
    world.publish("shelf", show("new"))
    assert call(seven, "/v1/shows?page_size=3", "t", If_None_Match=tag).status == 200


def test_a_withdrawal_changes_the_etag_of_a_pinned_page(world, seven):
    following = call(seven, "/v1/shows?page_size=3", "t").json["next"]
    tag = call(seven, following, "t").headers["etag"]
    world.publish("shelf", gone("s4"))
    again = call(seven, following, "t", If_None_Match=tag)
    assert (again.status, again.ids) == (200, ["s3", "s5"])


def test_an_item_whose_window_ends_is_hidden_at_once_and_told_as_deleted(world):
    end_ms = int((world.now + timedelta(minutes=30)).timestamp() * 1000)
    world.publish("shelf", show("s1", end_ms=end_ms), show("s2"))
    application = world.application()
    page = call(application, "/v1/shows", "t")
    assert page.ids == ["s1", "s2"]
    world.now += timedelta(hours=1)
    later = call(application, "/v1/shows", "t", If_None_Match=page.headers["etag"])
    assert (later.status, later.ids) == (200, ["s2"])
    delta = call(application, f"/v1/shows?cursor={page.json['checkpoint']}", "t")
    assert (delta.ids, delta.json["items"][0]["reason"]) == (["-s1"], "window_ended")


def test_what_was_taken_back_is_not_shown_in_any_generation(world, seven):
    world.publish("shelf", show("wrong"), gone("s0"))
    checkpoint = walk(seven, "/v1/shows")[-1].json["checkpoint"]
    go_back(world.store, "shelf")
    assert call(seven, "/v1/shows", "t").ids == [f"s{number}" for number in range(1, 7)]
    assert call(seven, f"/v1/shows?cursor={checkpoint}", "t").status in (200, 204)


def test_gzip_is_sent_where_it_is_accepted_with_a_tag_of_its_own(seven):
    plain = call(seven, "/v1/shows", "t")
    packed = call(seven, "/v1/shows", "t", Accept_Encoding="gzip, br")
    assert gzip.decompress(packed.body) == plain.body
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["content-length"] == str(len(packed.body))
    assert packed.headers["etag"] != plain.headers["etag"]
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    again = call(seven, "/v1/shows", "t", Accept_Encoding="gzip", If_None_Match=packed.headers["etag"])
    assert (again.status, again.headers["etag"]) == (304, packed.headers["etag"])


def test_a_large_page_is_packed_once(world):
    world.publish("shelf", *(show(f"s{number}" + "x" * 40) for number in range(500)))
    application = world.application()
    packed = [call(application, "/v1/shows?page_size=500", "t", Accept_Encoding="gzip") for _ in range(2)]
    assert packed[0].body == packed[1].body
    assert len(gzip.decompress(packed[0].body)) > 20 * 1024


def test_head_says_what_get_would_and_sends_nothing(seven):
    got, headed = call(seven, "/v1/shows", "t"), call(seven, "/v1/shows", "t", method="HEAD")
    assert headed.body == b""
    assert headed.status == 200
    different = {name for name in got.headers if got.headers[name] != headed.headers[name]}
    assert different <= {"x-request-id", "ratelimit"}
