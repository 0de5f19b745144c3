"""Recognises a file by its name and its first bytes: video, picture or catalogue item."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from edye_delivery.catalog.printable import printable
from edye_delivery.clients.http import parse_json

ITEM_MAX_BYTES = 4 * 1024 * 1024
"""An item of the catalogue has about 3,000 bytes."""
HEAD_BYTES = 16
PICTURE_ENDINGS = frozenset(
    {".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".heic", ".svg"}
)
PICTURE_BEGINS = (b"\xff\xd8\xff", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")
PICTURE_BRANDS = (b"ftypavif", b"ftypheic", b"ftypmif1")
VIDEO_ENDINGS = frozenset(
    {".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".ts", ".m2ts", ".mpg", ".mpeg", ".wmv", ".flv", ".3gp", ".mxf"}
)
VIDEO_BEGINS = (b"\x1a\x45\xdf\xa3", b"\0\0\1\xba", b"FLV\1", b"OggS", b"\x30\x26\xb2\x75")


class Kind(StrEnum):
    """What a file is."""

    VIDEO = "video"
    PICTURE = "picture"
    TITLE = "title"


class Unusable(Exception):
    """A file that cannot be checked; the message is one sentence that names it."""


@dataclass(frozen=True, slots=True)
class Input:
    """One file; `item` is its content where it is JSON; `content` are its bytes where it is not at `path`."""

    path: Path
    name: str
    kind: Kind
    size_bytes: int
    item: dict[str, Any] | None = None
    content: bytes | None = None

    def read(self, max_bytes: int) -> bytes:
        """The first so many bytes; Unusable where they cannot be read."""
        if self.content is not None:
            return self.content[:max_bytes]
        try:
            with self.path.open("rb") as file:
                return file.read(max_bytes)
        except OSError as error:
            raise Unusable(f"{self.name} cannot be read: {error.strerror}") from None


def input_of_content(name: str, content: bytes) -> Input:
    """A file that is not on disk, with its kind; Unusable where it is of none. Its JSON is not parsed."""
    kind = _kind_of(Path(name), content[:HEAD_BYTES])
    if kind is None:
        raise Unusable(f"{name} is neither a video nor a picture nor JSON")
    return Input(Path(name), name, kind, len(content), content=content)


def input_of(text: str) -> Input:
    """The file at this path; Unusable says why it cannot be checked."""
    path, name = Path(text), printable(text, 1000)
    try:
        facts = path.stat()
        if not stat.S_ISREG(facts.st_mode):
            raise Unusable(f"{name} is {'a folder' if stat.S_ISDIR(facts.st_mode) else 'no regular file'}: name a file")
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
    except FileNotFoundError:
        raise Unusable(f"{name} does not exist") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise Unusable(f"{name} cannot be read: {printable(str(reason))}") from None
    kind = _kind_of(path, head)
    if kind is None:
        raise Unusable(f"{name} is neither a video nor a picture nor the JSON of a title")
    item = _item_of(path, name, facts.st_size) if kind is Kind.TITLE else None
    return Input(path, name, kind, facts.st_size, item)


def _kind_of(path: Path, head: bytes) -> Kind | None:
    """The kind by the file's name, as in a run; else by its first bytes."""
    ending = path.suffix.lower()
    for kind, endings in ((Kind.TITLE, {".json"}), (Kind.PICTURE, PICTURE_ENDINGS), (Kind.VIDEO, VIDEO_ENDINGS)):
        if ending in endings:
            return kind
    if head.lstrip()[:1] == b"{":
        return Kind.TITLE
    if head.startswith(PICTURE_BEGINS) or head[8:12] == b"WEBP" or head[4:12] in PICTURE_BRANDS:
        return Kind.PICTURE
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free") or head[8:11] == b"AVI":
        return Kind.VIDEO
    return Kind.VIDEO if head.startswith(VIDEO_BEGINS) else None


def _item_of(path: Path, name: str, size_bytes: int) -> dict[str, Any]:
    refuse_large_item(name, size_bytes)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unusable(f"{name} cannot be read as JSON: {printable(str(error), 200)}") from None
    return item_of_content(name, content)


def refuse_large_item(name: str, size_bytes: int) -> None:
    """Raises Unusable for more bytes than an item of the catalogue has."""
    if size_bytes > ITEM_MAX_BYTES:
        raise Unusable(f"{name} has {size_bytes:,} bytes; an item of the catalogue has at most {ITEM_MAX_BYTES:,}")


def item_of_content(name: str, content: bytes) -> dict[str, Any]:
    """The catalogue item in a JSON text; Unusable says why it is none."""
    refuse_large_item(name, len(content))
    try:
        item = parse_json(content)
    except ValueError as error:
        raise Unusable(f"{name} cannot be read as JSON: {printable(str(error), 200)}") from None
    if not isinstance(item, dict):
        raise Unusable(f"{name} holds no object: give one item of the catalogue, a show or an episode")
    if isinstance(item.get("items"), list):
        raise Unusable(f"{name} is a page of the catalogue's list: give one of its items")
    return item
