"""Follows a page's link to the next one: only on the same host and path, and never in a circle."""

from __future__ import annotations

from hashlib import sha256

import httpx

from edye_delivery.catalog.printable import printable
from edye_delivery.errors import UrlRefused

LINK_MAX_CHARS = 4096


def next_url(page_url: httpx.URL, link: str, what: str) -> str:
    """The whole address of the next page; UrlRefused where it leads to another host or path, or is no address."""
    shown = printable(link.split("?")[0])
    if len(link) > LINK_MAX_CHARS:
        raise UrlRefused(f"{what} has a `next` of {len(link):,} characters, {LINK_MAX_CHARS:,} are allowed")
    try:
        url = page_url.join(link)
    except (httpx.InvalidURL, ValueError, UnicodeError) as error:
        raise UrlRefused(f"{what} has a `next` that is no address: {shown}") from error
    if _origin(url) != _origin(page_url) or url.path != page_url.path:
        raise UrlRefused(f"{what} has a `next` that leads elsewhere, to {shown}: it was not followed")
    return str(url.copy_with(fragment=None))


class VisitedLinks:
    """The links that a walk has followed, 16 bytes each."""

    def __init__(self, what: str) -> None:
        self._what, self._digests = what, set[bytes]()

    def add(self, url: str) -> None:
        """Remembers a link; UrlRefused where the walk has followed it before."""
        digest = sha256(url.encode("utf-8", "surrogatepass")).digest()[:16]
        if digest in self._digests:
            raise UrlRefused(f"{self._what} has a `next` that leads back to an earlier page: the walk would not end")
        self._digests.add(digest)


def _origin(url: httpx.URL) -> tuple[str, str, int | None, bytes]:
    return url.scheme, url.host, url.port, url.userinfo
