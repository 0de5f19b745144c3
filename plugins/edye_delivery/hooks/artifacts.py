"""The connection `artifact_store`: files that one step writes and another reads, whole or not at all."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import IO

from airflow.sdk import BaseHook, ObjectStoragePath
from airflow.sdk.exceptions import AirflowNotFoundException

from edye_delivery.annex.api import LEAST_RATE_BYTES_S
from edye_delivery.clients.bounds import ANSWER_S
from edye_delivery.clients.secret_mask import NO_SECRETS, SecretMask
from edye_delivery.errors import ConfigurationInvalid, StoreUnavailable
from edye_delivery.hooks.connection_safety import check_s3
from edye_delivery.hooks.connection_secrets import mask_of
from edye_delivery.pipeline.artifact_folder import ArtifactFolder
from edye_delivery.pipeline.prune_files import PrunableStore, StoredFile

CONN_ID = "artifact_store"
BLOCK_BYTES = 1024 * 1024
PART_BYTES = 16 * BLOCK_BYTES
"""So much of an object is read in one call: large enough to be fast, small enough for memory."""
SAFE_NAME = re.compile(r"[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")


class ArtifactStore:
    """Named files below one root: a folder, or a bucket with a prefix; `mask` knows the bucket's key and secret.

    Each call to a bucket ends within the time for an answer, and for its bytes at the least rate.

    StoreUnavailable where the store fails with one of `failures`, other than that a file is missing.
    """

    def __init__(
        self, root: ObjectStoragePath, mask: SecretMask = NO_SECRETS, failures: tuple[type[Exception], ...] = (OSError,)
    ) -> None:
        self._root, self._mask, self._failures = root, mask, failures

    def put(self, name: str, content: bytes) -> str:
        """Writes a file whole or not at all, and replaces an older one; returns its name.

        ConfigurationInvalid where the place does not exist, or we may not write there.
        """
        path = self._path(name)
        with self._writing():
            if path.protocol == "file":
                _write_local(Path(path.path), lambda file: file.write(content))
            else:
                path.fs.pipe_file(path.path, content, timeout=_time_s(len(content)))  # it appears with its last byte
        return name

    def put_file(self, name: str, source: Path) -> str:
        """As `put`, from a local file, block by block; the file stays."""
        path = self._path(name)
        with self._writing():
            if path.protocol == "file":
                with source.open("rb") as content:
                    _write_local(Path(path.path), partial(shutil.copyfileobj, content, length=BLOCK_BYTES))
            else:
                # In parts where it is large; it appears when all are there.
                path.fs.put_file(str(source), path.path, timeout=_time_s(source.stat().st_size))
        return name

    def put_once(self, name: str, content: bytes) -> str:
        """As `put`, for names made of content: a file that is there already stays."""
        try:
            self.size(name)
        except FileNotFoundError:
            return self.put(name, content)
        return name

    def get(self, name: str) -> bytes:
        """The file's bytes; FileNotFoundError where there is none."""
        return b"".join(self.stream(name))

    def size(self, name: str) -> int:
        """The file's size in bytes; FileNotFoundError where there is none."""
        path = self._path(name)
        with self._answering():
            if path.protocol == "file":
                return Path(path.path).stat().st_size
            return int(path.fs.info(path.path, timeout=ANSWER_S)["size"])

    def stream(self, name: str, offset: int = 0) -> Generator[bytes, None, None]:
        """The file from `offset` on in blocks, so that memory does not grow with it; FileNotFoundError."""
        path = self._path(name)
        if path.protocol != "file":
            yield from self._objects_blocks(path, offset, self.size(name))
            return
        with self._answering(), Path(path.path).open("rb") as file:
            file.seek(offset)
            while block := file.read(BLOCK_BYTES):
                yield block

    def _objects_blocks(self, path: ObjectStoragePath, offset: int, size: int) -> Iterator[bytes]:
        for start in range(offset, size, PART_BYTES):
            end = min(start + PART_BYTES, size)
            with self._answering():
                part = path.fs.cat_file(path.path, start=start, end=end, timeout=_time_s(end - start))
            for begin in range(0, len(part), BLOCK_BYTES):
                yield part[begin : begin + BLOCK_BYTES]

    def delete(self, name: str) -> None:
        """Removes a file; it is no error where there is none."""
        path = self._path(name)
        with self._answering():
            if path.protocol == "file":
                Path(path.path).unlink(missing_ok=True)
            else:
                path.fs.rm_file(path.path, timeout=ANSWER_S)

    def folders(self, name: str) -> list[str]:
        """The names of the folders in a folder, sorted; none where it does not exist."""
        path = self._path(name)
        with self._answering():
            try:
                found = path.fs.ls(path.path, detail=True)
            except FileNotFoundError:
                return []
        return sorted(one["name"].rstrip("/").rpartition("/")[2] for one in found if one["type"] == "directory")

    def files(self, name: str) -> Iterator[StoredFile]:
        """All files below a folder, also unfinished ones; none where it does not exist."""
        path = self._path(name)
        with self._answering():
            found = path.fs.find(path.path, detail=True)
        for full_name, facts in found.items():
            below = full_name.rpartition(f"{path.path.strip('/')}/")[2]
            modified = facts.get("LastModified") or datetime.fromtimestamp(facts["mtime"], UTC)
            yield StoredFile(f"{name}/{below}", int(facts["size"]), modified)

    def url(self, name: str) -> str:
        """The address of the file, for people."""
        return str(self._path(name))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._answering():
                yield
        except (FileNotFoundError, FileExistsError, NotADirectoryError, PermissionError) as error:
            raise ConfigurationInvalid(
                f"nothing can be written to {self._root}: {error.strerror or error}; check the connection {CONN_ID}"
            ) from error

    @contextmanager
    def _answering(self) -> Iterator[None]:
        with self._mask.errors():
            try:
                yield
            except (FileNotFoundError, FileExistsError, NotADirectoryError, PermissionError):
                raise  # of one file, or `_writing` says it
            except self._failures as error:
                raise StoreUnavailable(
                    f"the artifact store {self._root} does not answer, or has no room: {error}"
                ) from error

    def _path(self, name: str) -> ObjectStoragePath:
        if not SAFE_NAME.fullmatch(name) or ".." in name:
            raise ValueError(f"{name!r:.200} is not a name of an artifact")
        return self._root / name


class ArtifactHook(BaseHook):
    """The store behind a connection of type fs (extra path), or aws (extra bucket_name, prefix, endpoint_url)."""

    def __init__(self, conn_id: str = CONN_ID) -> None:
        super().__init__()
        self._conn_id = conn_id

    def folder(self) -> Path | None:
        """The folder, where the store is one."""
        connection = self.get_connection(self._conn_id)
        if connection.conn_type not in ("fs", "file"):
            return None
        folder = connection.extra_dejson.get("path") or connection.host or connection.schema
        if not folder:
            raise ConfigurationInvalid(f"the connection {self._conn_id} names no folder (extra path)")
        return Path(folder).absolute()

    def get_conn(self) -> ArtifactStore:
        """The store."""
        connection = self.get_connection(self._conn_id)
        extra, mask = connection.extra_dejson, mask_of(connection)
        folder = self.folder()
        if folder is not None:
            return ArtifactStore(ObjectStoragePath(f"file://{folder}"))
        if connection.conn_type in ("aws", "s3"):
            bucket = extra.get("bucket_name")
            if not bucket:
                raise ConfigurationInvalid(f"the connection {self._conn_id} names no bucket (extra bucket_name)")
            from botocore.exceptions import BotoCoreError, ClientError  # loads slowly, and a folder does not need it

            check_s3(connection)
            prefix = str(extra.get("prefix", "")).strip("/")
            root = ObjectStoragePath(f"s3://{bucket}/{prefix}".rstrip("/"), conn_id=self._conn_id)
            return ArtifactStore(root, mask, (OSError, BotoCoreError, ClientError))
        raise ConfigurationInvalid(
            f"the connection {self._conn_id} is of type {connection.conn_type!r}; the artifact store needs fs or aws"
        )


def prunable_store() -> PrunableStore | None:
    """The store behind `artifact_store`, for `ledger prune`; None where Airflow has no such connection."""
    hook = ArtifactHook()
    try:
        folder = hook.folder()
    except AirflowNotFoundException:
        return None
    return hook.get_conn() if folder is None else ArtifactFolder(folder)


def _time_s(size_bytes: int) -> float:
    """How long one call to a bucket may take that transfers so many bytes."""
    return ANSWER_S + size_bytes / LEAST_RATE_BYTES_S


def _write_local(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
