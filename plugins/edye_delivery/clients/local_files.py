"""Media files of this machine, for the probe to measure in place."""

from __future__ import annotations

from pathlib import Path

from edye_delivery.clients.media import MediaFile
from edye_delivery.errors import MediaUnavailable


class LocalFiles:
    """Gives bytes of local files by range; a URL is a file's path."""

    def describe(self, url: str) -> MediaFile:
        """The file's size; MediaUnavailable where it cannot be read."""
        try:
            return MediaFile(url, Path(url).stat().st_size, "", "")
        except OSError as error:
            raise MediaUnavailable(f"{url} cannot be read: {error.strerror}") from error

    def read(self, media: MediaFile, offset: int, length: int) -> bytes:
        """Exactly these bytes; fewer only at the end of the file."""
        try:
            with Path(media.url).open("rb") as file:
                file.seek(offset)
                return file.read(length)
        except OSError as error:
            raise MediaUnavailable(f"{media.url} cannot be read: {error.strerror}") from error
