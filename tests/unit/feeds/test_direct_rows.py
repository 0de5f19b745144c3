"""Playlists and categories of a Direct Publisher feed: only what has something in it."""

from __future__ import annotations

from typing import Any

from tests.unit.feeds.direct_written import Feed, the_episode, the_movie

ROWS: dict[str, Any] = {
    "playlists": [
        {"name": "featured", "items": ["B", "EDYE_PLANETA_S01E03", "A", "GONE"], "tag": "sea"},
        {"name": "empty", "tag": "none"}, {"name": "featured", "items": ["A"]}, {"name": " ", "items": ["A"]},
    ],
    "categories": [
        {"name": "Featured", "playlist": "featured", "order": "manual"},
        {"name": "Empty", "playlist": "empty", "order": "manual"},
        {"name": "Sea", "query": "sea AND late night", "order": "most_recent"},
        {"name": "Either", "query": "sea OR nothing OR roku", "order": "most_popular"},
        {"name": "Both", "query": "sea AND nothing", "order": "chronological"},
        {"name": "None", "query": "nothing", "order": "chronological"},
        {"name": "Mixed", "query": "sea AND roku OR sea", "order": "chronological"},
        {"name": "By hand", "query": "sea", "order": "manual"},
    ],
}  # fmt: skip


def test_rows_show_what_is_in_the_feed() -> None:
    titles = [
        the_movie(title_id="A", tags=["sea"]), the_movie(title_id="B", tags=["sea", "late  night"]),
        the_movie(title_id="C", tags=["sea"], sources=[]), the_episode(tags=["sea"]),
        the_movie(title_id="D", kind="short", tags=["sea"], duration_ms=60_000),
    ]  # fmt: skip
    feed = Feed(titles, **ROWS)
    assert feed.root["playlists"] == [{"name": "featured", "itemIds": ["B", "A", "D"]}]
    assert feed.root["categories"] == [
        {"name": "Featured", "playlistName": "featured", "order": "manual"},
        {"name": "Sea", "query": "sea AND late night", "order": "most_recent"},
        {"name": "Either", "query": "sea OR roku", "order": "most_popular"},
    ]  # fmt: skip
    told = [note[2] for note in feed.notes if note[0] == ""]
    assert [message.partition(' "')[2].partition('"')[0] for message in told] == [
        "featured", "featured", "empty", "featured", " ", "Empty", "Either", "Both", "Both", "None", "None", "Mixed",
        "By hand",
    ]  # fmt: skip
    assert feed.lint().findings.kept == []


def test_rows_without_items_leave_only_notes() -> None:
    feed = Feed([], **ROWS)
    assert feed.root == {"providerName": "EDYE", "lastUpdated": "1970-01-01T00:00:00+00:00", "language": "es"}
    assert {note[:2] for note in feed.notes} == {("", "part-left-out")}
