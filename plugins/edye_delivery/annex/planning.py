"""Makes a title a planned title: its names, its partner metadata, its media and its digests, by the annex alone."""

from __future__ import annotations

from typing import Any

from edye_delivery.annex.metadata import metadata_of
from edye_delivery.annex.model import Annex, is_pulled
from edye_delivery.annex.naming import external_id_of, file_name_of
from edye_delivery.annex.pull_item import exposed_metadata_of
from edye_delivery.catalog.digest import digest_of, path_of
from edye_delivery.catalog.plan import PlannedTitle
from edye_delivery.catalog.title import Image, Source, Title
from edye_delivery.catalog.vocabulary import Change


def plan_of(annex: Annex, title: Title, resend: str = "") -> PlannedTitle:
    """The title as this partner would get it; `resend` (a run's id) makes it another delivery of the same content."""
    external_id = external_id_of(annex, title)
    file_name = file_name_of(annex, title, external_id)
    metadata = _metadata_of(annex, title, external_id, file_name)
    media = best_source(annex, title)
    media_digest = media_digest_of(media)
    extras = [_image_identity(image) for image in title.images] if _sends_pictures(annex) else []
    content_key = digest_of(annex.partner, external_id, media_digest, metadata, extras)
    return PlannedTitle(
        title=title,
        external_id=external_id,
        file_name=file_name,
        metadata=metadata,
        media=media,
        media_digest=media_digest,
        revision=revision_of(title),
        content_key=content_key,
        delivery_key=digest_of(content_key, resend) if resend else content_key,
        change=Change.NEW,
    )


def _metadata_of(annex: Annex, title: Title, external_id: str, file_name: str) -> dict[str, Any]:
    """What the partner gets to know of the title: the JSON that is sent to it, or all that it may read."""
    if annex.pull is not None and is_pulled(annex):
        return exposed_metadata_of(annex, annex.pull, title, external_id)
    return metadata_of(annex, title, external_id, file_name)


def _sends_pictures(annex: Annex) -> bool:
    """Whether pictures are part of what is sent; one answer for both push channels, so that they share a content key.

    A partner that pulls gets their addresses as metadata, and thumbnails made of them.
    """
    if is_pulled(annex):
        return True
    if annex.api is not None:
        return bool(annex.api.renditions)
    return annex.ftp is not None and bool(annex.ftp.thumbnails)


def best_source(annex: Annex, title: Title) -> Source | None:
    """The largest media file of a type that the partner takes, else of one that is re-encoded; of equals the first."""
    usable = [source for source in title.sources if source.type in annex.video.source_types]
    if not usable and annex.reencode is not None:
        usable = [source for source in title.sources if source.type in annex.reencode.source_types]
    return max(usable, key=lambda source: (source.height or 0, source.bitrate or 0), default=None)


def media_digest_of(media: Source | None) -> str:
    """The media's identity: its SHA-256 where the catalogue gives it, else path and size, whatever host serves it."""
    if media is None:
        return digest_of("no media")
    return media.sha256.lower() if media.sha256 else digest_of(path_of(media.file), media.filesize)


def revision_of(title: Title) -> str:
    """The digest of all that the catalogue says about a title and its series, except the times of their changes."""
    left_out: dict[str, Any] = {"updated_at": True, "series": {"updated_at"}}
    if title.jwp_id is None:  # digests from before it was read stay the same
        left_out["jwp_id"] = True
    content = title.model_dump(mode="json", exclude=left_out)
    for image in [*content["images"], *content["custom_thumbnails"], *((content["series"] or {}).get("images", []))]:
        image["url"] = path_of(image["url"])
    for source in content["sources"]:
        source["file"] = path_of(source["file"])
    return digest_of(content)


def _image_identity(image: Image) -> list[str]:
    return [image.kind, path_of(image.url)]
