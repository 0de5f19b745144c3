"""Pages: items in, files out; an item that changes leaves all pages but its own as they are.

Page boundaries lie at items whose id says so, not after so many bytes: an item that is added, grows or goes moves no
boundary but its own page's. A continuation page is named by its content. Its bytes hold the name of the next page, so
pages before a changed one change too, by their link alone; the chain is ordered so that these are few: changed pages
come first, and all others keep the order that they had (docs/adr/0009).
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
    """A page without its end, in a file: head and items. `hashed` is the unfinished state behind `digest`."""

    path: Path
    digest: str
    hashed: Any
    size_bytes: int
    items: int


@dataclass(frozen=True, slots=True)
class LinkedPage:
    """A whole page in a file: its name is that of its content, `body_digest` is that of its head and items alone."""

    path: Path
    name: str
    sha256: str
    body_digest: str
    size_bytes: int
    items: int


@dataclass(slots=True)
class Cut:
    """All items cut into bodies; `oversized` are ids of items that no page can hold, with their sizes."""

    bodies: list[Body] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    oversized: list[tuple[str, int]] = field(default_factory=list)


def cut_pages(items: Iterable[FeedItem], head: dict[str, Any], page_max_bytes: int, folder: Path) -> Cut:
    """Writes the items into bodies that fit into pages; where all fit into one below 20 MB, they are one."""
    beginning = _head_bytes(head) + b',"assets":['
    room = page_max_bytes - len(beginning) - LINK_MAX_BYTES
    cut = Cut()
    gathered = _Gathered(folder, beginning, cut)
    gap_bytes = room * BOUNDARY_PERCENT // 100
    for item in items:
        if len(item.content) > room:
            cut.oversized.append((item.item_id, len(item.content)))
            continue
        cut.kinds[item.kind] += 1
        full = gathered.size_bytes + len(item.content) + 1 > room
        if full or (gathered.size_bytes > room // 2 and _is_boundary(item, gap_bytes)):
            gathered.close()
        gathered.add(item.content)
    if gathered.items or not cut.bodies:
        gathered.close()
    unpaged = min(FEED_UNPAGED_BELOW_BYTES - 1 - page_max_bytes + room, room)
    if len(cut.bodies) > 1 and sum(body.size_bytes - len(beginning) + 1 for body in cut.bodies) <= unpaged:
        cut.bodies = [_join(cut.bodies, beginning, folder)]
    return cut


def document(
    items: Iterable[FeedItem], head: Callable[[], dict[str, Any]], list_keys: Sequence[str], folder: Path
) -> tuple[LinkedPage, Counter[str]]:
    """All items as one page with several lists, for a feed without pages; `head` is asked when all have been taken."""
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
    """The chain's order: changed bodies first, then the others as the previous chain had them."""
    place = {digest: number for number, digest in enumerate(previous_digests)}
    changed = [body for body in bodies if body.digest not in place]
    return changed + sorted((body for body in bodies if body.digest in place), key=lambda body: place[body.digest])


def link_pages(bodies: Sequence[Body], url_prefix: str) -> list[LinkedPage]:
    """The pages of a chain in its order, each completed with the address of the next; the last one has none."""
    pages: list[LinkedPage] = []
    following: str | None = None
    for body in reversed(bodies):
        link = b"" if following is None else b',"nextPageUrl":' + orjson.dumps(following)
        end, hashed = b"]" + link + b"}\n", body.hashed.copy()
        hashed.update(end)
        with body.path.open("ab") as file:
            file.write(end)
        sha256 = hashed.hexdigest()
        name = f"{sha256[:32]}.json"
        pages.append(LinkedPage(body.path, name, sha256, body.digest, body.size_bytes + len(end), body.items))
        following = url_prefix + name
    return pages[::-1]


def blocks_of(path: Path) -> Iterator[bytes]:
    """A file block by block."""
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


class _Gathered:
    """The body that is being filled; its items go straight into its file. `size_bytes` is that of the items."""

    def __init__(self, folder: Path, beginning: bytes, cut: Cut) -> None:
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
    """Several bodies as one."""
    cut = Cut()
    (folder / "joined").mkdir()
    gathered = _Gathered(folder / "joined", beginning, cut)
    for body in bodies:
        gathered.add(body.path.read_bytes()[len(beginning) :])
    gathered.close()
    return replace(cut.bodies[0], items=sum(body.items for body in bodies))


def _write_parts(parts: Iterable[bytes], target: Path) -> tuple[str, int]:
    """Writes an object's parts, closes the object; digest and size of the file."""
    digest, size_bytes = hashlib.sha256(), 0
    with target.open("wb") as file:
        for part in chain(parts, (b"}\n",)):
            size_bytes += file.write(part)
            digest.update(part)
    return digest.hexdigest(), size_bytes


def _head_bytes(head: dict[str, Any]) -> bytes:
    return orjson.dumps(head)[:-1]


def _is_boundary(item: FeedItem, gap_bytes: int) -> bool:
    """Whether a page may begin with the item: its id decides, so that there is one such item in so many bytes."""
    return zlib.crc32(item.item_id.encode()) * gap_bytes < len(item.content) << 32
