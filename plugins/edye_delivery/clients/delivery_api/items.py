"""Reads one item of the delivery API into a value; nothing in a foreign item can make it fail."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

from edye_delivery.catalog.exposure import item_digest
from edye_delivery.catalog.exposure_seen import Address, SeenItem, SeenThumbnail
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.clients.delivery_api.contract import defect_of

PARTS_MAX = 200
"""How many tags, thumbnails or addresses of one item are kept."""
TEXT_MAX_CHARS = 2000
"""A longer text is no id, tag or address of ours, and counts as missing."""
SCHEMAS = {ListName.SHOWS: "Item", ListName.EPISODES: "Item", ListName.ENTRIES: "Entry"}
HALF_CHARACTER = re.compile("[\ud800-\udfff]")
NO_OBJECT = "the whole: it is no JSON object"


def seen_item(list_name: ListName, item: Any) -> SeenItem:
    """The item as a value, with the first place where it breaks the contract."""
    if not isinstance(item, dict):
        return SeenItem(list_name, "", defect=NO_OBJECT)
    is_deleted = "deleted" in item
    window = _object(item.get("availability"))
    return SeenItem(
        list=list_name,
        id=_text(item.get("id")),
        digest=item_digest(item),
        is_deleted=is_deleted,
        reason=_text(item.get("reason")),
        updated_at=moment(item.get("updated_at")),
        kind=_text(item.get("kind")),
        external_id=_text(item.get("external_id")),
        show_id=_text(item.get("show_id")),
        season_number=_number(item.get("season_number")),
        episode_number=_number(item.get("episode_number")),
        tags=_texts(item.get("tags")),
        geo=_texts(item.get("geo")),
        opens_at=moment(window.get("start")),
        closes_at=moment(window.get("end")),
        id_sources=tuple(map(_text, islice(_object(item.get("external_ids")), PARTS_MAX))),
        thumbnails=_thumbnails(item.get("custom_thumbnails")),
        addresses=tuple(islice(_addresses(item), PARTS_MAX)),
        keys=frozenset(islice(item, PARTS_MAX)),
        defect=defect_of("Tombstone" if is_deleted else SCHEMAS[list_name], item),
    )


def moment(value: Any) -> datetime | None:
    """An aware moment in UTC; None for anything else."""
    if not isinstance(value, str) or len(value) > TEXT_MAX_CHARS:
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _thumbnails(value: Any) -> tuple[SeenThumbnail, ...] | None:
    if not isinstance(value, list):
        return None
    return tuple(
        SeenThumbnail(
            _text(one.get("name")),
            _number(one.get("width")),
            _number(one.get("height")),
            _text(one.get("watermark")) or None,
            _text(one.get("size")) or None,
        )
        for one in _objects(value)
    )


def _addresses(item: dict[str, Any]) -> Iterator[Address]:
    """Every address of the item, in the order of its keys in the contract."""
    if url := _text(item.get("image")):
        yield Address(url, "image", "image/*")
    for one in _objects(item.get("images")):
        yield Address(_text(one.get("url")), _text(one.get("kind") or one.get("name")), _picture_type(one))
    for one in _objects(item.get("custom_thumbnails")):
        width_px, height_px = _number(one.get("width")), _number(one.get("height"))
        name = f"thumbnail {_text(one.get('name'))}"
        yield Address(_text(one.get("url")), name, _picture_type(one), None, width_px, height_px)
    for one in _objects(item.get("sources")):
        size_bytes = _number(one.get("filesize"))
        yield Address(_text(one.get("file")), f"source {_text(one.get('label'))}", _text(one.get("type")), size_bytes)
    for one in _objects(item.get("captions")):
        yield Address(_text(one.get("url")), f"captions {_text(one.get('lang'))}")


def _picture_type(picture: dict[str, Any]) -> str:
    return _text(picture.get("type")) or "image/*"


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value[:PARTS_MAX] if isinstance(one, dict)] if isinstance(value, list) else []


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, value[:PARTS_MAX])) if isinstance(value, list) else ()


def _text(value: Any) -> str:
    """A text of a usual length; one with half a character, which no database can hold, counts as missing."""
    if not isinstance(value, str) or len(value) > TEXT_MAX_CHARS:
        return ""
    return value if value.isascii() or not HALF_CHARACTER.search(value) else ""


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
