"""The folder that generations are in: files that are there whole or not at all, with checked names."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from edye_delivery.errors import NameRefused, StoreUnavailable

SAFE_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]*(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*")
TEMPORARY_PREFIX = ".build-"
NAME_MAX_CHARS = 400
Stamp = tuple[object, ...]
"""Equal stamps of a file mean that nobody has written it meanwhile."""


class FolderStore:
    """Named files below one folder; names have no other characters than letters, digits, dots, hyphens, underscores.

    FileNotFoundError where a file is not there; StoreUnavailable where the folder fails in any other way.
    """

    settle_s = 5.0
    """After so many seconds readers of a server see a switch."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def path_of(self, name: str) -> Path:
        """Where the file is or would be; NameRefused for a name that is none."""
        if len(name) > NAME_MAX_CHARS or not SAFE_NAME.fullmatch(name):
            raise NameRefused(f"{name!r:.200} is not a name of a file of the delivery API's store")
        return self.root / name

    def read(self, name: str) -> bytes:
        """The whole file; FileNotFoundError."""
        path = self.path_of(name)
        with self._working(name):
            return path.read_bytes()

    def write(self, name: str, content: bytes) -> None:
        """Writes the file whole or not at all and replaces an older one; it is on the disk when this returns."""
        self._write(name, content, os.replace)

    def replace(self, name: str, content: bytes) -> None:
        """As `write`, for a file that was read before, or was not there then.

        A folder does not notice another writer between the two: the ledger's lease keeps others away.
        """
        self.write(name, content)

    def write_once(self, name: str, content: bytes) -> None:
        """As `write`, but FileExistsError where there is such a file already."""
        self._write(name, content, os.link)

    def add_file(self, name: str, source: Path) -> None:
        """Moves a local file in, whole or not at all; it comes from `temporary_folder`, so that no byte is copied."""
        target = self.path_of(name)
        with self._working(name):
            _make_folder(target.parent)
            with source.open("rb") as file:
                os.fsync(file.fileno())
            os.replace(source, target)
            _sync_folder(target.parent)

    def open_segment(self, items: str, index: str, items_bytes: int, index_bytes: int) -> tuple[int, int]:
        """Opens the two files of a segment that has so many bytes: their numbers, which the caller closes."""
        with self._working(items):
            items_file = os.open(self.path_of(items), os.O_RDONLY | os.O_CLOEXEC)
        try:
            with self._working(index):
                return items_file, os.open(self.path_of(index), os.O_RDONLY | os.O_CLOEXEC)
        except BaseException:
            os.close(items_file)
            raise

    def is_there(self, name: str) -> bool:
        """Whether there is such a file."""
        return self.path_of(name).is_file()

    def stamp(self, name: str) -> Stamp:
        """What changes whenever the file is written; FileNotFoundError."""
        found = os.stat(self.path_of(name))
        return found.st_ino, found.st_mtime_ns, found.st_size

    def modification_time_s(self, name: str) -> float:
        """When the file was last written, in unix seconds; FileNotFoundError."""
        return self.path_of(name).stat().st_mtime

    def set_modification_time(self, name: str, modification_time_s: float) -> None:
        """Notes when a file was written that is copied from elsewhere."""
        with self._working(name):
            os.utime(self.path_of(name), (modification_time_s, modification_time_s))

    def delete(self, name: str) -> None:
        """Removes the file; it is no error where there is none."""
        path = self.path_of(name)
        with self._working(name):
            path.unlink(missing_ok=True)

    def names(self, folder: str) -> list[str]:
        """The names of the files in a folder, as `folder/file`, sorted; none where there is no such folder."""
        path = self.path_of(folder)
        with self._working(folder):
            if not path.is_dir():
                return []
            return sorted(
                f"{folder}/{entry.name}"
                for entry in path.iterdir()
                if not entry.name.startswith(".") and entry.is_file()
            )

    @contextmanager
    def temporary_folder(self, folder: str) -> Iterator[Path]:
        """A folder for files that `add_file` takes later; gone at the end, with those that a killed program left."""
        parent = self.path_of(folder)
        with self._working(folder):
            _make_folder(parent)
            for left in parent.glob(f"{TEMPORARY_PREFIX}*"):
                shutil.rmtree(left, ignore_errors=True)
            made = Path(tempfile.mkdtemp(prefix=TEMPORARY_PREFIX, dir=parent))
        try:
            with self._working(folder):
                yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)

    def _write(self, name: str, content: bytes, place: Callable[[str, Path], None]) -> None:
        target = self.path_of(name)
        with self._working(name):
            _make_folder(target.parent)
            handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=TEMPORARY_PREFIX)
            try:
                with os.fdopen(handle, "wb") as file:
                    _write_out(file, content)
                place(temporary, target)
            finally:
                Path(temporary).unlink(missing_ok=True)
            _sync_folder(target.parent)

    @contextmanager
    def _working(self, name: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, FileExistsError):
            raise
        except OSError as error:
            raise StoreUnavailable(
                f"the delivery API's store {self.root} fails at {name}: {error.strerror or error}; "
                "check that the folder is there, has room and may be written by this user"
            ) from error


def _write_out(file: IO[bytes], content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fchmod(file.fileno(), 0o644)
    os.fsync(file.fileno())


def _make_folder(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
