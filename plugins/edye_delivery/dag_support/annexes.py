"""Where the annex files are, and the annexes that DAGs are made of."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

from edye_delivery.annex.load import DEFAULT_FOLDER, FOLDER_VARIABLE, AnnexFolder, read_annexes
from edye_delivery.annex.model import Annex

FileState = tuple[str, int, int, int, int]
"""A file's name, and what changes when its content does: inode, size, times of the last changes in nanoseconds."""


def annexes() -> dict[str, Annex]:
    """The valid annexes by partner; dags/annex_errors.py says what is wrong with the others."""
    return dict(annex_folder().annexes)


def annex_folder() -> AnnexFolder:
    """The files of include/annexes, or of the folder that EDYE_ANNEXES_FOLDER names.

    They are read again when one of them has changed: each page of the desk asks for them.
    """
    folder = Path(os.environ.get(FOLDER_VARIABLE, DEFAULT_FOLDER))
    return _read_once(folder, _states_of(folder))


@lru_cache(maxsize=2)
def _read_once(folder: Path, states: tuple[FileState, ...] | None) -> AnnexFolder:
    """What the files say while they are in these states."""
    return read_annexes(folder)


def _states_of(folder: Path) -> tuple[FileState, ...] | None:
    """The files of the folder as they are now; None where it cannot be read."""
    try:
        return tuple(sorted(_state_of(path) for path in folder.iterdir()))
    except OSError:
        return None


def _state_of(path: Path) -> FileState:
    try:
        found = path.stat()
    except OSError:  # a link to nowhere, or a file that has just been deleted
        return (path.name, 0, 0, 0, 0)
    return (path.name, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
