"""Checks a Direct Publisher feed entry by entry: its schema, Roku's other rules, and how its lists fit together."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from edye_delivery.feeds.lint.chain import ID_TWICE
from edye_delivery.feeds.lint.direct_publisher.content import check_moment
from edye_delivery.feeds.lint.direct_publisher.entries import check_entry
from edye_delivery.feeds.lint.direct_publisher.explain import explain_defects, remove_mistyped
from edye_delivery.feeds.lint.direct_publisher.parts import LIST_EMPTY, ROOT_KEYS, check_text, entries, is_blank
from edye_delivery.feeds.lint.direct_publisher.root import FEED_EMPTY
from edye_delivery.feeds.lint.direct_publisher.rows import (
    PLAYLIST_ITEM_EPISODE,
    PLAYLIST_ITEM_UNKNOWN,
    PLAYLIST_TWICE,
    PLAYLIST_UNKNOWN,
    QUERY_OPERATOR_LOWER_CASE,
    QUERY_TAG_UNKNOWN,
)
from edye_delivery.feeds.lint.index import FeedIndex, Spot
from edye_delivery.feeds.lint.keys import WRONG_TYPE, unknown_keys
from edye_delivery.feeds.lint.page_parser import Page
from edye_delivery.feeds.roku.item import DIRECT_KINDS, DIRECT_LIST_KEYS
from edye_delivery.feeds.roku.query import tags_and_operators
from edye_delivery.feeds.roku.schemas import Profile, direct_item, direct_root
from edye_delivery.feeds.rule import FeedRule, Hit, excerpt, pointer

LOWER_CASE_OPERATOR = re.compile(r"\S (and|or) \S", re.IGNORECASE)
CONTENT_LISTS = ("movies", "series", "shortFormVideos", "tvSpecials", "liveFeeds")


class DirectFeed:
    """Reads one Direct Publisher feed; its specification knows one spelling only, so both profiles are the same."""

    list_keys = DIRECT_LIST_KEYS

    def __init__(self, profile: Profile, now_ms: int) -> None:
        self._now_ms = now_ms
        self._root = direct_root()
        self._items = {key: direct_item(key) for key in DIRECT_LIST_KEYS}
        self._index = FeedIndex()
        self._page = -1
        self.types: Counter[str] = Counter()

    def begin_page(self, page: Page) -> Iterator[Hit]:
        """What is wrong with the root."""
        self._page += 1
        head = page.head
        hits: list[Hit] = []
        if not self._root.is_valid(head):
            hits = explain_defects(self._root.defects(head))
        valid_part = remove_mistyped(head, hits)
        more: list[Hit] = []
        unknown_keys(valid_part, ROOT_KEYS, "", more)
        if "providerName" in valid_part:
            check_text(valid_part["providerName"], "/providerName", more)
        check_moment(valid_part, "lastUpdated", "", more)
        yield from _without_repeats(hits, more)
        yield from _empty_lists(page, valid_part)

    def check_item(self, key: str, place: str, item: Any) -> list[Hit]:
        """What is wrong with one entry of a list; what it says about others is remembered for `end`."""
        hits: list[Hit] = []
        if not self._items[key].is_valid(item):
            hits = explain_defects(self._items[key].defects(item), key)
        self.types[DIRECT_KINDS[key]] += 1
        if isinstance(item, dict):
            valid_part = remove_mistyped(item, hits)
            more: list[Hit] = []
            check_entry(key, valid_part, self._now_ms, more)
            hits = _without_repeats(hits, more)
            self._remember(key, valid_part, place)
        return hits

    def end(self) -> Iterator[tuple[Spot, Hit]]:
        """What only the whole feed can show."""
        index = self._index
        index.build_indexes()
        checks: tuple[tuple[FeedRule, Iterator[Spot], str], ...] = (
            (ID_TWICE, index.duplicate_ids(), "the id {} was given before"),
            (PLAYLIST_TWICE, index.duplicate_playlists(), "the playlist {} was given before"),
            (PLAYLIST_UNKNOWN, index.unknown_playlists(), "the playlist {} is not in the feed"),
            (PLAYLIST_ITEM_UNKNOWN, index.unknown_mentions(), "the item {} is not in the feed"),
            (PLAYLIST_ITEM_EPISODE, index.unlistable_mentions(), "{} is an episode"),
        )
        for rule, spots, template in checks:
            for spot in spots:
                before = f", at {spot.first_place}" if spot.first_place else ""
                yield spot, rule.at("", template.format(excerpt(spot.subject)) + before)
        for spot in index.unknown_tags():
            yield spot, _unknown_tag(spot.subject)
        index.close()

    def _remember(self, key: str, item: dict[str, Any], place: str) -> None:
        if key == "categories":
            self._remember_category(item, place)
        elif key == "playlists":
            if name := item.get("name"):
                self._index.note("playlists", (name, self._page, place, None))
            for number, item_id in entries(item, "itemIds"):
                if not is_blank(item_id):
                    self._index.note("mentions", (item_id, self._page, f"{place}/itemIds/{number}"))
        else:
            self._remember_id(item, place)
            if item.get("id"):
                self._index.note("listable", (item["id"],))
            for tag in {" ".join(tag.split()) for _, tag in entries(item, "tags")}:
                self._index.note("tags", (tag,))
            if key == "series":
                self._remember_episodes(item, place)
                for number, season in entries(item, "seasons"):
                    self.types["season"] += 1
                    self._remember_episodes(season, f"{place}/seasons/{number}")

    def _remember_category(self, category: dict[str, Any], place: str) -> None:
        name = category.get("playlistName")
        if name and not is_blank(name):
            self._index.note("playlist_uses", (name, self._page, f"{place}/playlistName"))
        for tag in dict.fromkeys(tags_and_operators(category.get("query", ""))[0]):
            if tag:
                self._index.note("tag_uses", (tag, self._page, f"{place}/query"))

    def _remember_episodes(self, parent: dict[str, Any], place: str) -> None:
        for number, episode in entries(parent, "episodes"):
            self.types["episode"] += 1
            self._remember_id(episode, f"{place}/episodes/{number}")

    def _remember_id(self, item: dict[str, Any], place: str) -> None:
        if item.get("id"):
            self._index.note("items", (item["id"], self._page, place))


def _without_repeats(hits: list[Hit], more: list[Hit]) -> list[Hit]:
    """The schema's defects, and those of the other ones that neither repeat them nor come from a wrong type."""
    if not hits:
        return more
    known = {(hit.rule.code, hit.path) for hit in hits}
    mistyped = {hit.path for hit in hits if hit.rule is WRONG_TYPE}
    return hits + [
        hit
        for hit in more
        if (hit.rule.code, hit.path) not in known
        and hit.path + (pointer(hit.about) if hit.about else "") not in mistyped
    ]


def _unknown_tag(tag: str) -> Hit:
    """Why a query's tag finds nothing: no item has it, or it is two tags with a lower-case operator between them."""
    message = f"no item has the tag {excerpt(tag)}"
    match = LOWER_CASE_OPERATOR.search(tag)
    if match is None:
        return QUERY_TAG_UNKNOWN.at("", message)
    return QUERY_OPERATOR_LOWER_CASE.at("", f"{message}; the operator is {match[1].upper()}, not {match[1]}")


def _empty_lists(page: Page, valid_part: dict[str, Any]) -> Iterator[Hit]:
    """One defect if the feed has no item at all, else one for every list without entries."""
    empty = [key for key in DIRECT_KINDS if key in page.lists and not page.lists[key]]
    content_lists = [key for key in CONTENT_LISTS if key in page.head]
    if content_lists and all(key in empty for key in content_lists):
        yield FEED_EMPTY.at("", "there is no movie, series, short-form video, TV special or live feed")
        empty = [key for key in empty if key not in content_lists]
    for key in empty:
        yield LIST_EMPTY.at(pointer(key), f"{key} has no entry")
