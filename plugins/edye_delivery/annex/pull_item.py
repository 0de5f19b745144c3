"""What a partner that pulls reads of a title or a series, by its annex.

The shapes are Item and Entry of contracts/edye-delivery-api.yaml. Empty values are left out. `updated_at` is not here:
it is when the item was exposed, which a generation adds.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from edye_delivery.annex.model import Annex
from edye_delivery.annex.pull import PullChannel
from edye_delivery.catalog.exposed_thumbnail import ExposedThumbnail
from edye_delivery.catalog.title import Described, Image, Series, Title
from edye_delivery.catalog.vocabulary import TitleKind
from edye_delivery.catalog.window import rfc3339

SERIES = "series"
NAMES = ("id", "kind", "title_id", "external_id", "show_id", "season_number", "episode_number", "titles", "lang")
"""Keys that an item has whatever the annex's scope."""
CAPTION_KINDS = (None, "subtitle", "closed_caption")
"""The words that the contract has; a caption of another kind is left out."""
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_URL, "urn:edye:delivery")
"""Entries are named by UUIDs below it, where the annex asks for UUIDs."""
Thumbnails = Sequence[ExposedThumbnail]


def title_item_of(
    annex: Annex, pull: PullChannel, title: Title, external_id: str, thumbnails: Thumbnails = ()
) -> dict[str, Any]:
    """The item of a playable title: an episode, movie, special or short."""
    item = _description(annex, pull, title, title.kind.value)
    item |= {
        "external_id": external_id,
        "show_id": title.show_id if title.kind is TitleKind.EPISODE else None,
        "season_number": title.season_number,
        "episode_number": title.episode_number,
        "lang": title.lang,
        "duration_ms": title.duration_ms,
        "sources": _sources(pull, title) if pull.scope.sources else [],
        "captions": [
            _without_empty(caption.model_dump()) for caption in title.captions if caption.kind in CAPTION_KINDS
        ],
    }
    if pull.scope.images:
        item["custom_thumbnails"] = _thumbnails(pull, thumbnails)
    return _parts_in_scope(pull, item)


def series_item_of(annex: Annex, pull: PullChannel, series: Series) -> dict[str, Any]:
    """The item of a series, which the list of shows has while one of its episodes is exposed."""
    return _parts_in_scope(pull, _description(annex, pull, series, SERIES))


def entry_of(
    annex: Annex, pull: PullChannel, title: Title, external_id: str, thumbnails: Thumbnails = ()
) -> dict[str, Any]:
    """The entry of a playable title in the feed; its texts are in the title's own language."""
    has_images = pull.scope.images
    shown = _thumbnails(pull, thumbnails) if has_images else []
    entry = {
        "id": entry_id_of(pull, title.id),
        "title": title.text(title.titles) or title.name,
        "description": title.text(title.synopsis_long) or title.text(title.synopsis_short),
        "image": title.images[0].url if title.images and has_images else None,
        "images": shown,
        "sources": _sources(pull, title),
        "tags": list(title.tags),
        "pubdate": _published_at(title),
        "duration": title.duration_ms / 1000 if title.duration_ms is not None else None,
        "custom_fields": {"external_id": external_id, "title_id": title.title_id}
        | {name: title.external_ids[name] for name in pull.scope.external_ids if name in title.external_ids},
        "custom_thumbnails": shown,
    }
    names = ("id", "title", "image", "images", "sources", "pubdate", "custom_fields", "custom_thumbnails")
    return _without_empty({key: value for key, value in entry.items() if pull.scope.metadata or key in names})


def entry_id_of(pull: PullChannel, edye_id: str) -> str:
    """The id of a title's entry."""
    return edye_id if pull.entry_id == "edye_id" else str(uuid.uuid5(NAMESPACE, edye_id))


def exposed_metadata_of(annex: Annex, pull: PullChannel, title: Title, external_id: str) -> dict[str, Any]:
    """All that the partner reads because of this title: its item, of which its entry is made, and that of its series.

    Where that changes, the title is delivered again.
    """
    series = series_item_of(annex, pull, title.series) if title.series is not None else {}
    return title_item_of(annex, pull, title, external_id) | {"series": series}


def _description(annex: Annex, pull: PullChannel, of: Described, kind: str) -> dict[str, Any]:
    scope = pull.scope
    return {
        "id": of.id,
        "kind": kind,
        "title_id": of.title_id,
        "titles": of.titles,
        "synopsis_short": of.synopsis_short,
        "synopsis_long": of.synopsis_long,
        "genres": _genres(annex, pull, of.genres),
        "tags": list(of.tags),
        "geo": [country.lower() for country in of.geo],
        "ratings": [{"source": rating.source, "value": rating.value} for rating in of.ratings],
        "external_ids": {name: of.external_ids[name] for name in scope.external_ids if name in of.external_ids},
        "release_date": of.release_date.isoformat() if of.release_date else None,
        "images": [_image(image) for image in of.images] if scope.images else [],
        "availability": _without_empty(
            {"start": _moment(of.availability.start), "end": _moment(of.availability.end)}
        ),
    }  # fmt: skip


def _parts_in_scope(pull: PullChannel, item: Mapping[str, Any]) -> dict[str, Any]:
    """The item without empty values, and without metadata where the scope has none."""
    kept = (*NAMES, "images", "custom_thumbnails", "sources", "external_ids", "availability")
    return _without_empty({key: value for key, value in item.items() if pull.scope.metadata or key in kept}) | {
        "titles": item["titles"]
    }


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values without None, empty texts, lists and mappings; 0 and False stay."""
    return {key: value for key, value in values.items() if value or value == 0}


def _genres(annex: Annex, pull: PullChannel, genres: Sequence[str]) -> list[str]:
    if pull.genres is None:
        return list(genres)
    words = annex.mappings[pull.genres]
    return list(dict.fromkeys(words[genre] for genre in genres if words.get(genre)))


def _image(image: Image) -> dict[str, Any]:
    return _without_empty(
        {
            "kind": image.kind.value,
            "url": image.url,
            "width": image.width,
            "height": image.height,
            "lang": image.lang,
        }
    )  # fmt: skip


def _sources(pull: PullChannel, title: Title) -> list[dict[str, Any]]:
    """The media files, at stable addresses of ours where their host asks for signatures."""
    found = [_without_empty(source.model_dump(exclude={"sha256"})) for source in title.sources]
    if pull.signed_media is not None:
        entry_id = entry_id_of(pull, title.id)
        for source in found:
            source["file"] = pull.signed_media.stable_address(entry_id, source["file"])
    return found


def _thumbnails(pull: PullChannel, thumbnails: Thumbnails) -> list[dict[str, Any]]:
    by_name = {thumbnail.name: thumbnail for thumbnail in thumbnails}
    return [
        _without_empty(vars(by_name[shown.name]) | {"size": shown.size})
        for shown in pull.thumbnails
        if shown.name in by_name
    ]


def _published_at(title: Title) -> str | None:
    """The day of release, else the begin of its availability, else the time of its last change."""
    if title.release_date is not None:
        day = title.release_date
        return rfc3339(datetime(day.year, day.month, day.day, tzinfo=UTC))
    return _moment(title.availability.start or title.updated_at)


def _moment(at: datetime | None) -> str | None:
    return rfc3339(at) if at is not None else None
