"""Whether the media that goes to a partner is the file that was checked and that the catalogue promises."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Protocol

from edye_delivery.catalog.plan import CheckedTitle
from edye_delivery.catalog.title import Source
from edye_delivery.errors import MediaChanged, MediaMismatch, MediaUnavailable


class OpenMedia(Protocol):
    """A media file that is being read, from the media host or from the artifact store."""

    @property
    def size_bytes(self) -> int:
        """The size of the whole file."""

    @property
    def etag(self) -> str:
        """The file's strong ETag, or empty."""

    def blocks(self) -> Iterator[bytes]:
        """The bytes from where the file was opened to its end."""


def media_of(checked: CheckedTitle) -> Source:
    """The title's media; MediaUnavailable where it has none (VID001 rejects such a title, unless it is waived)."""
    if checked.plan.media is None:
        raise MediaUnavailable(f"{checked.plan.external_id} has no media file to send")
    return checked.plan.media


def expected_sha256(checked: CheckedTitle) -> str | None:
    """The SHA-256 of the file to send: the re-encode's, else the one in the catalogue."""
    if checked.encode is not None:
        return checked.encode.sha256
    source = checked.plan.media
    return source.sha256.lower() if source is not None and source.sha256 else None


class MediaCheck:
    """Checks a title's media while it is sent, in one stream, or in several that each continue the one before."""

    def __init__(self, checked: CheckedTitle) -> None:
        self._checked = checked
        self._expected = expected_sha256(checked)
        self._digest = hashlib.sha256()
        self.hashed_bytes = 0

    def first_byte(self, offset: int) -> int:
        """The byte to read the source from, so that bytes from `offset` on can be sent and all bytes are checked."""
        return offset if self._expected is None else min(offset, self.hashed_bytes)

    def refuse_other_file(self, stream: OpenMedia) -> None:
        """Raises MediaChanged where the stream is not the file that was checked."""
        video = self._checked.video
        if video is not None and (stream.size_bytes != video.size_bytes or (video.etag and stream.etag != video.etag)):
            raise MediaChanged(
                f"the media of {self._checked.plan.external_id} changed between its check and its upload"
            )

    def hash_blocks(self, blocks: Iterator[bytes], offset: int) -> Iterator[bytes]:
        """The blocks, which begin at byte `offset` of the file; each byte is hashed once."""
        for block in blocks:
            if self._expected is not None and offset + len(block) > self.hashed_bytes:
                self._digest.update(memoryview(block)[self.hashed_bytes - offset :])
                self.hashed_bytes = offset + len(block)
            offset += len(block)
            yield block

    def finish(self) -> None:
        """Raises MediaMismatch where the whole file has another SHA-256 than the catalogue says."""
        if self._expected is not None and self._digest.hexdigest() != self._expected:
            promise = "its re-encode has" if self._checked.encode else "the catalogue says"
            raise MediaMismatch(
                f"the media of {self._checked.plan.external_id} has SHA-256 {self._digest.hexdigest()}, {promise} "
                f"{self._expected}: upload it to the media host again, or correct the catalogue"
            )
