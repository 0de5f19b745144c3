"""The Delivery API: files of media, many at once, signed where the site asks for it, tokens in no log."""

import base64
import hashlib
import hmac
import json
import logging
import threading

import httpx
import pytest

from edye_delivery.catalog.jw_player import JwPicture, JwPlaylist, JwSource
from edye_delivery.clients.jw_player.delivery import JwDelivery
from edye_delivery.clients.jw_player.tokens import token_of
from edye_delivery.clients.secret_mask import SecretMask
from edye_delivery.errors import AnswerMalformed, AuthRefused, JwPlayerRefused, Transient
from tests.unit.clients.jw_player.library import NOW, SleepingClock
from tests.unit.clients.transport import RETRY_POLICY, client_of

SIGNING = "signing-s3cret-77aa88bb"


def item(media_id, **changes):
    return {"mediaid": media_id, "title": "Nina", "duration": 62, "tags": "roku,kids", "sources": []} | changes


def delivery_of(handler, **options):
    client = client_of(handler, "http://unused.example")
    return JwDelivery(client, "http://cdn.example", RETRY_POLICY, SleepingClock().clock(), **options)


def answering(body, status=200):
    return lambda request: httpx.Response(status, json=body)


def test_a_delivered_media_has_its_files_pictures_and_parameters():
    sources = [
        {"file": "http://cdn.example/a.mp4", "type": "video/mp4", "height": 720, "width": 1280, "filesize": 9,
         "bitrate": 800, "label": "720p"},
        {"type": "video/mp4"},
        "x",
    ]  # fmt: skip
    images = [{"src": "http://cdn.example/p.jpg", "width": 320, "type": "image/jpeg"}, {"src": ""}]
    body = {"playlist": [item("aaaaaaa1", sources=sources, images=images, Acronym="EDYE_NINA", tracks=[])]}
    found = delivery_of(answering(body)).media("aaaaaaa1")
    assert found.sources == (JwSource("http://cdn.example/a.mp4", "video/mp4", "720p", 1280, 720, 800, 9),)
    assert found.images == (JwPicture("http://cdn.example/p.jpg", 320, "image/jpeg"),)
    assert (found.title, found.tags, found.duration_s) == ("Nina", ("roku", "kids"), 62)
    assert found.custom_params == {"Acronym": "EDYE_NINA"}


def test_a_single_picture_is_a_picture_too():
    body = {"playlist": [item("aaaaaaa1", image="http://cdn.example/p.jpg")]}
    assert delivery_of(answering(body)).media("aaaaaaa1").has_picture


@pytest.mark.parametrize("status", [404, 410])
def test_a_media_that_is_not_delivered_is_none(status):
    assert delivery_of(answering({}, status)).media("aaaaaaa1") is None


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"playlist": []}, "without an item"),
        ([], "without an item"),
        ({"playlist": [item("bbbbbbb1")]}, "with the media bbbbbbb1, aaaaaaa1 was asked for"),
    ],
)
def test_an_answer_that_is_not_the_media_is_malformed(body, told):
    with pytest.raises(AnswerMalformed, match=told):
        delivery_of(answering(body)).media("aaaaaaa1")


@pytest.mark.parametrize(
    ("status", "error", "told"),
    [
        (403, AuthRefused, "give its connection the extra signing_secret"),
        (302, JwPlayerRefused, "check the extra delivery_host"),
        (500, Transient, "answered 500"),
    ],
)
def test_a_refusal_says_what_to_do(status, error, told):
    with pytest.raises(error, match=told):
        delivery_of(answering({}, status)).media("aaaaaaa1")


def test_many_media_are_asked_for_at_once_and_come_in_their_order():
    barrier = threading.Barrier(4, timeout=5)

    def answer(request):
        barrier.wait()  # passes only where four calls are under way together
        return httpx.Response(200, json={"playlist": [item(request.url.path[-8:])]})

    ids = [f"aaaaaa{number:02d}" for number in range(20)]
    looks = list(delivery_of(answer, connections=4).look_up(iter(ids)))
    assert [look.id for look in looks] == ids
    assert all(look.delivered is not None and not look.sentence for look in looks)


def test_one_failure_is_a_sentence_and_stops_no_other_media():
    def answer(request):
        media_id = request.url.path[-8:]
        return (
            httpx.Response(500) if media_id == "aaaaaaa2" else httpx.Response(200, json={"playlist": [item(media_id)]})
        )

    looks = list(delivery_of(answer).look_up(["aaaaaaa1", "aaaaaaa2", "aaaaaaa3"]))
    assert [bool(look.sentence) for look in looks] == [False, True, False]
    assert looks[1].sentence == "JW Player's Delivery API (media aaaaaaa2) answered 500"


def test_twenty_failures_in_a_row_end_the_looking_up():
    calls = []

    def answer(request):
        calls.append(request)
        return httpx.Response(503)

    with pytest.raises(Transient, match="20 media in a row failed"):
        list(delivery_of(answer, connections=2).look_up(f"a{number:07d}" for number in range(10_000)))
    assert len(calls) < 200


def test_a_signed_address_has_a_token_that_jw_can_check():
    tokens = []

    def answer(request):
        tokens.append(request.url.params["token"])
        return httpx.Response(200, json={"playlist": [item("aaaaaaa1")]})

    delivery_of(answer, signing_secret=SIGNING).media("aaaaaaa1")
    signed, _, signature = tokens[0].rpartition(".")
    head, claims = (json.loads(base64.urlsafe_b64decode(part + "==")) for part in signed.split("."))
    assert (head["alg"], claims) == ("HS256", {"resource": "/v2/media/aaaaaaa1", "exp": int(NOW.timestamp()) + 300})
    expected = hmac.new(SIGNING.encode(), signed.encode(), hashlib.sha256).digest()
    assert base64.urlsafe_b64decode(signature + "==") == expected


@pytest.mark.parametrize("status", [200, 403, 500])
def test_no_log_and_no_error_has_the_token_or_the_signing_secret(status, caplog):
    caplog.set_level(logging.DEBUG)

    def answer(request):
        told = f"{request.url} {SIGNING}"
        return httpx.Response(status, json={"playlist": [item("aaaaaaa1", title=told)]})

    error = None
    try:
        delivery_of(answer, signing_secret=SIGNING, mask=SecretMask.of(SIGNING)).media("aaaaaaa1")
    except (AuthRefused, Transient) as refused:
        error = refused
    token = token_of("/v2/media/aaaaaaa1", SIGNING, NOW)
    shown = f"{error} {caplog.text}"
    assert "token=***" in shown or "HTTP Request" not in shown
    assert token not in shown
    assert SIGNING not in shown


def test_a_playlist_has_its_media_once_over_all_pages(monkeypatch):
    monkeypatch.setattr("edye_delivery.clients.jw_player.delivery.PLAYLIST_PAGE", 3)
    ids = [f"aaaaaa{number:02d}" for number in range(7)]

    def answer(request):
        offset = int(request.url.params.get("page_offset", 0))
        return httpx.Response(200, json={"title": "Roku", "playlist": [item(one) for one in ids[offset : offset + 3]]})

    assert delivery_of(answer).playlist("listlist") == JwPlaylist("listlist", "Roku", tuple(ids))


def test_a_playlist_that_knows_no_offset_ends(monkeypatch):
    monkeypatch.setattr("edye_delivery.clients.jw_player.delivery.PLAYLIST_PAGE", 2)
    body = {"title": "Roku", "playlist": [item("aaaaaaa1"), item("aaaaaaa2")]}
    assert delivery_of(answering(body)).playlist("listlist").media_ids == ("aaaaaaa1", "aaaaaaa2")


def test_a_playlist_that_jw_does_not_know_is_none():
    assert delivery_of(answering({}, 404)).playlist("listlist") is None
