"""A multipart/form-data body of known length that streams (RFC 7578)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MultipartPart:
    """One part: its name, type, file name (None for plain text), size in bytes and its bytes in blocks."""

    name: str
    content_type: str
    file_name: str | None
    size_bytes: int
    blocks: Iterable[bytes]


class MultipartBody:
    """The parts as one body; the boundary is the caller's, so that a resend is the same to the byte."""

    def __init__(self, parts: list[MultipartPart], boundary: str) -> None:
        self._parts, self._boundary = parts, boundary
        self._heads = [_head(part, boundary) for part in parts]
        self._tail = f"--{boundary}--\r\n".encode()

    @property
    def content_type(self) -> str:
        """The value of the Content-Type header."""
        return f"multipart/form-data; boundary={self._boundary}"

    @property
    def size_bytes(self) -> int:
        """The body's exact length."""
        return sum(len(head) + part.size_bytes + 2 for head, part in zip(self._heads, self._parts, strict=True)) + len(
            self._tail
        )

    def blocks(self) -> Iterator[bytes]:
        """The body, block by block, as the parts give it."""
        for head, part in zip(self._heads, self._parts, strict=True):
            yield head
            yield from part.blocks
            yield b"\r\n"
        yield self._tail


def _head(part: MultipartPart, boundary: str) -> bytes:
    file_name = f'; filename="{_quote(part.file_name)}"' if part.file_name is not None else ""
    return (
        f"--{boundary}\r\n"
        f'Content-Disposition: form-data; name="{_quote(part.name)}"{file_name}\r\n'
        f"Content-Type: {part.content_type}\r\n\r\n"
    ).encode()


def _quote(name: str) -> str:
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
