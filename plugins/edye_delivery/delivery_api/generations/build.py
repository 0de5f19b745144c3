"""Builds a generation: files and manifest are written; readers see it only after `switch_readers`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice

from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.delivery_api.generations.build_list import ListBuild
from edye_delivery.delivery_api.generations.build_start import Start
from edye_delivery.delivery_api.generations.list_writer import ListWriter
from edye_delivery.delivery_api.generations.manifest import Highest, Manifest, highest_name, manifest_name
from edye_delivery.delivery_api.generations.store import FolderStore
from edye_delivery.delivery_api.generations.switch import delete_leftovers
from edye_delivery.delivery_api.generations.values import Built, ItemChange, unix_ms_of
from edye_delivery.errors import GenerationTaken

BLOCK_ITEMS = 4096


def build_generation(
    store: FolderStore,
    partner: str,
    changes: Iterable[ItemChange],
    now: datetime,
    version: int,
    annex_digest: str,
    *,
    is_full: bool,
    lists: Collection[ListName],
    tombstone_days: int,
    keep: int,
    from_scratch: bool = False,
) -> Built:
    """Writes the next generation of a partner, on top of the newest one that readers were ever switched to.

    `changes` has every id at most once a list. `is_full`: items that it lacks leave (reason deleted). Items whose end
    has come leave too. A list that is not in `lists` is not written, and one that is new in it is read from the start.
    `from_scratch` ignores the base, for one that is damaged: it implies a full publication, readers sync from the
    start. Killed at any line, it leaves files that nobody reads, and the next build deletes them.

    ItemRefused, GenerationDamaged, GenerationTaken, StoreUnavailable.
    """
    start = Start(store, partner, from_scratch=from_scratch)
    as_of_ms, now_ms = max(unix_ms_of(now), start.highest.as_of_ms + 1), unix_ms_of(now)
    expired_before_ms = min(unix_ms_of(now - timedelta(days=tombstone_days)), start.oldest_as_of_ms + 1)
    with store.temporary_folder(partner) as folder:
        builds = {
            name: ListBuild(start.base_list(name), folder / f"{name}.spool", as_of_ms, now_ms)
            for name in sorted(set(lists))
        }
        for block in _blocks(changes):
            for name, build in builds.items():
                build.take([change for change in block if change.list == name])
        for build in builds.values():
            if is_full or from_scratch:
                build.remove_others()
            build.remove_ended()
        told = {name: build.changes for name, build in builds.items()}
        if start.is_same(annex_digest, set(builds)) and not any(len(build.spool) for build in builds.values()):
            return Built(start.base_number, start.base_as_of_ms, version, is_new=False, changes=told)
        writer = ListWriter(store, partner, folder, expired_before_ms)
        try:
            records = {name: writer.record(build, start.record(name, as_of_ms)) for name, build in builds.items()}
        except FileNotFoundError as error:
            raise GenerationTaken(
                f"another publisher has removed {error.filename} of {partner} meanwhile; publish again"
            ) from error
    manifest = Manifest(
        number=start.highest.number + 1,
        as_of_ms=as_of_ms,
        version=version,
        annex_digest=annex_digest,
        base=start.base_number,
        keep=keep,
        lists=records,
    )
    _write_manifest(store, partner, manifest)
    delete_leftovers(store, partner, manifest)
    return Built(manifest.number, as_of_ms, version, is_new=True, changes=told, bytes_written=writer.bytes_written)


def _blocks(changes: Iterable[ItemChange]) -> Iterator[list[ItemChange]]:
    remaining = iter(changes)
    while block := list(islice(remaining, BLOCK_ITEMS)):
        yield block


def _write_manifest(store: FolderStore, partner: str, manifest: Manifest) -> None:
    highest = Highest(number=manifest.number, as_of_ms=manifest.as_of_ms)
    store.replace(highest_name(partner), highest.model_dump_json().encode())
    try:
        store.write_once(manifest_name(partner, manifest.number), manifest.model_dump_json().encode())
    except FileExistsError as error:
        raise GenerationTaken(
            f"generation {manifest.number} of {partner} was written by another publisher meanwhile; publish again"
        ) from error
