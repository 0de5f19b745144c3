"""Publication: all pages go up under their content's names, are read back, and only then the first one is switched.

Whoever is killed at any line leaves the old chain complete until the switch, and the new one from it on. Nothing that
the old chain links to is deleted before its grace period is over. One publisher at a time is its caller's affair
(docs/adr/0023).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from edye_delivery.catalog.feed_records import FeedPage
from edye_delivery.errors import Transient

FIRST_PAGE = "feed.json"
PAGES = "pages/"
UPLOADS_AT_ONCE = 4
SWITCHES_MAX = 5
IMMUTABLE = "public, max-age=31536000, immutable"


class FeedStore(Protocol):
    """Where pages are published: objects by name, each appears whole or not at all."""

    def sha256_of(self, name: str) -> str | None:
        """The digest under which the object was put; None where there is none."""

    def etag_of(self, name: str) -> str | None:
        """What names this very content of the object to the store; None where there is none."""

    def put(self, name: str, content: bytes, sha256: str, cache_control: str) -> None:
        """Puts a page."""

    def replace(self, name: str, content: bytes, sha256: str, cache_control: str, etag: str | None) -> bool:
        """Puts a page in the place of the one with this ETag, or of none; False where there is another one by now."""

    def delete(self, names: Sequence[str]) -> None:
        """Deletes pages; one that is gone already is no error."""

    def url(self, name: str) -> str:
        """The address under which readers find the object."""


class SwitchRefused(Transient):
    """Somebody else writes the first page again and again."""


def upload_pages(
    store: FeedStore, pages: Sequence[FeedPage], read_page: Callable[[FeedPage], bytes]
) -> tuple[str, ...]:
    """Puts the pages of a chain where its readers will find them; the names of those that were not there yet."""

    def send(page: FeedPage) -> str | None:
        name = PAGES + page.name
        if store.sha256_of(name) == page.sha256:
            return None
        store.put(name, read_page(page), page.sha256, IMMUTABLE)
        return page.name

    with ThreadPoolExecutor(UPLOADS_AT_ONCE) as pool:
        return tuple(name for name in pool.map(send, pages) if name is not None)


def switch_readers(
    store: FeedStore,
    first: FeedPage,
    read_page: Callable[[FeedPage], bytes],
    is_allowed: Callable[[], bool],
    cache_s: int,
) -> bool | None:
    """Makes this page the first one; whether it had to be sent. None where it is not allowed, so that nothing is done.

    `is_allowed` is asked after the store has said what it has now, and what is written replaces that alone. So whoever
    was asked, and then slept while another publisher switched, does not overwrite what that one has written.
    SwitchRefused where somebody writes there all the time.
    """
    was_sent, cache_control = False, f"public, max-age={cache_s}"
    for _ in range(SWITCHES_MAX):
        etag, is_there = store.etag_of(FIRST_PAGE), store.sha256_of(FIRST_PAGE) == first.sha256
        content = b"" if is_there else read_page(first)
        if not is_allowed():
            return None
        if is_there:
            return was_sent
        if store.replace(FIRST_PAGE, content, first.sha256, cache_control, etag):
            return True
        was_sent = True  # a repeat by the S3 client may have met what its own first try wrote
    raise SwitchRefused(
        f"{store.url(FIRST_PAGE)} was written by somebody else {SWITCHES_MAX} times while readers were to be switched: "
        "is there another installation that publishes there?"
    )
