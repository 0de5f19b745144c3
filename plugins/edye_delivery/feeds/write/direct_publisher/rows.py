"""The rows of a Direct Publisher channel: the annex's playlists and categories that have something in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import orjson

from edye_delivery.annex.feeds import Category, FeedSpec, Playlist
from edye_delivery.feeds.roku.item import DIRECT_KINDS, FeedItem
from edye_delivery.feeds.roku.query import tags_and_operators
from edye_delivery.feeds.rule import excerpt
from edye_delivery.feeds.write.direct_publisher.values import Item
from edye_delivery.feeds.write.notes import Notes, Unfit
from edye_delivery.feeds.write.rules import PART_LEFT_OUT

DefectOfRow = Callable[[str, Item], str]
"""What the linter has against an entry of this list; empty where nothing."""


class Rows:
    """Remembers of the items that were written only what the annex's rows ask for, and writes the rows from it."""

    def __init__(self, spec: FeedSpec, notes: Notes, defect_of_row: DefectOfRow) -> None:
        self._spec, self._notes, self._defect_of_row = spec, notes, defect_of_row
        self._asked_ids = {item_id for playlist in spec.playlists for item_id in playlist.items}
        self._ids_by_tag: dict[str, list[str]] = {playlist.tag: [] for playlist in spec.playlists if playlist.tag}
        self._asked_tags = {tag for row in spec.categories for tag in tags_and_operators(row.query or "")[0]}
        self._ids: set[str] = set()
        self._tags: set[str] = set()

    def remember(self, item_id: str, tags: Iterable[str]) -> None:
        """An item of one of the content lists; episodes are none."""
        if item_id in self._asked_ids:
            self._ids.add(item_id)
        for tag in tags:
            if tag in self._ids_by_tag:
                self._ids_by_tag[tag].append(item_id)
            if (plain := " ".join(tag.split())) in self._asked_tags:
                self._tags.add(plain)

    def items(self) -> Iterator[FeedItem]:
        """The rows; to be asked for when all items have been remembered."""
        playlists: set[str] = set()
        for playlist in self._spec.playlists:
            told = f"the playlist {excerpt(playlist.name)}"
            try:
                yield _feed_item("playlists", self._playlist(playlist, playlists, told))
                playlists.add(playlist.name)
            except Unfit as unfit:
                self._notes.add("", unfit.rule, f"{told} {unfit.message}")
        for category in self._spec.categories:
            told = f"the category {excerpt(category.name)}"
            try:
                yield _feed_item("categories", self._category(category, playlists, told))
            except Unfit as unfit:
                self._notes.add("", unfit.rule, f"{told} {unfit.message}")

    def _check(self, list_key: str, row: Item) -> Item:
        """The row; Unfit where the linter has something against it."""
        defect = self._defect_of_row(list_key, row)
        if defect:
            raise Unfit(PART_LEFT_OUT, f"cannot be in the feed: {defect}")
        return row

    def _playlist(self, playlist: Playlist, written: set[str], told: str) -> Item:
        """The playlist; Unfit where nothing is in it."""
        if playlist.name in written:
            raise Unfit(PART_LEFT_OUT, "is there twice in the annex")
        found = [item_id for item_id in playlist.items if item_id in self._ids]
        for item_id in playlist.items:
            if item_id not in self._ids:
                message = f"{told} names {excerpt(item_id)}, which is no movie, series, special or short of the feed"
                self._notes.add("", PART_LEFT_OUT, message)
        item_ids = list(dict.fromkeys([*found, *self._ids_by_tag.get(playlist.tag or "", ())]))
        if not item_ids:
            raise Unfit(PART_LEFT_OUT, "has no item")
        return self._check("playlists", {"name": playlist.name, "itemIds": item_ids})

    def _category(self, category: Category, playlists: set[str], told: str) -> Item:
        """The category; Unfit where it would show nothing."""
        row = {"name": category.name, "order": category.order}
        if category.query is None:
            if category.playlist not in playlists:
                raise Unfit(PART_LEFT_OUT, f"shows the playlist {excerpt(category.playlist)}, which is not in the feed")
            return self._check("categories", row | {"playlistName": category.playlist})
        row = self._check("categories", row | {"query": category.query})
        tags, operators = tags_and_operators(category.query)
        known = [tag for tag in tags if tag in self._tags]
        for tag in dict.fromkeys(tag for tag in tags if tag not in self._tags):
            self._notes.add("", PART_LEFT_OUT, f"{told} asks for the tag {excerpt(tag)}, which no item has")
        if not known or (known != tags and "OR" not in operators):
            raise Unfit(PART_LEFT_OUT, "has no item")
        return row if known == tags else row | {"query": " OR ".join(known)}


def _feed_item(list_key: str, row: Item) -> FeedItem:
    return FeedItem(list_key, row["name"], DIRECT_KINDS[list_key], orjson.dumps(row))
