"""The annex of a partner that pulls: what it may say, and what its titles look like to a reader."""

import pytest
from pydantic import ValidationError

from edye_delivery.annex.channels import pull_annex_of
from edye_delivery.annex.model import Annex, is_pulled
from edye_delivery.annex.planning import plan_of
from edye_delivery.annex.pull_item import entry_of, series_item_of, title_item_of
from edye_delivery.catalog.exposed_thumbnail import ExposedThumbnail
from tests.builders import a_movie, an_episode, annex_content, the_annex

PULL = {
    "users": {"catalogue": {"endpoints": ["shows", "episodes"]}, "player": {"endpoints": ["feed", "media"]}},
    "check": {"user": "catalogue"},
}
WIDE = ExposedThumbnail(
    name="landscape_16x9", url="https://media.example/a.jpg", width=800, height=450, type="image/jpeg", sha256="0" * 64
)


def annex_with(**pull):
    return Annex.model_validate(annex_content() | {"pull": PULL | pull})


def pulled(**pull):
    return pull_annex_of(annex_with(**pull))


def item(title, made=(), **pull):
    annex = pulled(**pull)
    return title_item_of(annex, annex.pull, title, "EXTERNAL", made)


def test_a_partner_that_also_gets_titles_by_push_has_a_ledger_name_of_its_own():
    annex = annex_with()
    pull = pull_annex_of(annex)
    assert (annex.partner, pull.partner) == ("roku_premium_subs_mx", "roku_premium_subs_mx__pull")
    assert (is_pulled(annex), is_pulled(pull), pull_annex_of(pull)) == (False, True, pull)


def test_a_partner_that_only_pulls_keeps_its_name():
    content = annex_content() | {"pull": PULL, "api": None, "ftp": None, "feeds": []}
    assert pull_annex_of(Annex.model_validate(content)).partner == "roku_premium_subs_mx"


def test_no_partner_has_the_name_under_which_the_ledger_keeps_what_another_pulls():
    content = annex_content() | {"partner": "shelf__pull", "pull": PULL, "api": None, "ftp": None, "feeds": []}
    with pytest.raises(ValidationError, match="partner ends with __pull, which names what another partner pulls"):
        Annex.model_validate(content)


def test_the_criterion_fetched_is_refused_for_a_partner_that_reads_nothing_from_us():
    content = annex_content()
    content |= {"acceptance": [*content["acceptance"], "fetched"]}
    with pytest.raises(ValidationError, match="acceptance names fetched, which is about what the partner reads, but"):
        Annex.model_validate(content)
    assert "fetched" in pull_annex_of(Annex.model_validate(content | {"pull": PULL})).acceptance


def test_the_terms_of_the_pull_section_replace_those_of_the_catalogue():
    pull = pulled(tags=["shelf"], geo=["us"], schedule="0 */6 * * *")
    assert (pull.catalogue.tags, pull.catalogue.geo, pull.catalogue.languages) == (("shelf",), ("us",), ("es", "en"))
    assert pull.schedule == "0 */6 * * *"


@pytest.mark.parametrize(
    ("pull", "sentence"),
    [
        ({"users": {}}, "at least 1 item"),
        ({"users": {"a1": {"endpoints": ["billing"]}}}, "'shows', 'episodes', 'feed' or 'media'"),
        ({"check": {"user": "nobody"}}, "check.user is 'nobody', which users does not have"),
        ({"scope": {"sources": False}}, "entries need sources"),
        ({"scope": {"metadata": False, "images": False}}, "neither metadata nor images"),
        ({"page_size": {"usual": 200, "most": 100}}, "more than page_size.most"),
        ({"thumbnails": [{"name": "no_such"}]}, "'no_such', which thumbnails does not have"),
        ({"thumbnails": [{"name": "landscape_16x9"}] * 2}, "thumbnails has a name twice"),
        ({"genres": "no_such"}, "'no_such', which mappings does not have"),
        ({"sunset_at": "2027-01-01T00:00:00"}, "sunset_at has no time zone"),
        ({"token": "secret"}, "Extra inputs are not permitted"),
    ],
)
def test_what_does_not_fit_is_refused_with_a_sentence(pull, sentence):
    with pytest.raises(ValidationError, match=sentence):
        annex_with(**pull)


def test_an_episode_is_read_with_its_show_and_without_what_only_we_need():
    episode = item(an_episode())
    assert (episode["id"], episode["kind"], episode["show_id"], episode["external_id"]) == (
        "ep-1", "episode", "show-1", "EXTERNAL",
    )  # fmt: skip
    assert (episode["season_number"], episode["episode_number"], episode["lang"]) == (1, 3, "es")
    assert episode["sources"] == [
        {"file": "http://media.example/ep-1.mp4?sig=a", "type": "video/mp4", "height": 720, "filesize": 9}
    ]
    assert not {"series", "visible", "updated_at", "credits"} & episode.keys()


def test_a_movie_has_no_show():
    assert "show_id" not in item(a_movie())


@pytest.mark.parametrize(
    ("scope", "there", "away"),
    [
        ({"images": False}, {"synopsis_short", "sources"}, {"images", "custom_thumbnails"}),
        ({"metadata": False}, {"images", "custom_thumbnails", "titles", "id"}, {"synopsis_short", "genres", "tags"}),
        ({"external_ids": []}, {"titles"}, {"external_ids"}),
    ],
)
def test_the_scope_says_which_parts_an_item_has(scope, there, away):
    title = an_episode(external_ids={"tms": "EP01"})
    keys = item(title, [WIDE], scope=scope, thumbnails=[{"name": "landscape_16x9", "size": "large"}]).keys()
    assert there <= keys
    assert not away & keys


def test_a_partner_without_media_addresses_gets_none():
    users = {"catalogue": {"endpoints": ["shows", "episodes"]}}
    assert "sources" not in item(a_movie(), scope={"sources": False}, users=users)


def test_only_the_external_ids_of_the_scope_are_given():
    title = a_movie(external_ids={"tms": "MV01", "internal": "7"})
    assert item(title, scope={"external_ids": ["tms"]})["external_ids"] == {"tms": "MV01"}


def test_genres_are_the_partner_s_words():
    assert item(a_movie(genres=["kids", "education"]), genres="search_genres")["genres"] == ["children", "educational"]


def test_thumbnails_have_the_partner_s_word_for_their_size():
    (thumbnail,) = item(a_movie(), [WIDE], thumbnails=[{"name": "landscape_16x9", "size": "large"}])[
        "custom_thumbnails"
    ]
    assert (thumbnail["name"], thumbnail["size"], thumbnail["width"]) == ("landscape_16x9", "large", 800)


def test_an_entry_of_the_feed_has_what_the_contract_requires():
    annex = pulled(entry_id="uuid5")
    entry = entry_of(annex, annex.pull, a_movie(release_date="2020-05-01"), "EXTERNAL")
    assert {"id", "title", "sources", "pubdate"} <= entry.keys()
    assert (entry["title"], entry["pubdate"], entry["duration"]) == ("The Kite", "2020-05-01T00:00:00Z", 4800.0)
    assert entry["id"] == entry_of(annex, annex.pull, a_movie(), "OTHER")["id"] != "movie-1"


def test_a_change_of_the_series_is_a_change_of_its_episodes():
    annex = pulled()
    plans = [plan_of(annex, an_episode(series={"titles": {"es": name}})) for name in ("Planeta", "Planeta Azul")]
    assert plans[0].content_key != plans[1].content_key
    assert series_item_of(annex, annex.pull, an_episode().series)["kind"] == "series"


def test_a_change_that_no_reader_sees_is_no_change():
    annex = pulled()
    plans = [plan_of(annex, a_movie(updated_at=at)) for at in ("2026-03-01T13:00:00Z", "2026-03-02T13:00:00Z")]
    assert plans[0].content_key == plans[1].content_key
    assert the_annex().pull is None
