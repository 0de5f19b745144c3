"""Reads feeds page by page, along nextPageUrl, and checks their pictures where the user asks for it."""

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
class LintOptions:
    """The options of the user; `max_urls` is None where pictures are not checked."""

    profile: Profile
    now_ms: int
    kind: FeedKind | None
    follow: bool
    max_urls: int | None
    kept_max: int


class Reading:
    """Reads all inputs; notes those that are unusable, and reads on."""

    def __init__(self, options: LintOptions, chains: Chains, network: Network, watch: Watch) -> None:
        self._options, self._chains, self._network, self._watch = options, chains, network, watch
        self._unusable = list(chains.unusable)
        self._read: set[int] = set()

    def report(self) -> LintReport:
        """The report on all inputs."""
        feeds = [self._feed(head) for head in self._chains.heads]
        # The pages after an unusable page are read as feeds of their own.
        feeds += [self._feed(one) for one in self._chains.inputs if id(one) not in self._read]
        return LintReport(
            self._options.profile, tuple(feed for feed in feeds if feed is not None), tuple(self._unusable)
        )  # fmt: skip

    def _feed(self, head: Input) -> FeedResult | None:
        options = self._options
        places = PicturePlaces(options.max_urls) if options.max_urls is not None else None
        lint = FeedLint(options.profile, options.now_ms, options.kind, options.kept_max, self._on_item(places))
        figures = self._lint_input(lint, head)
        if figures is None or lint.result is None:
            return None
        unread_url = self._following_pages(lint, head, figures) if lint.result.kind is not FeedKind.DIRECT else None
        result = lint.finish()
        if places is not None:
            self._watch.pictures(len(places.of_url))
            facts_of = self._network.pictures(places.of_url, head.url, self._watch.picture)
            for file, path, asset_id, hit in check_places(places, facts_of, options.profile):
                result.findings.add(file, path, asset_id, hit)
            for hit in not_looked_at(places):
                result.findings.add(result.pages[0].name, "", None, hit)
        return FeedResult(result, unread_url)

    def _following_pages(self, lint: FeedLint, page: Input, figures: PageFigures) -> str | None:
        """Reads the pages after the first; gives a nextPageUrl that is neither an input nor to be followed."""
        head = page
        current: Input | None = page
        keys = {_key(page, page.url)}
        while (url := figures.next_page_url) is not None:
            page_input = self._chains.input_of_link(url, current)
            if page_input is None and not self._options.follow:
                return url
            key = _key(page_input, url)
            if key in keys:
                self._note(lint, CHAIN_LOOP, f"{printable(url)} was read already")
                return None
            if len(keys) >= PAGES_MAX:
                self._note(lint, CHAIN_ENDLESS, f"{len(keys):,} pages were read, and there is one more")
                return None
            keys.add(key)
            following = self._lint_input(lint, page_input) if page_input else self._lint_url(lint, url, head)
            if following is None:
                return None
            current, figures = page_input, following
        return None

    def _lint_input(self, lint: FeedLint, page: Input) -> PageFigures | None:
        self._read.add(id(page))
        self._watch.page(page.name)
        try:
            return lint.add_page(page.name, page.content())
        except FeedUnusable as error:
            self._unusable.append(Unusable(page.name, printable(str(error), 600)))
            return None

    def _lint_url(self, lint: FeedLint, url: str, head: Input) -> PageFigures | None:
        self._watch.page(url)
        before = len(lint.result.pages) if lint.result is not None else 0
        try:
            return lint.add_page(printable(url, 1000), self._network.page(url, head.url))
        except FeedUnusable as error:
            self._note(lint, PAGE_UNREADABLE, printable(str(error), 400), before - 1)
            return None

    def _note(self, lint: FeedLint, rule: FeedRule, message: str, page: int = -1) -> None:
        """Adds a finding at the nextPageUrl of a page."""
        if lint.result is not None:
            lint.result.findings.add(lint.result.pages[page].name, "", None, rule.at("/nextPageUrl", message))

    def _on_item(self, places: PicturePlaces | None) -> OnItem:
        tell = self._watch.item

        def on_item(page: str, place: str, item: Any) -> None:
            tell()
            if places is not None:
                places.on_item(page, place, item)

        return on_item


def _key(page_input: Input | None, url: str | None) -> str | int:
    """The identity of a page: its address, or its file."""
    if page_input is not None and page_input.url is None:
        return id(page_input)
    return without_fragment((page_input.url if page_input is not None else url) or "")
