"""What readers of one partner are served now, for those who only look: the generation, and since when."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from edye_delivery.delivery_api.generations.generation import Generation
from edye_delivery.delivery_api.generations.manifest import pointer_name, read_pointer
from edye_delivery.delivery_api.generations.partner import Partner
from edye_delivery.delivery_api.generations.store import FolderStore


def published_at(store: FolderStore, partner: str) -> datetime | None:
    """When readers were last switched to a generation, also to the same one; None where that never was."""
    try:
        changed_s = store.modification_time_s(pointer_name(partner))
    except FileNotFoundError:
        return None
    return datetime.fromtimestamp(changed_s, UTC)


def is_taken_back(store: FolderStore, partner: str) -> bool:
    """Whether readers get an earlier generation than the newest one, because that showed what it must not."""
    pointer = read_pointer(store, partner)
    return pointer is not None and pointer.generation < pointer.newest


def served_generation(store: FolderStore, partner: str, clock: Callable[[], float]) -> Generation | None:
    """The generation that readers get; None where nothing is published; GenerationDamaged, StoreUnavailable."""
    return Partner(store, partner, clock).current()
