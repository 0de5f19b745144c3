"""Publication: all pages are uploaded under the names of their content and read back; then the first is replaced.

A publisher may be killed at any line: until the switch readers have the complete old chain, after it the complete new
one. A page of the old chain is not deleted before its grace period is over. The caller makes sure that only one
publisher works at a time (docs/adr/0023).
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
    """The place where pages are published: objects by name; each appears completely or not at all."""

    def sha256_of(self, name: str) -> str | None:
        """The digest with which the object was uploaded; None if there is no object."""

    def etag_of(self, name: str) -> str | None:
        """The store's own name for the object's present content; None if there is no object."""

    def put(self, name: str, content: bytes, sha256: str, cache_control: str) -> None:
        """Uploads a page."""

    def replace(self, name: str, content: bytes, sha256: str, cache_control: str, etag: str | None) -> bool:
        """Replaces the page that has this ETag, or adds one if it is None; False if the content is another by now."""

    def delete(self, names: Sequence[str]) -> None:
        """Deletes pages; a page that does not exist any more is no error."""

    def url(self, name: str) -> str:
        """The address at which readers find the object."""


class SwitchRefused(Transient):
    """Somebody else writes the first page again and again."""


def upload_pages(
    store: FeedStore, pages: Sequence[FeedPage], read_page: Callable[[FeedPage], bytes]
) -> tuple[str, ...]:
    """Uploads the pages of a chain to where readers will look for them; gives the names of those that were new."""

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
    """Makes this page the first one; gives whether it had to be uploaded, or None if it is not allowed to do so.

    It first asks the store for its present page, then `is_allowed`, and replaces only that page. So a publisher that
    was stopped in between, while another one switched, does not overwrite the other one's page. SwitchRefused if
    somebody else writes there again and again.
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
        was_sent = True  # the S3 client may have repeated its call and met its own first write
    raise SwitchRefused(
        f"{store.url(FIRST_PAGE)} was changed by somebody else {SWITCHES_MAX} times while this run tried to replace "
        "it; does another installation publish there?"
    )
