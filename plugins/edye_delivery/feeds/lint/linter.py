"""The linter: reads the pages of one feed in order, and gives its findings and figures."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol

from edye_delivery.feeds.finding import KEPT_MAX, Findings
from edye_delivery.feeds.gc_pause import pause_gc
from edye_delivery.feeds.lint.direct_publisher.feed import DirectFeed
from edye_delivery.feeds.lint.index import Notes, Spot
from edye_delivery.feeds.lint.item_ids import id_at
from edye_delivery.feeds.lint.page_parser import FeedUnusable, Page, split_page
from edye_delivery.feeds.lint.search.feed import SearchFeed, duplicate_key
from edye_delivery.feeds.roku.item import DIRECT_KINDS, DIRECT_LIST_KEYS, ROW_KINDS, SEARCH_LIST_KEYS, SEARCH_TYPES
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.rule import Hit

LIST_KEYS = SEARCH_LIST_KEYS | DIRECT_LIST_KEYS
SEARCH_SIGNS = frozenset({"version", "defaultLanguage", "defaultAvailabilityCountries", "nextPageUrl"})

ITEM_KINDS = frozenset({*DIRECT_KINDS.values(), *SEARCH_TYPES, "season", "episode"})
"""The kinds under which items are counted, as the specifications call them."""
OnItem = Callable[[str, str, Any], None]
"""Called with every item as it is read: the page's name, the item's JSON pointer, the item."""


class FeedKind(StrEnum):
    """Which feed it is."""

    SEARCH = "search"
    LIVE = "live"
    DIRECT = "direct"


class FeedReader(Protocol):
    """Reads one kind of feed; see SearchFeed."""

    types: Counter[str]

    def begin_page(self, page: Page) -> Iterator[Hit]:
        """What is wrong with a page's root."""

    def check_item(self, key: str, place: str, asset: Any) -> list[Hit]:
        """What is wrong with one item of a list; `place` is its JSON pointer."""

    def end(self) -> Iterator[tuple[Spot, Hit]]:
        """What only the whole feed can show."""


@dataclass(frozen=True, slots=True)
class PageFigures:
    """One page as it was read."""

    name: str
    size_bytes: int
    items: int
    next_page_url: str | None


@dataclass(slots=True)
class LintResult:
    """What was read and what was found."""

    kind: FeedKind
    profile: Profile
    pages: list[PageFigures] = field(default_factory=list)
    types: Counter[str] = field(default_factory=Counter)
    findings: Findings = field(default_factory=Findings)


@dataclass(frozen=True, slots=True)
class ReadPage:
    """A page of a Search feed that was read apart from the others: what it has, and what is wrong with it alone.

    `root_text` names the keys of its root; `shared_head` is what has to be the same on all pages.
    """

    figures: PageFigures
    kind: FeedKind
    root_text: str
    shared_head: dict[str, Any]
    on_root: Findings
    on_items: Findings
    types: Counter[str]
    notes: Notes


class FeedLint:
    """Reads a feed's pages one after the other; only one page at a time is in memory."""

    def __init__(
        self,
        profile: Profile,
        now_ms: int,
        kind: FeedKind | None = None,
        findings_kept_max: int = KEPT_MAX,
        on_item: OnItem | None = None,
    ) -> None:
        self._profile, self._now_ms, self._asked = profile, now_ms, kind
        self._kept_max, self._on_item = findings_kept_max, on_item
        self._reader: FeedReader | None = None
        self.result: LintResult | None = None

    def add_page(self, name: str, content: bytes) -> PageFigures:
        """Reads the next page; FeedUnusable, with a sentence that says why, if it cannot be read."""
        page = split_page(name, content, LIST_KEYS)
        reader, result = self._reader_and_result(name, kind_of(page), root_text(page))
        result.pages.append(figures_of(page))
        read_root(page, reader, result.findings)
        before = item_count(reader.types)
        read_items(page, reader, result.findings, self._on_item)
        result.pages[-1] = replace(result.pages[-1], items=item_count(reader.types) - before)
        return result.pages[-1]

    def add(self, read: ReadPage) -> PageFigures:
        """Takes over the next page, which was read apart; FeedUnusable if it belongs to another feed."""
        reader, result = self._reader_and_result(read.figures.name, read.kind, read.root_text)
        if not isinstance(reader, SearchFeed):
            raise FeedUnusable(f"{read.figures.name} is not a page of a Search feed: its root has {read.root_text}")
        result.pages.append(read.figures)
        result.findings.extend(read.on_root)
        for hit in reader.add_page(read.shared_head, read.figures.size_bytes, read.types, read.notes):
            result.findings.add(read.figures.name, "", None, hit)
        result.findings.extend(read.on_items)
        return read.figures

    def finish(self) -> LintResult:
        """The result, together with what only all pages can show."""
        if self._reader is None or self.result is None:
            raise FeedUnusable("there is no page to read")
        for spot, hit in self._reader.end():
            self.result.findings.add(self.result.pages[spot.page].name, spot.place, spot.asset_id, hit)
        self.result.types = self._reader.types
        return self.result

    def _reader_and_result(self, name: str, kind: FeedKind, root_text: str) -> tuple[FeedReader, LintResult]:
        if self._reader is None or self.result is None:
            first = self._asked or kind
            if (first is FeedKind.DIRECT) != (kind is FeedKind.DIRECT):
                raise FeedUnusable(f"{name} is not a {first} feed: its root has {root_text}")
            self.result = LintResult(first, self._profile, findings=Findings(self._kept_max))
            self._reader = self._reader_of(first)
        elif FeedKind.DIRECT in (self.result.kind, kind):
            raise FeedUnusable(f"{name} is not a page of this feed: its root has {root_text}")
        return self._reader, self.result

    def _reader_of(self, kind: FeedKind) -> FeedReader:
        if kind is FeedKind.DIRECT:
            return DirectFeed(self._profile, self._now_ms)
        return SearchFeed(self._profile, self._now_ms, is_live=kind is FeedKind.LIVE)


def figures_of(page: Page) -> PageFigures:
    """The page's figures, before its items are read."""
    next_page_url = page.head.get("nextPageUrl")
    return PageFigures(page.name, page.size_bytes, 0, next_page_url if isinstance(next_page_url, str) else None)


def read_root(page: Page, reader: FeedReader, findings: Findings) -> None:
    """Adds what is wrong with the page's root."""
    if page.duplicate_key is not None:
        findings.add(page.name, "", None, duplicate_key("", page.duplicate_key))
    for hit in reader.begin_page(page):
        findings.add(page.name, "", None, hit)


def read_items(page: Page, reader: FeedReader, findings: Findings, on_item: OnItem | None = None) -> None:
    """Adds what is wrong with the page's items."""
    with pause_gc():
        for key in page.lists:
            for index, item, twice in page.items(key):
                place = f"/{key}/{index}"
                if on_item is not None:
                    on_item(page.name, place, item)
                hits = reader.check_item(key, place, item)
                if twice is not None:
                    hits = [*hits, duplicate_key("", twice)]
                for hit in hits:
                    findings.add(page.name, place, id_at(item, hit.path), hit)


def default_profile(kind: FeedKind | None) -> Profile:
    """The profile by which a feed of this kind is checked where nobody names one; None is a kind not known yet."""
    return Profile.ROKU if kind is FeedKind.LIVE else Profile.SCHEMA


def item_count(types: Counter[str]) -> int:
    """How many items a feed has; rows do not count."""
    return types.total() - sum(types[kind] for kind in ROW_KINDS)


def kind_of(page: Page) -> FeedKind:
    """The kind of feed that the page's root belongs to; FeedUnusable if it belongs to none."""
    if "assets" in page.head:
        return FeedKind.SEARCH
    if page.head.keys() & (DIRECT_LIST_KEYS | {"providerName"}):
        return FeedKind.DIRECT
    if page.head.keys() & SEARCH_SIGNS:
        return FeedKind.SEARCH
    raise FeedUnusable(
        f"{page.name} is not a feed: its root has {root_text(page)}, but not assets, movies, series, "
        "shortFormVideos, tvSpecials or liveFeeds (line 1, column 1)"
    )


def root_text(page: Page) -> str:
    """The names of the root's first keys."""
    keys = ", ".join(sorted(page.head)[:5])
    return f"the keys {keys[:120]}" if keys else "no keys"
