"""Pages: items in, files out; if an item changes, only its own page changes.

The id of an item decides whether a page may begin with it, not a number of bytes. So an item that is added, grows or
disappears moves only the boundary of its own page. A later page is named by its content. A page contains the name of
the next page, so the pages before a changed page change too, but only in this link. To keep these few, changed pages
come first in the chain, and all others keep their order (docs/adr/0009).
"""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from edye_delivery.catalog.feed_records import FEED_UNPAGED_BELOW_BYTES
from edye_delivery.feeds.roku.item import FeedItem

LINK_MAX_BYTES = 2_100
BOUNDARY_PERCENT = 15
BLOCK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Body:
    """A page without its end, in a file: head and items. `digest` is that of these bytes; `hasher` can add more."""

    path: Path
    digest: str
    hasher: Any
    size_bytes: int
    items: int


@dataclass(frozen=True, slots=True)
class LinkedPage:
    """A whole page in a file; its name comes from its content, `body_digest` from its head and items alone."""

    path: Path
    name: str
    sha256: str
    body_digest: str
    size_bytes: int
    items: int


@dataclass(slots=True)
class CutPages:
    """All items, cut into bodies; `oversized` are the ids and sizes of items that are too large for a page."""

    bodies: list[Body] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    oversized: list[tuple[str, int]] = field(default_factory=list)


def cut_pages(items: Iterable[FeedItem], head: dict[str, Any], page_max_bytes: int, folder: Path) -> CutPages:
    """Writes the items into bodies that fit into pages; if they all fit into one page below 20 MB, it is one."""
    beginning = _head_bytes(head) + b',"assets":['
    room = page_max_bytes - len(beginning) - LINK_MAX_BYTES
    cut = CutPages()
    writer = _BodyWriter(folder, beginning, cut)
    gap_bytes = room * BOUNDARY_PERCENT // 100
    for item in items:
        if len(item.content) > room:
            cut.oversized.append((item.item_id, len(item.content)))
            continue
        cut.kinds[item.kind] += 1
        is_full = writer.size_bytes + len(item.content) + 1 > room
        if is_full or (writer.size_bytes > room // 2 and _is_boundary(item, gap_bytes)):
            writer.close()
        writer.add(item.content)
    if writer.items or not cut.bodies:
        writer.close()
    unpaged = min(FEED_UNPAGED_BELOW_BYTES - 1 - page_max_bytes + room, room)
    if len(cut.bodies) > 1 and sum(body.size_bytes - len(beginning) + 1 for body in cut.bodies) <= unpaged:
        cut.bodies = [_join(cut.bodies, beginning, folder)]
    return cut


def document(
    items: Iterable[FeedItem], head: Callable[[], dict[str, Any]], list_keys: Sequence[str], folder: Path
) -> tuple[LinkedPage, Counter[str]]:
    """All items as one page with several lists, for a feed without pages; `head` is called after the last item."""
    kinds: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    with ExitStack() as stack:
        files = {key: stack.enter_context((folder / f"list-{key}").open("wb")) for key in list_keys}
        for item in items:
            kinds[item.kind] += 1
            files[item.list_key].write(b"," * bool(sizes[item.list_key]) + item.content)
            sizes[item.list_key] += 1
    parts: list[Iterable[bytes]] = [(_head_bytes(head()),)]
    for key in list_keys:
        if sizes[key]:
            parts += [(b",", orjson.dumps(key), b":["), blocks_of(folder / f"list-{key}"), (b"]",)]
    target = folder / "document.json"
    sha256, size_bytes = _write_parts((part for some in parts for part in some), target)
    return LinkedPage(target, f"{sha256[:32]}.json", sha256, sha256, size_bytes, sum(sizes.values())), kinds


def order_bodies(bodies: Sequence[Body], previous_digests: Sequence[str]) -> list[Body]:
    """The bodies in the order of the chain: changed ones first, then the others in the order of the previous chain."""
    place = {digest: number for number, digest in enumerate(previous_digests)}
    changed = [body for body in bodies if body.digest not in place]
    return changed + sorted((body for body in bodies if body.digest in place), key=lambda body: place[body.digest])


def link_pages(bodies: Sequence[Body], url_prefix: str) -> list[LinkedPage]:
    """The pages of a chain in its order, each with the address of the next page; the last one has none."""
    pages: list[LinkedPage] = []
    next_url: str | None = None
    for body in reversed(bodies):
        link = b"" if next_url is None else b',"nextPageUrl":' + orjson.dumps(next_url)
        end, hasher = b"]" + link + b"}\n", body.hasher.copy()
        hasher.update(end)
        with body.path.open("ab") as file:
            file.write(end)
        sha256 = hasher.hexdigest()
        name = f"{sha256[:32]}.json"
        pages.append(LinkedPage(body.path, name, sha256, body.digest, body.size_bytes + len(end), body.items))
        next_url = url_prefix + name
    return pages[::-1]


def blocks_of(path: Path) -> Iterator[bytes]:
    """A file block by block."""
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


class _BodyWriter:
    """Writes items straight into the file of the current body; `size_bytes` is the size of its items."""

    def __init__(self, folder: Path, beginning: bytes, cut: CutPages) -> None:
        self._folder, self._beginning, self._cut = folder, beginning, cut
        self._file: BinaryIO | None = None
        self.size_bytes = self.items = 0

    def _open_body(self) -> BinaryIO:
        self._path = self._folder / f"page-{len(self._cut.bodies):06}.json"
        file = self._path.open("wb", buffering=BLOCK_BYTES)
        file.write(self._beginning)
        self._hashed = hashlib.sha256(self._beginning)
        return file

    def add(self, content: bytes) -> None:
        if self._file is None:
            self._file = self._open_body()
        if self.items:
            content = b"," + content
        self._file.write(content)
        self._hashed.update(content)
        self.size_bytes += len(content)
        self.items += 1

    def close(self) -> None:
        (self._file or self._open_body()).close()
        size_bytes = len(self._beginning) + self.size_bytes
        body = Body(self._path, self._hashed.hexdigest(), self._hashed, size_bytes, self.items)
        self._cut.bodies.append(body)
        self._file, self.size_bytes, self.items = None, 0, 0


def _join(bodies: Sequence[Body], beginning: bytes, folder: Path) -> Body:
    """Several bodies joined into one."""
    cut = CutPages()
    (folder / "joined").mkdir()
    writer = _BodyWriter(folder / "joined", beginning, cut)
    for body in bodies:
        writer.add(body.path.read_bytes()[len(beginning) :])
    writer.close()
    return replace(cut.bodies[0], items=sum(body.items for body in bodies))


def _write_parts(parts: Iterable[bytes], target: Path) -> tuple[str, int]:
    """Writes an object's parts and its closing bracket; gives digest and size of the file."""
    digest, size_bytes = hashlib.sha256(), 0
    with target.open("wb") as file:
        for part in chain(parts, (b"}\n",)):
            size_bytes += file.write(part)
            digest.update(part)
    return digest.hexdigest(), size_bytes


def _head_bytes(head: dict[str, Any]) -> bytes:
    return orjson.dumps(head)[:-1]


def _is_boundary(item: FeedItem, gap_bytes: int) -> bool:
    """Whether a page may begin with the item: its id decides, and there is about one such item in `gap_bytes`."""
    return zlib.crc32(item.item_id.encode()) * gap_bytes < len(item.content) << 32
