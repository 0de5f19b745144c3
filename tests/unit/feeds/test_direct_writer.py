"""The Direct Publisher feed as it is written: every field of an item, every loss, its rows and its head."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from edye_delivery.feeds.lint.direct_publisher.rows import defect_of_row
from edye_delivery.feeds.write.direct_publisher.writer import DirectWriter
from tests.unit.feeds.catalogues import MEDIA, NOW, accepted_of
from tests.unit.feeds.direct_written import ART, MP4, Feed, annex_of, movie_of, notes_of, the_episode, the_movie


def test_a_movie_has_every_field() -> None:
    movie = the_movie(
        lang="es", titles={"es": " La cometa ", "en": "The Kite"}, synopsis_long={"es": "Vuela una cometa roja."},
        tags=["kites", "kidsdirected"], genres=["kids", "adventure"],
        ratings=[{"source": "USA_PR", "value": "TV-Y7", "descriptors": ["FV"]}],
        credits=[{"name": "Ana Ruiz", "role": "director", "birth_date": "1970-02-03"}],
        external_ids={"tms": "MV012345670000", "imdb": "tt0371724", "eidr": "10.5240/7791"},
        captions=[{"url": f"{MEDIA}/es.vtt", "lang": "es", "kind": "subtitle"},
                  {"url": f"{MEDIA}/en.vtt", "lang": "en_US", "kind": "closed_caption"}],
        sources=[MP4.model_dump(), {"file": f"{MEDIA}/m.m3u8", "type": "application/vnd.apple.mpegurl", "width": 3840},
                 {"file": f"{MEDIA}/m.bif", "type": "image/x-bif", "width": 320}],
        availability={"start": "2026-01-01T06:00:00-06:00", "end": "2030-01-01T00:00:00Z"},
    )  # fmt: skip
    feed = Feed([movie])
    assert feed.root == {
        "providerName": "EDYE", "lastUpdated": "2026-03-01T13:00:00+00:00", "language": "es",
        "movies": [{
            "id": "EDYE_MOV_000123", "title": "La cometa", "genres": ["children", "adventure"],
            "tags": ["kites", "kidsdirected"], "thumbnail": f"{MEDIA}/art.jpg", "releaseDate": "2024-10-18",
            "shortDescription": "Vuela una cometa.", "longDescription": "Vuela una cometa roja.",
            "credits": [{"name": "Ana Ruiz", "role": "director", "birthDate": "1970-02-03"}],
            "rating": {"rating": "TVY7", "ratingSource": "USA_PR"},
            "externalIds": [{"id": "MV012345670000", "idType": "TMS"}, {"id": "tt0371724", "idType": "IMDB"},
                            {"id": "10.5240/7791", "idType": "EIDR"}],
            "content": {
                "dateAdded": "2026-01-01T12:00:00+00:00", "duration": 4800, "language": "es",
                "videos": [{"url": f"{MEDIA}/movie.mp4", "quality": "FHD", "videoType": "MP4", "bitrate": 5000},
                           {"url": f"{MEDIA}/m.m3u8", "quality": "UHD", "videoType": "HLS"}],
                "trickPlayFiles": [{"url": f"{MEDIA}/m.bif", "quality": "HD"}],
                "captions": [{"url": f"{MEDIA}/es.vtt", "language": "es", "captionType": "SUBTITLE"},
                             {"url": f"{MEDIA}/en.vtt", "language": "en-US", "captionType": "CLOSED_CAPTION"}],
                "validityPeriodStart": "2026-01-01T12:00:00+00:00", "validityPeriodEnd": "2030-01-01T00:00:00+00:00",
            },
        }],
    }  # fmt: skip
    assert (feed.notes, feed.lint().findings.kept, feed.kinds) == ([], [], {"movie": 1})


def test_a_series_nests_its_episodes_in_seasons() -> None:
    titles = [the_episode(season_number=season, episode_number=number) for season, number in ((2, 1), (1, 3), (1, 10))]
    feed = Feed(titles)
    [series] = feed.root["series"]
    seasons = [
        (season["seasonNumber"], [episode["id"] for episode in season["episodes"]], season["thumbnail"])
        for season in series["seasons"]
    ]
    assert seasons == [
        (1, ["EDYE_PLANETA_S01E03", "EDYE_PLANETA_S01E10"], ART.url),
        (2, ["EDYE_PLANETA_S02E01"], ART.url),
    ]
    assert {key: series[key] for key in series if key != "seasons"} == {
        "id": "EDYE_PLANETA", "title": "Planeta Azul", "genres": ["children", "educational"], "thumbnail": ART.url,
        "releaseDate": "2023-05-01", "shortDescription": "Un mar.", "tags": ["roku", "kidsdirected"],
    }  # fmt: skip
    episode = series["seasons"][0]["episodes"][0]
    assert (episode["episodeNumber"], episode["title"], episode["rating"]["rating"]) == (3, "El mar de noche", "TVY7")
    assert not {"genres", "tags"} & episode.keys()
    assert (feed.notes, feed.lint().findings.kept, feed.kinds) == ([], [], {"series": 1})


def test_a_series_without_seasons_lists_its_episodes() -> None:
    feed = Feed([the_episode(season_number=None, episode_number=number) for number in (0, 7)])
    [series] = feed.root["series"]
    assert "seasons" not in series
    assert [(e["id"], e["episodeNumber"]) for e in series["episodes"]] == [
        ("EDYE_PLANETA_000000", 0),
        ("EDYE_PLANETA_000007", 7),
    ]
    assert (feed.notes, feed.lint().findings.kept) == ([], [])


def test_in_a_mixed_series_episodes_without_season_are_left_out() -> None:
    feed = Feed([the_episode(), the_episode(season_number=None, episode_number=9)])
    assert [*feed.items] == ["EDYE_PLANETA_S01E03"]
    assert [note[:2] for note in feed.notes] == [("EDYE_PLANETA_000009_ES", "title-left-out")]


def test_episodes_without_season_stay_where_no_other_can_be_in_the_feed() -> None:
    assert [*Feed([the_episode(sources=[]), the_episode(season_number=None)]).items] == ["EDYE_PLANETA_000003"]


def test_a_series_takes_what_it_lacks_from_its_episodes() -> None:
    bare = {"synopsis_short": {"es": "Un mar."}, "images": [], "genres": [], "tags": []}
    titles = [
        the_episode(genres=["nature"], series=bare, episode_number=n, release_date=f"2024-0{n}-01") for n in (2, 1)
    ]
    feed = Feed(titles)
    [series] = feed.root["series"]
    assert (series["genres"], series["thumbnail"], series["releaseDate"]) == (["nature"], ART.url, "2024-01-01")


def test_an_episode_takes_picture_and_date_of_its_series() -> None:
    small = ART.model_copy(update={"width": 640, "height": 360, "url": f"{MEDIA}/small.jpg"})
    [episode] = Feed([the_episode(images=[small.model_dump()], release_date=None)]).items.values()
    assert (episode["thumbnail"], episode["releaseDate"]) == (ART.url, "2023-05-01")


@pytest.mark.parametrize(
    "series",
    [{"titles": {}}, {"synopsis_short": {}}, {"title_id": "X" * 51}, None],
    ids=["no title", "no synopsis", "long id", "no series"],
)
def test_a_series_that_does_not_fit_costs_its_episodes_only(series: dict[str, Any] | None) -> None:
    changes = {"synopsis_short": {"es": "Un mar."}} | series if series is not None else None
    special = the_movie(kind="special", title_id="EDYE_PLANETA")
    feed = Feed([the_episode(series=changes), special])
    assert [*feed.items] == ["EDYE_PLANETA"]
    [note] = feed.notes
    assert note[:2] == ("EDYE_PLANETA_S01E03_ES", "title-left-out")
    assert note[2].startswith("its series: ")


@pytest.mark.parametrize(
    ("kind", "list_key"), [("movie", "movies"), ("short", "shortFormVideos"), ("special", "tvSpecials")]
)
def test_every_kind_has_its_list(kind: str, list_key: str) -> None:
    feed = Feed([the_movie(kind=kind)])
    assert [item["id"] for item in feed.root[list_key]] == ["EDYE_MOV_000123"]
    assert feed.root[list_key][0]["tags"] == ["roku", "kidsdirected"]


def test_only_shorts_do_without_genre() -> None:
    for kind in ("movie", "special"):
        assert [note[1] for note in notes_of(the_movie(kind=kind, genres=["western"]))] == [
            "value-unmapped",
            "title-left-out",
        ]
    feed = Feed([the_movie(kind="short", genres=["western"], duration_ms=60_000)])
    assert "genres" not in feed.root["shortFormVideos"][0]
    assert [note[1] for note in feed.notes] == ["value-unmapped"]


@pytest.mark.parametrize(
    ("language", "langs", "shown"),
    [
        ("es", ["en", "es"], "es"),
        ("es", ["en", "es-MX"], "es-MX"),
        ("fr", ["es", "en"], "en"),
        ("en", ["es"], "es"),
        ("es-MX", ["es", "es-MX"], "es-MX"),
    ],
)
def test_the_version_in_the_feeds_language_is_shown(language: str, langs: list[str], shown: str) -> None:
    feed = Feed(
        [the_movie(lang=lang, sources=[{**MP4.model_dump(), "file": f"{MEDIA}/{lang}"}]) for lang in langs],
        language=language,
    )
    [movie] = feed.root["movies"]
    assert (movie["content"]["language"], movie["content"]["videos"][0]["url"]) == (shown, f"{MEDIA}/{shown}")
    assert [note[:2] for note in feed.notes] == [
        (f"EDYE_MOV_000123_{lang.upper()}", "part-left-out") for lang in langs if lang != shown
    ]


def test_where_the_best_version_has_ended_the_next_is_shown() -> None:
    feed = Feed([the_movie(lang="es", availability={"end": "2026-03-01T00:00:00Z"}), the_movie(lang="en")])
    assert feed.root["movies"][0]["content"]["language"] == "en"
    assert [note[:2] for note in feed.notes] == [("EDYE_MOV_000123_ES", "title-ended")]


def test_a_title_is_completed_from_its_other_version() -> None:
    spanish = the_movie(
        lang="es", genres=[], ratings=[], tags=[], images=[], duration_ms=None, titles={}, synopsis_short={}
    )
    english = the_movie(lang="en", titles={"en": "The Kite"}, synopsis_short={"en": "A kite flies."}, tags=["kites"])
    movie = movie_of(spanish, english)
    assert (movie["title"], movie["shortDescription"], movie["content"]["duration"]) == (
        "The Kite",
        "A kite flies.",
        4800,
    )
    assert (movie["genres"], movie["tags"], movie["rating"]["rating"]) == (
        ["children", "educational"],
        ["kites"],
        "TVY7",
    )
    assert (movie["content"]["language"], movie["thumbnail"]) == ("es", ART.url)


@pytest.mark.parametrize(
    ("changes", "rule", "words"),
    [
        ({"titles": {"es": " "}}, "title-left-out", "no title"),
        ({"synopsis_short": {}}, "title-left-out", "no synopsis"),
        ({"release_date": None}, "title-left-out", "no release date"),
        ({"images": []}, "title-without-picture", "no 16:9 artwork"),
        ({"sources": []}, "title-left-out", "media files"),
        ({"duration_ms": 499}, "title-left-out", "duration is 0.499 s"),
        ({"duration_ms": None}, "title-left-out", "duration is 0 s"),
        ({"genres": []}, "title-left-out", "genres"),
        ({"geo": ["br"]}, "title-left-out", "none of the feed's countries"),
        ({"title_id": " "}, "title-left-out", "no title_id"),
        ({"title_id": "X" * 51}, "title-left-out", "51 characters"),
        ({"availability": {"end": "2026-03-02T00:00:00Z"}}, "title-ended", "ended at 2026-03-02"),
        ({"availability": {"start": "2027-01-02T00:00:00Z", "end": "2027-01-01T00:00:00Z"}}, "title-left-out",
         "ends before"),
    ],
)  # fmt: skip
def test_a_title_that_lacks_what_is_required_costs_only_itself(changes: dict[str, Any], rule: str, words: str) -> None:
    feed = Feed([the_movie(**changes), the_movie(title_id="NEIGHBOUR")])
    assert [*feed.items] == ["NEIGHBOUR"]
    assert feed.notes[-1][1] == rule
    assert words in feed.notes[-1][2]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"episode_number": None}, "no episode number"),
        ({"episode_number": -1}, "negative"),
        ({"season_number": -1}, "negative"),
    ],
)
def test_an_episode_needs_numbers(changes: dict[str, Any], words: str) -> None:
    feed = Feed([the_episode(), the_episode(season_number=2).model_copy(update=changes)])
    assert [*feed.items] == ["EDYE_PLANETA_S01E03"]
    assert words in feed.notes[0][2]


def test_two_titles_of_a_show_never_share_an_id() -> None:
    feed = Feed([the_episode(), the_movie(title_id="EDYE_PLANETA")])
    assert [*feed.items] == ["EDYE_PLANETA_S01E03"]
    assert "another title of its show has the same id" in feed.notes[0][2]
    feed = Feed([the_movie(), the_movie(kind="special")])
    assert list(feed.root) == ["providerName", "lastUpdated", "language", "movies"]


@pytest.mark.parametrize(
    ("changes", "key", "kept", "rules"),
    [
        ({"tags": ["sea", "x" * 21, " "]}, "tags", ["sea"], ["part-left-out"] * 2),
        ({"genres": ["kids", "western", "music"]}, "genres", ["children"], ["value-unmapped"] * 2),
        ({"ratings": [{"source": "RTC", "value": "AA"}]}, "rating", None, ["value-unmapped"]),
        ({"ratings": [{"source": "RTC", "value": "X"}]}, "rating", None, ["value-unmapped"]),
        ({"ratings": [{"source": "RTC", "value": "AA"}, {"source": "USA_PR", "value": "TV-G"},
                      {"source": "CLASSIND", "value": "L"}]},
         "rating", {"rating": "TVG", "ratingSource": "USA_PR"}, ["value-unmapped", "part-left-out"]),
        ({"credits": [{"name": "Ana"}]}, "credits", None, ["part-left-out"]),
        ({"credits": [{"role": "voice", "birth_date": "1970-01-01"}]}, "credits", None, ["part-left-out"]),
        ({"credits": [{"name": "Ana", "role": "gaffer", "birth_date": "1970-01-01"}]}, "credits", None,
         ["value-unmapped"]),
        ({"external_ids": {"imdb": " ", "tms": "12", "other": "1", "rovi": "1"}}, "externalIds", None,
         ["part-left-out", "part-left-out", "value-unmapped", "value-unmapped"]),
        ({"geo": ["MX"]}, "geo", None, []),
    ],
)  # fmt: skip
def test_a_value_without_counterpart_is_left_out_with_a_note(
    changes: dict[str, Any], key: str, kept: Any, rules: list[str]
) -> None:
    feed = Feed([the_movie(**changes)])
    assert feed.root["movies"][0].get(key) == kept
    assert [note[1] for note in feed.notes] == rules
    assert feed.lint().findings.kept == []


def test_a_title_for_some_of_the_feeds_countries_is_noted() -> None:
    [note] = notes_of(the_movie(geo=["mx"]), countries=["mx", "us"])
    assert note[2] == "the feed cannot say that it is not for us"


def test_what_an_episode_has_beyond_its_series_is_noted() -> None:
    feed = Feed([the_episode(tags=["night"], genres=["nature"])])
    assert [note[2] for note in feed.notes] == [
        'an episode has no genres in the feed, and its series does not have "nature"',
        'an episode has no tags in the feed, and its series does not have "night"',
    ]  # fmt: skip


def test_last_updated_is_the_newest_of_what_was_written() -> None:
    written = the_movie(updated_at="2026-01-01T10:00:00.5-06:00")
    left_out = the_movie(title_id="B", sources=[], updated_at="2026-02-01T00:00:00Z")
    assert Feed([written, left_out]).root["lastUpdated"] == "2026-01-01T16:00:00+00:00"
    assert Feed([written, left_out, the_episode()]).root["lastUpdated"] == "2026-03-01T13:00:00+00:00"


def test_the_same_titles_give_the_same_bytes_at_another_time() -> None:
    annex = annex_of()
    made = []
    for now in (NOW, NOW + timedelta(days=3)):
        writer = DirectWriter(annex, annex.feeds[0], now, defect_of_row)
        items = [*writer.items(accepted_of(annex, [the_movie(), the_episode()]))]
        made.append((items, writer.head()))
    assert made[0] == made[1]
