"""What a build starts from: the pointer, the newest generation, and the highest number and moment ever."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.generations.base import BaseList
from edye_delivery.delivery_api.generations.manifest import (
    FULL_AGAIN,
    Highest,
    ListRecord,
    Manifest,
    Pointer,
    numbers_of,
    read_highest,
    read_manifest,
    read_pointer,
)
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.errors import GenerationDamaged


class Start:
    """What a build starts from: pointer, base, and the highest number and moment ever."""

    def __init__(self, store: FolderStore, partner: str, *, from_scratch: bool) -> None:
        self._store, self._partner = store, partner
        self._base: Manifest | None = None
        self.oldest_as_of_ms = 0
        pointer: Pointer | None = None
        highest = Highest()
        with suppress(*((GenerationDamaged,) if from_scratch else ())):
            highest = read_highest(store, partner)
        with suppress(*((GenerationDamaged,) if from_scratch else ())):
            pointer = read_pointer(store, partner)
        numbers = numbers_of(store, partner)
        self._is_first = pointer is None and not from_scratch
        if pointer is not None and not from_scratch:
            self._base = self._read(pointer.newest)
            self.oldest_as_of_ms = self._read(min(pointer.kept)).as_of_ms
        known = [highest.number, pointer.newest if pointer else 0, *numbers]
        self.highest = Highest(number=max(known), as_of_ms=self._highest_ms(highest, pointer, numbers))

    @property
    def base_number(self) -> int:
        """The number of the base; 0 without one."""
        return self._base.number if self._base else 0

    @property
    def base_as_of_ms(self) -> int:
        """The moment of the base; 0 without one."""
        return self._base.as_of_ms if self._base else 0

    def is_same(self, annex_digest: str, lists: set[ListName]) -> bool:
        """Whether the base answers for this annex and these lists."""
        return self._base is not None and self._base.annex_digest == annex_digest and set(self._base.lists) == lists

    def base_list(self, name: ListName) -> BaseList:
        """The base's items of a list; GenerationDamaged where a file of it is missing."""
        record = self._base.lists.get(name, ListRecord()) if self._base else ListRecord()
        try:
            return BaseList(self._store, self._partner, record)
        except FileNotFoundError as error:
            raise GenerationDamaged(
                f"generation {self.base_number} of {self._partner} lacks {Path(str(error.filename)).name}; {FULL_AGAIN}"
            ) from error

    def record(self, name: ListName, as_of_ms: int) -> ListRecord:
        """The base's record; that of a list that begins says from when on its tombstones are known."""
        if self._base is not None and name in self._base.lists:
            return self._base.lists[name]
        return ListRecord(tombstones_since_ms=0 if self._is_first else as_of_ms)

    def _read(self, number: int) -> Manifest:
        manifest = read_manifest(self._store, self._partner, number)
        if manifest is None:
            raise GenerationDamaged(f"generation {number} of {self._partner} has no manifest; {FULL_AGAIN}")
        return manifest

    def _highest_ms(self, highest: Highest, pointer: Pointer | None, numbers: list[int]) -> int:
        moments = [highest.as_of_ms, pointer.as_of_ms if pointer else 0]
        for number in numbers:
            with suppress(GenerationDamaged):  # one that nobody reads, or the base, which was read above
                manifest = read_manifest(self._store, self._partner, number)
                moments.append(manifest.as_of_ms if manifest else 0)
        return max(moments)
