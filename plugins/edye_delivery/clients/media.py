"""The media host, from which nothing is opened that the allow-list does not name."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urljoin, urlsplit

import httpx

from edye_delivery.annex.wire import Patience
from edye_delivery.catalog.printable import printable
from edye_delivery.clients.bounds import CallBounds
from edye_delivery.clients.http import bounds_of, is_transient_status, open_answer, transport_failures
from edye_delivery.clients.numbers import bounded_int
from edye_delivery.clients.patience import Tempo, parse_retry_after, patiently
from edye_delivery.clients.slow_hosts import SlowHosts
from edye_delivery.errors import (
    AnswerMalformed,
    MediaChanged,
    MediaTooLarge,
    MediaUnavailable,
    TooSlow,
    Transient,
    UrlRefused,
)

REDIRECTS_MAX = 3
BREAKS_MAX = 5
WITHOUT_RANGES_MAX_BYTES = 64 * 1024 * 1024
"""How far into a file is read from its start where the host serves no ranges; what lies before is thrown away."""
HEAD_BYTES = 64 * 1024
EMPTY_FILE = "bytes */0"  # what a host says to a range of a file without bytes (RFC 9110, 14.4)
ASK_PLAINLY = {"Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class MediaFile:
    """One file of the media host: where it finally is, its size, its strong ETag ("" if none), its first bytes."""

    url: str
    size_bytes: int
    etag: str
    content_type: str
    head: bytes = b""


class MediaReader(Protocol):
    """Whatever gives a media file's bytes by range."""

    def describe(self, url: str) -> MediaFile:
        """The file's size, ETag and first bytes."""

    def read(self, media: MediaFile, offset: int, length: int) -> bytes:
        """Exactly these bytes; fewer only at the end of the file."""


def checked_url(url: str, allowed_hosts: frozenset[str]) -> str:
    """The URL, if it is http(s) to an allowed host (named as host or host:port); UrlRefused says why otherwise."""
    shown = printable(url.split("?")[0])
    if any(ord(char) <= 32 or ord(char) == 127 for char in url) or "\\" in url:
        raise UrlRefused(f"the URL {shown} has white space, control characters or backslashes in it")
    try:
        split = urlsplit(url)
        host, port = split.hostname, split.port
    except ValueError as error:
        raise UrlRefused(f"the URL {shown} cannot be read: {error}") from error
    if split.scheme not in ("http", "https"):
        raise UrlRefused(f"the URL {shown} is no http(s) address")
    if split.username is not None or split.password is not None:
        raise UrlRefused(f"the URL to {host!r:.200} carries a user name or password")
    if host is None or not ({host, f"{host}:{port}"} & allowed_hosts):
        raise UrlRefused(
            f"the host {host!r:.200} is not on the allow-list; if it is EDYE's, add it to catalogue.media_hosts of the "
            "annex or allowed_hosts of the connection edye_api"
        )
    return url


class MediaHost:
    """Reads media files and pictures over HTTP: by range, whole within a bound, or as a stream of blocks."""

    def __init__(
        self,
        client: httpx.Client,
        allowed_hosts: frozenset[str],
        patience: Patience,
        tempo: Tempo,
        bounds: CallBounds | None = None,
    ) -> None:
        self._client, self._allowed_hosts = client, allowed_hosts
        self._patience, self._tempo = patience, tempo
        self._bounds = bounds or bounds_of(client)
        self.slow_hosts = SlowHosts()

    def describe(self, url: str) -> MediaFile:
        """Size, ETag and first bytes of a file, in one ranged call; MediaUnavailable if there is none."""
        return patiently(lambda: self._described(url), self._patience, self._tempo)

    def read(self, media: MediaFile, offset: int, length: int) -> bytes:
        """These bytes of the file, fewer only at its end; MediaChanged if it is no longer the same file."""
        end = min(offset + length, media.size_bytes)
        if end <= len(media.head):
            return media.head[offset:end]
        return patiently(lambda: self._ranged(media, offset, end), self._patience, self._tempo)

    def fetch(self, url: str, max_bytes: int) -> bytes:
        """A whole small file; MediaTooLarge above the bound."""
        return patiently(lambda: self._fetched(url, max_bytes), self._patience, self._tempo)

    @contextmanager
    def stream(self, url: str, offset: int = 0) -> Iterator[MediaStream]:
        """The file from `offset` on as blocks, resumed where the host breaks off; closed on leaving."""
        stream = patiently(lambda: MediaStream(self, url, offset), self._patience, self._tempo)
        try:
            yield stream
        finally:
            stream.close()

    @contextmanager
    def opened(self, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """The answer to one GET, body unread, redirects followed within the allow-list only; closed on leaving.

        Its head is there within the deadline of an answer. Its body may be large, and keeps the least rate.
        """
        response = self.open(url, headers)
        host = response.request.url.host
        try:
            with self.slow_hosts.noting(host, url):
                yield response
            self.slow_hosts.forget(host)
        finally:
            response.close()

    def open(self, url: str, headers: dict[str, str]) -> httpx.Response:
        """As `opened`; the caller closes the answer."""
        place = url
        for _ in range(REDIRECTS_MAX + 1):
            request = self._request(checked_url(place, self._allowed_hosts), headers)
            what = f"the media host {request.url.host}"
            self.slow_hosts.refuse(request.url.host)
            with self.slow_hosts.noting(request.url.host, url):
                response = open_answer(self._client, request, what, self._bounds, is_stream=True)
            if response.status_code not in (301, 302, 303, 307, 308):
                self._raise_for_status(response)
                return response
            response.close()
            try:
                place = urljoin(str(request.url), response.headers.get("location", ""))
            except ValueError as error:
                raise UrlRefused(f"{what} redirects to what is no address: {printable(str(error))}") from error
        raise UrlRefused(f"the media host redirects more than {REDIRECTS_MAX} times")

    def _request(self, url: str, headers: dict[str, str]) -> httpx.Request:
        try:
            return self._client.build_request("GET", url, headers=ASK_PLAINLY | headers)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise UrlRefused(f"a URL cannot be asked for: {error}") from error

    def _raise_for_status(self, response: httpx.Response) -> None:
        status, shown = response.status_code, response.request.url.copy_with(query=None)
        if status in (200, 206) or (status == 416 and response.headers.get("content-range") == EMPTY_FILE):
            return
        response.close()
        if status == 412:
            raise MediaChanged(f"{shown} changed while it was read")
        if is_transient_status(status):
            wish = parse_retry_after(response.headers.get("retry-after"), self._tempo.now())
            raise Transient(f"the media host answered {status} for {shown}", wish)
        raise MediaUnavailable(f"the media host answered {status} for {shown}")

    def _described(self, url: str) -> MediaFile:
        with self.opened(url, {"Range": f"bytes=0-{HEAD_BYTES - 1}"}) as response:
            size_bytes = size_of(response)
            with transport_failures("the media host"):
                head = self._bytes_between(response, 0, min(HEAD_BYTES, size_bytes))
            headers = response.headers
            return MediaFile(
                str(response.request.url), size_bytes, strong_etag(response), headers.get("content-type", ""), head
            )

    def _ranged(self, media: MediaFile, offset: int, end: int) -> bytes:
        headers = {"Range": f"bytes={offset}-{end - 1}"} | ({"If-Match": media.etag} if media.etag else {})
        with self.opened(media.url, headers) as response:
            skipped = 0 if response.status_code == 206 else offset
            is_range = response.headers.get("content-range", "").startswith(f"bytes {offset}-")
            is_whole = response.status_code == 200 and size_of(response) == media.size_bytes
            if not (is_range or (is_whole and end <= WITHOUT_RANGES_MAX_BYTES)):
                raise MediaUnavailable(
                    f"the media host does not serve ranges of {response.request.url.copy_with(query=None)}"
                )
            if is_whole and strong_etag(response) != media.etag:
                raise MediaChanged(f"{response.request.url.copy_with(query=None)} changed while it was read")
            with transport_failures("the media host"):
                content = self._bytes_between(response, skipped, skipped + end - offset)
        if len(content) != end - offset:
            raise Transient(f"the media host sent {len(content)} of {end - offset} bytes")
        return content

    def _fetched(self, url: str, max_bytes: int) -> bytes:
        with self.opened(url, {}) as response, transport_failures("the media host"):
            content = self._bytes_between(response, 0, max_bytes + 1)
            if len(content) > max_bytes:
                raise MediaTooLarge(f"{response.request.url.copy_with(query=None)} is larger than {max_bytes} bytes")
            return content

    def _bytes_between(self, response: httpx.Response, start: int, end: int) -> bytes:
        """These bytes of a body, fewer only at its end."""
        content, arrived = bytearray(), 0
        for block in response.iter_raw() if end > start else ():
            content += block[max(start - arrived, 0) :]
            arrived += len(block)
            if arrived >= end:
                break
        return bytes(content[: end - start])


class MediaStream:
    """A file's bytes in blocks as they arrive, once; memory does not grow with the file.

    Where the host breaks off, the stream goes on at the same byte of the same file (Range with If-Match); without a
    strong ETag nobody could tell that it is the same file, and the break ends the stream as a Transient. So does a
    host that does not keep the least rate.
    """

    def __init__(self, host: MediaHost, url: str, offset: int = 0) -> None:
        self._host, self._url, self._offset = host, url, offset
        self._response = host.open(url, {"Range": f"bytes={offset}-"} if offset else {})
        try:
            told = self._response.headers.get("content-range", "")
            if self._response.status_code == 206 and not told.startswith(f"bytes {offset}-"):
                raise Transient(f"the media host cannot begin at byte {offset}")
            self.size_bytes = size_of(self._response)
        except BaseException:
            self.close()
            raise
        self.etag = strong_etag(self._response)

    def blocks(self) -> Iterator[bytes]:
        """The bytes from the offset to the end; Transient or MediaChanged if the host cannot keep that."""
        offset, breaks = self._offset, 0
        skipped = offset if self._response.status_code == 200 else 0  # a host without ranges begins at the start
        while offset < self.size_bytes:
            try:
                host = self._response.request.url.host
                with transport_failures("the media host"), self._host.slow_hosts.noting(host, self._url):
                    for block in self._response.iter_raw():
                        if skipped:
                            block, skipped = block[skipped:], max(0, skipped - len(block))
                        offset += len(block)
                        if offset > self.size_bytes:
                            raise MediaChanged(
                                f"the media host sent more than the {self.size_bytes} bytes it announced"
                            )
                        yield block
                if offset < self.size_bytes:
                    raise Transient(f"the media host ended after {offset} of {self.size_bytes} bytes")
            except (MediaChanged, TooSlow):
                raise
            except Transient:
                breaks += 1
                if not self.etag or breaks > BREAKS_MAX:
                    raise
                self._resume(offset)
        self._host.slow_hosts.forget(self._response.request.url.host)

    def close(self) -> None:
        """Lets the connection go."""
        self._response.close()

    def _resume(self, offset: int) -> None:
        self.close()
        headers = {"Range": f"bytes={offset}-", "If-Match": self.etag}
        self._response = self._host.open(self._url, headers)
        if not self._response.headers.get("content-range", "").startswith(f"bytes {offset}-"):
            raise Transient(f"the media host cannot go on at byte {offset}")


def size_of(response: httpx.Response) -> int:
    """The whole file's size in bytes, from Content-Range or Content-Length; AnswerMalformed where neither tells."""
    content_range = response.headers.get("content-range", "")
    total = (
        content_range.rpartition("/")[2]
        if response.status_code in (206, 416)
        else response.headers.get("content-length")
    )
    shown = response.request.url.copy_with(query=None)
    if not total:
        raise AnswerMalformed(f"the media host does not tell the size of {shown}")
    return bounded_int(total, f"the size of {shown}")


def strong_etag(response: httpx.Response) -> str:
    """The answer's ETag if it is a strong one, else empty."""
    etag: str = response.headers.get("etag", "")
    return "" if etag.startswith("W/") else etag
