"""Downloads pages of a feed as the partner does: status 200 only, no redirects, limits on bytes and time."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import httpx

from edye_delivery.clients.bodies import async_body_blocks
from edye_delivery.clients.http import open_stream, transport_failures
from edye_delivery.clients.public_hosts import HostGuard, parse_url
from edye_delivery.errors import AnswerMalformed, MediaTooLarge, Terminal, Transient, UrlRefused

HEADERS = {"Accept-Encoding": "gzip", "Accept": "application/json, */*;q=0.5"}


class PageUnreadable(Terminal):
    """A page cannot be read; the message is one sentence that begins with its URL."""


@dataclass(frozen=True, slots=True)
class PageBounds:
    """How large a page may be, and how long it may take from the call to its last byte."""

    max_bytes: int
    max_s: float = 600.0


class FeedPages:
    """Fetches pages. The client's time-out is the deadline of a head; after it the least rate counts."""

    def __init__(self, client: httpx.AsyncClient, guard: HostGuard, bounds: PageBounds) -> None:
        self._client, self._guard, self._bounds = client, guard, bounds

    async def fetch(self, url: str, trusted_hosts: frozenset[str]) -> bytes:
        """The page's bytes; PageUnreadable says why there are none.

        The event loop keeps the deadline, so that it also ends an answer whose header arrives very slowly.
        """
        shown = display_url(url)
        try:
            async with asyncio.timeout(self._bounds.max_s):
                parsed = await self._guard.check(url, trusted_hosts)
                with transport_failures(shown):
                    return await self._content(parsed, shown)
        except TimeoutError:
            raise PageUnreadable(f"{shown} was not read to its end within {self._bounds.max_s:g} s") from None
        except UrlRefused as error:
            raise PageUnreadable(f"{shown} {error}") from error
        except Transient as error:
            raise PageUnreadable(error.message) from error
        except MediaTooLarge as error:
            raise PageUnreadable(f"{error}, the limit for a page") from error
        except UnicodeError:
            raise PageUnreadable(f"{shown} has an invalid host name") from None

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
    """The URL's host; UrlRefused where the URL cannot be called."""
    return parse_url(url).host


def normal_url(url: str) -> str:
    """The URL in one spelling, so that two spellings of one address are equal; a text that is no URL stays as it is."""
    try:
        return str(parse_url(url))
    except UrlRefused:
        return url
