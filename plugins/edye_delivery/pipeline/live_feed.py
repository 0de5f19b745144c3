"""What readers find at a feed's address at this moment, compared with what the ledger says was published.

Nothing is kept. Addresses of further pages come from what was found there, so only those of the feed's own folder are
followed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edye_delivery.catalog.feed_records import ItemChanges
from edye_delivery.clients.clock import Clock
from edye_delivery.errors import DeliveryError, Transient
from edye_delivery.feeds.lint.page_parser import FeedUnusable, split_page
from edye_delivery.feeds.publish.diff import changes_between
from edye_delivery.feeds.roku.item import DIRECT_LIST_KEYS, ROW_LIST_KEYS, SEARCH_LIST_KEYS
from edye_delivery.ledger.publication_history import PastPublication

LIST_KEYS = SEARCH_LIST_KEYS | DIRECT_LIST_KEYS - ROW_LIST_KEYS
PAGES_MAX = 5
BYTES_MAX = 40_000_000
TIME_MAX_S = 20.0
Fetch = Callable[[str, int, float], bytes]
"""Reads a page by its address, of at most so many bytes, within so many seconds; DeliveryError says why not."""


@dataclass(frozen=True, slots=True)
class LivePage:
    """One page as it is found; `items` is None where it is no page of a feed."""

    url: str
    size_bytes: int
    sha256: str
    items: int | None
    is_expected: bool


@dataclass(frozen=True, slots=True)
class LiveFeed:
    """What was found; `problem` says why something was not read.

    `found` is the publication whose first page is there, None where it is of none that the ledger knows. `changes` is
    what differs from the newest publication in the first page, None where nothing does or nobody knows.
    """

    pages: tuple[LivePage, ...]
    found: PastPublication | None
    is_newest: bool
    changes: ItemChanges | None = None
    problem: str = ""

    @property
    def is_as_published(self) -> bool:
        """Whether all that was read is what the ledger says."""
        return self.is_newest and all(page.is_expected for page in self.pages)


class Budget:
    """The bytes and the time that are left for all pages together."""

    def __init__(self, fetch: Fetch, clock: Clock) -> None:
        self._fetch, self._clock = fetch, clock
        self._ends_s, self._bytes = clock.monotonic() + TIME_MAX_S, BYTES_MAX

    def get(self, url: str) -> bytes:
        """The page; DeliveryError where it does not arrive within what is left."""
        left_s = self._ends_s - self._clock.monotonic()
        if left_s <= 0 or self._bytes <= 0:
            raise LookTooLong(f"{url} was not read: a look takes at most {TIME_MAX_S:g} s and {BYTES_MAX:,} bytes")
        content = self._fetch(url, self._bytes, left_s)
        self._bytes -= len(content)
        return content


class LookTooLong(Transient):
    """The look at a feed was ended, because it took long or much enough; the message says the limits."""


def look_at_feed(
    first_url: str,
    pages_url: str,
    newest: PastPublication | None,
    known: Sequence[PastPublication],
    fetch: Fetch,
    clock: Clock,
) -> LiveFeed:
    """Reads the first page and those that follow it; `pages_url` is the feed's folder, with a slash at its end."""
    budget = Budget(fetch, clock)
    try:
        content = budget.get(first_url)
    except DeliveryError as error:
        return LiveFeed((), None, is_newest=False, problem=str(error))
    digest = hashlib.sha256(content).hexdigest()
    found = next((one for one in known if one.pages and one.pages[0].sha256 == digest), None)
    is_newest = newest is not None and bool(newest.pages) and newest.pages[0].sha256 == digest
    found = newest if is_newest else found
    expected = [page.sha256 for page in found.pages] if found is not None else []
    first, following = _page(first_url, content, expected[0] if expected else None)
    pages, problem = _following(budget, following, pages_url, expected[1:])
    changes = None
    if not is_newest and newest is not None and newest.pages:
        changes, why_not = _changes(budget, f"{pages_url}{newest.pages[0].name}", content)
        problem = problem or why_not
    return LiveFeed((first, *pages), found, is_newest, changes, problem)


def _page(url: str, content: bytes, expected: str | None) -> tuple[LivePage, object]:
    """The page, and what it says is the address of the next one."""
    digest = hashlib.sha256(content).hexdigest()
    items, following = None, None
    try:
        page = split_page("the page", content, LIST_KEYS)
        items, following = sum(map(len, page.lists.values())), page.head.get("nextPageUrl")
    except FeedUnusable:
        pass
    return LivePage(url, len(content), digest, items, digest == expected), following


def _following(
    budget: Budget, following: object, pages_url: str, expected: Sequence[str]
) -> tuple[list[LivePage], str]:
    """The pages after the first one, at most `PAGES_MAX` in all, and why one was not read."""
    pages: list[LivePage] = []
    wanted = list(expected)
    while isinstance(following, str) and following:
        if not following.startswith(pages_url) or ".." in following[len(pages_url) :]:
            return pages, "the page after these is outside the feed's folder, so it was not read"
        if len(pages) + 1 == PAGES_MAX:
            return pages, f"there are more pages; {PAGES_MAX} are read at once"
        try:
            content = budget.get(following)
        except DeliveryError as error:
            return pages, str(error)
        page, following = _page(following, content, wanted.pop(0) if wanted else None)
        pages.append(page)
    return pages, "pages of the publication are missing at the end" if wanted else ""


def _changes(budget: Budget, newest_url: str, content: bytes) -> tuple[ItemChanges | None, str]:
    """What readers lack, or have too much, in the first page; it is there as a page of its own, too."""
    try:
        return changes_between([budget.get(newest_url)], [content]), ""
    except FeedUnusable:
        return None, "what is there is no page of a feed"
    except DeliveryError as error:
        return None, str(error)
