"""Search feeds for tests: clean ones that use every key of the specification, and how they are linted."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from edye_delivery.feeds.finding import KEPT_MAX
from edye_delivery.feeds.lint.linter import FeedKind, FeedLint, LintResult
from edye_delivery.feeds.lint.page_apart import load, read_page_job
from edye_delivery.feeds.lint.page_parser import FeedUnusable
from edye_delivery.feeds.roku.schemas import Profile

Json = dict[str, Any]
NOW_MS = 1_780_315_200_000  # 2026-06-01T12:00:00Z
DAY_MS = 86_400_000
SERIES, SEASON_1, SEASON_2, SEASON_3 = "edye-show", "edye-show-s1", "edye-show-s2", "edye-show-s3"
EPISODE_1, EPISODE_2, EPISODE_3 = "edye-show-s1e1", "edye-show-s1e2", "edye-show-s2e1"
MOVIE, SPECIAL, SHORT, EXTERNAL = "edye-movie", "edye-special", "edye-short", "MV012345670000"
CHANNEL = "edye-channel"
RESTRICTION = {"allow": True, "type": "geo", "valueType": "postal_code", "values": ["19468", "19462"]}


MARKET = {"valueType": "dma", "values": ["501"]}


def texts(spanish: str, english: str) -> list[Json]:
    return [{"value": spanish, "languages": ["es", "es-mx"]}, {"value": english, "languages": ["en"]}]


def a_play_option(play_id: str, **changes: Any) -> Json:
    available = {"country": ["mx", "us"]}
    option = {"license": "free", "quality": "fhd", "playId": play_id, "availabilityInfo": available}
    return {**option, **changes}


def a_title(name: str, kind: str, **more: Any) -> Json:
    """What every title has."""
    return {
        "id": name,
        "type": kind,
        "titles": texts(f"Título de {name}", f"Title of {name}"),
        "shortDescriptions": texts("Una descripción corta.", "A short description."),
        "longDescriptions": texts("Una descripción más larga.", "A longer description."),
        "releaseDate": "2022-11-11",
        "genres": ["children", "animated"],
        "advisoryRatings": [
            {"source": "USA_PR", "value": "TV-Y7", "descriptors": ["FV"]}, {"source": "RTC", "value": "AA"},
        ],
        "images": [
            {"type": "main", "url": f"https://images.edye.com/{name}.jpg", "languages": ["es", "es-mx", "en"]},
            {"type": "background", "url": f"https://images.edye.com/{name}-back.jpg"},
        ],
        **more,
    }  # fmt: skip


def a_season(name: str, number: int) -> Json:
    return a_title(name, "season", seasonInfo={"seriesId": SERIES, "seasonNumber": number})


def an_episode(name: str, season: int, number: int) -> Json:
    options = [a_play_option(f"play-{name}"), a_play_option(f"play-{name}", quality="hd", license="subscription")]
    place = {"seriesId": SERIES, "seasonNumber": season, "episodeNumber": number}
    return a_title(
        name, "episode", durationInMilliseconds=660_000.5, episodeInfo=place, content={"playOptions": options}
    )


def a_movie() -> Json:
    rental = a_play_option(
        "play-movie", license="rental", price=1.99, currency="usd", audioFormats=["stereo", "dolby digital"],
        availabilityStartTimeStamp=NOW_MS - DAY_MS, availabilityEndTimeStamp=NOW_MS + DAY_MS,
        availabilityInfo={"country": ["us"], "license": ["svod"], "platform": ["all"]},
        discreteLiveEvent={"streamStart": 1, "streamEnd": 2, "timeChangeReason": "none"},
    )  # fmt: skip
    bought = a_play_option(
        "play-movie-bought", license="purchase", price=9, currency="eur",
        availabilityStartTime="2026-01-01T00:00:00Z", availabilityEndTime="2027-01-01T00:00:00+01:00",
    )  # fmt: skip
    event = {
        "stationId": "s", "durationInSeconds": 60, "isLive": False, "times": ["10:00"],
        "externalId": {"id": "x", "source": "gsd"},
    }  # fmt: skip
    return a_title(
        MOVIE, "movie", releaseYear=2022, durationInSeconds=5400, isOriginal=True,
        tags=["kidsdirected", "dramas"],
        credits=[{
            "name": "Ana Gómez", "role": "director", "birthDate": "1970-01-01", "deathDate": "",
            "imageUrl": "https://a.b/c",
        }],
        externalIds=[{"id": "MV012345670001", "source": "tms"}, {"id": "EDYE_1", "source": "partner_asset_id"}],
        content={"playOptions": [rental, bought], "linearEvents": [event]},
    )  # fmt: skip


def a_special() -> Json:
    """All of it in the default language."""
    special = a_title(
        SPECIAL, "tvspecial", durationInSeconds=1800, content={"playOptions": [a_play_option("play-special")]}
    )
    for key in ("titles", "shortDescriptions"):
        special[key] = [{"value": f"{key} in the default language"}]
    del special["longDescriptions"]
    special["images"] = [{"type": "main", "url": "https://images.edye.com/special.jpg"}]
    return special


def a_short() -> Json:
    """Available where the root says."""
    option = a_play_option("play-short")
    del option["availabilityInfo"]
    return a_title(SHORT, "shortform", durationInSeconds=98, content={"playOptions": [option]})


def an_external_id() -> Json:
    content = {"playOptions": [a_play_option("play-external")]}
    return {"id": EXTERNAL, "type": "externalIdOnly", "externalIdSource": "tms", "content": content}


def a_page(*assets: Json, **root: Any) -> Json:
    head = {"version": "1", "defaultLanguage": "es", "defaultAvailabilityCountries": ["mx", "us"]}
    return {**head, **root, "assets": list(assets)}


def a_search_feed() -> list[Json]:
    """Two pages; a series is on the first, its episodes are on both."""
    series = a_title(SERIES, "series")
    seasons = [a_season(name, number) for number, name in enumerate((SEASON_1, SEASON_2, SEASON_3), start=1)]
    first = a_page(
        series, *seasons, an_episode(EPISODE_1, 1, 1), a_movie(), nextPageUrl="https://feeds.edye.com/page-2.json"
    )
    second = a_page(an_episode(EPISODE_2, 1, 2), an_episode(EPISODE_3, 2, 1), a_special(), a_short(), an_external_id())
    return [first, second]


def a_movie_feed() -> list[Json]:
    """One page with one title."""
    return [a_page(a_movie())]


def a_media_feed() -> list[Json]:
    """One title with media instead of play options; quality and videoType are as the published schema has them."""
    url = "https://media.edye.com/file"
    movie = a_movie()
    movie["content"] = {"media": {
        "originalProductionLanguage": "es", "secondaryAudioLanguages": ["en"], "audioFormats": ["stereo"],
        "audioTracks": [{"label": "Español", "type": "original", "language": "es"}],
        "videos": [{
            "url": url, "quality": "mp4", "videoType": "fhd", "bitRate": 4000,
            "drmAuthentication": {"drmContentProvider": "x"},
        }],
        "captions": [{"url": url, "captionType": "subtitle", "language": "es"}],
        "trickPlayFiles": [{"url": url, "quality": "hd"}],
        "creditCuePoints": [{"url": url, "creditType": "intro", "start": 0, "end": 12.5}],
        "dateAddedTimeStamp": NOW_MS, "adBreaks": [60, 120.5],
    }}  # fmt: skip
    return [a_page(movie)]


def a_live_feed() -> list[Json]:
    """A channel beside a title; only the profile `roku` takes it."""
    available = {"country": ["US"], "restrictions": [RESTRICTION, {**RESTRICTION, "allow": False, **MARKET}]}
    option = a_play_option("channel-1", quality="HD", availabilityInfo=available)
    station = {"id": "12345", "source": "GRACENOTE_STATION_ID", "channelName": "EDYE"}
    channel = {
        "id": CHANNEL, "type": "liveStream", "tags": ["partner_channel"], "externalIds": [station],
        "content": {"playOptions": [option]},
    }  # fmt: skip
    return [a_page(channel, a_movie(), defaultAvailabilityPlatforms=["all"])]


def encoded(page: Json | bytes) -> bytes:
    return page if isinstance(page, bytes) else json.dumps(page, ensure_ascii=False).encode()


def linted(
    pages: Sequence[Json | bytes],
    profile: Profile = Profile.SCHEMA,
    now_ms: int = NOW_MS,
    kind: FeedKind | None = None,
) -> LintResult:
    """The feed as it is linted; read page by page, and read apart, it is the same, or the test fails."""
    lint = FeedLint(profile, now_ms, kind)
    for number, page in enumerate(pages, start=1):
        lint.add_page(page_name(number), encoded(page))
    result = lint.finish()
    if kind is not FeedKind.DIRECT and result.kind is not FeedKind.DIRECT:
        assert linted_apart(pages, profile, now_ms, kind) == result
    return result


def linted_apart(
    pages: Sequence[Json | bytes], profile: Profile, now_ms: int = NOW_MS, kind: FeedKind | None = None
) -> LintResult:
    """The feed as several processes lint it, each of them one page."""
    lint = FeedLint(profile, now_ms, kind)
    for number, page in enumerate(pages):
        options = {
            "name": page_name(number + 1), "number": number, "profile": profile.value, "now_ms": now_ms,
            "kept_max": KEPT_MAX,
        }  # fmt: skip
        answer, blobs = read_page_job(encoded(page), options)
        if "unusable" in answer:
            raise FeedUnusable(answer["unusable"])
        lint.add(load(blobs[0]))
    return lint.finish()


def page_name(number: int) -> str:
    return f"page-{number}.json"


def codes(result: LintResult) -> set[str]:
    return set(result.findings.counts)
