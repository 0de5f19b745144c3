"""The body of a foreign answer, block by block, unpacked within a bound: a few bytes cannot become gigabytes.

One layer at most: httpx itself would unpack `gzip, gzip`, each layer as a whole.
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
"""What requests say in Accept-Encoding."""


class Body:
    """What the bytes of one answer are: themselves, or gzip."""

    def __init__(self, headers: httpx.Headers, what: str, max_bytes: int) -> None:
        """AnswerMalformed where the answer is packed otherwise."""
        encoding = headers.get("content-encoding", "").strip().lower()
        if encoding not in ("", "identity", "gzip", "x-gzip"):
            raise AnswerMalformed(f"{what} is packed as {encoding!r:.40}, which nobody asked for")
        self._gzip = Gunzip(what) if encoding.endswith("gzip") else None
        self._what, self._max_bytes, self._arrived = what, max_bytes, 0

    def blocks(self, raw: bytes) -> Iterator[bytes]:
        """What the next bytes give; MediaTooLarge above the bound, AnswerMalformed where they cannot be unpacked."""
        for block in (raw,) if self._gzip is None else self._gzip.blocks(raw):
            self._arrived += len(block)
            if self._arrived > self._max_bytes:
                raise MediaTooLarge(f"{self._what} is larger than {self._max_bytes:,} bytes")
            yield block

    def check_end(self) -> None:
        """AnswerMalformed where the end is missing."""
        if self._gzip is not None:
            self._gzip.check_end()


def body_blocks(response: httpx.Response, what: str, max_bytes: int) -> Iterator[bytes]:
    """The body, plain or gzip; MediaTooLarge above the bound, AnswerMalformed where it cannot be unpacked."""
    body = Body(response.headers, what, max_bytes)
    for raw in response.iter_raw():
        yield from body.blocks(raw)
    body.check_end()


async def async_body_blocks(response: httpx.Response, what: str, max_bytes: int) -> AsyncIterator[bytes]:
    """As `body_blocks`, on an event loop, which has its turn after every BLOCK_BYTES."""
    body, since_turn_bytes = Body(response.headers, what, max_bytes), 0
    async for raw in response.aiter_raw():
        for block in body.blocks(raw):
            yield block
            since_turn_bytes += len(block)
            if since_turn_bytes >= BLOCK_BYTES:  # after each of many tiny blocks, turns would starve other threads
                await asyncio.sleep(0)
                since_turn_bytes = 0
    body.check_end()


class Gunzip:
    """Unpacks gzip, also of several members, in blocks of bounded size."""

    def __init__(self, what: str) -> None:
        self._what, self._member, self._is_begun = what, zlib.decompressobj(GZIP), False

    def blocks(self, packed: bytes) -> Iterator[bytes]:
        """What the next packed bytes give."""
        self._is_begun = self._is_begun or bool(packed)
        try:
            while packed:
                if self._member.eof:
                    self._member = zlib.decompressobj(GZIP)
                yield self._member.decompress(packed, BLOCK_BYTES)
                packed = self._member.unconsumed_tail or self._member.unused_data
        except zlib.error as error:
            raise AnswerMalformed(f"{self._what} says that it is gzip, but it cannot be unpacked") from error

    def check_end(self) -> None:
        """AnswerMalformed where the last member is not complete; no byte at all is no body."""
        if self._is_begun and not self._member.eof:
            raise AnswerMalformed(f"{self._what} is gzip that is cut off")
