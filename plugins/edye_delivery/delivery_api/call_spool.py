"""Files that hold lines of the API log until the ledger has them: each worker's own, and those that a dead worker left.

A worker appends to `<worker>.jsonl`. Each second the file gets a number and is appended to no more: it is *retired*,
and whoever writes it to the ledger deletes it then. `<worker>.lock` is locked as long as the worker lives.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from edye_delivery.catalog.api_call import CallLine, unpack

WORKERS_MAX = 256
LINE_MAX_BYTES = 64 * 1024


class SpoolFull(OSError):
    """The spool has as many bytes as it may have."""


class CallSpool:
    """The spool of one worker; for one thread. It counts what it retired until that is deleted."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder, self._max_bytes = folder, max_bytes
        self._name = ""
        self._number = 0
        self._lock_file: IO[bytes] | None = None
        self._live: IO[bytes] | None = None
        self._live_bytes = 0
        self._retired: dict[Path, int] = {}

    def open(self) -> None:
        """Finds a name that no living worker has, and takes over what dead ones left; OSError where it cannot."""
        self._folder.mkdir(parents=True, exist_ok=True)
        try:
            self._find_names()
        except BaseException:
            self._release()
            raise

    def _find_names(self) -> None:
        for number in range(WORKERS_MAX):
            name = f"worker-{number}"
            path = self._folder / f"{name}.lock"
            if self._lock_file is not None and not path.exists():
                continue
            locked = lock(path)
            if locked is None:
                continue
            try:
                self._number = max(self._number, *map(_number_of, self._folder.glob(f"{name}.*.jsonl")), 0)
                if (left := self._folder / f"{name}.jsonl").exists():
                    self._next_name(left, name)
            finally:
                if self._lock_file is None:
                    self._name, self._lock_file = name, locked
                else:
                    locked.close()
        if self._lock_file is None:
            raise OSError(f"all {WORKERS_MAX} names of workers in {self._folder} are taken")

    def append(self, lines: bytes) -> None:
        """Appends whole lines, all or none of them; OSError where the disk, SpoolFull where the spool has no room."""
        if not self._has_room(len(lines)):
            self._retired = {path: size for path, size in self._retired.items() if path.exists()}
            if not self._has_room(len(lines)):
                raise SpoolFull(f"the spool has its {self._max_bytes:,} bytes")
        if self._live is None:
            self._live = self._live_path.open("ab", buffering=0)
        try:
            written = self._live.write(lines)
            if written != len(lines):
                raise OSError(f"only {written} of {len(lines)} bytes were written")
        except OSError:
            self._cut_off()
            raise
        self._live_bytes += len(lines)

    def _has_room(self, more_bytes: int) -> bool:
        return self._live_bytes + sum(self._retired.values()) + more_bytes <= self._max_bytes

    def retire(self) -> None:
        """Gives the live file a number: nothing is appended to it any more, and it may be written to the ledger."""
        if self._live is None:
            return
        self._retired = {path: size for path, size in self._retired.items() if path.exists()}
        self._retire_live()

    def close(self) -> None:
        """Leaves the worker's name, and what is not retired, to the next start."""
        self._release()

    def _release(self) -> None:
        self._close_live()
        self._retired.clear()
        self._live_bytes = 0
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None

    @property
    def _live_path(self) -> Path:
        return self._folder / f"{self._name}.jsonl"

    def _next_name(self, path: Path, name: str) -> Path:
        """Renames the file to the next number."""
        self._number += 1
        return path.rename(self._folder / f"{name}.{self._number:012}.jsonl")

    def _cut_off(self) -> None:
        """Removes what was appended in part, so that the file has whole lines again; else begins a new file."""
        if self._live is None:
            return
        try:
            self._live.truncate(self._live_bytes)
        except OSError:
            self._retire_live()  # a reader leaves out the torn line at its end

    def _retire_live(self) -> None:
        self._retired[self._next_name(self._live_path, self._name)] = self._live_bytes
        self._close_live()
        self._live_bytes = 0

    def _close_live(self) -> None:
        if self._live is not None:
            self._live.close()
            self._live = None


def retired_files(folder: Path) -> list[Path]:
    """The retired files of all workers, each worker's oldest first."""
    return sorted(folder.glob("worker-*.*.jsonl"))


def batches(path: Path, lines_at_once: int) -> Iterator[list[CallLine]]:
    """The lines of a file, some at once; what is no whole line is left out."""
    lines: list[CallLine] = []
    with path.open("rb") as file:
        while content := file.readline(LINE_MAX_BYTES):
            line = unpack(content)
            if line is not None:
                lines.append(line)
            if len(lines) == lines_at_once:
                yield lines
                lines = []
    if lines:
        yield lines


def _number_of(path: Path) -> int:
    parts = path.name.split(".")
    return int(parts[1]) if len(parts) == 3 and parts[1].isdigit() else 0


def lock(path: Path) -> IO[bytes] | None:
    """The locked file; None where somebody else has it. The lock ends with the process, however it ends."""
    file = path.open("ab")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        return None
    return file
