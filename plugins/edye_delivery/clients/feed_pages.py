"""Pages of a feed as the partner downloads them: status 200 only, no redirects, bounded in bytes and in time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx

from edye_delivery.clients.bodies import async_body_blocks
from edye_delivery.clients.http import open_stream, transport_failures
from edye_delivery.clients.public_hosts import HostGuard, parse_url
from edye_delivery.errors import AnswerMalformed, MediaTooLarge, Terminal, Transient, UrlRefused

HEADERS = {"Accept-Encoding": "gzip", "Accept": "application/json, */*;q=0.5"}


class PageUnread(Terminal):
    """A page cannot be read; one sentence that begins with its URL."""


@dataclass(frozen=True, slots=True)
class PageBounds:
    """How much of a page is waited for; seconds count from the call to the last byte."""

    max_bytes: int
    max_s: float = 600.0


class FeedPages:
    """Fetches pages. The client brings the time-out of a head; what comes after keeps the least rate."""

    def __init__(self, client: httpx.AsyncClient, guard: HostGuard, bounds: PageBounds) -> None:
        self._client, self._guard, self._bounds = client, guard, bounds

    async def fetch(self, url: str, trusted_hosts: frozenset[str]) -> bytes:
        """The page's bytes; PageUnread says why there are none.

        The deadline is the event loop's, so that an answer whose header trickles in is bounded as well.
        """
        shown = display_url(url)
        try:
            async with asyncio.timeout(self._bounds.max_s):
                asked = await self._guard.check(url, trusted_hosts)
                with transport_failures(shown):
                    return await self._content(asked, shown)
        except TimeoutError:
            raise PageUnread(f"{shown} was not read to its end within {self._bounds.max_s:g} s") from None
        except UrlRefused as error:
            raise PageUnread(f"{shown} {error}") from error
        except Transient as error:
            raise PageUnread(error.message) from error
        except MediaTooLarge as error:
            raise PageUnread(f"{error}, the most that a page may have") from error
        except UnicodeError:
            raise PageUnread(f"{shown} has a host that is no name") from None

    async def _content(self, url: httpx.URL, shown: str) -> bytes:
        async with open_stream(self._client, url, HEADERS, shown) as response:
            if response.has_redirect_location:
                target = response.headers["location"]
                raise AnswerMalformed(f"{shown} redirects ({response.status_code}) to {target}, which is not followed")
            if response.status_code != 200:
                raise AnswerMalformed(f"{shown} answered {response.status_code} instead of 200")
            content = bytearray()
            async for block in async_body_blocks(response, shown, self._bounds.max_bytes):
                content += block
            return bytes(content)


def display_url(url: str) -> str:
    """The URL without user name and password, for messages."""
    try:
        parsed = httpx.URL(url)
        return str(parsed.copy_with(userinfo=b"")) if parsed.userinfo else url
    except (httpx.InvalidURL, UnicodeError, ValueError):
        return url


def host_of(url: str) -> str:
    """The URL's host; UrlRefused where it is none that could be asked."""
    return parse_url(url).host


def normal_url(url: str) -> str:
    """The URL by which two spellings of one address are recognised; as it is where it is no URL."""
    try:
        return str(parse_url(url))
    except UrlRefused:
        return url
