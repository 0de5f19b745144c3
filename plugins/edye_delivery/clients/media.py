"""Reads files from media hosts; only hosts on the allow-list are called."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import urljoin, urlsplit

import httpx

from edye_delivery.annex.api import RetryPolicy
from edye_delivery.catalog.printable import printable
from edye_delivery.clients.bounds import CallBounds
from edye_delivery.clients.clock import Clock
from edye_delivery.clients.http import bounds_of, open_answer, transport_failures
from edye_delivery.clients.media_answers import (
    begins_at,
    display_url,
    plain_blocks,
    raise_for_media_status,
    size_of,
    strong_etag,
)
from edye_delivery.clients.media_stream import BREAKS_MAX, PIECE_LEAST_BYTES, MediaStream
from edye_delivery.clients.retry import retry
from edye_delivery.clients.slow_hosts import SlowHosts
from edye_delivery.errors import HostNotAllowed, MediaChanged, MediaRefused, MediaTooLarge, Transient, UrlRefused

REDIRECTS_MAX = 3
WITHOUT_RANGES_MAX_BYTES = 64 * 1024 * 1024
"""How far into a file we read from its start where the host serves no ranges; the bytes before are thrown away."""
HEAD_BYTES = 64 * 1024
ASK_PLAINLY = {"Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class MediaFile:
    """One file of the media host: its URL after redirects, its size, its strong ETag ("" if none), its first bytes."""

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


def check_url(url: str, allowed_hosts: frozenset[str]) -> str:
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
        raise HostNotAllowed(
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
        retry_policy: RetryPolicy,
        clock: Clock,
        bounds: CallBounds | None = None,
    ) -> None:
        self._client, self._allowed_hosts = client, allowed_hosts
        self._retry_policy, self._clock = retry_policy, clock
        self._bounds = bounds or bounds_of(client)
        self.slow_hosts = SlowHosts()

    def describe(self, url: str) -> MediaFile:
        """Size, ETag and first bytes of a file, in one ranged call; MediaUnavailable if there is none."""
        return retry(lambda: self._describe(url), self._retry_policy, self._clock)

    def read(self, media: MediaFile, offset: int, length: int) -> bytes:
        """These bytes of the file, fewer only at its end; MediaChanged if it is no longer the same file."""
        end = min(offset + length, media.size_bytes)
        if end <= len(media.head):
            return media.head[offset:end]
        return retry(lambda: self._read_range(media, offset, end), self._retry_policy, self._clock)

    def fetch(self, url: str, max_bytes: int) -> bytes:
        """A whole small file; MediaTooLarge above the bound."""
        return retry(lambda: self._fetch(url, max_bytes), self._retry_policy, self._clock)

    @contextmanager
    def stream(self, url: str, offset: int = 0) -> Iterator[MediaStream]:
        """The file from `offset` on as blocks, resumed where the host breaks off; closed on leaving."""
        stream = retry(lambda: MediaStream(self, url, offset), self._retry_policy, self._clock)
        try:
            yield stream
        finally:
            stream.close()

    @contextmanager
    def open_closing(self, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
        """The answer to one GET, body unread, redirects followed within the allow-list only; closed on leaving.

        Its head has to arrive within the deadline of an answer. Its body may be large, and has to keep the least rate.
        """
        response = self.open(url, headers)
        host = response.request.url.host
        try:
            with self.slow_hosts.counting(host, url):
                yield response
            self.slow_hosts.forget(host)
        finally:
            response.close()

    def open(self, url: str, headers: dict[str, str]) -> httpx.Response:
        """As `open_closing`; the caller closes the answer."""
        place = url
        for _ in range(REDIRECTS_MAX + 1):
            request = self._request(check_url(place, self._allowed_hosts), headers)
            what = f"the media host {request.url.host}"
            self.slow_hosts.refuse(request.url.host)
            with self.slow_hosts.counting(request.url.host, url):
                response = open_answer(self._client, request, what, self._bounds, is_stream=True)
            if response.status_code not in (301, 302, 303, 307, 308):
                try:
                    raise_for_media_status(response, self._clock.now())
                except BaseException:
                    response.close()
                    raise
                return response
            response.close()
            try:
                place = urljoin(str(request.url), response.headers.get("location", ""))
            except ValueError as error:
                raise UrlRefused(f"{what} redirects to an invalid address: {printable(str(error))}") from error
        raise UrlRefused(f"the media host redirects more than {REDIRECTS_MAX} times")

    def _request(self, url: str, headers: dict[str, str]) -> httpx.Request:
        try:
            return self._client.build_request("GET", url, headers=ASK_PLAINLY | headers)
        except (httpx.InvalidURL, UnicodeError) as error:
            raise UrlRefused(f"a URL cannot be called: {error}") from error

    def _describe(self, url: str) -> MediaFile:
        with self.open_closing(url, {"Range": f"bytes=0-{HEAD_BYTES - 1}"}) as response:
            size_bytes = size_of(response)
            with transport_failures("the media host"):
                head = self._bytes_between(response, 0, min(HEAD_BYTES, size_bytes))
            headers = response.headers
            return MediaFile(
                str(response.request.url), size_bytes, strong_etag(response), headers.get("content-type", ""), head
            )

    def _read_range(self, media: MediaFile, offset: int, end: int) -> bytes:
        """These bytes, in as many pieces as the host sends them."""
        content, small_pieces = bytearray(), 0
        while len(content) < end - offset:
            piece = self._piece(media, offset + len(content), end)
            content += piece
            small_pieces += len(piece) < PIECE_LEAST_BYTES
            if len(content) < end - offset and (not piece or small_pieces > BREAKS_MAX):
                raise Transient(f"the media host sent {len(content)} of {end - offset} bytes")
        return bytes(content)

    def _piece(self, media: MediaFile, offset: int, end: int) -> bytes:
        """The bytes from `offset` on, or only the first of them where the host sends less than we asked for."""
        headers = {"Range": f"bytes={offset}-{end - 1}"} | ({"If-Match": media.etag} if media.etag else {})
        with self.open_closing(media.url, headers) as response:
            is_whole = response.status_code == 200 and size_of(response) == media.size_bytes
            if not (begins_at(response, offset) or (is_whole and end <= WITHOUT_RANGES_MAX_BYTES)):
                raise MediaRefused(f"the media host does not serve ranges of {display_url(response)}")
            if is_whole and strong_etag(response) != media.etag:
                raise MediaChanged(f"{display_url(response)} changed while it was read")
            skipped = offset if is_whole else 0
            with transport_failures("the media host"):
                content = self._bytes_between(response, skipped, skipped + end - offset)
        if is_whole and len(content) != end - offset:
            raise Transient(f"the media host sent {len(content)} of {end - offset} bytes")
        return content

    def _fetch(self, url: str, max_bytes: int) -> bytes:
        with self.open_closing(url, {}) as response, transport_failures("the media host"):
            content = self._bytes_between(response, 0, max_bytes + 1)
            if len(content) > max_bytes:
                raise MediaTooLarge(f"{display_url(response)} is larger than {max_bytes} bytes")
            return content

    def _bytes_between(self, response: httpx.Response, start: int, end: int) -> bytes:
        """These bytes of a body, fewer only at its end."""
        content, arrived = bytearray(), 0
        for block in plain_blocks(response) if end > start else ():
            content += block[max(start - arrived, 0) :]
            arrived += len(block)
            if arrived >= end:
                break
        return bytes(content[: end - start])
