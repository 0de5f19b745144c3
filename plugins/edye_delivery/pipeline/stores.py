"""What the steps take of the artifact store; each step names the smallest of these that it needs."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Protocol


class FileReader(Protocol):
    """A store whose files are read whole."""

    def get(self, name: str) -> bytes:
        """The file's bytes; FileNotFoundError."""


class BlockReader(Protocol):
    """A store whose files are read in blocks."""

    def size(self, name: str) -> int:
        """The file's size in bytes; FileNotFoundError."""

    def stream(self, name: str, offset: int = 0) -> Generator[bytes, None, None]:
        """The file from `offset` on, in blocks."""


class ContentStore(FileReader, Protocol):
    """A store for files whose names are made of their content, such as pictures and pages of a feed."""

    def put_once(self, name: str, content: bytes) -> object:
        """Writes a file whole or not at all; one that is there already stays."""


class EncodeStore(FileReader, BlockReader, Protocol):
    """A store for encodes and their records."""

    def put(self, name: str, content: bytes) -> object:
        """Writes a file whole or not at all."""

    def put_file(self, name: str, source: Path) -> object:
        """Writes a local file, whole or not at all."""
