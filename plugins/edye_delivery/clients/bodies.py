"""The body of a foreign answer, block by block, unpacked within a bound: a few bytes cannot become gigabytes."""

from __future__ import annotations

import zlib
from collections.abc import AsyncIterator, Iterator

import httpx

from edye_delivery.errors import AnswerMalformed, MediaTooLarge

BLOCK_BYTES = 256 * 1024
GZIP = 16 + zlib.MAX_WBITS


async def body_blocks(response: httpx.Response, what: str, max_bytes: int) -> AsyncIterator[bytes]:
    """The body, plain or gzip; MediaTooLarge above the bound, AnswerMalformed where it cannot be unpacked."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ("", "identity", "gzip", "x-gzip"):
        raise AnswerMalformed(f"{what} is packed as {encoding!r:.40}, which nobody asked for")
    gzip = Gunzip(what) if encoding.endswith("gzip") else None
    arrived = 0
    async for raw in response.aiter_raw():
        for block in (raw,) if gzip is None else gzip.blocks(raw):
            arrived += len(block)
            if arrived > max_bytes:
                raise MediaTooLarge(f"{what} is larger than {max_bytes:,} bytes")
            yield block
    if gzip is not None:
        gzip.check_end()


class Gunzip:
    """Unpacks gzip, also of several members, in blocks of bounded size."""

    def __init__(self, what: str) -> None:
        self._what, self._member = what, zlib.decompressobj(GZIP)

    def blocks(self, packed: bytes) -> Iterator[bytes]:
        """What the next packed bytes give."""
        try:
            while packed:
                if self._member.eof:
                    self._member = zlib.decompressobj(GZIP)
                yield self._member.decompress(packed, BLOCK_BYTES)
                packed = self._member.unconsumed_tail or self._member.unused_data
        except zlib.error as error:
            raise AnswerMalformed(f"{self._what} says that it is gzip, but it cannot be unpacked") from error

    def check_end(self) -> None:
        """AnswerMalformed where the last member is not complete."""
        if not self._member.eof:
            raise AnswerMalformed(f"{self._what} is gzip that is cut off")
