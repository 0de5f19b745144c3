"""An answer of the delivery API before it is sent, and the pages that are kept because they are asked for again."""

from __future__ import annotations

import asyncio
import gzip
from collections import OrderedDict
from dataclasses import dataclass

GZIP_LEVEL = 4
GZIP_LEAST_BYTES = 512
"""A smaller body is sent as it is."""
INLINE_MAX_BYTES = 16 * 1024
"""A larger body is compressed in a thread, so that other calls do not wait."""
KEPT_BYTES = 32 * 1024 * 1024
KEPT_MOST_BYTES = 4 * 1024 * 1024
"""A larger body is not kept."""
Headers = tuple[tuple[bytes, bytes], ...]
JSON = (b"content-type", b"application/json")
NO_STORE = (b"cache-control", b"no-store")


@dataclass(slots=True, eq=False)
class Body:
    """The bytes of one representation, what the log says of it, and its gzip once somebody asked for it."""

    content: bytes
    items: int = 0
    first_item: str | None = None
    last_item: str | None = None
    headers: Headers = (JSON,)
    compressed: bytes | None = None

    @property
    def size(self) -> int:
        """How many bytes it takes in memory."""
        return len(self.content) + len(self.compressed or b"")


class Compressor:
    """Makes the gzip of a body once, also where many ask for it at the same moment."""

    def __init__(self) -> None:
        self._running: dict[Body, asyncio.Task[bytes]] = {}

    async def gzip_of(self, body: Body) -> bytes:
        """The gzip of the body; a cancelled caller leaves it to the others."""
        if body.compressed is None:
            body.compressed = await asyncio.shield(self._task(body))
        return body.compressed

    def _task(self, body: Body) -> asyncio.Task[bytes]:
        task = self._running.get(body)
        if task is None:
            task = self._running[body] = asyncio.create_task(asyncio.to_thread(_compress, body.content))
            task.add_done_callback(lambda _: self._running.pop(body, None))
        return task


def gzip_at_once(body: Body) -> bytes:
    """The gzip of the body, made here and now where it is not there yet."""
    if body.compressed is None:
        body.compressed = _compress(body.content)
    return body.compressed


def _compress(content: bytes) -> bytes:
    return gzip.compress(content, GZIP_LEVEL, mtime=0)


class BodyCache:
    """The bodies that were asked for last, by ETag, bounded in bytes."""

    def __init__(self, max_bytes: int = KEPT_BYTES) -> None:
        self._max_bytes = max_bytes
        self._kept: OrderedDict[bytes, tuple[Body, int]] = OrderedDict()
        self.bytes = 0

    def get(self, tag: bytes) -> Body | None:
        """The body under this tag, where it is kept."""
        found = self._kept.get(tag)
        if found is None:
            return None
        body, counted = found
        self._kept.move_to_end(tag)
        if body.size != counted:  # its gzip was made since
            self.put(tag, body)
        return body

    def put(self, tag: bytes, body: Body) -> None:
        """Keeps the body, and lets go of those that nobody asked for longest."""
        replaced = self._kept.pop(tag, None)
        self.bytes -= replaced[1] if replaced else 0
        size = body.size
        if size > KEPT_MOST_BYTES:
            return
        self._kept[tag] = body, size
        self.bytes += size
        while self.bytes > self._max_bytes:
            _, (_, counted) = self._kept.popitem(last=False)
            self.bytes -= counted


@dataclass(slots=True)
class Answer:
    """What is sent: the status, the body where there is one, the ETag, and facts for the log."""

    status: int
    body: Body | None = None
    tag: bytes = b""
    headers: Headers = ()
    generation: int | None = None
    checkpoint_generation: int | None = None
