"""What JW Player has of a catalogue: a media for every title, but for the differences that a file plants."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from sandbox.board import CatalogueError
from sandbox.jw_library import JwLibrary, Media, Playlist
from sandbox.moments import parse_rfc3339

Item = dict[str, Any]
DIFFERENCES_PATH = Path(__file__).resolve().parent.parent / "include" / "sandbox" / "jw_player.yaml"
_KEYS = frozenset(
    {"rule", "titles", "why", "media", "metadata", "params", "delivered", "is_missing", "later"}
    | {"further", "media_ids", "playlist", "playlist_ids"}
)
_BEFORE = timedelta(hours=1)
_AGE = timedelta(days=30)


def library_of(items: Sequence[Item], plan: Item | None = None) -> JwLibrary:
    """The library of these served items, with the differences, further media and playlists of a plan."""
    plan = plan or {}
    media: dict[str, Media] = {}
    titles: dict[str, str] = {}
    for item in items:
        media_id = item.get("jwp_id")
        if not media_id or item.get("kind") == "series":
            continue
        titles[item["id"]] = media_id
        if media_id in media:  # two titles on one media: it has the files of both
            _delivered(media[media_id])["sources"] += _sources(item)
        else:
            media[media_id] = _media_of(item)
    for extra in plan.get("further", ()):
        media[extra["id"]] = _further(extra)
    for difference in plan.get("differences", ()):
        _plant(difference, media, titles)
    return JwLibrary(media.values(), [_playlist(one, items, titles) for one in plan.get("playlists", ())])


def read_plan(path: Path = DIFFERENCES_PATH) -> Item:
    """The planted differences; CatalogueError where the file cannot be read."""
    try:
        plan: Item = yaml.safe_load(path.read_text("utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise CatalogueError(f"cannot read the differences {path}: {error}") from error
    return plan


def _media_of(item: Item) -> Media:
    at, texts = parse_rfc3339(item["updated_at"]), item.get("titles") or {}
    title = texts.get(item.get("lang", "")) or next(iter(texts.values()), "")
    params = {"Acronym": item["title_id"]}
    if item.get("geo"):
        params["geoList"] = ",".join(item["geo"])
    if (item.get("external_ids") or {}).get("tms"):
        params["TMS ID"] = item["external_ids"]["tms"]
    seconds = (item.get("duration_ms") or 0) / 1000
    listed = {
        "id": item["jwp_id"],
        "type": "media",
        "created": (at - _AGE).isoformat(),
        "last_modified": (at - _BEFORE).isoformat(),
        "status": "ready",
        "error_message": None,
        "duration": seconds,
        "media_type": "video",
        "hosting_type": "hosted",
        "mime_type": "video/mp4",
        "external_id": None,
        "relationships": {},
        "metadata": {
            "title": title,
            "description": (item.get("synopsis_short") or {}).get(item.get("lang", ""), ""),
            "tags": list(item.get("tags", ())),
            "custom_params": params,
            "language": item.get("lang"),
            "publish_start_date": None,
            "publish_end_date": None,
        },
    }
    return Media(listed, {"sources": _sources(item)})


def _sources(item: Item) -> list[Item]:
    return [{key: value for key, value in source.items() if key != "sha256"} for source in item.get("sources", ())]


def _further(extra: Item) -> Media:
    item = {"jwp_id": extra["id"], "title_id": extra["acronym"], "lang": "es", "titles": {"es": extra["title"]}}
    return _media_of({**item, "tags": extra["tags"], "duration_ms": 62_000, "updated_at": extra["updated_at"]})


def _plant(difference: Item, media: dict[str, Media], titles: dict[str, str]) -> None:
    """Changes the media of the first title as the difference says."""
    strangers = set(difference) - _KEYS
    if strangers:
        raise CatalogueError(f"a difference has no key {', '.join(sorted(strangers))}: {difference}")
    media_id = titles.get(next(iter(difference.get("titles", ())), ""))
    if media_id is None:
        return
    if difference.get("is_missing"):
        media.pop(media_id, None)
        return
    one = media[media_id]
    one.listed |= difference.get("media", {})
    one.listed["metadata"] |= difference.get("metadata", {})
    one.listed["metadata"]["custom_params"] |= difference.get("params", {})
    one.delivered = _delivered(one) | difference.get("delivered", {})


def _delivered(media: Media) -> Item:
    assert media.delivered is not None  # noqa: S101 - every media of a catalogue has it
    return media.delivered


def _playlist(asked: Item, items: Sequence[Item], titles: dict[str, str]) -> Playlist:
    """The media of the visible titles with a tag (without one: of all), but for those left out, and strangers."""
    tag, left_out = asked.get("tag"), frozenset(asked.get("without", ()))
    members = [
        titles[item["id"]]
        for item in items
        if item["id"] in titles and item["id"] not in left_out and item.get("visible", True)
        if not tag or tag in item.get("tags", ())
    ]
    return Playlist(asked["id"], asked["title"], [*dict.fromkeys(members), *asked.get("strangers", ())])
