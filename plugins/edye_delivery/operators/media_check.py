"""Whether the media that goes to a partner is the file that was judged and that the catalogue promises."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from edye_delivery.catalog.plan import JudgedTitle
from edye_delivery.catalog.title import Source
from edye_delivery.clients.media import MediaStream
from edye_delivery.errors import MediaChanged, MediaMismatch, MediaUnavailable


def media_of(judged: JudgedTitle) -> Source:
    """The title's media; MediaUnavailable where it has none (VID001 rejects such a title, unless it is waived)."""
    if judged.plan.media is None:
        raise MediaUnavailable(f"{judged.plan.external_id} has no media file to send")
    return judged.plan.media


class MediaCheck:
    """Follows a title's media on its way, in one stream or in several that go on where the one before ended."""

    def __init__(self, judged: JudgedTitle) -> None:
        source = judged.plan.media
        self._judged = judged
        self._expected = source.sha256.lower() if source is not None and source.sha256 else None
        self._digest = hashlib.sha256()
        self.hashed_bytes = 0

    def first_byte(self, offset: int) -> int:
        """Where the source has to be read from so that bytes from `offset` on may be sent and all of it be checked."""
        return offset if self._expected is None else min(offset, self.hashed_bytes)

    def same_file(self, stream: MediaStream) -> None:
        """Raises MediaChanged where the stream is not the file that was judged."""
        video = self._judged.video
        if video is not None and (stream.size_bytes != video.size_bytes or (video.etag and stream.etag != video.etag)):
            raise MediaChanged(f"the media of {self._judged.plan.external_id} changed between its check and its upload")

    def seen(self, blocks: Iterator[bytes], offset: int) -> Iterator[bytes]:
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
            raise MediaMismatch(
                f"the media of {self._judged.plan.external_id} has SHA-256 {self._digest.hexdigest()}, the catalogue "
                f"says {self._expected}: upload it to the media host again, or correct the catalogue"
            )
