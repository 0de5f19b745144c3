"""The fetch: which items of the catalogue's answer are in the snapshot, and what a missing answer costs."""

from __future__ import annotations

from datetime import datetime, timedelta

import httpx
import pytest

from edye_delivery.clients.edye import EdyeApi
from edye_delivery.errors import AuthRefused, CatalogueRefused, Transient
from edye_delivery.pipeline.fetch import fetch_snapshot
from tests.builders import episode_item, show_item
from tests.unit.clients.transport import RETRY_POLICY, client_of
from tests.unit.pipeline.builders import ANNEX, AT, Pauses, a_request

IN, BEFORE = "2026-03-01T12:00:00Z", "2026-02-01T00:00:00Z"


class Catalogue:
    """The EDYE API over a transport; `refuse` gives a status instead of an answer for some calls."""

    def __init__(self, shows=(), episodes=(), refuse=lambda path, query: None):
        self.lists, self.refuse, self.asked = {"/v1/shows": shows, "/v1/episodes": episodes}, refuse, []

    def __call__(self, request):
        path, query = request.url.path, dict(request.url.params)
        self.asked.append((path, query))
        status = self.refuse(path, query)
        if status is not None:
            return httpx.Response(status)
        items = [item for item in self.lists[path] if self._is_asked_for(item, query)]
        return httpx.Response(200, json={"items": items, "total": len(items), "page_size": 500})

    def _is_asked_for(self, item, query):
        at = datetime.fromisoformat(item.get("updated_at", IN))
        since, before = query.get("updated_since"), query.get("updated_before")
        in_span = (since is None or at >= datetime.fromisoformat(since)) and (
            before is None or at < datetime.fromisoformat(before)
        )
        return in_span and query.get("show_id") in (None, item.get("show_id"))

    @property
    def api(self):
        return EdyeApi(client_of(self), RETRY_POLICY, Pauses().clock, 500)


def movie_item(number=1, **changes):
    return show_item(**({"id": f"m-{number}", "kind": "movie", "lang": "es", "updated_at": IN} | changes))


def fetched(catalogue, unattended=(), **asked):
    return fetch_snapshot(ANNEX, catalogue.api, a_request(**asked), AT, unattended)


def ids(titles):
    return [title.id for title in titles]


def left_out(snapshot):
    return {one.edye_id: one.reason for one in snapshot.left_out}


def test_an_empty_catalogue_is_a_snapshot_that_says_when_it_was_read():
    snapshot = fetched(Catalogue())
    assert (ids(snapshot.titles), ids(snapshot.touched), list(snapshot.malformed)) == ([], [], [])
    assert (snapshot.read_at, snapshot.request) == (AT, a_request())
    assert snapshot.counts == {"titles": 0, "left_out": 0, "malformed": 0}


def test_titles_of_the_window_are_kept_by_time_and_series_are_no_titles():
    catalogue = Catalogue(
        [movie_item(2), movie_item(1), movie_item(3, updated_at="2026-03-01T11:00:00Z"), show_item(updated_at=IN)]
    )
    assert ids(fetched(catalogue).titles) == ["m-3", "m-1", "m-2"]


@pytest.mark.parametrize(
    ("seconds", "inside"),
    [(-1, False), (0, True), (86_399, True), (86_400, False)],
    ids=["before", "start", "last", "end"],
)
def test_a_window_has_its_start_and_not_its_end(seconds, inside):
    at = (AT - timedelta(days=1) + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert ids(fetched(Catalogue([movie_item(updated_at=at)])).titles) == (["m-1"] if inside else [])


def test_a_whole_catalogue_has_titles_of_every_time_and_asks_for_no_touched_ones():
    catalogue = Catalogue([movie_item(updated_at=BEFORE), show_item()], [episode_item(updated_at=BEFORE)])
    snapshot = fetched(catalogue, whole_catalogue=True)
    assert sorted(ids(snapshot.titles)) == ["ep-1", "m-1"]
    assert ids(snapshot.touched) == []
    assert not any("show_id" in query or "updated_since" in query for _, query in catalogue.asked)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"visible": False}, "invisible"),
        ({"tags": ["other"]}, "tag"),
        ({"geo": ["BR"]}, "geo"),
        ({"geo": ["MX"]}, None),
    ],
    ids=["invisible", "tag", "geo", "this territory"],
)
def test_a_title_that_is_not_this_partners_is_left_out_with_the_reason(changes, reason):
    snapshot = fetched(Catalogue([movie_item(**changes)]))
    assert left_out(snapshot) == ({"m-1": reason} if reason else {})
    assert len(ids(snapshot.titles)) == (reason is None)


def test_an_item_that_cannot_be_read_is_kept_as_malformed_and_its_neighbours_are_read():
    snapshot = fetched(Catalogue([movie_item(1, titles=5), movie_item(2)], [episode_item(titles=None)]))
    assert sorted(item.edye_id for item in snapshot.malformed) == ["ep-1", "m-1"]
    assert all(item.reason for item in snapshot.malformed)
    assert ids(snapshot.titles) == ["m-2"]


@pytest.mark.parametrize("updated_at", [IN, BEFORE], ids=["changed too", "changed long ago"])
def test_a_changed_episode_inherits_from_its_series_whenever_that_changed(updated_at):
    snapshot = fetched(Catalogue([show_item(updated_at=updated_at)], [episode_item()]))
    [episode] = snapshot.titles
    assert (episode.id, episode.series.id, episode.tags) == ("ep-1", "show-1", ("roku", "kidsdirected"))


def test_the_whole_list_of_shows_is_read_once_for_all_series_that_did_not_change():
    shows = [show_item(id=f"show-{number}") for number in (1, 2, 3)]
    episodes = [episode_item(id=f"ep-{number}", show_id=f"show-{number}") for number in (1, 2, 3)]
    catalogue = Catalogue(shows, episodes)
    assert all(one.series for one in fetched(catalogue).titles)
    whole = [query for path, query in catalogue.asked if path == "/v1/shows" and "updated_before" not in query]
    assert len(whole) == 1


@pytest.mark.parametrize("shows", [[], [show_item(titles=5)]], ids=["missing", "malformed"])
def test_an_episode_whose_series_cannot_be_read_has_none(shows):
    snapshot = fetched(Catalogue(shows, [episode_item(tags=["roku"])]))
    assert [one.series for one in snapshot.titles] == [None]


def test_episodes_of_a_changed_series_that_did_not_change_themselves_are_touched_once():
    episodes = [episode_item(id="ep-1", updated_at=BEFORE), episode_item(id="ep-2"), episode_item(id="ep-3", titles=5)]
    snapshot = fetched(Catalogue([show_item(updated_at=IN)], episodes))
    assert (ids(snapshot.touched), ids(snapshot.titles)) == (["ep-1"], ["ep-2"])
    assert next(iter(snapshot.touched)).series.id == "show-1"


def test_episodes_of_a_series_that_did_not_change_are_not_touched():
    assert ids(fetched(Catalogue([show_item()], [episode_item(updated_at=BEFORE)])).touched) == []


@pytest.mark.parametrize(
    ("shows", "episodes", "wanted", "titles", "missing"),
    [
        ([movie_item(updated_at=BEFORE)], [], "m-1", ["m-1"], {}),
        ([show_item()], [episode_item(updated_at=BEFORE)], "ep-1", ["ep-1"], {}),
        ([], [], "m-1", [], {"m-1": "not_in_catalogue"}),
        ([movie_item(updated_at=BEFORE, tags=["other"])], [], "m-1", [], {"m-1": "tag"}),
        ([movie_item()], [], "m-1", ["m-1"], {}),
    ],
    ids=["movie", "episode", "gone", "not this partner's", "in the window"],
)
def test_a_title_that_nobody_waits_for_is_read_whenever_it_changed(shows, episodes, wanted, titles, missing):
    snapshot = fetched(Catalogue(shows, episodes), [wanted])
    assert ids(snapshot.titles) == titles
    assert left_out(snapshot) == missing


def test_a_touched_episode_that_nobody_waits_for_is_one_title_and_no_touched_one():
    catalogue = Catalogue([show_item(updated_at=IN)], [episode_item(updated_at=BEFORE)])
    snapshot = fetched(catalogue, ["ep-1"])
    assert (ids(snapshot.titles), ids(snapshot.touched)) == (["ep-1"], [])


def whole_list_fails(status):
    """Refuses the lists that have no window, but those of one series."""
    return lambda path, query: None if "updated_before" in query or "show_id" in query else status


@pytest.mark.parametrize("status", [400, 404, 503])
def test_titles_of_other_windows_wait_for_another_run_where_the_whole_list_cannot_be_read(status, caplog):
    snapshot = fetched(Catalogue([movie_item(2)], refuse=whole_list_fails(status)), ["m-1"])
    assert (ids(snapshot.titles), left_out(snapshot)) == (["m-2"], {})
    assert "other windows" in caplog.text


def test_a_refused_token_ends_the_fetch_wherever_it_is_refused():
    with pytest.raises(AuthRefused):
        fetched(Catalogue(refuse=whole_list_fails(401)), ["m-1"])
    with pytest.raises(AuthRefused):
        fetched(Catalogue(refuse=lambda path, query: 401))


@pytest.mark.parametrize(("status", "error"), [(503, Transient), (400, CatalogueRefused)])
def test_a_window_that_cannot_be_read_whole_is_no_snapshot(status, error):
    with pytest.raises(error):
        fetched(Catalogue([movie_item()], refuse=lambda path, query: status if path == "/v1/episodes" else None))


def test_the_lists_are_asked_for_the_runs_own_window():
    catalogue = Catalogue()
    fetched(catalogue)
    assert {(query["updated_since"], query["updated_before"]) for _, query in catalogue.asked} == {
        ("2026-03-01T06:00:00Z", "2026-03-02T06:00:00Z")
    }


def test_a_run_over_the_whole_catalogue_looks_for_no_further_title():
    snapshot = fetched(Catalogue([movie_item()]), ["m-9"], whole_catalogue=True)
    assert (ids(snapshot.titles), left_out(snapshot)) == (["m-1"], {})
