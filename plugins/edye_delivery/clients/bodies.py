"""The body of a foreign answer, block by block, decompressed within a limit: a few bytes cannot become gigabytes.

Only one layer of compression is accepted: httpx itself would decompress `gzip, gzip`, each layer as a whole.
"""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator

import httpx

from edye_delivery.errors import AnswerMalformed, MediaTooLarge

BLOCK_BYTES = 256 * 1024
GZIP = 16 + zlib.MAX_WBITS
ACCEPTED, PLAIN = "gzip", "identity"
"""Values of the Accept-Encoding header of our requests."""


class Body:
    """Decompresses the bytes of one answer, which are plain or gzip, and counts them."""

    def __init__(self, headers: httpx.Headers, what: str, max_bytes: int) -> None:
        """AnswerMalformed where the answer has another compression."""
        encoding = headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise AnswerMalformed(f"{what} is compressed as {encoding!r:.40}, which we did not ask for")
        self._gzip = Gunzip(what) if encoding.endswith("gzip") else None
        self._what, self._max_bytes, self._arrived = what, max_bytes, 0

    def blocks(self, raw: bytes) -> Iterator[bytes]:
        """The next bytes, decompressed; MediaTooLarge above the limit, AnswerMalformed where that is impossible."""
        for block in (raw,) if self._gzip is None else self._gzip.blocks(raw):
            self._arrived += len(block)
            if self._arrived > self._max_bytes:
                raise MediaTooLarge(f"{self._what} is larger than {self._max_bytes:,} bytes")
            yield block

    def check_end(self) -> None:
        """AnswerMalformed where the end of the body is missing."""
        if self._gzip is not None:
            self._gzip.check_end()


def body_blocks(response: httpx.Response, what: str, max_bytes: int) -> Iterator[bytes]:
    """The body, decompressed; MediaTooLarge above the limit, AnswerMalformed where it cannot be decompressed."""
    body = Body(response.headers, what, max_bytes)
    for raw in response.iter_raw():
        yield from body.blocks(raw)
    body.check_end()


async def async_body_blocks(response: httpx.Response, what: str, max_bytes: int) -> AsyncIterator[bytes]:
    """As `body_blocks`, on an event loop; other tasks may run after every BLOCK_BYTES."""
    body, since_turn_bytes = Body(response.headers, what, max_bytes), 0
    async for raw in response.aiter_raw():
        for block in body.blocks(raw):
            yield block
            since_turn_bytes += len(block)
            if since_turn_bytes >= BLOCK_BYTES:  # to yield after each of many tiny blocks would starve other threads
                await asyncio.sleep(0)
                since_turn_bytes = 0
    body.check_end()


class Gunzip:
    """Decompresses gzip, also of several members, in blocks of limited size."""

    def __init__(self, what: str) -> None:
        self._what, self._member, self._is_begun = what, zlib.decompressobj(GZIP), False

    def blocks(self, packed: bytes) -> Iterator[bytes]:
        """The next bytes, decompressed."""
        self._is_begun = self._is_begun or bool(packed)
        try:
            while packed:
                if self._member.eof:
                    self._member = zlib.decompressobj(GZIP)
                yield self._member.decompress(packed, BLOCK_BYTES)
                packed = self._member.unconsumed_tail or self._member.unused_data
        except zlib.error as error:
            raise AnswerMalformed(f"{self._what} says that it is gzip, but it cannot be decompressed") from error

    def check_end(self) -> None:
        """AnswerMalformed where the last member is not complete; an answer without bytes has no body."""
        if self._is_begun and not self._member.eof:
            raise AnswerMalformed(f"{self._what} is gzip that is cut off")
