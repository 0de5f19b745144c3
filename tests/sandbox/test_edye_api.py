"""The EDYE API pages and filters as its contract says."""

from __future__ import annotations

import httpx
import pytest

from sandbox.server import Sandbox

START, END = "2026-03-01T06:00:00Z", "2026-03-02T06:00:00Z"


def ids(answer: httpx.Response) -> list[str]:
    return [item["id"] for item in answer.json()["items"]]


def test_the_pages_make_up_the_list_in_order(edye):
    whole = edye.get("/v1/shows", page_size=1000).json()
    paged: list[str] = []
    for page in range(1, 10):
        told = edye.get("/v1/shows", page=page, page_size=5).json()
        assert (told["page"], told["page_size"], told["total"]) == (page, 5, whole["total"])
        paged += [item["id"] for item in told["items"]]
    assert paged == [item["id"] for item in whole["items"]]
    order = [(item["updated_at"], item["id"]) for item in whole["items"]]
    assert order == sorted(order)
    assert len(order) == whole["total"]


def test_a_page_beyond_the_end_is_empty_but_answered(edye):
    answer = edye.get("/v1/episodes", page=99)
    assert (answer.status_code, answer.json()["items"]) == (200, [])


def test_a_span_with_nothing_is_204(edye):
    answer = edye.get("/v1/shows", updated_since="2030-01-01T00:00:00Z")
    assert (answer.status_code, answer.content) == (204, b"")


def test_the_window_has_its_start_and_not_its_end(edye):
    inside = ids(edye.get("/v1/shows", updated_since=START, updated_before=END))
    assert "mv-cometa" in inside  # at the start
    assert "mv-isla" in inside  # a second before the end
    assert not {"mv-vispera", "mv-manana", "sh-nube"} & set(inside)


def test_the_same_moment_in_another_zone_is_the_same_window(edye):
    other = edye.get("/v1/shows", updated_since="2026-03-01T00:00:00-06:00", updated_before="2026-03-02T07:00:00+01:00")
    assert ids(other) == ids(edye.get("/v1/shows", updated_since=START, updated_before=END))


def test_filters_by_tag_country_language_and_show(edye):
    assert "mv-vecinos" not in ids(edye.get("/v1/shows", tag="roku"))
    mexico, brazil = ids(edye.get("/v1/shows", geo="mx")), ids(edye.get("/v1/shows", geo="br"))
    assert ("mv-selva" in mexico, "mv-carnaval" in mexico, "mv-cometa" in mexico) == (True, False, True)
    assert ("mv-selva" in brazil, "mv-carnaval" in brazil, "mv-cometa" in brazil) == (False, True, True)
    assert set(ids(edye.get("/v1/episodes", lang="en"))) == {"ep-planeta-s01e01-en", "ep-nube-s01e02-en"}
    assert set(ids(edye.get("/v1/episodes", show_id="sh-faros"))) == {f"ep-faros-0{n}-es" for n in (1, 2, 3)}
    assert edye.get("/v1/episodes", show_id="sh-unknown").status_code == 204


@pytest.mark.parametrize(
    "query",
    [
        {"page": "0"},
        {"page": "-1"},
        {"page": "x"},
        {"page": ""},
        {"page_size": "0"},
        {"page_size": "1001"},
        {"page_size": "1.5"},
        {"updated_since": "yesterday"},
        {"updated_since": "2026-03-01"},
        {"updated_since": "2026-03-01T06:00:00"},
        {"updated_before": "2026-13-01T06:00:00Z"},
        {"show_id": "sh-planeta"},
        {"limit": "5"},
        [("page", "1"), ("page", "2")],
    ],
    ids=str,
)
def test_what_the_contract_does_not_allow_is_400_with_a_reason(box, query):
    headers = {"authorization": "Bearer edye-sandbox-token"}
    answer = httpx.get(f"{box.edye_url}/v1/shows", params=query, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_tokens(edye):
    assert edye.get("/v1/shows", token="wrong").status_code == 401
    assert httpx.get(f"{edye.url}/v1/shows").status_code == 401
    assert httpx.get(f"{edye.url}/v1/shows", headers={"authorization": "Basic abc"}).status_code == 401
    assert edye.get("/v1/episodes", token="edye-forbidden-token").status_code == 403


def test_every_url_is_on_the_media_host(box, edye):
    items = edye.get("/v1/shows", page_size=1000).json()["items"]
    items += edye.get("/v1/episodes", page_size=1000).json()["items"]
    urls = [source["file"] for item in items for source in item.get("sources", ())]
    urls += [image["url"] for item in items for image in item["images"] + item.get("custom_thumbnails", [])]
    urls += [one["url"] for item in items for one in item.get("captions", ())]
    assert len(urls) > 150
    assert all(url.startswith(f"{box.media_url}/media/") for url in urls)


def test_nothing_of_the_sandbox_is_served(edye):
    own = {"video", "palette", "thumbnails", "media_path", "defect", "expect"}
    for path in ("/v1/shows", "/v1/episodes"):
        for item in edye.get(path, page_size=1000).json()["items"]:
            assert not own & set(item)


def test_unknown_paths_and_methods_answer_in_json(box):
    assert httpx.get(f"{box.edye_url}/v2/shows").json()["error"]["code"] == "NOT_FOUND"
    answer = httpx.post(f"{box.edye_url}/v1/shows")
    assert (answer.status_code, "GET" in answer.headers["allow"]) == (405, True)


def test_a_generated_catalogue_has_as_many_valid_titles_as_asked(tmp_path, media_dir):
    with Sandbox(tmp_path, catalogue="generated:41", media_dir=media_dir) as box:
        items = box.catalogue()
        titles = [item for item in items["shows"] + items["episodes"] if "sources" in item]
        assert len(titles) == 41
        files = [item["sources"][0]["file"] for item in titles]
        assert files[0] == f"{box.media_url}/media/g/1/video.mp4"
        assert len(set(files)) == 41
        assert all(START <= item["updated_at"] < END for item in titles)
        assert httpx.head(files[-1]).headers["content-length"] == str(titles[-1]["sources"][0]["filesize"])
        names = {(item.get("show_id", item["title_id"]), item.get("episode_number")) for item in titles}
        assert len(names) == 41
