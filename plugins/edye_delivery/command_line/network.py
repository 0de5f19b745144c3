"""The network for one call of a command: one event loop, one HTTP client, both loaded only when needed."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

from edye_delivery.catalog.feed_records import FEED_PAGE_MAX_BYTES
from edye_delivery.catalog.printable import printable
from edye_delivery.feeds.lint.page_parser import FeedUnusable

if TYPE_CHECKING:  # httpx and Pillow double the time that the command needs to start
    from edye_delivery.catalog.facts import PictureFacts
    from edye_delivery.clients.feed_pages import FeedPages
    from edye_delivery.clients.feed_pictures import FeedPictures

USER_AGENT = "edye-delivery-lint-feed"
CONNECT_MAX_S, READ_MAX_S = 10.0, 30.0


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait for the network."""

    page_max_bytes: int = FEED_PAGE_MAX_BYTES
    page_max_s: float = 600.0
    picture_max_bytes: int = 20_000_000
    picture_max_s: float = 30.0
    pictures_at_once: int = 16


class Network:
    """Fetches pages and pictures; a URL is trusted where its host is that of `trusted_url`, which the user named."""

    def __init__(self, *, private_allowed: bool = False, limits: Limits | None = None) -> None:
        self._private_allowed, self._limits = private_allowed, limits or Limits()
        self._runner = asyncio.Runner()
        self._close: Callable[[], None] = lambda: None
        self._opened: tuple[FeedPages, FeedPictures] | None = None

    def __enter__(self) -> Network:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._close()
        self._runner.close()

    def page(self, url: str, trusted_url: str | None) -> bytes:
        """The page's bytes; FeedUnusable says in a sentence why there are none."""
        from edye_delivery.clients.feed_pages import PageUnreadable

        pages, _ = self._clients()
        try:
            return self._runner.run(pages.fetch(url, _hosts(trusted_url)))
        except PageUnreadable as error:
            raise FeedUnusable(printable(str(error), 400)) from error

    def pictures(
        self, urls: Iterable[str], trusted_url: str | None, on_picture: Callable[[], None]
    ) -> dict[str, PictureFacts]:
        """The facts of the picture behind each URL; calls `on_picture` after each."""
        _, pictures = self._clients()
        facts_of: dict[str, PictureFacts] = {}

        def take(facts: PictureFacts) -> None:
            facts_of[facts.url] = facts
            on_picture()

        self._runner.run(pictures.look_at(urls, _hosts(trusted_url), take))
        return facts_of

    def _clients(self) -> tuple[FeedPages, FeedPictures]:
        if self._opened is None:
            import httpx

            from edye_delivery.clients.feed_pages import FeedPages, PageBounds
            from edye_delivery.clients.feed_pictures import FeedPictures, PictureBounds
            from edye_delivery.clients.pinned import pin
            from edye_delivery.clients.public_hosts import HostGuard

            limits = self._limits
            client = httpx.AsyncClient(
                timeout=httpx.Timeout(READ_MAX_S, connect=CONNECT_MAX_S), headers={"User-Agent": USER_AGENT}
            )
            self._close = lambda: self._runner.run(client.aclose())
            guard = HostGuard(resolve, private_allowed=self._private_allowed)
            pin(client, guard)
            self._opened = (
                FeedPages(client, guard, PageBounds(limits.page_max_bytes, limits.page_max_s)),
                FeedPictures(
                    client,
                    guard,
                    PictureBounds(limits.pictures_at_once, limits.picture_max_s, limits.picture_max_bytes),
                ),
            )
        return self._opened


def resolve(host: str) -> list[str]:
    """The addresses of a host; OSError where it has none."""
    return [str(answer[4][0]) for answer in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


def _hosts(url: str | None) -> frozenset[str]:
    from edye_delivery.clients.feed_pages import host_of
    from edye_delivery.errors import UrlRefused

    try:
        return frozenset() if url is None else frozenset({host_of(url)})
    except UrlRefused:
        return frozenset()
