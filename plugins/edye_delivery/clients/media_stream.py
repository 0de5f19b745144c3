"""A media file as a stream of blocks, resumed where the host breaks off or sends less than we asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import httpx

from edye_delivery.clients.http import transport_failures
from edye_delivery.clients.media_answers import begins_at, plain_blocks, size_of, strong_etag
from edye_delivery.clients.slow_hosts import SlowHosts
from edye_delivery.errors import AddressRefused, MediaChanged, MediaRefused, TooSlow, Transient

BREAKS_MAX = 5
PIECE_LEAST_BYTES = 64 * 1024
"""A host may send less than we asked for, but at least this many bytes at a time; fewer count as a break."""


class Opener(Protocol):
    """Whatever opens an address of the media host."""

    slow_hosts: SlowHosts

    def open(self, url: str, headers: dict[str, str]) -> httpx.Response:
        """The answer to one GET, its body unread; the caller closes it."""


class MediaStream:
    """A file's bytes in blocks as they arrive, once; memory does not grow with the file.

    Where the host breaks off, or sends only a part of what we asked for, the stream resumes at the same byte of the
    same file (Range with If-Match). Without a strong ETag nobody can know that it is the same file: then the break ends
    the stream with a Transient. So does a host that does not keep the least rate.
    """

    def __init__(self, host: Opener, url: str, offset: int = 0) -> None:
        self._host, self._url, self._offset = host, url, offset
        self._response = host.open(url, {"Range": f"bytes={offset}-"} if offset else {})
        try:
            if self._response.status_code == 206 and not begins_at(self._response, offset):
                raise Transient(f"the media host cannot begin at byte {offset}")
            self.size_bytes = size_of(self._response)
        except BaseException:
            self.close()
            raise
        self.etag = strong_etag(self._response)

    def blocks(self) -> Iterator[bytes]:
        """The bytes from the offset to the end; Transient or MediaChanged where the host does not send them all."""
        offset, breaks = self._offset, 0
        skipped = offset if self._response.status_code == 200 else 0  # a host without ranges begins at the start
        while offset < self.size_bytes:
            piece_offset = offset
            try:
                host = self._response.request.url.host
                with transport_failures("the media host"), self._host.slow_hosts.counting(host, self._url):
                    for block in plain_blocks(self._response):
                        if skipped:
                            block, skipped = block[skipped:], max(0, skipped - len(block))
                        offset += len(block)
                        if offset > self.size_bytes:
                            raise MediaChanged(
                                f"the media host sent more than the {self.size_bytes} bytes it announced"
                            )
                        yield block
                if offset < self.size_bytes:
                    self._end_of_piece(offset, offset - piece_offset)
            except (MediaChanged, MediaRefused, TooSlow):
                raise
            except Transient:
                breaks += 1
                if not self.etag or breaks > BREAKS_MAX:
                    raise
                self._resume(offset)
        self._host.slow_hosts.forget(self._response.request.url.host)

    def close(self) -> None:
        """Closes the connection."""
        self._response.close()

    def _end_of_piece(self, offset: int, piece_bytes: int) -> None:
        """Asks for the rest after a part that was large enough; Transient after a small one, or after no part."""
        if self._response.status_code != 206 or piece_bytes < PIECE_LEAST_BYTES or not self.etag:
            raise Transient(f"the media host ended after {offset} of {self.size_bytes} bytes")
        self._resume(offset)

    def _resume(self, offset: int) -> None:
        self.close()
        headers = {"Range": f"bytes={offset}-", "If-Match": self.etag}
        try:
            self._response = self._host.open(self._url, headers)
        except AddressRefused as error:  # the address has expired meanwhile; the next try begins with a new one
            raise Transient(str(error)) from error
        if not begins_at(self._response, offset):
            raise Transient(f"the media host cannot resume at byte {offset}")
