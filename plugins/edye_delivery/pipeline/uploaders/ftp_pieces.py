"""One file of a title on its way to a partner's FTP server, and whether it has arrived."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from edye_delivery.catalog.digest import digest_of
from edye_delivery.clients.ftp import FtpSession
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.ledger.records import Delivery

NAME_CHARS = 16


@dataclass(frozen=True, slots=True)
class Piece:
    """One file of a title: its path, its size, and its bytes from an offset on.

    `may_continue` where a part of it at the partner is known to have the same bytes.
    """

    path: RemotePath
    temporary: RemotePath
    size_bytes: int
    blocks: Callable[[int], AbstractContextManager[Iterator[bytes]]]
    may_continue: bool = True
    is_commit: bool = False

    @property
    def trial(self) -> RemotePath:
        """The path of a small file that shows whether the server continues a part of a file."""
        stem, _, suffix = self.temporary.name.rpartition(".")
        return RemotePath(self.temporary.folder, f"trial-{digest_of(stem)[:NAME_CHARS]}.{suffix}")


def is_placed(session: FtpSession, piece: Piece, delivery: Delivery) -> bool:
    """Whether the file got its final name: it was whole, and is no longer there under its temporary name.

    The partner takes the files away only after the metadata file is there.
    """
    if piece.temporary.name not in delivery.whole_files or session.size(piece.temporary) is not None:
        return False
    return piece.is_commit or session.size(piece.path) == piece.size_bytes


def small_piece(content: bytes, path: RemotePath, temporary: RemotePath, *, is_commit: bool = False) -> Piece:
    """A file whose bytes are in memory."""

    @contextmanager
    def blocks(offset: int) -> Iterator[Iterator[bytes]]:
        yield iter([content[offset:]])

    return Piece(path, temporary, len(content), blocks, is_commit=is_commit)
