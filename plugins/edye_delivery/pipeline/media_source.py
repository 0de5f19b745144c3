"""Where a title's media comes from: the media host, or the artifact store where it was re-encoded."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass

from edye_delivery.catalog.plan import CheckedTitle, Encode
from edye_delivery.clients.media import HEAD_BYTES, MediaFile, MediaHost
from edye_delivery.errors import AddressRefused, ConfigurationInvalid, MediaChanged
from edye_delivery.pipeline.fresh_address import NO_FRESH_SOURCES, FreshSources
from edye_delivery.pipeline.media_check import OpenMedia, media_of
from edye_delivery.pipeline.stores import BlockReader


@dataclass(frozen=True, slots=True)
class StoredMedia:
    """An encode's bytes from an offset on, in blocks, as a media host gives them."""

    size_bytes: int
    etag: str
    bytes_from_offset: Iterator[bytes]

    def blocks(self) -> Iterator[bytes]:
        """The bytes, once."""
        return self.bytes_from_offset


@dataclass(frozen=True, slots=True)
class MediaSource:
    """Opens the media that goes to the partner; without `artifacts` a re-encoded title cannot be opened.

    Where the host refuses an address, `fresh_sources` reads it from the catalogue again.
    """

    host: MediaHost
    artifacts: BlockReader | None = None
    fresh_sources: FreshSources = NO_FRESH_SOURCES

    @contextmanager
    def open(self, checked: CheckedTitle, offset: int = 0) -> Iterator[OpenMedia]:
        """The media from `offset` on; the context closes it."""
        encode = checked.encode
        if encode is None:
            with ExitStack() as stack:
                yield self._open_at_host(checked, offset, stack)
            return
        if self.artifacts is None:
            raise ConfigurationInvalid(
                f"{checked.plan.external_id} was re-encoded, but this step has no artifact store"
            )
        blocks = self.artifacts.stream(encode.name, offset)
        with closing(blocks):
            yield StoredMedia(_size_of(self.artifacts, encode), encode.etag, blocks)

    def _open_at_host(self, checked: CheckedTitle, offset: int, stack: ExitStack) -> OpenMedia:
        """The file at its address; where the host refuses it, at the address that the catalogue has now."""
        try:
            return stack.enter_context(self.host.stream(media_of(checked).file, offset))
        except AddressRefused:
            fresh = self.fresh_sources.source_of(checked.plan)
            if fresh is None:
                raise
            return stack.enter_context(self.host.stream(fresh.file, offset))


@dataclass(frozen=True, slots=True)
class StoredReader:
    """Gives the probe the bytes of one encode by range; the address does not matter."""

    artifacts: BlockReader
    encode: Encode

    def describe(self, url: str) -> MediaFile:
        """The encode's size, ETag and first bytes."""
        media = MediaFile(url, _size_of(self.artifacts, self.encode), self.encode.etag, "")
        return MediaFile(media.url, media.size_bytes, media.etag, "", self.read(media, 0, HEAD_BYTES))

    def read(self, media: MediaFile, offset: int, length: int) -> bytes:
        """Exactly these bytes; fewer only at the end of the file."""
        content = bytearray()
        with closing(self.artifacts.stream(self.encode.name, offset)) as blocks:
            for block in blocks:
                content += block
                if len(content) >= length:
                    break
        return bytes(content[:length])


def _size_of(artifacts: BlockReader, encode: Encode) -> int:
    """The file's size; MediaChanged where somebody has removed it, so that the next run encodes it again."""
    try:
        return artifacts.size(encode.name)
    except FileNotFoundError as error:
        raise MediaChanged(
            f"the encode {encode.name} is no longer in the artifact store; run the window again"
        ) from error
