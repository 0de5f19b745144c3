"""What JW Player answers: delivered media and playlists, renditions, and pages that a fault spoils."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sandbox.faults import Fault
from sandbox.jw_library import JwLibrary, Media, Playlist

Item = dict[str, Any]
_PLAYLIST_MAX = 500


@dataclass(frozen=True, slots=True)
class Faulty:
    """How a fault changes a page of the media list."""

    fault: Fault | None

    def page_of(self, page: int) -> int:
        """The page whose media are given: the one before, where pages are doubled."""
        return max(1, page - 1) if self.fault and self.fault.kind == "doubled_page" else page

    def total_of(self, total: int) -> int:
        """The total that is told: another one, where it moves."""
        return total + 1 if self.fault and self.fault.kind == "moved_total" else total


def delivered_answer(media: Media, base_url: str, now: datetime) -> Item | None:
    """The media as a player gets it; None where it is not ready or outside its publishing window."""
    item = _item_of(media, base_url, now)
    if item is None:
        return None
    return {"title": item["title"], "kind": "Single Item", "feed_instance_id": "sandbox", "playlist": [item]}


def playlist_answer(
    playlist: Playlist, library: JwLibrary, base_url: str, now: datetime, offset: int, limit: int
) -> Item:
    """A page of a playlist; media that are not delivered are left out."""
    media = (library.get(media_id) for media_id in playlist.media_ids)
    items = [item for one in media if one and (item := _item_of(one, base_url, now)) is not None]
    listed = items[offset : offset + min(limit, _PLAYLIST_MAX)]
    return {"title": playlist.title, "kind": "Manual", "feedid": playlist.id, "playlist": listed}


def renditions_of(media: Media) -> list[Item]:
    """The renditions of a media, from what is delivered of it."""
    media_id, sources = media.listed["id"], (media.delivered or {}).get("sources", [])
    return [
        {"id": f"{media_id[:7]}{number % 10}", "type": "media_rendition", "status": "ready", "media_type": "video"}
        | {key: source[key] for key in ("width", "height", "filesize") if key in source}
        for number, source in enumerate(sources)
    ]


def _item_of(media: Media, base_url: str, now: datetime) -> Item | None:
    listed, metadata = media.listed, media.listed["metadata"]
    start, end = _moment(metadata.get("publish_start_date")), _moment(metadata.get("publish_end_date"))
    if listed["status"] != "ready" or media.delivered is None or (start and now < start) or (end and now >= end):
        return None
    media_id = listed["id"]
    poster = f"{base_url}/v2/media/{media_id}/poster.jpg?width=720"
    delivered = dict(media.delivered)
    delivered["sources"] = [
        source | {"file": base_url + source["file"] if source["file"].startswith("/") else source["file"]}
        for source in delivered.get("sources", [])
    ]
    images = [{"src": poster, "width": 720, "type": "image/jpeg"}]
    item = {
        **metadata.get("custom_params", {}),
        "mediaid": media_id,
        "title": metadata.get("title") or "",
        "description": metadata.get("description") or "",
        "duration": round(listed.get("duration") or 0),
        "tags": ",".join(metadata.get("tags", ())),
        "image": poster,
        "images": images,
        "tracks": [],
        "variations": {},
        **delivered,
    }
    return {name: value for name, value in item.items() if value is not None}


def _moment(text: Any) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(str(text))
    return at if at.tzinfo else at.replace(tzinfo=UTC)
