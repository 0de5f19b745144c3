"""Deletes files that ended runs left in the artifact store: their own files, encodes, and unfinished `.part` files."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from edye_delivery.catalog.artifact_names import run_slug
from edye_delivery.pipeline.stores import FileReader

PARTS_KEPT = timedelta(days=2)
"""No task runs longer than six hours; an unfinished file of one that was killed is of no use."""


class FileKind(StrEnum):
    """What a deleted file was."""

    RUN = "files of runs"
    CONSUMPTION = "consumption reports"
    ENCODE = "encodes"
    PART = "unfinished files"


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file in the store."""

    name: str
    size_bytes: int
    modified_at: datetime


class PrunableStore(FileReader, Protocol):
    """A store whose files can be listed."""

    def folders(self, name: str) -> list[str]:
        """The names of the folders in a folder, sorted; none where it does not exist."""

    def files(self, name: str) -> Iterator[StoredFile]:
        """All files below a folder, also unfinished ones; none where it does not exist."""

    def delete(self, name: str) -> None:
        """Removes a file; it is no error where there is none."""


@dataclass(frozen=True, slots=True)
class FilePruner:
    """Finds what may go, and deletes it file by file; it may be stopped anywhere and begun again.

    The files of a run stay together: they go when the youngest of them is old, and no title, feed or publication needs
    the run. The files of a partner's last run always stay.
    """

    store: PrunableStore
    now: datetime
    deletes: bool

    def runs(self, partner: str, kept_days: int, needed: Collection[str]) -> Iterator[StoredFile]:
        """The files of the partner's ended runs, except the runs with these ids."""
        slugs = {run_slug(run_id) for run_id in needed}
        windows = self.store.folders(f"runs/{partner}")
        for window in windows:
            folders = self.store.folders(f"runs/{partner}/{window}")
            for folder in folders:
                if folder in slugs or (window == windows[-1] and folder == folders[-1]):
                    continue
                files = list(self.store.files(f"runs/{partner}/{window}/{folder}"))
                if files and self._is_old(max(one.modified_at for one in files), kept_days):
                    yield from self._go(files)

    def consumption(self, partner: str, kept_days: int) -> Iterator[StoredFile]:
        """The partner's reports on what it fetched."""
        files = self.store.files(f"consumption/{partner}")
        yield from self._go(one for one in files if self._is_old(one.modified_at, kept_days))

    def feeds(self, partner: str, kept_days: int, needed: Collection[str]) -> Iterator[StoredFile]:
        """What was kept of the partner's feeds for their next assembly, except the files of these names."""
        files = self.store.files(f"feeds/{partner}")
        yield from self._go(one for one in files if one.name not in needed and self._is_old(one.modified_at, kept_days))

    def encodes(self, kept_days: int, needed: Collection[str]) -> Iterator[StoredFile]:
        """Encodes with their records, by the youngest of the two, except those of these names.

        An encode that a run uses gets a new record; one that is missing is made again.
        """
        keys = {_key_of(name) for name in needed}
        for folder in self.store.folders("encodes"):
            by_key: dict[str, list[StoredFile]] = {}
            for one in self.store.files(f"encodes/{folder}"):
                by_key.setdefault(_key_of(one.name), []).append(one)
            for key, files in by_key.items():
                if key not in keys and self._is_old(max(one.modified_at for one in files), kept_days):
                    yield from self._go(files)

    def parts(self) -> Iterator[StoredFile]:
        """Files that a killed task was still writing."""
        for folder in ("runs", "consumption", "encodes", "art", "feeds"):
            files = self.store.files(folder)
            yield from self._go(
                one for one in files if one.name.endswith(".part") and one.modified_at < self.now - PARTS_KEPT
            )

    def _is_old(self, at: datetime, kept_days: int) -> bool:
        return at < self.now - timedelta(days=kept_days)

    def _go(self, files: Iterable[StoredFile]) -> Iterator[StoredFile]:
        for one in files:
            if self.deletes:
                self.store.delete(one.name)
            yield one


def _key_of(name: str) -> str:
    """The digest that an encode's files begin with: of the original and the profile."""
    return name.rpartition("/")[2].partition(".")[0].partition("-")[0]
