"""Answers of JW Player (contracts/jw-player.yaml) become values; what a field should not be costs that field only."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from edye_delivery.catalog.jw_player import JwDelivered, JwMedia, JwPicture, JwSource
from edye_delivery.clients.jw_player.fields import (
    KEY_MAX_CHARS,
    LIST_MAX,
    NUMBER_MAX,
    media_id_of,
    moment_of,
    number_of,
    params_of,
    text_of,
    texts_of,
    whole_of,
)
from edye_delivery.clients.secret_mask import SecretMask
from edye_delivery.errors import AnswerMalformed

DELIVERED_KEYS = frozenset(
    {"mediaid", "title", "description", "pubdate", "duration", "tags", "link", "image", "images", "sources", "tracks",
     "variations", "feedid", "recommendations"}
)  # fmt: skip
"""Keys of a delivered item that are not custom parameters, which lie flat beside them."""


@dataclass(frozen=True, slots=True)
class Page:
    """One page of the media list: its items, how many of them are no media, and how many media the query has."""

    media: tuple[JwMedia, ...]
    unreadable: int
    total: int

    @property
    def items(self) -> int:
        """How many items came."""
        return len(self.media) + self.unreadable


def list_of(body: Any, key: str, what: str, length: int) -> tuple[list[Any], int]:
    """The items of a page and its total; AnswerMalformed where there are none, or more than were asked for."""
    items, total = (body.get(key), body.get("total")) if isinstance(body, dict) else (None, None)
    if not isinstance(items, list):
        raise AnswerMalformed(f"{what} answered 200 without a list of {key}").with_answer(200)
    if len(items) > length:
        raise AnswerMalformed(f"{what} answered 200 with {len(items):,} items, {length:,} were asked for")
    if isinstance(total, bool) or not isinstance(total, int) or not 0 <= total <= NUMBER_MAX:
        raise AnswerMalformed(f"{what} answered 200 without a total, so nobody can tell whether the list is whole")
    return items, total


def page_of(body: Any, what: str, page: int, length: int, mask: SecretMask) -> Page:
    """A page of the media list; AnswerMalformed where it is none, or another page than was asked for."""
    items, total = list_of(body, "media", what, length)
    told = body.get("page")
    if isinstance(told, int) and not isinstance(told, bool) and told != page:
        raise AnswerMalformed(f"{what} answered with page {told:.15g}, page {page} was asked for")
    media = tuple(one for item in items if (one := media_of(item, mask)) is not None)
    return Page(media, len(items) - len(media), total)


def media_of(item: Any, mask: SecretMask) -> JwMedia | None:
    """One media of the Management API; None where it has no valid id."""
    media_id = media_id_of(item.get("id")) if isinstance(item, dict) else None
    if media_id is None:
        return None
    metadata = item["metadata"] if isinstance(item.get("metadata"), dict) else {}
    defects: list[str] = []
    return JwMedia(
        id=media_id,
        status=text_of(item.get("status"), mask, KEY_MAX_CHARS),
        error_message=text_of(item.get("error_message"), mask),
        title=text_of(metadata.get("title"), mask),
        tags=texts_of(metadata.get("tags"), mask),
        duration_s=_duration(item, defects),
        created_at=_moment(item, "created", defects),
        last_modified_at=_moment(item, "last_modified", defects),
        custom_params=params_of(metadata.get("custom_params"), mask),
        publish_start_at=_moment(metadata, "publish_start_date", defects),
        publish_end_at=_moment(metadata, "publish_end_date", defects),
        external_id=text_of(item.get("external_id") or metadata.get("external_id"), mask, KEY_MAX_CHARS),
        media_type=text_of(item.get("media_type"), mask, KEY_MAX_CHARS),
        defects=tuple(defects),
    )


def delivered_of(body: Any, media_id: str, what: str, mask: SecretMask) -> JwDelivered:
    """A media of the Delivery API; AnswerMalformed where the answer is none, or another media's."""
    playlist = body.get("playlist") if isinstance(body, dict) else None
    item = playlist[0] if isinstance(playlist, list) and playlist else None
    if not isinstance(item, dict):
        raise AnswerMalformed(f"{what} answered 200 without an item").with_answer(200)
    if item.get("mediaid") != media_id:
        told = mask.words(str(item.get("mediaid"))[:KEY_MAX_CHARS], KEY_MAX_CHARS)
        raise AnswerMalformed(f"{what} answered with the media {told}, {media_id} was asked for").with_answer(200)
    sources, images = item.get("sources"), item.get("images")
    pictures = [_picture(one, mask) for one in images[:LIST_MAX]] if isinstance(images, list) else []
    if not any(pictures) and isinstance(item.get("image"), str) and item["image"]:
        pictures = [JwPicture(text_of(item["image"], mask))]
    files = [_source(one, mask) for one in sources[:LIST_MAX]] if isinstance(sources, list) else []
    return JwDelivered(
        id=media_id,
        title=text_of(item.get("title"), mask),
        duration_s=number_of(item.get("duration")),
        tags=texts_of(item.get("tags"), mask),
        sources=tuple(one for one in files if one is not None),
        images=tuple(one for one in pictures if one is not None),
        custom_params=params_of(item, mask, DELIVERED_KEYS),
    )


def _source(value: Any, mask: SecretMask) -> JwSource | None:
    if not isinstance(value, dict) or not isinstance(value.get("file"), str):
        return None
    return JwSource(
        file=text_of(value["file"], mask),
        type=text_of(value.get("type"), mask, KEY_MAX_CHARS),
        label=text_of(value.get("label"), mask, KEY_MAX_CHARS),
        width=whole_of(value.get("width")),
        height=whole_of(value.get("height")),
        bitrate=whole_of(value.get("bitrate")),
        size_bytes=whole_of(value.get("filesize")),
    )


def _picture(value: Any, mask: SecretMask) -> JwPicture | None:
    if not isinstance(value, dict) or not isinstance(value.get("src"), str) or not value["src"]:
        return None
    src, kind = text_of(value["src"], mask), text_of(value.get("type"), mask, KEY_MAX_CHARS)
    return JwPicture(src, whole_of(value.get("width")), kind)


def _duration(item: Mapping[str, Any], defects: list[str]) -> float | None:
    value = item.get("duration")
    seconds = number_of(value)
    if seconds is None and value is not None:
        defects.append("duration is no number of seconds")
    return seconds


def _moment(item: Mapping[str, Any], name: str, defects: list[str]) -> datetime | None:
    value = item.get(name)
    at = moment_of(value)
    if at is None and value not in (None, ""):
        defects.append(f"{name} is no moment")
    return at
