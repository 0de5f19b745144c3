"""JW Player's stand-in: pages, its two limits, deliveries, faults, and the differences that are planted in it."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import httpx
import jsonschema
import pytest
import yaml

from sandbox.jw_catalogue import read_plan
from sandbox.jw_library import JwLibrary, id_of
from sandbox.jw_limit import CallLimit
from sandbox.jw_player import SITE_ID, TOKEN
from sandbox.jw_tokens import is_signed
from sandbox.server import Sandbox
from tests.sandbox.conftest import PROJECT

MEDIA = f"/v2/sites/{SITE_ID}/media/"
HEADERS = {"authorization": f"Bearer {TOKEN}"}
PLAN = read_plan()
DIFFERENCES = {one["rule"]: one for one in PLAN["differences"]}
SCHEMAS = yaml.safe_load((PROJECT / "include/contracts/jw-player.yaml").read_text("utf-8"))["components"]["schemas"]


@pytest.fixture(scope="module")
def jw_box(tmp_path_factory, media_dir):
    with Sandbox(tmp_path_factory.mktemp("jw"), media_dir=media_dir, jw_calls_a_minute=0) as box:
        yield box


@pytest.fixture
def jw(jw_box):
    jw_box.clear_faults()

    def get(path: str = MEDIA, token: str = TOKEN, **query: Any) -> httpx.Response:
        headers = {"authorization": f"Bearer {token}"}
        return httpx.get(jw_box.jw_url + path, params=query, headers=headers, timeout=10)

    return get


@pytest.fixture
def items(jw_box):
    catalogue = jw_box.catalogue()
    return {item["id"]: item for item in [*catalogue["shows"], *catalogue["episodes"]]}


@pytest.fixture
def media_of(jw, items):
    return lambda rule: jw(f"{MEDIA}{items[DIFFERENCES[rule]['titles'][0]]['jwp_id']}/")


@pytest.fixture
def delivered_of(jw, items):
    return lambda title: jw(f"/v2/media/{items[title]['jwp_id']}")


def valid(name: str, value: Any) -> bool:
    schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": SCHEMAS}}
    return not list(jsonschema.Draft202012Validator(schema).iter_errors(value))


def test_pages_have_every_media_once_in_the_asked_order(jw):
    pages = [jw(page=page, page_length=20, sort="created:asc").json() for page in (1, 2, 3, 4)]
    found = [media for page in pages for media in page["media"]]
    assert len(found) == len({media["id"] for media in found}) == pages[0]["total"]
    assert [media["created"] for media in found] == sorted(media["created"] for media in found)
    assert all(valid("MediaPage", page) for page in pages)
    assert jw(page=1, page_length=1).json()["media"][0] == found[-1]


@pytest.mark.parametrize(
    ("q", "told"),
    [
        ("id:[00000000 TO zzzzzzzz]", 47),
        ("id:[zzzzzzzz TO 00000000]", 0),
        ('title: "cometa"', 1),
        ("last_modified:[2026-03-05 TO 2026-03-06]", 1),
        ('id:[00000000 TO zzzzzzzz] AND title: "cometa"', 1),
    ],
)
def test_a_query_narrows_the_list(jw, q, told):
    assert jw(q=q).json()["total"] == told


@pytest.mark.parametrize(
    "query",
    [{"page": 0}, {"page_length": 10_001}, {"sort": "id"}, {"sort": "colour:asc"}, {"q": "colour:blue"}, {"x": 1}],
    ids=str,
)
def test_a_query_that_cannot_be_read_is_400(jw, query):
    answer = jw(**query)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["description"]


def test_wrong_secrets_sites_and_media_are_refused(jw):
    assert jw(token="x").status_code == 401
    assert jw("/v2/sites/otherone/media/").status_code == 404
    assert jw(f"{MEDIA}aaaaaaaa/").status_code == 404


def test_no_query_reaches_beyond_ten_thousand_results(jw_box):
    library, jw_box.jw.library = jw_box.jw.library, JwLibrary.of_size(12_345)
    try:
        answers = [
            httpx.get(jw_box.jw_url + MEDIA, params={"page": page, "page_length": 4_000}, headers=HEADERS).json()
            for page in (1, 2, 3, 4)
        ]
    finally:
        jw_box.jw.library = library
    assert [len(answer["media"]) for answer in answers] == [4_000, 4_000, 2_000, 0]
    assert {answer["total"] for answer in answers} == {12_345}


def test_made_media_are_found_by_their_ids_and_fit_the_contract(jw):
    library = JwLibrary.of_size(1_000)
    ids = library.find("", "created:asc")
    assert ids == sorted(ids)
    assert library.find(f"id:[{ids[10]} TO {ids[19]}]", "created:asc") == ids[10:20]
    assert all(valid("Media", library.get(one).listed) for one in ids[::100])
    assert library.get("zzzzzzzz") is None
    assert id_of(62**8 - 1) == "zzzzzzzz"


def test_the_sixty_first_call_of_a_minute_is_refused_without_retry_after(tmp_path, media_dir):
    with Sandbox(tmp_path, media_dir=media_dir) as box:
        answers = [httpx.get(box.jw_url + MEDIA, params={"page_length": 1}, headers=HEADERS) for _ in range(61)]
        delivered = httpx.get(f"{box.jw_url}/v2/media/aaaaaaaa")
    assert [answer.status_code for answer in answers] == [200] * 60 + [429]
    assert [answers[at].headers["jw-request-remaining"] for at in (0, 59, 60)] == ["59", "0", "0"]
    assert answers[60].headers["jw-request-limit"] == "60"
    assert "retry-after" not in answers[60].headers
    assert delivered.status_code == 404


def test_a_new_minute_begins_with_the_first_call_after_the_last_one():
    now = [0.0]
    limit = CallLimit(2, lambda: now[0])
    assert [limit.take("a").is_allowed for _ in range(3)] == [True, True, False]
    assert limit.take("b").is_allowed
    now[0] = 60.0
    assert limit.take("a").is_allowed


def test_a_media_without_difference_is_what_the_catalogue_says(jw, items):
    item = items["ep-planeta-s01e01-es"]
    media, answer = jw(f"{MEDIA}{item['jwp_id']}/").json(), jw(f"/v2/media/{item['jwp_id']}").json()
    assert valid("Media", media)
    assert valid("Delivered", answer)
    assert (media["metadata"]["title"], media["metadata"]["tags"]) == (item["titles"]["es"], item["tags"])
    assert media["duration"] * 1000 == item["duration_ms"]
    assert media["metadata"]["custom_params"]["Acronym"] == item["title_id"]
    (delivered,) = answer["playlist"]
    names = ("file", "height", "filesize")
    assert [{name: one[name] for name in names} for one in delivered["sources"]] == [
        {name: one[name] for name in names} for one in item["sources"]
    ]
    assert delivered["images"]


def test_there_is_one_planted_difference_for_each_rule_and_its_titles_exist(items):
    assert list(DIFFERENCES) == [f"SYNC{number:03d}" for number in range(1, 19)]
    named = [title for one in PLAN["differences"] for title in one["titles"]]
    assert len(named) == len(set(named))
    assert set(named) <= set(items)


def test_the_planted_differences_of_media_are_there(jw, media_of, items):
    assert media_of("SYNC001").status_code == 404
    assert media_of("SYNC002").json()["status"] == "processing"
    failed = media_of("SYNC003").json()
    assert (failed["status"], failed["error_message"]) == ("failed", "No audio track was found.")
    assert len({items[title]["jwp_id"] for title in DIFFERENCES["SYNC004"]["titles"]}) == 1
    assert jw(f"{MEDIA}strangr1/").json()["metadata"]["tags"] == ["roku"]
    assert "strangr1" not in {item.get("jwp_id") for item in items.values()}
    assert media_of("SYNC006").json()["last_modified"] > items["mv-robot"]["updated_at"]
    assert media_of("SYNC007").json()["duration"] * 1000 - items["mv-cometa"]["duration_ms"] == 30_000
    assert media_of("SYNC010").json()["metadata"]["tags"] == ["roku"]
    assert media_of("SYNC011").json()["metadata"]["custom_params"]["geoList"] == "mx"
    assert media_of("SYNC012").json()["metadata"]["custom_params"]["Acronym"] == "EDYE_FARO"
    assert media_of("SYNC013").json()["metadata"]["custom_params"]["TMS ID"] == "MV099999990000"
    assert media_of("SYNC018").json()["metadata"]["title"] == "Sombras"


def test_the_planted_differences_of_deliveries_are_there(delivered_of, jw, items):
    assert delivered_of("so-boton").status_code == delivered_of("mv-manana").status_code == 404
    assert delivered_of("sp-linternas").status_code == 404
    assert "/videos/other-1080.mp4" in delivered_of("mv-dragon").json()["playlist"][0]["sources"][0]["file"]
    heights = [source["height"] for source in delivered_of("so-caracol").json()["playlist"][0]["sources"]]
    assert heights == [480]
    assert delivered_of("so-pulpo").json()["playlist"][0]["images"] == []
    shared = delivered_of("ep-nube-s02e03-es").json()["playlist"][0]["sources"]
    assert {source["file"].split("/")[-2] for source in shared} == {"ep-nube-s02e03-es", "ep-nube-s02e03-es-bis"}


def test_the_planted_difference_of_a_playlist_is_there(jw, items):
    answer = jw("/v2/playlists/listroku", page_limit=500).json()
    assert valid("Delivered", answer)
    found = {item["mediaid"] for item in answer["playlist"]}
    assert "strangr1" in found
    assert items["ep-planeta-s01e02-es"]["jwp_id"] not in found
    assert items["ep-planeta-s01e01-es"]["jwp_id"] in found
    assert items["mv-vecinos"]["jwp_id"] not in found
    assert jw("/v2/playlists/listnone").status_code == 404
    lists = jw(f"/v2/sites/{SITE_ID}/playlists/").json()
    assert [one["metadata"]["title"] for one in lists["playlists"]] == ["EDYE Master", "roku"]


def test_a_page_of_a_playlist_begins_where_it_is_asked_to(jw):
    whole = [item["mediaid"] for item in jw("/v2/playlists/listmstr", page_limit=500).json()["playlist"]]
    part = jw("/v2/playlists/listmstr", page_limit=5, page_offset=3).json()["playlist"]
    assert [item["mediaid"] for item in part] == whole[3:8]


def test_faults_strike_lists_and_deliveries_as_planned(jw, jw_box):
    first = jw(page=1, page_length=5).json()
    jw_box.plan([{"service": "jw", "kind": "doubled_page", "path_contains": "/media/"}])
    assert jw(page=2, page_length=5).json()["media"] == first["media"]
    jw_box.plan([{"service": "jw", "kind": "moved_total", "nth": 2, "times": 1}])
    assert [jw().json()["total"] - first["total"] for _ in range(3)] == [0, 1, 0]
    jw_box.plan([{"service": "jw", "operation": "deliverMedia", "kind": "status", "status": 503}])
    assert (jw("/v2/media/aaaaaaaa").status_code, jw().status_code) == (503, 200)
    jw_box.plan([{"service": "jw", "operation": "listMedia", "kind": "garbage"}])
    assert jw().text.startswith("<html>")


def test_the_admin_service_changes_and_deletes_a_media(tmp_path, media_dir):
    with Sandbox(tmp_path, media_dir=media_dir) as box:
        admin = f"{box.admin_url}/jw/media/strangr1"
        path = f"{box.jw_url}{MEDIA}strangr1/"
        assert httpx.patch(admin, json={"status": "failed", "metadata": {"title": "X"}}).status_code == 204
        media = httpx.get(path, headers=HEADERS).json()
        assert (media["status"], media["metadata"]["title"], media["metadata"]["tags"]) == ("failed", "X", ["roku"])
        assert httpx.delete(admin).status_code == 204
        assert httpx.get(path, headers=HEADERS).status_code == 404
        assert httpx.delete(admin).status_code == 404


def test_signed_addresses_are_checked_and_their_tokens_are_in_no_journal(tmp_path, media_dir):
    with Sandbox(tmp_path, media_dir=media_dir, jw_signing_secret="signing-s3cret") as box:
        assert httpx.get(f"{box.jw_url}/v2/media/strangr1").status_code == 403
        assert httpx.get(f"{box.jw_url}/v2/media/strangr1", params={"token": "a.b.c"}).status_code == 403
        assert "a.b.c" not in str(box.journal("jw"))
    assert not is_signed("", "/v2/media/strangr1", "signing-s3cret", 0.0)


def test_it_serves_alone_with_made_media():
    command = [sys.executable, "-m", "sandbox.jw_player", "--media", "250", "--calls-a-minute", "0"]
    process = subprocess.Popen(command, cwd=PROJECT, stdout=subprocess.PIPE, text=True)
    try:
        port = yaml.safe_load(process.stdout.readline())["port"]
        page = httpx.get(f"http://127.0.0.1:{port}{MEDIA}", params={"page_length": 100, "page": 3}, headers=HEADERS)
    finally:
        process.kill()
        process.communicate()
    assert (page.json()["total"], len(page.json()["media"])) == (250, 50)
    assert "jw-request-limit" not in page.headers
