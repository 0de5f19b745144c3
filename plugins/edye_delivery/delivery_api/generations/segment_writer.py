"""Writes a segment: items and index go into temporary files, and into the store when both are whole."""

from __future__ import annotations

import hashlib
from pathlib import Path

from edye_delivery.delivery_api.generations.index_file import Columns
from edye_delivery.delivery_api.generations.manifest import SegmentRecord, segment_file
from edye_delivery.delivery_api.generations.store import FolderStore

NAME_CHARS = 40
BUFFER_BYTES = 1024 * 1024


class SegmentWriter:
    """Takes the items' bytes in order, with the commas between them, and then their columns."""

    def __init__(self, store: FolderStore, partner: str, folder: Path) -> None:
        self._store, self._partner = store, partner
        self._items_path, self._index_path = folder / "items", folder / "index"
        self._digest = hashlib.sha256()
        self._items_bytes = 0
        self._file = self._items_path.open("wb", buffering=BUFFER_BYTES)

    def write(self, block: bytes) -> None:
        """Adds bytes of items."""
        self._file.write(block)
        self._digest.update(block)
        self._items_bytes += len(block)

    def finish(self, columns: Columns) -> SegmentRecord:
        """The segment, which is in the store now, named by its content."""
        self._file.close()
        index_bytes = 0
        with self._index_path.open("wb") as file:
            for block in columns.blocks():
                file.write(block)
                self._digest.update(block)
                index_bytes += len(block)
        name = self._digest.hexdigest()[:NAME_CHARS]
        self._store.add_file(segment_file(self._partner, name, "items"), self._items_path)
        self._store.add_file(segment_file(self._partner, name, "index"), self._index_path)
        return SegmentRecord(
            name=name,
            items=columns.count,
            items_bytes=self._items_bytes,
            index_bytes=index_bytes,
            first_ms=int(columns.moment_ms[0]),
            last_ms=int(columns.moment_ms[-1]),
            deleted=len(columns.tombstones),
        )
