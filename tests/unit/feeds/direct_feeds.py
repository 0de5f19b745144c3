"""A Direct Publisher feed without a defect, made after the page's own examples, to be changed in one spot."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from edye_delivery.feeds.lint.linter import FeedKind, FeedLint, LintResult
from edye_delivery.feeds.roku.schemas import Profile

NOW_MS = 1_772_409_600_000  # 2026-03-02T00:00:00Z
GONE = object()
CDN = "https://cdn.example.org"


def described(item_id: str, **changes: Any) -> dict[str, Any]:
    """What movies, series, episodes, short-form videos and TV specials have in common."""
    return {
        "id": item_id,
        "title": f"The {item_id}",
        "thumbnail": f"{CDN}/thumbnails/{item_id}.jpg",
        "releaseDate": "2016-01-01",
        "shortDescription": f"All about the {item_id}.",
    } | changes


def a_content(**changes: Any) -> dict[str, Any]:
    """An adaptive stream of half an hour."""
    return {
        "dateAdded": "2015-11-11T22:21:37+00:00",
        "videos": [{"url": f"{CDN}/stream.m3u8", "quality": "FHD", "videoType": "HLS"}],
        "duration": 1800,
    } | changes


def a_rich_content() -> dict[str, Any]:
    """A content with everything that the page knows."""
    return a_content(
        videos=[
            {"url": f"{CDN}/stream.m3u8", "quality": "UHD", "videoType": "HLS"},
            {"url": f"{CDN}/movie.mp4", "quality": "HD", "videoType": "MP4", "bitrate": 3500},
        ],
        captions=[{"url": f"{CDN}/sub-fr.srt", "language": "fr", "captionType": "CLOSED_CAPTION"}],
        trickPlayFiles=[{"url": f"{CDN}/trickplay.bif", "quality": "FHD"}],
        language="en-US",
        validityPeriodStart="2015-11-11T22:21:37+00:00",
        validityPeriodEnd="2030-01-01T00:00:00-06:00",
        adBreaks=["00:00:00", "00:15:00"],
    )


def a_movie() -> dict[str, Any]:
    """A movie with everything that the page knows."""
    return described(
        "movie",
        content=a_rich_content(),
        genres=["children", "science fiction"],
        longDescription="More than all about the movie.",
        tags=["kids", "reality shows"],
        credits=[{"name": "Douglas N. Adams", "role": "screenwriter", "birthDate": "1952-03-11"}],
        rating={"rating": "PG", "ratingSource": "USA_PR"},
        externalIds=[{"id": "tt0371724", "idType": "IMDB"}],
    )


def an_episode(item_id: str, number: int) -> dict[str, Any]:
    """An episode of a season or of a series without seasons."""
    rating = {"rating": "TVY7", "ratingSource": "USA_PR"}
    return described(item_id, content=a_content(), episodeNumber=number, rating=rating)


def a_series_with_seasons() -> dict[str, Any]:
    """A series with two seasons, the first one of two episodes."""
    first = [an_episode("s1e1", 1), an_episode("s1e2", 2)]
    seasons = [
        {"seasonNumber": 1, "episodes": first, "thumbnail": f"{CDN}/thumbnails/season.jpg"},
        {"seasonNumber": 2, "episodes": [an_episode("s2e1", 1)]},
    ]
    return described("series", seasons=seasons, genres=["animated"], tags=["kids"])


def a_live_feed() -> dict[str, Any]:
    """A channel as real feeds have them: neither a runtime nor a release date."""
    content = a_content(videos=[{"url": f"{CDN}/live.m3u8", "quality": "HD", "videoType": "HLS"}])
    del content["duration"]
    live = described("live", content=content, longDescription="All day long.", genres=["faith"], tags=["faith"])
    del live["releaseDate"]
    return live | {"brandedThumbnail": f"{CDN}/thumbnails/live.png"}


def a_feed() -> dict[str, Any]:
    """Every kind of item, two categories and a playlist."""
    return {
        "providerName": "Acme Productions",
        "lastUpdated": "2015-11-11T22:21:37+00:00",
        "language": "en",
        "movies": [a_movie()],
        "series": [
            a_series_with_seasons(),
            described("mini-series", episodes=[an_episode("e1", 1), an_episode("e2", 2)], genres=["miniseries"]),
        ],
        "shortFormVideos": [described("short", content=a_content(duration=300), tags=["clips"])],
        "tvSpecials": [described("special", content=a_content(), genres=["special"])],
        "categories": [
            {"name": "Featured", "playlistName": "featured content", "order": "manual"},
            {"name": "Cooking shows", "query": "kids AND reality shows", "order": "most_popular"},
        ],
        "playlists": [{"name": "featured content", "itemIds": ["series", "short", "special"]}],
    }


def a_direct_feed(**changes: Any) -> dict[str, Any]:
    """The feed with other values at its root; GONE takes a key away."""
    return changed(a_feed(), {f"/{key}": value for key, value in changes.items()})


def changed(feed: dict[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """The feed with other values at these JSON pointers: GONE takes one away, the index after the last one adds one."""
    whole = copy.deepcopy(feed)
    for path, value in changes.items():
        *parents, last = path.split("/")[1:]
        parent: Any = whole
        for part in parents:
            parent = parent[int(part) if isinstance(parent, list) else part]
        key = int(last) if isinstance(parent, list) else last
        if value is GONE:
            del parent[key]
        elif isinstance(parent, list) and key == len(parent):
            parent.append(copy.deepcopy(value))
        else:
            parent[key] = copy.deepcopy(value)
    return whole


def linted(feed: Any, profile: Profile = Profile.SCHEMA) -> LintResult:
    """What the linter says of the feed as one page."""
    lint = FeedLint(profile, NOW_MS, FeedKind.DIRECT)
    lint.add_page("feed.json", json.dumps(feed).encode())
    return lint.finish()
