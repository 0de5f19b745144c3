"""Checks a Search feed page by page and asset by asset: its schema, Roku's other rules, and the feed as a whole."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Collection, Iterator
from itertools import islice
from typing import Any

from edye_delivery.catalog.feed_records import FEED_PAGE_MAX_BYTES, FEED_UNPAGED_BELOW_BYTES
from edye_delivery.catalog.wording import count_of
from edye_delivery.feeds.lint.chain import (
    EPISODE_TWICE,
    FEED_NOT_PAGED,
    HEADS_DIFFER,
    ID_TWICE,
    PAGE_EMPTY,
    PLAY_ID_SHARED,
    SEASON_NUMBER_MISSING,
    SEASON_TWICE,
    SEASON_UNKNOWN,
    SERIES_UNKNOWN,
)
from edye_delivery.feeds.lint.index import FeedIndex, Notes, Spot
from edye_delivery.feeds.lint.keys import KNOWN_KEYS, WRONG_TYPE, unknown_keys
from edye_delivery.feeds.lint.page_parser import Page
from edye_delivery.feeds.lint.search.asset import CHECKS, check_asset, needs_titles
from edye_delivery.feeds.lint.search.consequences import remove_consequences
from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.lint.search.explain import explain_defects
from edye_delivery.feeds.lint.search.play_options import COUNTRY_UNKNOWN
from edye_delivery.feeds.lint.search.root import DUPLICATE_KEY, VERSION_UNKNOWN
from edye_delivery.feeds.lint.search.stations import PLATFORMS_MISSING, STATIONS_MISSING
from edye_delivery.feeds.lint.search.texts import TITLES_MISSING
from edye_delivery.feeds.roku.item import LIVE_TYPE, SEARCH_LIST_KEYS
from edye_delivery.feeds.roku.schemas import SPELLINGS, Profile, search_asset, search_root
from edye_delivery.feeds.roku.vocabularies import COUNTRIES
from edye_delivery.feeds.rule import FeedRule, Hit, excerpt, parent_at, pointer

DEFECTS_MAX = 1000
"""Of one asset; if the schema finds more, the asset is not checked any further."""
UNPAGED_BELOW_BYTES = {Profile.SCHEMA: FEED_UNPAGED_BELOW_BYTES, Profile.ROKU: FEED_PAGE_MAX_BYTES}
"""From this size on Roku recommends pages: first as it was published, then as Roku's page says now."""
SHARED_HEAD = ("version", "defaultLanguage", "defaultAvailabilityCountries", "defaultAvailabilityPlatforms")


class SearchFeed:
    """Reads one Search feed, with or without live channels."""

    list_keys = SEARCH_LIST_KEYS

    def __init__(
        self, profile: Profile, now_ms: int, *, is_live: bool = False, number: int = 0, notes: Notes | None = None
    ) -> None:
        """`number` is that of the first page, from 0. With `notes`, these get what the items say of each other."""
        self._profile, self._now_ms, self._is_live = profile, now_ms, is_live
        self._page = number - 1
        self._known = KNOWN_KEYS[profile]
        self._root, self._asset = search_root(profile), search_asset(profile)
        self._index = FeedIndex()
        self._notes: FeedIndex | Notes = self._index if notes is None else notes
        self._heads: list[dict[str, Any]] = []
        self._single_page_bytes = 0
        self.types: Counter[str] = Counter()

    def begin_page(self, page: Page) -> Iterator[Hit]:
        """What is wrong with the page's root."""
        self._page += 1
        head = page.head
        countries = head.get("defaultAvailabilityCountries")
        country_list = countries if isinstance(countries, list) else []
        self._context = SearchContext(
            default_language=str(head["defaultLanguage"]) if "defaultLanguage" in head else None,
            has_default_countries=head.get("defaultAvailabilityCountries", []) != [],
            default_countries=frozenset(country for country in country_list if isinstance(country, str)),
            now_ms=self._now_ms,
            profile=self._profile,
            known=self._known,
        )
        if not self._root.is_valid(head):
            yield from explain_defects(self._root.defects(head))
        hits: list[Hit] = []
        unknown_keys(head, self._known.root, "", hits)
        yield from hits
        if isinstance(head.get("version"), str) and head["version"] != "1":
            yield VERSION_UNKNOWN.at("/version", f"the version is {excerpt(head['version'])}")
        for index, country in enumerate(country_list[1:], start=1):
            if not (isinstance(country, str) and country in COUNTRIES[self._profile]):
                path = pointer("defaultAvailabilityCountries", index)
                yield COUNTRY_UNKNOWN.at(path, f"{excerpt(country)} is not in the list")
        if "assets" in page.lists and not page.lists["assets"]:
            yield PAGE_EMPTY.at("/assets", "there is no asset on this page")
        yield from self._compare_head(shared_head(page))
        self._single_page_bytes = page.size_bytes

    def add_page(self, head: dict[str, Any], size_bytes: int, types: Counter[str], notes: Notes) -> Iterator[Hit]:
        """Takes over a page that was read apart; what its head, beside those before it, is wrong about."""
        self._page += 1
        self.types.update(types)
        self._index.add(notes)
        self._single_page_bytes = size_bytes
        yield from self._compare_head(head)

    def check_item(self, key: str, place: str, asset: Any) -> list[Hit]:
        """What is wrong with one asset; what it says about others is remembered for `end`."""
        if key != "assets":
            return []
        hits: list[Hit] = []
        if self._asset.is_valid(asset):
            check_asset(asset, self._context, hits)
            self._remember(asset, place)
            return remove_consequences([], hits)
        if not isinstance(asset, dict):
            return [WRONG_TYPE.at("", f"{excerpt(asset)} is not of type object")]
        defects = list(islice(self._asset.defects(asset), DEFECTS_MAX))
        causes = explain_defects(defects)
        if not needs_titles(asset):  # for an unknown type the schema requires what a title needs
            causes = [hit for hit in causes if hit.rule is not TITLES_MISSING]
        if len(defects) == DEFECTS_MAX:
            return causes
        mistyped = frozenset(hit.path for hit in causes if hit.rule is WRONG_TYPE)
        valid_part = remove_paths(asset, mistyped)
        check_asset(valid_part, self._context, hits)
        self._remember(valid_part, place, mistyped)
        return remove_consequences(causes, hits)

    def end(self) -> Iterator[tuple[Spot, Hit]]:
        """What only all pages together can show."""
        index = self._index
        index.build_indexes()
        checks: list[tuple[FeedRule, Iterator[Spot], str]] = [
            (ID_TWICE, index.duplicate_ids(), "the id {} was given before"),
            (SERIES_UNKNOWN, index.unknown_series(), "the series {} is not in the feed"),
            (SEASON_UNKNOWN, index.unknown_seasons(), "{} is not in the feed"),
            (
                SEASON_NUMBER_MISSING,
                index.missing_season_numbers(),
                "seasonNumber is missing, and the series {} has seasons",
            ),
            (EPISODE_TWICE, index.duplicate_episodes(), "{} was given before"),
            (SEASON_TWICE, index.duplicate_seasons(), "{} was given before"),
            (PLAY_ID_SHARED, index.shared_play_ids(), "the playId {} was given before"),
        ]
        for rule, spots, template in checks:
            for spot in spots:
                before = f", at {spot.first_place} of page {spot.first_page + 1}" if spot.first_place else ""
                yield spot, rule.at("", template.format(excerpt(spot.subject)) + before)
        index.close()
        yield from self._end_of_pages()

    def _end_of_pages(self) -> Iterator[tuple[Spot, Hit]]:
        root = Spot(0, "", None, "")
        if len(self._heads) == 1 and self._single_page_bytes >= UNPAGED_BELOW_BYTES[self._profile]:
            yield root, FEED_NOT_PAGED.at("", f"the only page has {self._single_page_bytes:,} bytes")
        live = self.types[LIVE_TYPE]
        if 0 < live < self.types.total() and not self._heads[0].get("defaultAvailabilityPlatforms"):
            message = f"{count_of(live, 'live channel')} and {count_of(self.types.total() - live, 'other asset')}"
            yield root, PLATFORMS_MISSING.at("", message, "defaultAvailabilityPlatforms")
        if self._is_live and not live:
            message = f"it has {count_of(self.types.total(), 'asset')}, but no live channel"
            yield root, STATIONS_MISSING.at("", message)

    def _compare_head(self, head: dict[str, Any]) -> Iterator[Hit]:
        first = self._heads[0] if self._heads else head
        for key in SHARED_HEAD:
            if _sort_key(head.get(key)) != _sort_key(first.get(key)):
                here, there = (excerpt(root[key]) if key in root else "missing" for root in (head, first))
                spot, about = (pointer(key), "") if key in head else ("", key)
                yield HEADS_DIFFER.at(spot, f"{key} is {here}, on the first page {there}", about)
        self._heads.append(head)

    def _remember(self, asset: dict[str, Any], place: str, mistyped: Collection[str] = ()) -> None:
        index, page = self._notes, self._page
        name, spelling = asset.get("id"), asset.get("type", "")
        kind = SPELLINGS.get(spelling, spelling)
        self.types[kind] += 1
        if name is not None:
            index.note("items", (name, page, place))
        if kind == "series" or kind not in CHECKS:  # an asset with a wrong type may be a series
            index.note("series", (name,))
        elif kind == "season":
            info = asset.get("seasonInfo", {})
            if "seriesId" in info and "seasonNumber" in info:
                index.note("seasons", (info["seriesId"], _number(info["seasonNumber"]), page, place, name))
        elif kind == "episode":
            info = asset.get("episodeInfo", {})
            if "seriesId" in info and "episodeNumber" in info and "/episodeInfo/seasonNumber" not in mistyped:
                season = info.get("seasonNumber")
                numbers = (None if season is None else _number(season), _number(info["episodeNumber"]))
                index.note("episodes", (info["seriesId"], *numbers, page, place, name))
        play_ids: set[str] = set()
        for number, option in enumerate(asset.get("content", {}).get("playOptions", ())):
            play_id = option.get("playId")
            if play_id and play_id not in play_ids:
                play_ids.add(play_id)
                index.note("play_ids", (play_id, page, f"{place}/content/playOptions/{number}/playId", name))


def shared_head(page: Page) -> dict[str, Any]:
    """What has to be the same on all pages."""
    return {key: page.head[key] for key in SHARED_HEAD if key in page.head}


def _sort_key(value: Any) -> Any:
    """The value, or a sorted list: the same countries in another order count as the same."""
    return sorted(map(repr, value)) if isinstance(value, list) else value


def _number(value: float) -> float:
    """A number that the database can store; JSON has larger integers than that."""
    return value if -(2**63) <= value < 2**63 else float("inf")


def remove_paths(value: dict[str, Any], paths: Collection[str]) -> dict[str, Any]:
    """A copy without the parts at these JSON pointers; the rest has the types that the schema requires."""
    if not paths:
        return value
    result = copy.deepcopy(value)
    for path in sorted(paths, key=_last_first):
        parent, last = parent_at(result, path)
        del parent[last]
    return result


def _last_first(path: str) -> tuple[int, ...]:
    """A sort key: later entries of a list come first, so that the indexes of earlier ones stay right."""
    return tuple(-int(part) if part.isdecimal() else 0 for part in path.split("/"))


def duplicate_key(path: str, key: str) -> Hit:
    """The hit for a key that an object has twice; `path` is the object's pointer."""
    return DUPLICATE_KEY.at(path, f"the object has the key {excerpt(key)} twice", key)
