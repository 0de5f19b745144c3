"""Downloads the pictures that a feed names as the partner does, many at once, within limits, and measures them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import httpx

from edye_delivery.catalog.facts import BIF, PictureFacts, PictureFailure
from edye_delivery.catalog.picture_file import display_size, format_of, open_picture
from edye_delivery.clients.bodies import async_body_blocks
from edye_delivery.clients.http import open_stream, transport_failures
from edye_delivery.clients.public_hosts import HostGuard
from edye_delivery.errors import (
    MediaTooLarge,
    PictureBroken,
    PictureTooLarge,
    PictureUnknown,
    Transient,
    UrlRefused,
)

FORMATS = ("JPEG", "GIF", "PNG")
MAX_PIXELS = 89_478_485
"""Pillow's own limit, above which it warns of a decompression bomb."""
HEAD_KEPT_BYTES = 2 * 1024 * 1024
"""The part of a file in which its header has to be. The rest is read too, to notice a broken download, but not kept."""
BIF_SIGNATURE = b"\x89BIF\r\n\x1a\n"
HEADERS = {"Accept-Encoding": "identity", "Accept": "image/*, */*;q=0.5"}


@dataclass(frozen=True, slots=True)
class PictureBounds:
    """How many pictures are downloaded at once, and how many seconds and bytes each may take."""

    at_once: int = 16
    max_s: float = 30.0
    max_bytes: int = 20_000_000


class FeedPictures:
    """Measures pictures; it keeps only a few heads in memory, however many pictures there are."""

    def __init__(self, client: httpx.AsyncClient, guard: HostGuard, bounds: PictureBounds) -> None:
        self._client, self._guard, self._bounds = client, guard, bounds

    async def look_at(
        self, urls: Iterable[str], trusted_hosts: frozenset[str], on_facts: Callable[[PictureFacts], None]
    ) -> None:
        """Calls `on_facts` with the facts of each URL, in the order in which they become known."""
        queue = iter(urls)

        async def work() -> None:
            for url in queue:
                on_facts(await self.facts_of(url, trusted_hosts))

        async with asyncio.TaskGroup() as group:
            for _ in range(self._bounds.at_once):
                group.create_task(work())

    async def facts_of(self, url: str, trusted_hosts: frozenset[str]) -> PictureFacts:
        """The facts of one picture; whatever goes wrong is in `failure`."""
        try:
            async with asyncio.timeout(self._bounds.max_s):
                parsed = await self._guard.check(url, trusted_hosts)
                with transport_failures(""):
                    return await self._download(url, parsed)
        except TimeoutError:
            return _failure_facts(
                url, PictureFailure.UNREACHABLE, f"was not read to its end within {self._bounds.max_s:g} s"
            )
        except UrlRefused as error:
            return _failure_facts(url, PictureFailure.UNREACHABLE, str(error))
        except MediaTooLarge:
            detail = f"has more than {self._bounds.max_bytes:,} bytes, so it was not looked at"
            return _failure_facts(url, PictureFailure.TOO_MANY_BYTES, detail)
        except Transient as error:
            return _failure_facts(url, PictureFailure.UNREACHABLE, f"cannot be read: {error.message.lstrip(' :')}")
        except UnicodeError:
            return _failure_facts(url, PictureFailure.UNREACHABLE, "has an invalid host name")

    async def _download(self, url: str, parsed: httpx.URL) -> PictureFacts:
        async with open_stream(self._client, parsed, HEADERS, "") as response:
            if response.has_redirect_location:
                detail = f"redirects ({response.status_code}) to {response.headers['location']}"
                return _failure_facts(url, PictureFailure.REDIRECTED, detail)
            if response.status_code != 200:
                return _failure_facts(url, PictureFailure.UNREACHABLE, f"answers {response.status_code} instead of 200")
            head, size_bytes = bytearray(), 0
            async for block in async_body_blocks(response, "it", self._bounds.max_bytes):
                size_bytes += len(block)
                head += block[: HEAD_KEPT_BYTES - len(head)]
                if head.startswith(BIF_SIGNATURE):  # hours of small pictures: its beginning is enough
                    return PictureFacts(url=url, format=BIF, size_bytes=size_bytes)
            return facts_of(url, bytes(head), size_bytes, response.headers.get("content-type", ""))


def facts_of(url: str, head: bytes, size_bytes: int, content_type: str) -> PictureFacts:
    """The facts in a picture's header; width and height as it is shown, with its EXIF orientation applied."""
    try:
        with open_picture(head, MAX_PIXELS, FORMATS) as picture:
            picture_format = format_of(picture)
            width_px, height_px = display_size(picture) if picture_format == "JPEG" else picture.size
    except PictureTooLarge:
        return _failure_facts(url, PictureFailure.TOO_MANY_PIXELS, f"has far more than {MAX_PIXELS:,} pixels")
    except PictureUnknown:
        detail = f"is none of {', '.join(FORMATS)}; {_guess(head, content_type)}"
        return _failure_facts(url, PictureFailure.NO_PICTURE, detail)
    except PictureBroken as error:
        return _failure_facts(url, PictureFailure.NO_PICTURE, str(error).removeprefix("it "))
    if not (width_px and height_px):
        return _failure_facts(url, PictureFailure.NO_PICTURE, f"is damaged: it has {width_px}x{height_px} px")
    return PictureFacts(
        url=url, format=picture_format, width_px=width_px, height_px=height_px, size_bytes=size_bytes
    )  # fmt: skip


def _guess(head: bytes, content_type: str) -> str:
    """What the file may be instead, for the message."""
    if not head:
        return "it is empty"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "it is WebP"
    if head[4:8] == b"ftyp":
        return "it is AVIF, HEIC or a video"
    if head.lstrip()[:1] == b"<":
        return "it is HTML, XML or SVG"
    return f"it was sent as {content_type!r:.60}" if content_type else "the host does not say what it is"


def _failure_facts(url: str, failure: PictureFailure, detail: str) -> PictureFacts:
    return PictureFacts(url=url, failure=failure, detail=detail)
