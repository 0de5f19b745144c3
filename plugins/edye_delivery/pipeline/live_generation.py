"""Which generations of a partner that pulls are in the store at this moment, and which one readers are served."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from edye_delivery.delivery_api.generations.manifest import Manifest, read_manifest, read_pointer
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.pipeline.publish_generation import moment_of

GENERATIONS_MAX = 10


@dataclass(frozen=True, slots=True)
class StoredGeneration:
    """One generation that is kept: when it was made, of which version of the offer, its items by list, its bytes."""

    number: int
    as_of: datetime
    version: int
    items: dict[str, int]
    size_bytes: int
    is_served: bool
    is_taken_back: bool


@dataclass(frozen=True, slots=True)
class LiveGenerations:
    """What the pointer says: the generation that is served, the newest one, the version of the offer, hidden ids."""

    served: int
    newest: int
    version: int
    hidden: int
    kept: tuple[StoredGeneration, ...]

    @property
    def is_taken_back(self) -> bool:
        """Whether readers have an earlier generation than the newest one."""
        return self.served < self.newest


def live_generations(store: FolderStore, folder: str) -> LiveGenerations | None:
    """The kept generations, the newest first; None where nothing was published. GenerationDamaged, StoreUnavailable."""
    pointer = read_pointer(store, folder)
    if pointer is None:
        return None
    numbers = sorted({pointer.newest, pointer.generation, *pointer.kept}, reverse=True)[:GENERATIONS_MAX]
    manifests = [read_manifest(store, folder, number) for number in numbers]
    return LiveGenerations(
        served=pointer.generation,
        newest=pointer.newest,
        version=pointer.version,
        hidden=sum(map(len, pointer.withdrawn.values())),
        kept=tuple(_stored(one, pointer.generation) for one in manifests if one is not None),
    )


def _stored(manifest: Manifest, served: int) -> StoredGeneration:
    segments = [segment for record in manifest.lists.values() for segment in record.segments]
    return StoredGeneration(
        number=manifest.number,
        as_of=moment_of(manifest.as_of_ms),
        version=manifest.version,
        items={name.value: record.total for name, record in manifest.lists.items()},
        size_bytes=sum(segment.items_bytes + segment.index_bytes for segment in segments),
        is_served=manifest.number == served,
        is_taken_back=manifest.number > served,
    )
