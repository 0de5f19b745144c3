"""The media host's part, played by a folder: for benchmarks and tests of whatever reads media by range."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from edye_delivery.clients.media import HEAD_BYTES, MediaFile
from edye_delivery.errors import MediaTooLarge, MediaUnavailable, UrlRefused


class LocalMedia:
    """Reads the file of a folder that a URL's path names, whatever its host is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder.resolve()

    def describe(self, url: str) -> MediaFile:
        """Size and first bytes of a file; MediaUnavailable if there is none, UrlRefused outside the folder."""
        path = self._path(url)
        with path.open("rb") as file:
            return MediaFile(url, path.stat().st_size, "", "", file.read(HEAD_BYTES))

    def read(self, media: MediaFile, offset: int, length: int) -> bytes:
        """These bytes of the file, fewer only at its end."""
        if offset + length <= len(media.head):
            return media.head[offset : offset + length]
        with self._path(media.url).open("rb") as file:
            file.seek(offset)
            return file.read(length)

    def fetch(self, url: str, max_bytes: int) -> bytes:
        """A whole small file; MediaTooLarge above the bound."""
        path = self._path(url)
        if path.stat().st_size > max_bytes:
            raise MediaTooLarge(f"{path.name} is larger than {max_bytes} bytes")
        return path.read_bytes()

    def _path(self, url: str) -> Path:
        path = (self._folder / unquote(urlsplit(url).path).lstrip("/")).resolve()
        if not path.is_relative_to(self._folder):
            raise UrlRefused(f"{urlsplit(url).path:.200} leads out of the folder")
        if not path.is_file():
            raise MediaUnavailable(f"there is no file {urlsplit(url).path:.200}")
        return path
