"""Cuts the items of a feed into pages, so that an item that changes moves only the boundaries of its own page.

The id of an item decides whether a page may begin with it, not a number of bytes (docs/adr/0009).
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from edye_delivery.catalog.feed_records import FEED_UNPAGED_BELOW_BYTES
from edye_delivery.feeds.publish.page_index import PageFacts, Part, dump_index, facts_of, load_index
from edye_delivery.feeds.publish.shows import WrittenShow
from edye_delivery.feeds.write.notes import Note

LINK_MAX_BYTES = 2_100
BOUNDARY_PERCENT = 15
BLOCK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Body:
    """A page without its end, in a file: head and items. `hasher` has read these bytes, and can read more."""

    path: Path
    index_path: Path
    hasher: Any
    facts: PageFacts


class PageCutter:
    """Writes shows into pages without their ends, in `bodies`; each fits into `page_max_bytes` with its end.

    Items have to be at most `room_bytes` long.
    """

    def __init__(self, head: dict[str, Any], page_max_bytes: int, folder: Path) -> None:
        self.bodies: list[Body] = []
        self.beginning = orjson.dumps(head)[:-1] + b',"assets":['
        self.room_bytes = page_max_bytes - len(self.beginning) - LINK_MAX_BYTES
        self._gap_bytes = self.room_bytes * BOUNDARY_PERCENT // 100
        self._unpaged_bytes = min(FEED_UNPAGED_BELOW_BYTES - 1 - page_max_bytes + self.room_bytes, self.room_bytes)
        self._folder = folder
        self._file: BinaryIO | None = None
        self._parts: list[Part] = []
        self._part: Part | None = None
        self._is_placed = True
        self._size_bytes = self._items = 0

    @property
    def has_items(self) -> bool:
        """Whether anything was added."""
        return bool(self.bodies) or self._items > 0

    def starts_page(self, item_id: str, size_bytes: int) -> bool:
        """Whether such an item would begin a page, if it came now."""
        if not self._items:
            return False
        is_full = self._size_bytes + size_bytes + 1 > self.room_bytes
        return is_full or (self._size_bytes > self.room_bytes // 2 and self._is_boundary(item_id, size_bytes))

    def add_show(self, show: WrittenShow) -> None:
        """Writes a whole show."""
        self.begin_show(show.key, show.ends_ms, show.notes)
        for item in show.items:
            self.add(item.item_id, item.kind, item.content)

    def begin_show(self, key: str, ends_ms: int | None, notes: Sequence[Note], *, is_continued: bool = False) -> None:
        """The items that are added from now on are of this show; one without items belongs to the page before it."""
        if is_continued and self._part is not None and self._part.key == key:
            return
        self._place_part()
        self._part, self._is_placed = Part(key, ends_ms, notes, is_continued=is_continued), False

    def add(self, item_id: str, kind: str, content: bytes) -> None:
        """Writes an item of the show that was begun last."""
        if self._file is not None and self.starts_page(item_id, len(content)):
            self._close(self._file)
        self._place_part()
        file = self._file or self._open()
        self._parts[-1].items.append((item_id, kind, len(content)))
        if self._items:
            content = b"," + content
        file.write(content)
        self._hashed.update(content)
        self._size_bytes += len(content)
        self._items += 1

    def finish(self) -> None:
        """Ends the last page; nothing at all is one page without items."""
        self._place_part()
        if self._file is not None or not self.bodies:
            self._close(self._file or self._open())

    def is_unpaged(self, sizes_bytes: Iterable[int]) -> bool:
        """Whether bodies of these sizes are more than one, and together small enough for one page."""
        sizes = [size - len(self.beginning) + 1 for size in sizes_bytes]
        return len(sizes) > 1 and sum(sizes) <= self._unpaged_bytes

    def join(self) -> None:
        """Makes all bodies one."""
        bodies, self.bodies = self.bodies, []
        self._folder = self._folder / "joined"
        self._folder.mkdir()
        file = self._open()
        for number, body in enumerate(bodies):
            content = b"," * bool(number) + body.path.read_bytes()[len(self.beginning) :]
            file.write(content)
            self._hashed.update(content)
            self._size_bytes += len(content)
            for part in load_index(body.index_path.read_bytes()):
                if part.is_continued:
                    self._parts[-1].items.extend(part.items)
                else:
                    self._parts.append(part)
        self._close(file)

    def _place_part(self) -> None:
        """Puts the show into the present page, if the page does not have it yet."""
        if self._part is not None and not self._is_placed:
            self._parts.append(self._part)
            self._is_placed = True

    def _open(self) -> BinaryIO:
        self._path = self._folder / f"page-{len(self.bodies):06}.json"
        file = self._file = self._path.open("wb", buffering=BLOCK_BYTES)
        file.write(self.beginning)
        self._hashed = hashlib.sha256(self.beginning)
        return file

    def _close(self, file: BinaryIO) -> None:
        """Ends the present page; what comes of its last show is continued in the next one."""
        file.close()
        index = dump_index(self._parts)
        index_path = self._path.with_suffix(".index")
        index_path.write_bytes(index)
        digest, size_bytes = self._hashed.hexdigest(), len(self.beginning) + self._size_bytes
        facts = facts_of(self._parts, digest, size_bytes, f"{hashlib.sha256(index).hexdigest()}.json")
        self.bodies.append(Body(self._path, index_path, self._hashed, facts))
        if self._part is not None and self._is_placed:
            self._part, self._is_placed = Part(self._part.key, None, (), is_continued=True), False
        self._file, self._parts, self._size_bytes, self._items = None, [], 0, 0

    def _is_boundary(self, item_id: str, size_bytes: int) -> bool:
        """Whether a page may begin with the item: its id decides, and there is about one such item in `gap_bytes`."""
        return zlib.crc32(item_id.encode()) * self._gap_bytes < size_bytes << 32
