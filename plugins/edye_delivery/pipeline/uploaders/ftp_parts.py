"""Parts of files at a partner's FTP server: whether the server continues them, and how much of a title has arrived.

Some servers accept REST or APPE, and still write from the file's beginning: then only the size of the file shows it. So
before the first part is continued, a file of three bytes shows what the server does.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass, field

from edye_delivery.clients.ftp import FtpSession, OffsetRefused
from edye_delivery.clients.ftp_path import RemotePath
from edye_delivery.errors import FtpRefused

log = logging.getLogger(__name__)
FIRST, LAST = b"ab", b"c"


@dataclass(slots=True)
class FoundParts:
    """What the tries of one process found; `server_continues` is None until a try has shown it."""

    server_continues: bool | None = None
    _sizes: dict[str, int] = field(default_factory=dict)
    _most_bytes: dict[str, int] = field(default_factory=dict)

    def usable_bytes(self, name: str, size_bytes: int, whole_bytes: int) -> int:
        """The byte at which to continue a part of this size; 0 where the part cannot be used.

        An empty part cannot: an upload that still waits for it would empty it later. A part that has shrunk was
        written from its beginning. A part that is too large belongs to another file.
        """
        known_bytes = self._sizes.get(name, 0)
        if size_bytes < known_bytes:
            self.server_continues = False
        is_part = self.server_continues is not False and max(1, known_bytes) <= size_bytes < whole_bytes
        self._sizes[name] = size_bytes if is_part or size_bytes == whole_bytes else 0
        return self._sizes[name]

    def forget(self, name: str) -> None:
        """Forgets a part that was removed."""
        self._sizes.pop(name, None)

    def try_continuation(self, session: FtpSession, path: RemotePath) -> bool:
        """Whether the server continues a part of a file; tried once with a small file, which is removed.

        A server that refuses the small file does not. OffsetRefused where the server refuses to continue: the session
        may still have an offset and is not used again.
        """
        if self.server_continues is None:
            try:
                session.store(path, [FIRST])
                session.store(path, [LAST], len(FIRST))
                self.server_continues = session.size(path) == len(FIRST + LAST)
            except OffsetRefused:
                self.server_continues = False
                _remove(session, path)
                raise
            except FtpRefused as error:
                self.server_continues = False
                log.info("the server refuses a small file that would show whether it continues parts: %s", error)
            _remove(session, path)
        return self.server_continues

    def note_continued(self, *, is_whole: bool) -> None:
        """Notes whether the file was whole after a try that continued a part."""
        self.server_continues = is_whole

    def note_arrived(self, delivery_key: str, arrived_bytes: int) -> bool:
        """Whether more of a title has arrived than any earlier try found; the first try never says so."""
        most_bytes = self._most_bytes.get(delivery_key, arrived_bytes)
        self._most_bytes[delivery_key] = max(most_bytes, arrived_bytes)
        return arrived_bytes > most_bytes


def _remove(session: FtpSession, path: RemotePath) -> None:
    """Removes a small file, where the server lets us; a small file that stays does no harm."""
    with suppress(FtpRefused):
        session.delete(path)
