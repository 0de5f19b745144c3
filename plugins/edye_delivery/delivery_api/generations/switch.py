"""Which generation readers are served: switch to a new one, go back to an earlier one, delete what nobody needs."""

from __future__ import annotations

from contextlib import suppress

import orjson

from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.generations.list_files import ListFiles
from edye_delivery.delivery_api.generations.manifest import (
    FULL_AGAIN,
    Manifest,
    Pointer,
    files_of,
    manifest_name,
    numbers_of,
    pointer_name,
    read_manifest,
    read_pointer,
    segments_folder,
)
from edye_delivery.delivery_api.generations.store import FolderStore, Stamp
from edye_delivery.delivery_api.generations.values import Reason
from edye_delivery.errors import GenerationDamaged, GenerationTaken, NoEarlierGeneration


def switch_readers(store: FolderStore, partner: str, number: int, version: int | None = None) -> None:
    """Lets readers see a generation that is written; then deletes what neither they nor the next build need.

    `version` is the offer's version that it answers for, where that is later than the one it was built from. The same
    call again changes nothing. GenerationTaken where files of the generation are not there any more.
    """
    manifest = read_manifest(store, partner, number)
    if manifest is None or not all(map(store.is_there, files_of(partner, manifest))):
        raise GenerationTaken(f"generation {number} of {partner} is not complete on the disk any more; publish again")
    before = _pointer(store, partner, manifest)
    if before is not None and (
        number < before.newest or (number > before.newest and manifest.base not in (0, before.newest))
    ):
        raise GenerationTaken(f"generation {before.newest} of {partner} is newer than {number}; publish again")
    served = {number, *(each for each in before.kept if each < number and manifest.base)} if before else {number}
    pointer = Pointer(
        generation=number,
        newest=number,
        kept=tuple(sorted(served)[-manifest.keep :]),
        as_of_ms=max(manifest.as_of_ms, before.as_of_ms if before else 0),
        version=manifest.version if version is None else version,
    )
    _write_pointer(store, partner, pointer)
    delete_leftovers(store, partner)


def go_back(store: FolderStore, partner: str, to: int | None = None) -> int:
    """Lets readers see an earlier generation again, the last one before without a number; returns its number.

    What later generations removed stays hidden. The next build starts from the newest generation all the same, so that
    it tells readers of everything that they have seen. NoEarlierGeneration where no such generation is kept.
    """
    pointer = read_pointer(store, partner)
    earlier = [number for number in pointer.kept if number < pointer.generation] if pointer else []
    if to is not None:
        earlier = [number for number in earlier if number == to]
    if pointer is None or not earlier:
        raise NoEarlierGeneration(
            f"no earlier generation{'' if to is None else f' {to}'} of {partner} is kept; "
            "publish a correct one, or withdraw the titles that must not be seen"
        )
    target = max(earlier)
    kept = tuple(number for number in pointer.kept if number <= target)
    withdrawn = _left_since(store, partner, pointer, kept[0])
    changed = {"generation": target, "kept": kept, "withdrawn": withdrawn}
    _write_pointer(store, partner, pointer.model_copy(update=changed))
    return target


def delete_leftovers(store: FolderStore, partner: str, built: Manifest | None = None) -> None:
    """Deletes all files that neither readers nor the next build need; `built` is a generation that is not served yet.

    Nothing where readers are switched meanwhile: who switched them deletes what they do not need.
    """
    stamp, pointer = _stamp(store, partner), read_pointer_or_none(store, partner)
    needed = {pointer.newest, *pointer.kept} if pointer else set()
    needed |= {built.number} if built else set()
    keep: set[str] = set()
    for number in sorted(needed):
        with suppress(GenerationDamaged):  # nobody can read that one
            manifest = read_manifest(store, partner, number)
            keep |= files_of(partner, manifest) if manifest else set()
    left = [manifest_name(partner, number) for number in numbers_of(store, partner) if number not in needed]
    left += [name for name in store.names(segments_folder(partner)) if name not in keep]
    if left and _stamp(store, partner) == stamp:
        for name in left:
            store.delete(name)


def read_pointer_or_none(store: FolderStore, partner: str) -> Pointer | None:
    """The pointer; None where there is none or it is damaged, so that a build from scratch can replace it."""
    try:
        return read_pointer(store, partner)
    except GenerationDamaged:
        return None


def _stamp(store: FolderStore, partner: str) -> Stamp | None:
    try:
        return store.stamp(pointer_name(partner))
    except FileNotFoundError:
        return None


def _pointer(store: FolderStore, partner: str, manifest: Manifest) -> Pointer | None:
    return read_pointer(store, partner) if manifest.base else read_pointer_or_none(store, partner)


def _write_pointer(store: FolderStore, partner: str, pointer: Pointer) -> None:
    store.replace(pointer_name(partner), pointer.model_dump_json().encode())


def _left_since(store: FolderStore, partner: str, pointer: Pointer, oldest: int) -> dict[ListName, dict[str, Reason]]:
    """What is removed in the newest generation, and was not yet in the oldest one that readers may see."""
    newest = read_manifest(store, partner, pointer.newest)
    first = read_manifest(store, partner, oldest)
    if newest is None or first is None:
        raise GenerationDamaged(f"a manifest of {partner} is missing; {FULL_AGAIN}")
    found = {}
    for name, record in newest.lists.items():
        files = ListFiles(store, partner, record)
        told = {}
        for row in files.rows_left_after(first.as_of_ms).tolist():
            segment, number = files.place_of(row)
            tombstone = orjson.loads(next(files.pieces(files.tombstones[files.tombstones == row])))
            told[segment.id_of(number)] = Reason(tombstone["reason"])
        found[name] = told
    return found
