"""The Search writer: what becomes of a title, field by field."""

from datetime import UTC, date, datetime

import pytest

from edye_delivery.annex.load import load_annexes
from edye_delivery.catalog.text_length import utf16_units
from edye_delivery.catalog.title import Availability
from edye_delivery.errors import AnnexInvalid
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.write.texts import clip
from edye_delivery.feeds.write.writers import WRITERS
from tests.builders import ANNEX_FILE, a_movie, an_episode, the_annex
from tests.unit.feeds.made import Made

SYNOPSIS = {"synopsis_short": {"en": "A kite flies.", "es": "Vuela una cometa."}, "release_date": "2025-05-01"}
SERIES = {"synopsis_short": {"es": "Una escuela.", "en": "A school."}, "release_date": "2024-01-01"}
CHANNEL = {
    "id": "edye-live",
    "name": "EDYE Live",
    "station_id": "ABCDE",
    "options": [{"play_id": "edye-live", "license": "free", "quality": "hd"}],
}
RENTAL = {"license": "rental", "price": "1.99", "currency": "usd"}
RESTRICTION = {"allow": True, "valueType": "dma", "values": ["501"]}


def movie(**changes):
    return a_movie(**(SYNOPSIS | changes))


def episode(**changes):
    return an_episode(**({"series": SERIES, "release_date": "2025-05-01"} | changes))


def option_of(title, **spec):
    (option,) = Made([title], **spec).the_asset["content"]["playOptions"]
    return option


def test_a_movie_is_written_with_all_its_parts():
    made = Made([movie(tags=["roku"], credits=[{"name": "Ana", "role": "Director", "birth_date": "1980-02-03"}])])
    assert made.the_asset == {
        "id": "EDYE_MOV_000123",
        "type": "movie",
        "titles": [{"value": "The Kite", "languages": ["en"]}, {"value": "La cometa", "languages": ["es"]}],
        "shortDescriptions": [
            {"value": "A kite flies.", "languages": ["en"]},
            {"value": "Vuela una cometa.", "languages": ["es"]},
        ],
        "releaseDate": "2025-05-01",
        "genres": ["children", "educational"],
        "tags": ["roku"],
        "credits": [{"name": "Ana", "role": "director", "birthDate": "1980-02-03"}],
        "advisoryRatings": [{"source": "USA_PR", "value": "TV-Y7"}],
        "images": [
            {"type": "main", "url": "http://media.example/show-1/poster.jpg", "languages": ["en", "es"]},
        ],
        "durationInMilliseconds": 4_800_000,
        "content": {
            "playOptions": [{"license": "subscription", "quality": "fhd", "playId": "EDYE_MOV_000123_EN"}]
        },
    }  # fmt: skip
    assert made.pages[0].keys() == {"version", "defaultLanguage", "defaultAvailabilityCountries", "assets"}
    assert made.noted() == []


def test_language_versions_are_play_options_of_one_asset_with_each_text_from_its_own_version():
    made = Made([
        movie(lang="en", titles={"en": "The Kite", "es": "El papalote"}),
        movie(id="movie-2", lang="es", titles={"es": "La cometa"}),
    ])  # fmt: skip
    asset = made.the_asset
    assert [option["playId"] for option in asset["content"]["playOptions"]] == [
        "EDYE_MOV_000123_EN",
        "EDYE_MOV_000123_ES",
    ]
    assert {"value": "La cometa", "languages": ["es"]} in asset["titles"]


def test_a_series_and_its_seasons_follow_their_episodes():
    made = Made([
        episode(),
        episode(id="ep-2", episode_number=4,
                series=SERIES | {"titles": {"es": "Nueva"}, "updated_at": "2026-03-01T00:00:00Z"}),
        episode(id="ep-3", season_number=2, episode_number=1),
    ])  # fmt: skip
    assert list(made.assets) == [
        "EDYE_PLANETA_S01E03", "EDYE_PLANETA_S01E04", "EDYE_PLANETA_S02E01", "EDYE_PLANETA", "EDYE_PLANETA_S01",
        "EDYE_PLANETA_S02",
    ]  # fmt: skip
    assert made.assets["EDYE_PLANETA"]["titles"] == [{"value": "Nueva", "languages": ["es"]}]
    assert made.assets["EDYE_PLANETA_S02"]["titles"] == [{"value": "Nueva: temporada 2", "languages": ["es"]}]
    assert made.assets["EDYE_PLANETA_S02"]["seasonInfo"] == {"seriesId": "EDYE_PLANETA", "seasonNumber": 2}
    told = {"seriesId": "EDYE_PLANETA", "seasonNumber": 1, "episodeNumber": 4}
    assert made.assets["EDYE_PLANETA_S01E04"]["episodeInfo"] == told
    assert made.kinds == {"episode": 3, "series": 1, "season": 2}
    assert made.defects() == {}


def test_a_series_that_the_feed_cannot_carry_takes_its_episodes_with_it_and_says_so():
    made = Made([episode(series=SERIES | {"titles": {"xx": "?"}}), movie()])
    assert list(made.assets) == ["EDYE_MOV_000123"]
    assert (
        "EDYE_PLANETA_S01E03_ES",
        "FEED604",
        "its series: it has no title with a synopsis in the same language",
    ) in (made.noted())


@pytest.mark.parametrize("title_id", [" ", "EDYE_OTHER"])
def test_an_episode_whose_title_id_is_not_its_series_is_left_out_and_the_series_is_once(title_id):
    made = Made([episode(), episode(id="ep-2", title_id=title_id, episode_number=4)])
    assert list(made.assets) == ["EDYE_PLANETA_S01E03", "EDYE_PLANETA", "EDYE_PLANETA_S01"]
    assert [(code, message) for _, code, message in made.noted()] == [
        ("FEED604", f'its series: the series has the title_id "EDYE_PLANETA", but its episode has "{title_id}"')
    ]
    assert made.defects() == {}


@pytest.mark.parametrize(
    ("kind", "minutes", "written"),
    [
        ("movie", 16, "movie"), ("movie", 15, "shortform"), ("short", 15, "shortform"), ("short", 16, "tvspecial"),
        ("special", 10, "tvspecial"), ("special", 90, "tvspecial"),
    ],
)  # fmt: skip
def test_the_line_between_film_and_clip_is_fifteen_minutes(kind, minutes, written):
    made = Made([movie(kind=kind, duration_ms=minutes * 60_000)])
    assert made.the_asset["type"] == written
    assert made.defects() == {}


@pytest.mark.parametrize(
    ("source", "quality"),
    [
        ({"width": 640, "height": 360}, "sd"), ({"width": 1279}, "sd"), ({"width": 1280}, "hd"),
        ({"width": 1919}, "hd"),
        ({"width": 1920, "label": "720p"}, "fhd"), ({"width": 3840}, "uhd"), ({"height": 1080}, "fhd"), ({}, "hd"),
    ],
)  # fmt: skip
def test_quality_comes_from_the_width_and_is_the_least_allowed_where_that_is_unknown(source, quality):
    file = {"file": "http://media.example/m.mp4", "type": "video/mp4"}
    assert option_of(movie(sources=[file | source]))["quality"] == quality


def test_an_offer_for_money_has_price_and_currency():
    option = option_of(movie(), offer=RENTAL)
    assert (option["license"], option["price"], option["currency"]) == ("rental", 1.99, "usd")


def test_availability_is_written_in_epoch_milliseconds_with_the_titles_own_countries():
    window = {"start": "2025-01-01T00:00:00Z", "end": "2030-01-01T00:00:00.5Z"}
    option = option_of(movie(availability=window, geo=["MX", "us", "mx"]))
    assert option["availabilityStartTimeStamp"] == 1_735_689_600_000
    assert option["availabilityEndTimeStamp"] == 1_893_456_000_500
    assert option["availabilityInfo"] == {"country": ["mx", "us"]}


def test_a_start_before_1980_is_left_out_for_it_would_read_as_seconds():
    window = Availability(start=datetime(1975, 1, 1, tzinfo=UTC))
    assert "availabilityStartTimeStamp" not in option_of(movie().model_copy(update={"availability": window}))


def test_a_title_with_an_external_id_can_be_written_by_it_alone():
    spec = {"external_ids": {"tms": "tms"}, "identify_by": "tms"}
    made = Made([movie(external_ids={"tms": "MV012345670000"}), movie(id="m2", title_id="OTHER")], **spec)
    told = made.assets["MV012345670000"]
    assert told.keys() == {"id", "type", "externalIdSource", "content"}
    assert (told["type"], told["externalIdSource"]) == ("externalIdOnly", "tms")
    assert made.assets["OTHER"]["type"] == "movie"
    assert made.defects() == {}


def test_an_identified_series_stays_whole_while_an_episode_points_at_it():
    spec = {"external_ids": {"tms": "tms"}, "identify_by": "tms"}
    series = SERIES | {"external_ids": {"tms": "SH012345670000"}}
    whole = Made([episode(series=series), episode(id="e2", episode_number=4, series=series,
                                                   external_ids={"tms": "EP012345670000"})], **spec)  # fmt: skip
    assert whole.assets["EDYE_PLANETA"]["type"] == "series"
    alone = Made([episode(series=series, external_ids={"tms": "EP012345670000"})], **spec)
    assert list(alone.assets) == ["EP012345670000", "SH012345670000"]
    assert alone.defects() == {}


def test_rokus_spelling_is_the_annexs_choice():
    made = Made(
        [movie(kind="special"), movie(id="m2", title_id="B", kind="short", duration_ms=120_000)], spelling="samples"
    )
    assert {asset["type"] for asset in made.assets.values()} == {"shortForm", "tvSpecial"}
    assert made.defects(Profile.ROKU) == {}


def test_live_channels_share_a_feed_with_titles_or_have_one_of_their_own():
    mixed = Made([movie()], channels=[CHANNEL])
    assert mixed.pages[0]["defaultAvailabilityPlatforms"] == ["all"]
    assert mixed.assets["edye-live"] == {
        "id": "edye-live",
        "type": "liveStream",
        "externalIds": [{"id": "ABCDE", "channelName": "EDYE Live", "source": "GRACENOTE_STATION_ID"}],
        "content": {"playOptions": [{"license": "free", "quality": "hd", "playId": "edye-live"}]},
    }
    assert mixed.kinds == {"liveStream": 1, "movie": 1}
    assert mixed.defects(Profile.ROKU) == {}
    option = CHANNEL["options"][0] | {"countries": ["us"], "restrictions": [RESTRICTION]}
    alone = Made([movie()], writer="roku_live", channels=[CHANNEL | {"options": [option], "tags": ["kids"]}])
    assert list(alone.assets) == ["edye-live"]
    where = alone.the_asset["content"]["playOptions"][0]["availabilityInfo"]
    assert where == {"country": ["us"], "restrictions": [RESTRICTION | {"type": "geo"}]}
    assert alone.defects(Profile.ROKU) == {}


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"duration_ms": 59_999}, "FEED604", "its duration is 59.999 s, expected 60 s or more"),
        ({"duration_ms": None}, "FEED604", "its duration is 0 s"),
        ({"release_date": None}, "FEED604", "it has no release date"),
        ({"release_date": date(1899, 12, 31)}, "FEED604", "its release date 1899-12-31 is before 1900"),
        ({"genres": ["noir"]}, "FEED604", "the feed's list has none of its genres"),
        ({"ratings": [{"source": "PEGI", "value": "7"}]}, "FEED604", "the feed knows none of its ratings"),
        ({"titles": {"en": " "}}, "FEED604", "it has no title with a synopsis in the same language"),
        ({"synopsis_short": {}}, "FEED604", "it has no title with a synopsis in the same language"),
        ({"geo": ["jp"]}, "FEED604", "Roku Search is not supported in any of its countries (jp)"),
        ({"title_id": "X" * 51}, "FEED604", "has 51 characters, at most 50 are taken"),
        ({"images": []}, "FEED605", "it has no artwork that could be its main image"),
        (
            {"availability": {"end": "2026-03-01T00:00:00Z"}},
            "FEED606",
            "its availability ended at 2026-03-01 00:00 UTC",
        ),
        (
            {"availability": {"start": "2027-01-01T00:00:00Z", "end": "2027-01-01T00:00:00Z"}},
            "FEED604",
            "its availability ends before it begins",
        ),
    ],
)
def test_a_title_without_something_that_roku_needs_is_left_out_and_named(changes, code, message):
    made = Made([movie(**changes), movie(id="good", title_id="GOOD")])
    assert list(made.assets) == ["GOOD"]
    assert [(noted, found) for noted, found, said in made.noted() if message in said] == [(made.external_ids[0], code)]


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        ({"genres": ["kids", "noir"]}, "FEED601", 'the genre "noir" is not in the annex'),
        ({"external_ids": {"imdb": "tt1"}}, "FEED601", 'the external id "imdb" is not in the annex'),
        ({"external_ids": {"tms": "MV1"}}, "FEED603", '"MV1" is not an id of tms'),
        ({"credits": [{"name": "Bo", "role": "gaffer"}]}, "FEED601", 'the feed does not know the role "gaffer"'),
        ({"credits": [{"role": "voice"}]}, "FEED603", "a credit has no name"),
        ({"tags": ["x" * 21]}, "FEED603", "has 21 characters, at most 20"),
        ({"geo": ["mx", "jp"]}, "FEED601", 'Roku Search is not supported in "jp"'),
        ({"ratings": [{"source": "USA_PR", "value": "TV-G", "descriptors": ["Z"]}]}, "FEED601", 'descriptor "Z"'),
        ({"titles": {"en": "The Kite", "tlh": "x"}}, "FEED601", 'Roku does not know the language "tlh"'),
        ({"titles": {"en": "The Kite", "pt": "A pipa"}}, "FEED603", "the title in pt has no synopsis"),
        ({"titles": {"en": "k" * 201}}, "FEED602", "a text in en of 201 UTF-16 units was cut to 200"),
    ],
)
def test_a_part_that_the_feed_does_not_take_is_left_out_and_named(changes, code, message):
    made = Made([movie(**changes)])
    assert [found for _, found, said in made.noted() if message in said] == [code]
    assert made.defects() == {}


def test_an_image_off_its_ratio_or_too_large_or_in_a_language_without_text_is_left_out():
    images = [
        {"kind": "poster", "url": "http://m.example/square.jpg", "width": 900, "height": 900},
        {"kind": "key_art", "url": "http://m.example/large.jpg", "width": 3840, "height": 2160},
        {"kind": "poster", "url": "http://m.example/fr.jpg", "lang": "fr"},
        {"kind": "poster", "url": "http://m.example/good.jpg", "width": 2000, "height": 3000, "lang": "es"},
        {"kind": "logo", "url": "http://m.example/logo.png"},
    ]
    made = Made([movie(images=images)])
    url = "http://m.example/good.jpg"
    assert made.the_asset["images"] == [{"type": "main", "url": url, "languages": ["es", "en"]}]
    assert len([code for _, code, _ in made.noted() if code == "FEED603"]) == 3


def test_a_title_that_is_paged_keeps_every_asset():
    made = Made([movie(id=f"m{n}", title_id=f"MOV_{n:03}") for n in range(100)], page_max_bytes=10_000)
    assert len(made.pages) > 3
    assert len(made.assets) == 100
    assert made.defects() == {}


@pytest.mark.parametrize(
    ("text", "most", "short"),
    [
        ("one two", 7, "one two"),
        ("one two three", 12, "one two…"),
        ("onetwothree", 6, "onetw…"),
        ("🎈🎈🎈", 6, "🎈🎈🎈"),
        ("🎈🎈🎈", 5, "🎈🎈…"),
        ("🎈🎈🎈", 4, "🎈…"),
    ],
)
def test_texts_are_clipped_at_a_words_end_and_never_within_a_character(text, most, short):
    assert clip(text, most) == short
    assert utf16_units(short) <= most


def test_a_writer_that_does_not_exist_is_a_sentence_with_those_that_do():
    with pytest.raises(
        AnnexInvalid, match="names the unknown writer 'roku_radio'; known are roku_search, roku_live, roku_direct"
    ):
        Made([movie()], writer="roku_radio")


@pytest.mark.parametrize("annex", load_annexes(ANNEX_FILE.parent).values(), ids=lambda annex: annex.partner)
def test_every_feed_of_every_annex_has_its_writer(annex):
    assert {spec.writer for spec in annex.feeds} <= WRITERS.keys()


def test_a_feed_of_an_unknown_table_or_name_twice_is_refused_with_the_annex():
    feed = the_annex().feeds[0].model_dump(mode="json")
    with pytest.raises(ValueError, match="genres names 'no_table'"):
        the_annex(feeds=[feed | {"genres": "no_table"}])
    with pytest.raises(ValueError, match="two feeds have the same name"):
        the_annex(feeds=[feed, feed])
    with pytest.raises(ValueError, match="two feeds have the same prefix"):
        the_annex(feeds=[feed, feed | {"name": "other"}])
    with pytest.raises(ValueError, match="is not a variable of this template"):
        the_annex(feeds=[feed | {"season_titles": {"es": "{title}"}}])
    with pytest.raises(ValueError, match="rental and purchase need price and currency"):
        the_annex(feeds=[feed | {"offer": {"license": "rental"}}])


def test_a_long_description_that_says_no_more_than_the_short_one_is_left_out():
    same = {"es": "Una cometa vuela.", "en": "A kite flies."}
    alone = Made([movie(synopsis_short=same, synopsis_long=same)])
    longer = Made([movie(synopsis_short=same, synopsis_long=same | {"es": "Una cometa vuela sobre el mar."})])

    assert "longDescriptions" not in alone.the_asset
    assert len(longer.the_asset["longDescriptions"]) == 2
