"""A third partner that pulls, which no code knows: its annex alone says what it reads, over real HTTP."""

import httpx
import pytest

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.model import Annex
from edye_delivery.ledger.api_tokens import ApiTokens
from tests.builders import a_movie, an_episode, annex_content
from tests.proofs.test_pull_walk import RealTime, Server

PULL = {
    "users": {"posters": {"endpoints": ["shows"]}, "everything": {"endpoints": ["shows", "episodes", "feed", "media"]}},
    "check": {"user": "everything"},
    "scope": {"metadata": False, "images": True, "external_ids": ["tms"]},
    "genres": "search_genres",
    "entry_id": "uuid5",
    "thumbnails": [{"name": "landscape_16x9", "size": "small"}],
    "page_size": {"usual": 1, "most": 2},
    "rate_limit": {"full_syncs_at_once": 10},
}


@pytest.fixture(scope="module")
def third(tmp_path_factory):
    folder = tmp_path_factory.mktemp("third")
    (folder / "api").mkdir()
    content = annex_content() | {"partner": "shelf", "api": None, "ftp": None, "feeds": [], "pull": PULL}
    annex = Annex.model_validate(content)
    shelf, server = RealTime(folder, pull_annex_of(annex)), Server(folder)
    server.write_annex(annex)
    tokens = ApiTokens(shelf.engine, shelf.now)
    shelf.accept(an_episode(external_ids={"tms": "EP01", "internal": "7"}))
    shelf.accept(a_movie())
    shelf.publish()
    clients = {
        user: httpx.Client(
            base_url=server.url, headers={"Authorization": f"Bearer {tokens.add('shelf', user)}"}, trust_env=False
        )
        for user in PULL["users"]
    }
    server.start()
    yield clients
    server.kill()
    shelf.engine.dispose()


def test_each_user_may_call_what_its_annex_says(third):
    answers = {user: [web.get(f"/v1/{path}").status_code for path in ("shows", "episodes", "feed")]
               for user, web in third.items()}  # fmt: skip
    assert answers == {"posters": [200, 403, 403], "everything": [200, 200, 200]}


def test_items_have_the_parts_of_its_scope_and_no_others(third):
    (episode,) = third["everything"].get("/v1/episodes").json()["items"]
    assert episode["external_ids"] == {"tms": "EP01"}
    assert {"synopsis_short", "genres", "tags"}.isdisjoint(episode)
    assert [thumbnail["size"] for thumbnail in episode["custom_thumbnails"]] == ["small"]


def test_pages_have_its_size_and_more_is_refused(third):
    page = third["everything"].get("/v1/shows").json()
    assert (len(page["items"]), page["total"]) == (1, 2)
    assert third["everything"].get("/v1/shows", params={"page_size": 3}).status_code == 400


def test_entries_are_named_as_its_annex_says(third):
    (entry,) = third["everything"].get("/v1/feed", params={"page": 2}).json()["playlist"]
    assert len(entry["id"]) == 36
    assert third["everything"].get(f"/v1/media/{entry['id']}").status_code == 200
    assert third["posters"].get(f"/v1/media/{entry['id']}").status_code == 403
