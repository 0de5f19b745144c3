"""Reads feeds page by page, along nextPageUrl, and looks at their pictures where that is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edye_delivery.catalog.printable import printable
from edye_delivery.command_line.chains import Chains, without_fragment
from edye_delivery.command_line.inputs import Input
from edye_delivery.command_line.network import Network
from edye_delivery.command_line.progress import Watch
from edye_delivery.feeds.lint.chain import CHAIN_ENDLESS, CHAIN_LOOP, PAGE_UNREADABLE
from edye_delivery.feeds.lint.images.checks import check_places, not_looked_at
from edye_delivery.feeds.lint.images.places import PicturePlaces
from edye_delivery.feeds.lint.linter import FeedKind, FeedLint, OnItem, PageFigures
from edye_delivery.feeds.lint.page_parser import FeedUnusable
from edye_delivery.feeds.lint.report import FeedResult, LintReport, Unusable
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.rule import FeedRule

PAGES_MAX = 1000


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the user asked for; `max_urls` is None where pictures are not looked at."""

    profile: Profile
    now_ms: int
    kind: FeedKind | None
    follow: bool
    max_urls: int | None
    kept_max: int


class Reading:
    """Reads all inputs; what is unusable is remembered and keeps nothing else from being read."""

    def __init__(self, wishes: Wishes, chains: Chains, network: Network, watch: Watch) -> None:
        self._wishes, self._chains, self._network, self._watch = wishes, chains, network, watch
        self._unusable = list(chains.unusable)
        self._read: set[int] = set()

    def report(self) -> LintReport:
        """Everything that was found."""
        feeds = [self._feed(head) for head in self._chains.heads]
        # What lies behind a page that turned out to be unusable is looked at by itself.
        feeds += [self._feed(one) for one in self._chains.inputs if id(one) not in self._read]
        return LintReport(
            self._wishes.profile, tuple(feed for feed in feeds if feed is not None), tuple(self._unusable)
        )  # fmt: skip

    def _feed(self, head: Input) -> FeedResult | None:
        wishes = self._wishes
        places = PicturePlaces(wishes.max_urls) if wishes.max_urls is not None else None
        lint = FeedLint(wishes.profile, wishes.now_ms, wishes.kind, wishes.kept_max, self._on_item(places))
        figures = self._lint_given_page(lint, head)
        if figures is None or lint.result is None:
            return None
        unread_url = self._following_pages(lint, head, figures) if lint.result.kind is not FeedKind.DIRECT else None
        result = lint.finish()
        if places is not None:
            self._watch.pictures(len(places.of_url))
            facts_of = self._network.pictures(places.of_url, head.url, self._watch.picture)
            for file, path, asset_id, hit in check_places(places, facts_of, wishes.profile):
                result.findings.add(file, path, asset_id, hit)
            for hit in not_looked_at(places):
                result.findings.add(result.pages[0].name, "", None, hit)
        return FeedResult(result, unread_url)

    def _following_pages(self, lint: FeedLint, page: Input, figures: PageFigures) -> str | None:
        """Reads the pages after the first; gives the nextPageUrl of one that is neither given nor to be followed."""
        head = page
        current: Input | None = page
        seen = {_key(page, page.url)}
        while (url := figures.next_page_url) is not None:
            given = self._chains.input_of_link(url, current)
            if given is None and not self._wishes.follow:
                return url
            key = _key(given, url)
            if key in seen:
                self._note(lint, CHAIN_LOOP, f"{printable(url)} was read already")
                return None
            if len(seen) >= PAGES_MAX:
                self._note(lint, CHAIN_ENDLESS, f"{len(seen):,} pages were read, and there is one more")
                return None
            seen.add(key)
            following = self._lint_given_page(lint, given) if given else self._lint_linked_page(lint, url, head)
            if following is None:
                return None
            current, figures = given, following
        return None

    def _lint_given_page(self, lint: FeedLint, page: Input) -> PageFigures | None:
        self._read.add(id(page))
        self._watch.page(page.name)
        try:
            return lint.add_page(page.name, page.content())
        except FeedUnusable as error:
            self._unusable.append(Unusable(page.name, printable(str(error), 600)))
            return None

    def _lint_linked_page(self, lint: FeedLint, url: str, head: Input) -> PageFigures | None:
        self._watch.page(url)
        before = len(lint.result.pages) if lint.result is not None else 0
        try:
            return lint.add_page(printable(url, 1000), self._network.page(url, head.url))
        except FeedUnusable as error:
            self._note(lint, PAGE_UNREADABLE, printable(str(error), 400), before - 1)
            return None

    def _note(self, lint: FeedLint, rule: FeedRule, message: str, page: int = -1) -> None:
        """A finding at the nextPageUrl of a page."""
        if lint.result is not None:
            lint.result.findings.add(lint.result.pages[page].name, "", None, rule.at("/nextPageUrl", message))

    def _on_item(self, places: PicturePlaces | None) -> OnItem:
        tell = self._watch.item

        def on_item(page: str, place: str, item: Any) -> None:
            tell()
            if places is not None:
                places.on_item(page, place, item)

        return on_item


def _key(given: Input | None, url: str | None) -> str | int:
    """What a page is recognised by: the address that was asked for, or the file."""
    if given is not None and given.url is None:
        return id(given)
    return without_fragment((given.url if given is not None else url) or "")
