"""A title and its media that agree in everything, to be changed in the one thing that a test is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from edye_delivery.catalog.jw_player import JwDelivered, JwMedia, JwPicture, JwPlaylist, JwSource
from edye_delivery.catalog.title import Title
from edye_delivery.qc.sync.limits import USUAL_LIMITS, SyncLimits
from edye_delivery.qc.sync.subjects import Offered, Pair, PlaylistUse, Usage
from tests import builders

NOW = datetime(2026, 3, 10, 6, tzinfo=UTC)
LIMITS = replace(USUAL_LIMITS, tags=frozenset({"roku"}), external_ids=frozenset({"tms"}))
PATH = "/videos/aB3dE6gH-1080.mp4"


def ago(seconds: float) -> datetime:
    """So many seconds before the comparison."""
    return NOW - timedelta(seconds=seconds)


def a_title(**changes: Any) -> Title:
    """A movie as EDYE describes it."""
    whole = {
        "jwp_id": "aB3dE6gH",
        "tags": ["roku", "kidsdirected"],
        "geo": ["mx", "us"],
        "external_ids": {"tms": "MV012345670000"},
        "sources": [
            {"file": f"https://media.example{PATH}?sig=a", "type": "video/mp4", "height": 1080, "filesize": 900}
        ],
        "updated_at": "2026-03-01T13:00:00Z",
    }
    return builders.a_movie(**whole | changes)


def a_media(**changes: Any) -> JwMedia:
    """The movie's media as the Management API describes it; `params` are laid over its custom parameters."""
    params = {"Acronym": "EDYE_MOV_000123", "geoList": "US, MX", "TMS ID": "MV012345670000"} | changes.pop("params", {})
    media = JwMedia(
        id="aB3dE6gH", status="ready", title="The Kite", tags=("kidsdirected", "roku"), duration_s=4800.0,
        created_at=datetime(2026, 1, 1, tzinfo=UTC), last_modified_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
        custom_params=params,
    )  # fmt: skip
    return replace(media, **changes)


def a_source(**changes: Any) -> JwSource:
    """The movie's file as the Delivery API offers it."""
    source = JwSource(file=f"https://cdn.example{PATH}", type="video/mp4", width=1920, height=1080, size_bytes=900)
    return replace(source, **changes)


def a_pair(title: Title | None = None, media: JwMedia | None = None, **changes: Any) -> Pair:
    """The movie and its media; `media_of` changes the media, `None` takes it away."""
    media_of = changes.pop("media_of", {})
    found = None if media_of is None else a_media(**media_of) if media is None else media
    return Pair(title or a_title(), found, changes.pop("now", NOW), **changes)


def an_offer(pair: Pair | None = None, **changes: Any) -> Offered:
    """The pair and what the Delivery API offers of it."""
    delivered = JwDelivered(id="aB3dE6gH", sources=(a_source(),), images=(JwPicture("https://cdn.example/poster.jpg"),))
    return Offered(pair or a_pair(), replace(delivered, **changes))


def a_usage(*visible: tuple[str, str], **changes: Any) -> Usage:
    """A media that these visible titles name."""
    media = changes.pop("media", a_media())
    return Usage("aB3dE6gH", media, visible, changes.pop("titles", len(visible)), NOW)


def a_playlist(missing: tuple[str, ...] = (), strangers: tuple[str, ...] = ()) -> PlaylistUse:
    """A playlist that lacks these titles and has these strangers."""
    return PlaylistUse(JwPlaylist("pL3dE6gH", "Roku"), missing, strangers, NOW)


def limits(**changes: Any) -> SyncLimits:
    """The limits, but for these."""
    return replace(LIMITS, **changes)
