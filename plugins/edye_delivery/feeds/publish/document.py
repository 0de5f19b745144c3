"""A feed without pages: one file with several lists, such as Direct Publisher takes."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from edye_delivery.feeds.publish.paging import LinkedPage
from edye_delivery.feeds.roku.item import FeedItem

BLOCK_BYTES = 1024 * 1024


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
    parts: list[Iterable[bytes]] = [(orjson.dumps(head())[:-1],)]
    for key in list_keys:
        if sizes[key]:
            parts += [(b",", orjson.dumps(key), b":["), blocks_of(folder / f"list-{key}"), (b"]",)]
    target = folder / "document.json"
    sha256, size_bytes = _write_parts((part for some in parts for part in some), target)
    return LinkedPage(target, f"{sha256[:32]}.json", sha256, sha256, size_bytes, sum(sizes.values())), kinds


def blocks_of(path: Path) -> Iterator[bytes]:
    """A file block by block."""
    with path.open("rb") as file:
        while block := file.read(BLOCK_BYTES):
            yield block


def _write_parts(parts: Iterable[bytes], target: Path) -> tuple[str, int]:
    """Writes an object's parts and its closing bracket; gives digest and size of the file."""
    digest, size_bytes = hashlib.sha256(), 0
    with target.open("wb") as file:
        for part in chain(parts, (b"}\n",)):
            size_bytes += file.write(part)
            digest.update(part)
    return digest.hexdigest(), size_bytes
