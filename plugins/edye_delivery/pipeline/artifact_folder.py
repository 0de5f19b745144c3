"""The artifact store where it is a folder, for commands that run without Airflow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from edye_delivery.pipeline.prune_files import StoredFile

RUN_FOLDER_PARTS = 4


class ArtifactFolder:
    """The files below a folder, by their names in the store; links are not followed."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def folders(self, name: str) -> list[str]:
        """The names of the folders in a folder, sorted; none where it does not exist."""
        folder = self._root / name
        if not folder.is_dir():
            return []
        return sorted(one.name for one in folder.iterdir() if _is_own_folder(one))

    def files(self, name: str) -> Iterator[StoredFile]:
        """All files below a folder, also unfinished ones; none where it does not exist."""
        for path in _files_below(self._root / name):
            try:
                facts = path.lstat()
            except FileNotFoundError:  # somebody else has just deleted it
                continue
            at = datetime.fromtimestamp(facts.st_mtime, UTC)
            yield StoredFile(path.relative_to(self._root).as_posix(), facts.st_size, at)

    def get(self, name: str) -> bytes:
        """The file's bytes; FileNotFoundError."""
        return (self._root / name).read_bytes()

    def delete(self, name: str) -> None:
        """Removes a file, and folders of its run that are empty then; it is no error where there is none.

        Other folders stay: somebody may be about to write there.
        """
        path = self._root / name
        path.unlink(missing_ok=True)
        for folder in path.parents:
            parts = folder.relative_to(self._root).parts
            if len(parts) < RUN_FOLDER_PARTS or parts[0] != "runs":
                return
            with suppress(OSError):  # it is not empty, or somebody else has just removed it
                folder.rmdir()


def _files_below(folder: Path) -> Iterator[Path]:
    try:
        entries = sorted(folder.iterdir())
    except FileNotFoundError:  # there is none, or somebody else has just removed it
        return
    for entry in entries:
        if _is_own_folder(entry):
            yield from _files_below(entry)
        else:
            yield entry


def _is_own_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()
