"""The artifact store of the steps' tests."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path


class Artifacts(dict[str, bytes]):
    """An artifact store in memory."""

    put = dict.__setitem__

    def get(self, name: str) -> bytes:
        self.size(name)
        return self[name]

    def put_once(self, name: str, content: bytes) -> None:
        self.setdefault(name, content)

    def put_file(self, name: str, source: Path) -> None:
        self[name] = source.read_bytes()

    def size(self, name: str) -> int:
        if name not in self:
            raise FileNotFoundError(name)
        return len(self[name])

    def stream(self, name: str, offset: int = 0) -> Generator[bytes, None, None]:
        for start in range(offset, self.size(name), 100_000):
            yield self[name][start : start + 100_000]


class EmptyFiles:
    """A store whose every file is there and empty."""

    def get(self, name: str) -> bytes:
        return b""
