"""The titles and tombstones of a generation as values, for the report that says which of them were fetched."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson

from edye_delivery.catalog.consumption import ExposedTitle
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.generations.generation import Generation
from edye_delivery.delivery_api.generations.selection import Selection

ITEMS_A_READ = 1000


def exposed_titles(generation: Generation, now_ms: int) -> Iterator[ExposedTitle]:
    """Every item that readers see at that moment (Unix milliseconds), and every tombstone that is kept."""
    for name in sorted(generation.lists):
        yield from _titles(name, generation.select(name, now_ms=now_ms))
        yield from _titles(name, generation.tombstones(name, now_ms=now_ms))


def _titles(name: ListName, selection: Selection) -> Iterator[ExposedTitle]:
    for first in range(0, selection.size, ITEMS_A_READ):
        for item in orjson.loads(b"[" + selection.page(first, ITEMS_A_READ).body + b"]"):
            yield ExposedTitle(
                list=name.value,
                item_id=item["id"],
                updated_at_ms=round(datetime.fromisoformat(item["updated_at"]).timestamp() * 1000),
                external_id=_external_id_of(item),
                title=_title_of(item),
                is_removed=bool(item.get("deleted")),
            )


def _external_id_of(item: dict[str, Any]) -> str:
    """An entry of the feed has it in its custom fields; a series has none."""
    return item.get("external_id") or (item.get("custom_fields") or {}).get("external_id") or ""


def _title_of(item: dict[str, Any]) -> str:
    """An entry has one title; a show or an episode has one for each language, and the item's own comes first."""
    titles = item.get("titles") or {}
    return item.get("title") or titles.get(item.get("lang")) or next(iter(titles.values()), "")
