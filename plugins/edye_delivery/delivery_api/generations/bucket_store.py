"""The bucket that generations are in, as those see it that publish and look: every file is written there at once.

Segments are copied into a folder of this machine before they are opened; they never change, so the copies stay.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from edye_delivery.clients.s3_bucket import ObjectState, S3Bucket
from edye_delivery.delivery_api.generations.bucket_files import BucketFiles
from edye_delivery.delivery_api.generations.store import FolderStore, Stamp
from edye_delivery.errors import GenerationTaken

YOUNG = timedelta(hours=1)
"""A younger object is not deleted: the publisher that wrote it may not have switched readers to it yet."""


class BucketStore(FolderStore):
    """As a folder, with a bucket behind it; `root` is the folder for copies.

    `replace` writes only over what this store has read, so that no older pointer replaces a newer one: GenerationTaken.
    """

    settle_s = 300.0
    """A server copies a new generation before it serves it."""

    def __init__(self, bucket: S3Bucket, root: Path, young: timedelta = YOUNG) -> None:
        super().__init__(root)
        self._bucket, self._young = bucket, young
        self._etags: dict[str, str | None] = {}
        self._written_at: dict[str, datetime] = {}
        self._now: datetime | None = None

    def read(self, name: str) -> bytes:
        """The whole object; FileNotFoundError."""
        self.path_of(name)
        self._etags[name] = None
        content, state = self._bucket.read(name)
        self._etags[name] = state.etag
        return content

    def write(self, name: str, content: bytes) -> None:
        """Writes the object, whatever there is."""
        self.path_of(name)
        self._bucket.write(name, content)

    def replace(self, name: str, content: bytes) -> None:
        """Writes over the object that was read last, or where there was none; GenerationTaken."""
        self.path_of(name)
        etag = self._bucket.replace(name, content, self._etags.get(name))
        if etag is None:
            raise GenerationTaken(f"another publisher has written {name} of {self._bucket} meanwhile; publish again")
        self._etags[name] = etag

    def write_once(self, name: str, content: bytes) -> None:
        """As `write`, but FileExistsError where there is such an object already."""
        self.path_of(name)
        if self._bucket.replace(name, content, None) is None:
            raise FileExistsError(17, "there is such an object", name)

    def add_file(self, name: str, source: Path) -> None:
        """Uploads a local file, and keeps it as the copy of the object."""
        self.path_of(name)
        self._bucket.upload(name, source)
        super().add_file(name, source)

    def open_segment(self, items: str, index: str, items_bytes: int, index_bytes: int) -> tuple[int, int]:
        """Opens the copies of a segment's two objects, which are made first; FileNotFoundError, GenerationDamaged."""
        partner, content_name = items.partition("/")[0], Path(items).stem
        files = BucketFiles(self._bucket, FolderStore(self.root), partner)
        files.fetch_whole(content_name, {items: items_bytes, index: index_bytes})
        return super().open_segment(items, index, items_bytes, index_bytes)

    def is_there(self, name: str) -> bool:
        """Whether the bucket has such an object."""
        self.path_of(name)
        return self._bucket.state(name) is not None

    def stamp(self, name: str) -> Stamp:
        """What changes whenever the object is written; FileNotFoundError."""
        state = self._state(name)
        return state.etag, state.changed_at

    def modification_time_s(self, name: str) -> float:
        """When the object was last written, by the bucket's clock; FileNotFoundError."""
        return self._state(name).changed_at.timestamp()

    def delete(self, name: str) -> None:
        """Removes the object and its copy; one that `names` has told as young stays for a later time."""
        written_at = self._written_at.get(name)
        if written_at is not None and self._now is not None and self._now - written_at < self._young:
            return
        self._bucket.delete(name)
        super().delete(name)

    def names(self, folder: str) -> list[str]:
        """The names of the objects in a folder, sorted; copies of others are deleted."""
        self.path_of(folder)
        found, self._now = self._bucket.names(folder)
        self._written_at |= found
        for copy in set(super().names(folder)) - found.keys():
            super().delete(copy)
        return sorted(found)

    def _state(self, name: str) -> ObjectState:
        self.path_of(name)
        state = self._bucket.state(name)
        if state is None:
            raise FileNotFoundError(2, "no such object", name)
        return state
