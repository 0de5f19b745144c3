"""Copies of a bucket's segments in a folder of this machine: whole, and with the content that their names tell."""

from __future__ import annotations

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from edye_delivery.clients.s3_bucket import S3Bucket
from edye_delivery.delivery_api.generations.manifest import (
    FULL_AGAIN,
    SegmentRecord,
    segment_file,
    segments_folder,
)
from edye_delivery.delivery_api.generations.segment_writer import NAME_CHARS
from edye_delivery.delivery_api.generations.store import TEMPORARY_PREFIX, FolderStore
from edye_delivery.errors import GenerationDamaged, StoreUnavailable

LOCK = ".lock"


class BucketFiles:
    """Downloads segments and holes of one partner that the folder lacks; several processes may share the folder.

    FileNotFoundError where the bucket has no such file; GenerationDamaged where it is not what was written;
    StoreUnavailable where the bucket or the folder fails.
    """

    def __init__(self, bucket: S3Bucket, folder: FolderStore, partner: str) -> None:
        self._bucket, self._folder, self._partner = bucket, folder, partner

    def fetch(self, record: SegmentRecord) -> int:
        """Downloads what the folder lacks of a segment; the number of bytes."""
        names = {
            segment_file(self._partner, record.name, "items"): record.items_bytes,
            segment_file(self._partner, record.name, "index"): record.index_bytes,
        }
        fetched = self.fetch_whole(record.name, names)
        if record.holes:
            fetched += self.fetch_whole(
                record.holes, {segment_file(self._partner, record.holes, "holes"): 4 * record.hole_count}
            )
        return fetched

    def fetch_whole(self, content_name: str, sizes: dict[str, int]) -> int:
        """Downloads files, if one is missing, whose bytes together have this name; the number of bytes."""
        if all(map(self._folder.is_there, sizes)):
            return 0
        with self._lock_folder() as lock_folder:
            if all(map(self._folder.is_there, sizes)):
                return 0
            paths = {name: lock_folder / f"{TEMPORARY_PREFIX}{Path(name).name}" for name in sizes}
            try:
                digest = hashlib.sha256()
                for name, path in paths.items():
                    self._download(name, path, sizes[name], digest)
                if digest.hexdigest()[:NAME_CHARS] != content_name:
                    raise GenerationDamaged(
                        f"{', '.join(sizes)} of {self._bucket} have not the content that was written; {FULL_AGAIN}"
                    )
                for name, path in paths.items():
                    self._folder.add_file(name, path)
            finally:
                for path in paths.values():
                    path.unlink(missing_ok=True)
        return sum(sizes.values())

    def _download(self, name: str, path: Path, size_bytes: int, digest: Any) -> None:
        try:
            with path.open("wb") as file:
                for block in self._bucket.blocks(name, size_bytes):
                    file.write(block)
                    digest.update(block)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StoreUnavailable(
                f"{path} cannot be written: {error.strerror or error}; has the disk room?"
            ) from error

    @contextmanager
    def _lock_folder(self) -> Iterator[Path]:
        """One process at a time downloads for a partner; what one left that was killed is deleted."""
        folder = self._folder.path_of(segments_folder(self._partner))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = (folder / LOCK).open("wb")
        except OSError as error:
            raise StoreUnavailable(f"{folder} cannot be written: {error.strerror or error}") from error
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            for left in folder.glob(f"{TEMPORARY_PREFIX}*"):
                left.unlink(missing_ok=True)
            yield folder
