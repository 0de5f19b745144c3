"""Small files for this user alone: the key of the cursors, and the last known tokens; each is written whole."""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from edye_delivery.clients.s3_bucket import S3Bucket
from edye_delivery.delivery_api.cursors import KEY_BYTES
from edye_delivery.errors import ConfigurationInvalid

CURSOR_KEY = "cursor.key"


def write_whole(path: Path, content: bytes) -> None:
    """Replaces the file (mode 0600); a reader, and a machine that stops, see the old content or the new one."""
    temporary = _write_beside(path, content)
    try:
        os.replace(temporary, path)
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def cursor_key(root: Path) -> bytes:
    """The key that signs cursors; it is made once, also where several processes start at the same moment."""
    path = root / CURSOR_KEY
    if not path.exists():
        temporary = _write_beside(path, secrets.token_bytes(KEY_BYTES).hex().encode())
        with suppress(FileExistsError):
            os.link(temporary, path)
        temporary.unlink(missing_ok=True)
        _sync_folder(root)
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        key = b""
    if len(key) < KEY_BYTES:
        raise ConfigurationInvalid(f"{path} is no key of cursors: delete it, and a new one is made at the next start")
    return key


def share_cursor_key(root: Path, bucket: S3Bucket) -> None:
    """Copies the key of the cursors from the bucket, so that all servers of it read each other's cursors.

    The first one makes it. A server that has it does not ask the bucket. StoreUnavailable, ConfigurationInvalid.
    """
    if (root / CURSOR_KEY).exists():
        return
    bucket.replace(CURSOR_KEY, secrets.token_bytes(KEY_BYTES).hex().encode(), None)
    write_whole(root / CURSOR_KEY, bucket.read(CURSOR_KEY)[0])


def _write_beside(path: Path, content: bytes) -> Path:
    number, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        temporary.unlink(missing_ok=True)
        raise
    return temporary


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
