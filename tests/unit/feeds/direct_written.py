"""A Direct Publisher feed that was written, read again and linted; titles that fit into it."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from edye_delivery.annex.model import Annex
from edye_delivery.catalog.order import Accepted, place_of
from edye_delivery.catalog.title import Image, Source, Title
from edye_delivery.catalog.vocabulary import ImageKind
from edye_delivery.feeds.lint.direct_publisher.files import QUALITY_SD
from edye_delivery.feeds.lint.direct_publisher.rows import defect_of_row
from edye_delivery.feeds.lint.external_ids import EXTERNAL_ID_TYPE
from edye_delivery.feeds.lint.linter import FeedKind, FeedLint, LintResult
from edye_delivery.feeds.publish.document import document
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.write.direct_publisher.writer import LISTS, DirectWriter
from tests.builders import a_movie, an_episode, the_annex
from tests.unit.feeds.catalogues import MEDIA, NOW, accepted_of

GENRES = {"kids": "children", "education": "educational", "adventure": "adventure", "animation": "animated",
          "nature": "nature", "music": "music"}  # fmt: skip
RATINGS = {"USA_PR:TV-Y7": "USA_PR:TVY7", "USA_PR:TV-G": "USA_PR:TVG", "RTC:AA": "RTC:AA", "CLASSIND:L": "UK_CP:U"}
MEDIA_TYPES = {"video/mp4": "MP4", "video/quicktime": "MOV", "application/vnd.apple.mpegurl": "HLS",
               "application/dash+xml": "DASH", "image/x-bif": "BIF", "video/x-odd": "OGG"}  # fmt: skip
SPEC: dict[str, Any] = {
    "name": "direct", "writer": "roku_direct_publisher", "prefix": "direct", "language": "es", "countries": ["mx"],
    "genres": "direct_genres", "ratings": "direct_ratings", "roles": "direct_roles", "provider_name": "EDYE",
    "images": {"thumbnail": "thumbnail", "still": "thumbnail", "key_art": "thumbnail", "poster": "portrait"},
    "external_ids": {"tms": "TMS", "imdb": "IMDB", "eidr": "EIDR", "rovi": "rovi"}, "media_types": MEDIA_TYPES,
}  # fmt: skip
ART = Image(kind=ImageKind.KEY_ART, url=f"{MEDIA}/art.jpg", width=1920, height=1080)
MP4 = Source(file=f"{MEDIA}/movie.mp4", type="video/mp4", width=1920, bitrate=5_000_400)
FIT: dict[str, Any] = {
    "synopsis_short": {"es": "Vuela una cometa.", "en": "A kite flies."}, "images": [ART.model_dump()],
    "sources": [MP4.model_dump()], "release_date": "2024-10-18", "updated_at": "2026-03-01T13:00:00Z",
}  # fmt: skip


def annex_of(**spec: Any) -> Annex:
    mappings = {
        "direct_genres": GENRES,
        "direct_ratings": RATINGS,
        "direct_roles": {"director": "director", "Actor": "actor", "voice": "voice"},
    }
    return the_annex(mappings=mappings, feeds=[SPEC | spec])


class Feed:
    """A feed as it was written to disk and read again."""

    def __init__(self, titles: list[Title], **spec: Any) -> None:
        annex = annex_of(**spec)
        self.writer = DirectWriter(annex, annex.feeds[0], NOW, defect_of_row)
        self.accepted: list[Accepted] = accepted_of(annex, sorted(titles, key=place_of))
        with tempfile.TemporaryDirectory() as folder:
            items = self.writer.items(self.accepted)
            page, self.kinds = document(items, self.writer.head, self.writer.list_keys, Path(folder))
            self.content = page.path.read_bytes()
        self.root: dict[str, Any] = json.loads(self.content)
        self.series = {item["id"]: item for item in self.root.get("series", ())}
        self.notes = [(note.asset_id, note.rule.name, note.message) for note in self.writer.notes.findings.kept]

    @property
    def items(self) -> dict[str, dict[str, Any]]:
        """Everything that is played, by id."""
        return {item["id"]: item for key in LISTS.values() for item in self.root.get(key, ())} | {
            episode["id"]: episode
            for series in self.series.values()
            for part in (series.get("seasons") or [series])
            for episode in part["episodes"]
        }

    def lint(self) -> LintResult:
        lint = FeedLint(Profile.SCHEMA, round(NOW.timestamp() * 1000), FeedKind.DIRECT)
        lint.add_page("feed.json", self.content)
        return lint.finish()


def the_movie(**changes: Any) -> Title:
    return a_movie(**FIT | changes)


def the_episode(**changes: Any) -> Title:
    series = {"synopsis_short": {"es": "Un mar."}, "release_date": "2023-05-01", "images": [ART.model_dump()]}
    return an_episode(**FIT | {"series": series} | changes)


def movie_of(*titles: Title, **spec: Any) -> dict[str, Any]:
    [movie] = Feed([*titles], **spec).root["movies"]
    return dict(movie)


def content_of(title: Title) -> dict[str, Any]:
    return dict(movie_of(title)["content"])


def notes_of(*titles: Title, **spec: Any) -> list[tuple[str | None, str, str]]:
    return Feed([*titles], **spec).notes


def only_sd(feed: Feed) -> bool:
    """Whether the linter finds nothing but that videos which are SD are SD, and ids that are those of others."""
    videos = [video for item in feed.items.values() for video in item["content"]["videos"]]
    sd = sum(video["quality"] == "SD" for video in videos)
    counts = dict(feed.lint().findings.counts)
    counts.pop(EXTERNAL_ID_TYPE.code, None)
    return counts == ({QUALITY_SD.code: sd} if sd else {})
