"""The manifest of a generation and the pointer to the one that is served, as they are on disk; the names of files."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.values import Reason
from edye_delivery.errors import GenerationDamaged

FULL_AGAIN = "publish a full generation from scratch for this partner"


class Record(BaseModel):
    """A part of a file that this program wrote."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class SegmentRecord(Record):
    """A segment as one generation sees it: `holes` are its items that a later segment has in a newer state."""

    name: str
    items: int = Field(ge=1)
    items_bytes: int = Field(ge=0)
    index_bytes: int = Field(ge=0)
    first_ms: int
    """The updated_at of the first item, in unix milliseconds."""
    last_ms: int
    holes: str = ""
    """The name of the file with their rows; empty where there are none."""
    hole_count: int = Field(0, ge=0)
    deleted: int = Field(0, ge=0)
    """How many tombstones it has that are no holes."""

    @property
    def live(self) -> int:
        """How many items readers of the whole list see."""
        return self.items - self.hole_count - self.deleted


class ListRecord(Record):
    """One list of a generation: its segments in the order (updated_at, id)."""

    segments: tuple[SegmentRecord, ...] = ()
    tombstones_since_ms: int = 0
    """All tombstones from this moment on are kept; older checkpoints are expired."""

    @property
    def total(self) -> int:
        """How many items the list has."""
        return sum(segment.live for segment in self.segments)


class Manifest(Record):
    """One generation: when it was exposed, from which version of the offer and which annex, and its lists."""

    number: int = Field(ge=1)
    as_of_ms: int
    version: int
    annex_digest: str
    base: int = 0
    """The generation that it was built on; 0 where it was built from scratch."""
    keep: int = Field(3, ge=1)
    """How many generations readers may go on reading."""
    lists: dict[ListName, ListRecord]


class Pointer(Record):
    """What readers are served. `newest` is what the next generation is built on; `version` is what it answers for.

    `withdrawn` are ids that readers must not see in any generation, with the reason; it has some only after the
    pointer went back. `as_of_ms` is the highest ever.
    """

    generation: int = Field(ge=1)
    newest: int = Field(ge=1)
    kept: tuple[int, ...]
    as_of_ms: int
    version: int
    withdrawn: dict[ListName, dict[str, Reason]] = {}


class Highest(Record):
    """The highest number and moment that a build has taken, so that none is ever used twice."""

    number: int = 0
    as_of_ms: int = 0


Model = TypeVar("Model", bound=Record)


def pointer_name(partner: str) -> str:
    """The file that says which generation is served."""
    return f"{partner}/current.json"


def highest_name(partner: str) -> str:
    """The file with the highest number ever."""
    return f"{partner}/highest.json"


def manifests_folder(partner: str) -> str:
    """The folder of the manifests."""
    return f"{partner}/generations"


def manifest_name(partner: str, number: int) -> str:
    """The manifest of one generation."""
    return f"{manifests_folder(partner)}/{number}.json"


def segments_folder(partner: str) -> str:
    """The folder of segments and holes."""
    return f"{partner}/segments"


def segment_file(partner: str, name: str, ending: str) -> str:
    """A file of a segment: its `items`, its `index`, or `holes`."""
    return f"{segments_folder(partner)}/{name}.{ending}"


def read_pointer(store: FolderStore, partner: str) -> Pointer | None:
    """The pointer; None where the partner was never published; GenerationDamaged."""
    return _read(store, pointer_name(partner), Pointer)


def read_highest(store: FolderStore, partner: str) -> Highest:
    """The highest number and moment that the file knows; GenerationDamaged."""
    return _read(store, highest_name(partner), Highest) or Highest()


def read_manifest(store: FolderStore, partner: str, number: int) -> Manifest | None:
    """The manifest of a generation; None where it is not there; GenerationDamaged."""
    return _read(store, manifest_name(partner, number), Manifest)


def numbers_of(store: FolderStore, partner: str) -> list[int]:
    """The numbers of all manifests on disk, whether readers know them or not, in order."""
    stems = (name.rpartition("/")[2].removesuffix(".json") for name in store.names(manifests_folder(partner)))
    return sorted(int(stem) for stem in stems if stem.isascii() and stem.isdecimal())


def files_of(partner: str, manifest: Manifest) -> set[str]:
    """The names of all files of segments and holes that a generation needs."""
    names = set()
    for record in manifest.lists.values():
        for segment in record.segments:
            names |= {segment_file(partner, segment.name, "items"), segment_file(partner, segment.name, "index")}
            if segment.holes:
                names.add(segment_file(partner, segment.holes, "holes"))
    return names


def parsed(content: bytes, name: str, model: type[Model]) -> Model:
    """The record that a file has; GenerationDamaged."""
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise GenerationDamaged(
            f"{name} of the delivery API's store is not what this program writes ({error.error_count()} errors); "
            f"restore the file, or {FULL_AGAIN}"
        ) from error


def _read(store: FolderStore, name: str, model: type[Model]) -> Model | None:
    try:
        content = store.read(name)
    except FileNotFoundError:
        return None
    return parsed(content, name, model)
