"""The items of a partner's lists, from what the ledger exposes: what a reader finds, what leaves, what is written."""

from datetime import UTC, datetime, timedelta

import orjson
import pytest

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.model import Annex
from edye_delivery.catalog.vocabulary import ListName, TitleKind
from edye_delivery.ledger.exposures import Exposure
from edye_delivery.pipeline.exposed_items import ItemWriter, form_digest, lists_of
from tests.builders import a_movie, an_episode, annex_content

USERS = {"catalogue": {"endpoints": ["shows", "episodes"]}, "player": {"endpoints": ["feed"]}}
AT = datetime(2026, 3, 5, tzinfo=UTC)


def annex_of(**pull):
    content = annex_content() | {"pull": {"users": USERS, "check": {"user": "catalogue"}} | pull}
    return pull_annex_of(Annex.model_validate(content))


def exposed(title, because="", closes_at=None, **more):
    values = {
        "edye_id": title.id,
        "external_id": f"{title.title_id}_X",
        "delivery_key": "0" * 64,
        "kind": title.kind,
        "title": None if because else title,
        "thumbnails": (),
        "closes_at": closes_at,
        "is_candidate": False,
        "was_accepted": True,
        "because": because,
        "show_ids": frozenset({title.show_id} if title.show_id else ()),
        "version": 1,
    }
    return Exposure(**values | more)


def changes(*exposures, annex=None, of_shows=None):
    return list(ItemWriter(annex or annex_of(), of_shows).changes(exposures))


def by_place(found):
    return {(change.list, change.id): change for change in found}


def test_an_episode_is_in_the_episodes_and_the_feed_and_its_series_in_the_shows():
    found = by_place(changes(exposed(an_episode())))
    assert found.keys() == {(ListName.EPISODES, "ep-1"), (ListName.ENTRIES, "ep-1"), (ListName.SHOWS, "show-1")}
    assert orjson.loads(found[ListName.SHOWS, "show-1"].body)["kind"] == "series"
    assert orjson.loads(found[ListName.EPISODES, "ep-1"].body)["external_id"] == "EDYE_PLANETA_X"


def test_a_movie_is_in_the_shows_and_the_feed():
    assert by_place(changes(exposed(a_movie()))).keys() == {
        (ListName.SHOWS, "movie-1"), (ListName.ENTRIES, "movie-1"),
    }  # fmt: skip


def test_lists_that_nobody_may_read_are_not_written():
    annex = annex_of(users={"catalogue": {"endpoints": ["episodes"]}}, scope={"sources": False})
    assert lists_of(annex.pull) == {ListName.EPISODES}
    assert {change.list for change in changes(exposed(an_episode()), annex=annex)} == {ListName.EPISODES}


@pytest.mark.parametrize(
    ("because", "reason"), [("tag", "tag"), ("window_ended", "window_ended"), ("not_in_catalogue", "deleted")]
)
def test_what_is_not_exposed_any_more_leaves_with_a_word_of_the_contract(because, reason):
    found = by_place(changes(exposed(a_movie(), because)))
    movie = found[ListName.SHOWS, "movie-1"]
    assert (movie.body, movie.reason, movie.external_id) == (None, reason, "EDYE_MOV_000123_X")
    assert found[ListName.ENTRIES, "movie-1"].reason == reason


def test_a_series_leaves_with_its_last_episode():
    gone = exposed(an_episode(), "withdrawn")
    assert by_place(changes(gone))[ListName.SHOWS, "show-1"].body is None
    other = exposed(an_episode(id="ep-2", episode_number=4))
    stays = by_place(changes(gone, of_shows=lambda shows: [gone, other]))
    assert stays[ListName.SHOWS, "show-1"].body is not None


def test_an_increment_asks_for_all_episodes_of_the_series_that_it_touches():
    asked = []
    changes(exposed(an_episode()), exposed(a_movie()), of_shows=lambda shows: asked.extend(shows) or [])
    assert asked == ["show-1"]


def test_an_increment_takes_a_title_from_the_list_of_another_kind():
    found = by_place(changes(exposed(a_movie()), of_shows=lambda shows: []))
    left = found[ListName.EPISODES, "movie-1"]
    assert (left.body, left.reason) == (None, "deleted")
    assert orjson.loads(found[ListName.SHOWS, "movie-1"].body)["kind"] == TitleKind.MOVIE


def test_of_a_series_the_newest_state_is_shown_with_the_languages_of_its_episodes():
    old = an_episode(series={"titles": {"es": "Planeta"}, "updated_at": "2026-01-01T00:00:00Z"})
    new = an_episode(id="ep-2", lang="en", series={"titles": {"es": "Azul"}, "updated_at": "2026-02-01T00:00:00Z"})
    for order in ((old, new), (new, old)):
        series = by_place(changes(*map(exposed, order)))[ListName.SHOWS, "show-1"]
        assert orjson.loads(series.body)["titles"] == {"es": "Azul"}
        assert series.langs == ("en", "es")


def test_a_series_ends_with_its_last_episode_and_not_where_one_has_no_end():
    first, second = AT, AT + timedelta(days=1)
    episodes = [an_episode(), an_episode(id="ep-2", episode_number=4)]
    ends = [exposed(one, closes_at=at) for one, at in zip(episodes, (first, second), strict=True)]
    assert by_place(changes(*ends))[ListName.SHOWS, "show-1"].end_ms == int(second.timestamp() * 1000)
    open_end = [ends[0], exposed(episodes[1])]
    assert by_place(changes(*open_end))[ListName.SHOWS, "show-1"].end_ms is None


def test_an_id_that_no_reader_could_ask_for_costs_its_own_title_only():
    found = by_place(changes(exposed(a_movie(id="m\u0007")), exposed(an_episode())))
    assert {place[1] for place in found} == {"ep-1", "show-1"}


def test_a_title_with_the_id_of_its_series_is_shown_once():
    found = changes(exposed(a_movie(id="show-1")), exposed(an_episode()))
    assert [change.id for change in found if change.list is ListName.SHOWS] == ["show-1"]


def test_filters_and_the_end_of_a_title_are_given_beside_its_item():
    movie = by_place(changes(exposed(a_movie(geo=["MX"]), closes_at=AT)))[ListName.SHOWS, "movie-1"]
    assert (movie.tags, movie.geo, movie.langs) == (("roku", "kidsdirected"), ("mx",), ("en",))
    assert movie.end_ms == int(AT.timestamp() * 1000)


def test_what_decides_the_form_of_items_is_in_the_digest_and_what_does_not_is_not():
    same = annex_of(polling_interval_s=900, rate_limit={"calls": 5})
    assert form_digest(annex_of()) == form_digest(same)
    for changed in ({"scope": {"images": False}}, {"genres": "search_genres"}, {"entry_id": "uuid5"}):
        assert form_digest(annex_of(**changed)) != form_digest(annex_of())
