"""One media, playlists and fields of the Management API; the secret stays hidden, whatever JW repeats."""

import json
import logging
from datetime import UTC, datetime

import httpx
import pytest

from edye_delivery.catalog.jw_player import JwPlaylist
from edye_delivery.clients.jw_player.parse import media_of
from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import AnswerMalformed, DeliveryError
from tests.unit.clients.jw_player.library import SleepingClock, management_of, media_item

SECRET = "jw-s3cret/4f5e6d7c8b9a"


def test_one_media_is_read_by_its_id():
    def answer(request):
        assert request.url.path == "/v2/sites/siteEDYE/media/aaaaaaa1/"
        return httpx.Response(200, json=media_item("aaaaaaa1", status="failed", error_message="no audio"))

    media = management_of(answer).media("aaaaaaa1")
    assert (media.id, media.status, media.error_message) == ("aaaaaaa1", "failed", "no audio")


def test_a_media_that_jw_does_not_know_is_none():
    assert management_of(lambda request: httpx.Response(404)).media("aaaaaaa1") is None


def test_a_page_with_404_says_nothing_of_a_media():
    with pytest.raises(AnswerMalformed, match="answered 404 with a page"):
        management_of(lambda request: httpx.Response(404, html="<html>")).media("aaaaaaa1")


@pytest.mark.parametrize("media_id", ["", "../../x1", "aaaaaaa", "aaaaaaa12", "ñaaaaaaa"])
def test_what_is_no_id_is_never_put_into_an_address(media_id):
    def refuse(request):
        raise AssertionError(request.url)

    assert management_of(refuse).media(media_id) is None


def test_another_media_than_was_asked_for_is_malformed():
    with pytest.raises(AnswerMalformed, match=r"media aaaaaaa1\) answered 200 with something else"):
        management_of(lambda request: httpx.Response(200, json=media_item("bbbbbbb1"))).media("aaaaaaa1")


def test_playlists_come_once_over_all_pages():
    def answer(request):
        page = int(request.url.params["page"])
        items = [{"id": f"list{page}{number:03d}", "metadata": {"title": f"T{number}"}} for number in range(2)]
        return httpx.Response(200, json={"playlists": [*items, {"id": "list1000"}, "x"], "total": 8})

    found = list(management_of(answer).playlists())
    assert found[0] == JwPlaylist("list1000", "T0")
    assert [one.id for one in found] == ["list1000", "list1001", "list2000", "list2001"]


def test_a_refused_call_waits_for_the_minute_s_end_and_goes_on():
    answers = [httpx.Response(429), httpx.Response(200, json=media_item("aaaaaaa1"))]
    time = SleepingClock()
    management = management_of(lambda request: answers.pop(0), time, calls_a_minute=60)
    assert management.media("aaaaaaa1") is not None
    assert time.seconds - 1_000 >= 61
    assert management.calls == 2


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500, 200])
def test_no_error_repeats_the_secret(status, caplog):
    caplog.set_level(logging.DEBUG)
    body = json.dumps({"errors": [{"description": f"token {SECRET} is wrong"}]})
    management = management_of(lambda request: httpx.Response(status, text=body), mask=SecretMask.of(SECRET))
    with pytest.raises(DeliveryError) as raised:
        management.media_page()
    assert SECRET not in str(raised.value) + caplog.text


def test_no_value_repeats_the_secret():
    item = media_item("aaaaaaa1", error_message=f"not {SECRET}", metadata={"title": SECRET, "tags": [SECRET]})
    assert SECRET not in repr(media_of(item, SecretMask.of(SECRET)))


def test_every_field_of_a_media_is_read():
    metadata = {
        "title": "La cometa", "tags": ["roku", " kids ", ""], "custom_params": {"geoList": "mx,us", "n": 3, "x": None},
        "publish_start_date": "2026-03-01T00:00:00Z", "publish_end_date": 1_772_409_600, "external_id": "TMS1",
    }  # fmt: skip
    media = media_of(media_item("aaaaaaa1", metadata=metadata, media_type="video"), NO_SECRETS)
    assert (media.title, media.tags, media.duration_s) == ("La cometa", ("roku", "kids"), 62.5)
    assert media.custom_params == {"geoList": "mx,us", "n": "3"}
    assert media.last_modified_at == datetime(2026, 2, 1, 0, 0, 0, 42095, UTC)
    assert (media.publish_start_at, media.publish_end_at) == (
        datetime(2026, 3, 1, tzinfo=UTC),
        datetime(2026, 3, 2, tzinfo=UTC),
    )
    assert (media.external_id, media.media_type, media.defects) == ("TMS1", "video", ())


@pytest.mark.parametrize(
    "hostile",
    [[], {}, True, -1, "x" * 10**6, "\ud800\0", 10**400, float("nan"), [[1]]],
    ids=lambda value: str(value)[:9],
)
def test_a_strange_field_costs_only_itself(hostile):
    names = ("status", "error_message", "duration", "created", "last_modified", "external_id", "media_type")
    inner = ("title", "tags", "custom_params", "publish_start_date", "publish_end_date")
    item = media_item("aaaaaaa1") | dict.fromkeys(names, hostile) | {"metadata": dict.fromkeys(inner, hostile)}
    media = media_of(item, NO_SECRETS)
    assert media.id == "aaaaaaa1"
    repr(media).encode()
    assert len(repr(media)) < 20_000
    assert media_of(media_item("aaaaaaa1", metadata=hostile), NO_SECRETS).title == ""


def test_a_moment_that_is_none_is_named():
    media = media_of(media_item("aaaaaaa1", created="yesterday", duration="long"), NO_SECRETS)
    assert media.defects == ("duration is no number of seconds", "created is no moment")
