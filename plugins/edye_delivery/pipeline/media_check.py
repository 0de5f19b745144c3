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
        """The whole file's."""

    @property
    def etag(self) -> str:
        """Its strong ETag, or empty."""

    def blocks(self) -> Iterator[bytes]:
        """Its bytes from where it was opened to its end."""


def media_of(checked: CheckedTitle) -> Source:
    """The title's media; MediaUnavailable where it has none (VID001 rejects such a title, unless it is waived)."""
    if checked.plan.media is None:
        raise MediaUnavailable(f"{checked.plan.external_id} has no media file to send")
    return checked.plan.media


def expected_sha256(checked: CheckedTitle) -> str | None:
    """The SHA-256 of what is to be sent: of the re-encode, else as the catalogue tells it."""
    if checked.encode is not None:
        return checked.encode.sha256
    source = checked.plan.media
    return source.sha256.lower() if source is not None and source.sha256 else None


class MediaCheck:
    """Follows a title's media on its way, in one stream or in several that go on where the one before ended."""

    def __init__(self, checked: CheckedTitle) -> None:
        self._checked = checked
        self._expected = expected_sha256(checked)
        self._digest = hashlib.sha256()
        self.hashed_bytes = 0

    def first_byte(self, offset: int) -> int:
        """Where the source has to be read from so that bytes from `offset` on may be sent and all of it be checked."""
        return offset if self._expected is None else min(offset, self.hashed_bytes)

    def same_file(self, stream: OpenMedia) -> None:
        """Raises MediaChanged where the stream is not the file that was checked."""
        video = self._checked.video
        if video is not None and (stream.size_bytes != video.size_bytes or (video.etag and stream.etag != video.etag)):
            raise MediaChanged(
                f"the media of {self._checked.plan.external_id} changed between its check and its upload"
            )

    def note_blocks(self, blocks: Iterator[bytes], offset: int) -> Iterator[bytes]:
        """The blocks, which begin at byte `offset` of the file, each noted once."""
        for block in blocks:
            if self._expected is not None and offset + len(block) > self.hashed_bytes:
                self._digest.update(memoryview(block)[self.hashed_bytes - offset :])
                self.hashed_bytes = offset + len(block)
            offset += len(block)
            yield block

    def finish(self) -> None:
        """Raises MediaMismatch where the whole file has another SHA-256 than the catalogue tells."""
        if self._expected is not None and self._digest.hexdigest() != self._expected:
            promise = "its re-encode has" if self._checked.encode else "the catalogue says"
            raise MediaMismatch(
                f"the media of {self._checked.plan.external_id} has SHA-256 {self._digest.hexdigest()}, {promise} "
                f"{self._expected}: upload it to the media host again, or correct the catalogue"
            )
