"""Publication: all pages go up under their content's names, are read back, and only then the first one is switched.

Whoever is killed at any line leaves the old chain complete until the switch, and the new one from it on. Nothing that
the old chain links to is deleted before its grace period is over.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from edye_delivery.catalog.feed_records import FeedPage

FIRST_PAGE = "feed.json"
PAGES = "pages/"
UPLOADS_AT_ONCE = 4
IMMUTABLE = "public, max-age=31536000, immutable"


class FeedStore(Protocol):
    """Where pages are published: objects by name, each appears whole or not at all."""

    def sha256_of(self, name: str) -> str | None:
        """The digest under which the object was put; None where there is none."""

    def put(self, name: str, content: bytes, sha256: str, cache_control: str) -> None:
        """Puts a page."""

    def delete(self, names: Sequence[str]) -> None:
        """Deletes pages; one that is gone already is no error."""

    def url(self, name: str) -> str:
        """The address under which readers find the object."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """What a publication had to send: names of pages, and whether the first page was switched."""

    pages: tuple[str, ...]
    switched: bool


def publish(
    store: FeedStore,
    pages: Sequence[FeedPage],
    read_page: Callable[[FeedPage], bytes],
    check: Callable[[str], None],
    cache_s: int,
) -> Uploaded:
    """Publishes a chain; `check` reads it back from its address and raises where it is not what readers may get."""

    def send(page: FeedPage) -> str | None:
        name = PAGES + page.name
        if store.sha256_of(name) == page.sha256:
            return None
        store.put(name, read_page(page), page.sha256, IMMUTABLE)
        return page.name

    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        sent = [name for name in pool.map(send, pages) if name is not None]
    first = pages[0]
    check(store.url(PAGES + first.name))
    switched = store.sha256_of(FIRST_PAGE) != first.sha256
    if switched:
        store.put(FIRST_PAGE, read_page(first), first.sha256, f"public, max-age={cache_s}")
    return Uploaded(tuple(sent), switched)
