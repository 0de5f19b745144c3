"""A partner's generations as a server reads them: the one that is served, and earlier ones that cursors name."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from weakref import WeakValueDictionary

from edye_delivery.delivery_api.generations.chosen import ChosenCache
from edye_delivery.delivery_api.generations.generation import Generation, OpenGeneration
from edye_delivery.delivery_api.generations.hidden import hidden_of
from edye_delivery.delivery_api.generations.list_files import ListFiles
from edye_delivery.delivery_api.generations.manifest import (
    FULL_AGAIN,
    Pointer,
    SegmentRecord,
    pointer_name,
    read_manifest,
    read_pointer,
)
from edye_delivery.delivery_api.generations.segment import Segment
from edye_delivery.delivery_api.generations.store import FolderStore, Stamp
from edye_delivery.errors import DeliveryError, GenerationDamaged

LOOK_EVERY_S = 0.2
TRIES = 3


class Partner:
    """Looks at most every `look_every_s` whether readers were switched; `clock` gives seconds that only rise.

    Any thread may call. `problem` is the last error of a look while an older state goes on being served.
    """

    def __init__(
        self,
        store: FolderStore,
        partner: str,
        clock: Callable[[], float],
        cache: ChosenCache | None = None,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._store, self._partner, self._clock = store, partner, clock
        self._cache = ChosenCache() if cache is None else cache
        self._look_every_s = look_every_s
        self._looked_at = float("-inf")
        self._stamp: Stamp | None = None
        self._pointer: Pointer | None = None
        self._open: dict[int, Generation] = {}
        self._segments: WeakValueDictionary[str, Segment] = WeakValueDictionary()
        self._lock = Lock()
        self.problem: DeliveryError | None = None

    def current(self) -> Generation | None:
        """The generation that is served; None where nothing was published yet; GenerationDamaged, StoreUnavailable."""
        with self._lock:
            self._look()
            return self._open[self._pointer.generation] if self._pointer else None

    def at(self, number: int) -> Generation | None:
        """An earlier generation, to be read to its end; None where readers may not, or cannot, read it any more."""
        with self._lock:
            self._look()
            if self._pointer is None or number not in self._pointer.kept:
                return None
            if number not in self._open:
                try:
                    opened = self._open_generation(number)
                except FileNotFoundError:  # deleted just now: the next look tells
                    return None
                self._open[number] = self._visible_part(opened, self._open[self._pointer.generation], self._pointer)
            return self._open[number]

    def _look(self) -> None:
        now = self._clock()
        if now - self._looked_at < self._look_every_s:
            return
        self._looked_at = now
        try:
            stamp = self._pointers_stamp()
            if stamp != self._stamp or (stamp is not None and self._pointer is None):
                self._read()
                self._stamp = stamp
            self.problem = None
        except DeliveryError as error:
            if self._pointer is None:
                self._looked_at = float("-inf")
                raise
            self.problem = error

    def _pointers_stamp(self) -> Stamp | None:
        try:
            return self._store.stamp(pointer_name(self._partner))
        except FileNotFoundError:
            return None

    def _read(self) -> None:
        missing: FileNotFoundError | None = None
        for _ in range(TRIES):
            pointer = read_pointer(self._store, self._partner)
            if pointer is None:
                return
            try:
                self._serve(pointer)
            except FileNotFoundError as error:  # deleted because the pointer moved on, or lost
                missing = error
            else:
                return
        raise GenerationDamaged(
            f"the served generation of {self._partner} cannot be read: {missing and missing.filename} is missing; "
            f"{FULL_AGAIN}"
        ) from missing

    def _serve(self, pointer: Pointer) -> None:
        files = {
            number: each.files
            for number, each in self._open.items()
            if number in pointer.kept and self._is_unchanged(each.files)
        }
        if pointer.generation not in files:
            files[pointer.generation] = self._open_generation(pointer.generation)
        served = Generation(files[pointer.generation], self._cache)
        self._open = {number: self._visible_part(each, served, pointer) for number, each in files.items()}
        self._pointer = pointer

    def _is_unchanged(self, files: OpenGeneration) -> bool:
        """Whether the number still means this generation: who deletes the partner's folder begins again with 1."""
        try:
            return read_manifest(self._store, self._partner, files.manifest.number) == files.manifest
        except GenerationDamaged:
            return False

    def _open_generation(self, number: int) -> OpenGeneration:
        manifest = read_manifest(self._store, self._partner, number)
        if manifest is None:
            raise FileNotFoundError(2, "no manifest", f"the manifest of generation {number}")
        lists = {
            name: ListFiles(self._store, self._partner, record, self._segment)
            for name, record in manifest.lists.items()
        }
        return OpenGeneration(self._partner, manifest, lists)

    def _segment(self, record: SegmentRecord) -> Segment:
        segment = self._segments.get(record.name)
        if segment is None:
            segment = self._segments[record.name] = Segment(self._store, self._partner, record)
        return segment

    def _visible_part(self, files: OpenGeneration, served: Generation, pointer: Pointer) -> Generation:
        """The generation without what left up to the one that is served."""
        hidden = hidden_of(served.files.lists, files.manifest.as_of_ms, pointer.withdrawn)
        return Generation(files, self._cache, hidden)
