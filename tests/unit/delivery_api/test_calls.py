"""Calls that are refused, calls about one item, and the line that each call leaves in the log."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

import pytest

from edye_delivery.delivery_api.problems import Problem, ProblemType
from tests.builders import annex_file
from tests.unit.delivery_api.world import World, call, entry, episode, gone, pull_annex, show


@pytest.fixture
def world(tmp_path):
    world = World(tmp_path)
    pull_annex(world.annexes, "shelf", {"app": ["shows", "feed", "media"], "reader": ["episodes"]})
    pull_annex(world.annexes, "other")
    world.token("shelf", token="t")
    world.token("shelf", "reader", token="r")
    world.token("other", token="o")
    world.publish("shelf", show("s1"), show("s2"), episode("e1", "s1"), entry("m1"))
    world.publish("other", show("o1"))
    return world


@pytest.fixture
def api(world):
    return world.application()


def problem(reply, status, type_):
    assert (reply.status, reply.json["status"], reply.json["type"]) == (status, status, f"/problems/{type_}")
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["x-request-id"] == reply.json["request_id"]
    assert reply.json["title"]
    assert reply.json["detail"]
    return reply


def test_a_call_without_a_valid_token_is_refused(world, api):
    for token in (None, "wrong", "t2"):
        reply = problem(call(api, "/v1/shows", token), 401, "no-token")
        assert reply.headers["www-authenticate"].startswith("Bearer")
    assert [line.partner for line in world.lines] == [None] * 3


def test_a_token_in_the_url_is_none(world, api):
    problem(call(api, "/v1/shows?access_token=t"), 401, "no-token")
    reply = problem(call(api, "/v1/shows?access_token=secret1", "t"), 400, "bad-parameter")
    assert reply.json["errors"][0]["parameter"] == "access_token"
    assert "secret1" not in reply.body.decode()
    assert not any("secret1" in str(line) or "access_token=" in str(line) for line in world.lines)


def test_a_revoked_token_and_one_whose_end_has_come_are_refused(world, api):
    world.token("shelf", token="short", expires_at=world.now + timedelta(minutes=1))
    world.source.refresh()
    assert call(api, "/v1/shows", "short").status == 200
    world.now += timedelta(minutes=2)
    problem(call(api, "/v1/shows", "short"), 401, "no-token")
    del world.tokens[0]
    world.source.refresh()
    problem(call(api, "/v1/shows", "t"), 401, "no-token")


def test_what_the_annex_does_not_allow_is_refused(world, api):
    problem(call(api, "/v1/episodes", "t"), 403, "not-permitted")
    problem(call(api, "/v1/episodes/e1", "t"), 403, "not-permitted")
    problem(call(api, "/v1/shows/s1", "r"), 403, "not-permitted")
    assert call(api, "/v1/episodes/e1", "r").status == 200


@pytest.mark.parametrize(("partner", "user"), [("shelf", "nobody"), ("nowhere", "app")], ids=["user", "partner"])
def test_a_user_that_no_annex_has_may_do_nothing(world, partner, user):
    world.token(partner, user, token="x")
    problem(call(world.application(), "/v1/shows", "x"), 403, "not-permitted")


def test_a_refused_call_is_logged_under_the_name_that_the_partner_s_reports_have(world):
    annex_file(world.annexes, "both", pull={"users": {"app": {"endpoints": ["feed"]}}, "check": {"user": "app"}})
    world.token("both__pull", "app", token="b")
    world.token("both__pull", "nobody", token="n")
    api = world.application()
    for token in ("b", "n"):
        problem(call(api, "/v1/shows", token), 403, "not-permitted")
    assert [line.partner for line in world.lines] == ["both"] * 2


def test_a_permission_that_the_annex_takes_away_is_gone_at_the_next_look(world, api):
    pull_annex(world.annexes, "shelf", {"app": ["feed"]})
    world.source.refresh()
    problem(call(api, "/v1/shows", "t"), 403, "not-permitted")


def test_an_annex_that_becomes_invalid_leaves_its_last_terms_in_force(world, api, caplog):
    (world.annexes / "shelf.yaml").write_text("partner: shelf\nnonsense: 1\n")
    world.source.refresh()
    assert call(api, "/v1/shows", "t").status == 200
    assert "its last valid state stays in force" in caplog.text
    (world.annexes / "shelf.yaml").unlink()
    world.source.refresh()
    problem(call(api, "/v1/shows", "t"), 403, "not-permitted")


def test_without_the_ledger_the_last_known_tokens_are_valid_also_after_a_start(world, api, caplog):
    world.ledger_error = OSError("no route to host")
    world.source.refresh()
    assert call(api, "/v1/shows", "t").status == 200
    restarted = world.application()
    assert call(restarted, "/v1/shows", "t").status == 200
    assert caplog.text.count("the last known ones are") == 2
    world.ledger_error = None
    world.tokens.clear()
    world.source.refresh()
    problem(call(restarted, "/v1/shows", "t"), 401, "no-token")


def test_another_partners_title_is_not_told_apart_from_an_unknown_one(api):
    unknown, others = call(api, "/v1/shows/x1", "t"), call(api, "/v1/shows/o1", "t")
    problem(unknown, 404, "not-found")
    assert {**unknown.json, "request_id": ""} == {**others.json, "request_id": ""}


def test_a_title_that_was_exposed_and_is_withdrawn_is_gone(world, api):
    world.publish("shelf", gone("s1"))
    problem(call(api, "/v1/shows/s1", "t"), 410, "withdrawn")
    assert call(api, "/v1/shows/s2", "t").status == 200


@pytest.mark.parametrize("path", ["/", "/v1/shows/../../etc/passwd", "/v1/other", "/v1/shows/" + "x" * 65])
def test_a_path_that_is_none_is_not_found(world, api, path):
    problem(call(api, path, "t"), 404, "not-found")
    assert world.lines[-1].endpoint == "other"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_any_other_method_is_told_what_is_allowed(api, method):
    assert (
        problem(call(api, "/v1/shows", "t", method=method), 405, "method-not-allowed").headers["allow"] == "GET, HEAD"
    )


def test_a_cursor_of_another_partner_or_list_is_refused(world, api):
    cursor = call(api, "/v1/shows?page_size=1", "t").json["next"]
    problem(call(api, cursor, "o"), 400, "bad-parameter")
    problem(call(api, cursor.replace("shows", "feed"), "t"), 400, "bad-parameter")
    problem(call(api, cursor[:-3], "t"), 400, "bad-parameter")
    assert call(api, cursor, "t").ids == ["s2"]


def test_an_item_comes_as_the_list_has_it_with_an_etag(api):
    reply = call(api, "/v1/shows/s1", "t")
    assert reply.json == call(api, "/v1/shows", "t").json["items"][0]
    assert reply.headers["cache-control"] == "private, no-cache"
    assert call(api, "/v1/shows/s1", "t", If_None_Match=reply.headers["etag"]).status == 304
    assert call(api, "/v1/shows/s2", "t", If_None_Match=reply.headers["etag"]).status == 200


def test_a_media_has_images_by_size_and_metadata_without_them(api):
    media = call(api, "/v1/media/m1", "t").json
    images = call(api, "/v1/media/m1/images", "t").json
    large = call(api, "/v1/media/m1/images?size=large", "t").json
    metadata = call(api, "/v1/media/m1/metadata", "t").json
    assert images == {"images": media["images"]}
    assert large == {"images": [image for image in media["images"] if image["size"] == "large"]}
    assert call(api, "/v1/media/m1/images?size=medium", "t").json == {"images": []}
    assert metadata == {name: value for name, value in media.items() if name not in ("image", "images", "sources")}


def test_a_request_id_is_echoed_where_it_fits_and_made_where_not(api):
    assert call(api, "/v1/shows", "t", X_Request_ID="Abc-1._").headers["x-request-id"] == "Abc-1._"
    made = {call(api, "/v1/shows", "t", X_Request_ID=bad).headers["x-request-id"] for bad in ("a b", "x" * 129, "é")}
    assert len(made) == 3
    assert all(len(one) < 40 for one in made)


def test_calls_beyond_the_limit_wait_and_say_how_long(world):
    pull_annex(world.annexes, "shelf", rate_limit={"calls": 3, "window_s": 60})
    api = world.application()
    replies = [call(api, "/v1/shows", "t") for _ in range(4)]
    assert [reply.headers["ratelimit"] for reply in replies[:3]] == [f'"partner";r={left};t=60' for left in (2, 1, 0)]
    assert replies[0].headers["ratelimit-policy"] == '"partner";q=3;w=60'
    problem(replies[3], 429, "rate-limited")
    assert replies[3].headers["retry-after"] == "60"
    world.now += timedelta(seconds=60)
    assert call(api, "/v1/shows", "t").status == 200


def test_a_second_whole_list_at_once_has_to_wait_but_not_a_delta(world):
    pull_annex(world.annexes, "shelf", rate_limit={"calls": 100, "full_syncs_at_once": 1})
    world.publish("shelf", entry("m2"))
    api = world.application()
    checkpoint = call(api, "/v1/shows", "t").json["checkpoint"]
    following = call(api, "/v1/shows?page_size=1", "t").json["next"]
    busy = problem(call(api, "/v1/feed?page_size=1", "t"), 429, "rate-limited")
    assert busy.headers["retry-after"] == "60"
    assert call(api, f"/v1/shows?cursor={checkpoint}", "t").status == 204
    assert call(api, following, "t").status == 200
    assert call(api, "/v1/feed?page_size=1", "t").status == 200


def test_the_annex_says_that_the_way_ends(world):
    pull_annex(world.annexes, "shelf", deprecated_at="2026-01-01T00:00:00Z", sunset_at="2027-01-01T00:00:00Z")
    reply = call(world.application(), "/v1/shows", "t")
    assert reply.headers["deprecation"] == f"@{int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())}"
    assert reply.headers["sunset"] == "Fri, 01 Jan 2027 00:00:00 GMT"


def test_a_failure_is_a_problem_and_its_traceback_is_in_the_log_only(world, api, monkeypatch, caplog):
    monkeypatch.setattr("edye_delivery.delivery_api.service.find_item", lambda *_: 1 / 0)
    reply = problem(call(api, "/v1/shows/s1", "t"), 500, "failed")
    assert "ZeroDivision" not in reply.body.decode()
    assert "ZeroDivision" in caplog.text
    assert world.lines[-1].level == "error"


def test_a_generation_that_cannot_be_read_is_a_problem_for_later(world, caplog):
    (world.root / "shelf" / "current.json").write_text("{")
    reply = problem(call(world.application(), "/v1/shows", "t"), 503, "degraded")
    assert reply.headers["retry-after"] == "30"
    assert str(world.root) not in reply.body.decode()


def test_a_call_leaves_one_line_with_what_was_handed_out(world, api):
    page = call(api, "/v1/shows?page_size=1&page=2", "t", User_Agent="Sync\x1b/1", X_Request_ID="r-1", X_Country="MX")
    line = world.lines[-1]
    assert (line.partner, line.user, line.endpoint, line.status, line.level) == (
        "shelf",
        "app",
        "showList",
        200,
        "info",
    )
    assert (line.query, line.request_id, line.geo) == ("page=2&page_size=1", "r-1", "mx")
    assert (line.bytes, line.items, line.generation) == (len(page.body), 1, 1)
    assert line.first_item == line.last_item
    assert line.first_item.endswith(":s2")
    assert line.user_agent == "Sync⟨U+001B⟩/1"
    assert line.at == world.now


def test_lines_of_checkpoints_and_conditions_say_what_they_were_about(world, api):
    page = call(api, "/v1/shows", "t")
    world.publish("shelf", show("s3"))
    call(api, f"/v1/shows?cursor={page.json['checkpoint']}", "t")
    assert (world.lines[-1].checkpoint_generation, world.lines[-1].generation, world.lines[-1].items) == (1, 2, 1)
    tag = call(api, "/v1/shows", "t").headers["etag"]
    call(api, "/v1/shows", "t", If_None_Match=tag)
    assert (world.lines[-1].status, world.lines[-1].items, world.lines[-1].bytes) == (304, 0, 0)


def test_the_line_of_a_call_by_cursor_says_the_filters_and_the_moment_of_the_cursor(world, api):
    world.publish("shelf", *(show(f"s{number}", tags=("kids & co",)) for number in range(3, 6)))
    page = call(api, "/v1/shows?tag=kids%20%26%20co&page_size=1", "t")
    last = call(api, call(api, page.json["next"], "t").json["next"], "t")
    assert world.lines[-1].query.startswith("cursor=")
    assert world.lines[-1].query.endswith("&tag=kids%20%26%20co")
    world.publish("shelf", *(show(f"n{number}", tags=("kids & co",)) for number in range(2)))
    delta = call(api, f"/v1/shows?cursor={last.json['checkpoint']}", "t")
    since = world.lines[-1].query.rpartition("&")[2]
    assert since.startswith("updated_since=2026-")
    call(api, delta.json["next"], "t", If_None_Match='"x"')
    assert world.lines[-1].query.endswith(f"&tag=kids%20%26%20co&{since}")
    assert world.lines[-1].checkpoint_generation is None


def test_no_line_has_a_token_or_an_unknown_parameter(world, api):
    for query in ("?secret=t0ken", "?page=1&secret=t0ken", "?cursor=t0ken.x&geo=mx"):
        call(api, f"/v1/shows{query}", "t0ken-in-header")
        call(api, f"/v1/shows{query}", "t")
    assert [line.query for line in world.lines[-2:]] == ["cursor=t0ken.x&geo=mx"] * 2
    assert not any("secret=" in str(line) or "t0ken-in-header" in str(line) for line in world.lines)
    assert len({line.id for line in world.lines}) == len(world.lines)


def test_health_is_told_to_anybody_and_names_nobody(world, api):
    healthy = call(api, "/healthz")
    assert (healthy.status, healthy.json["partners"]) == (200, 2)
    assert b"shelf" not in healthy.body
    world.now += timedelta(days=400)
    assert call(api, "/healthz").status == 503
    pull_annex(world.annexes, "third")
    world.now -= timedelta(days=400)
    world.source.refresh()
    assert call(api, "/healthz").json["with_young_generation"] == 2
    assert call(api, "/healthz").status == 503


def test_a_refused_connection_is_answered_by_a_problem_and_logged(world, api):
    raw = api.refusal(Problem(ProblemType.HEADERS_TOO_LARGE, "too much"))
    head, _, body = raw.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 431 ")
    assert f"content-length: {len(body)}".encode() in head
    assert b"connection: close" in head
    assert (world.lines[-1].status, world.lines[-1].endpoint) == (431, "other")


def test_nothing_but_one_line_is_written_where_the_ledger_stays_away(world, api, caplog):
    caplog.set_level(logging.INFO)
    world.ledger_error = OSError("away")
    for _ in range(5):
        world.source.refresh()
    assert len(caplog.records) == 1
