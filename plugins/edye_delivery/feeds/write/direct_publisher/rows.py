"""The rows of a Direct Publisher channel: those of the annex's playlists and categories that are not empty."""

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
"""The linter's first finding on an entry of this list; empty if there is none."""


class Rows:
    """Remembers the ids and tags of written items that the annex's rows need, and writes the rows."""

    def __init__(self, spec: FeedSpec, notes: Notes, defect_of_row: DefectOfRow) -> None:
        self._spec, self._notes, self._defect_of_row = spec, notes, defect_of_row
        self._playlist_ids = {item_id for playlist in spec.playlists for item_id in playlist.items}
        self._ids_by_tag: dict[str, list[str]] = {playlist.tag: [] for playlist in spec.playlists if playlist.tag}
        self._query_tags = {tag for row in spec.categories for tag in tags_and_operators(row.query or "")[0]}
        self._ids: set[str] = set()
        self._tags: set[str] = set()

    def remember(self, item_id: str, tags: Iterable[str]) -> None:
        """Remembers an item of one of the content lists; not to be called for episodes."""
        if item_id in self._playlist_ids:
            self._ids.add(item_id)
        for tag in tags:
            if tag in self._ids_by_tag:
                self._ids_by_tag[tag].append(item_id)
            if (plain := " ".join(tag.split())) in self._query_tags:
                self._tags.add(plain)

    def items(self) -> Iterator[FeedItem]:
        """The rows; to be called after the last item was remembered."""
        playlists: set[str] = set()
        for playlist in self._spec.playlists:
            label = f"the playlist {excerpt(playlist.name)}"
            try:
                yield _feed_item("playlists", self._playlist(playlist, playlists, label))
                playlists.add(playlist.name)
            except Unfit as unfit:
                self._notes.add("", unfit.rule, f"{label} {unfit.message}")
        for category in self._spec.categories:
            label = f"the category {excerpt(category.name)}"
            try:
                yield _feed_item("categories", self._category(category, playlists, label))
            except Unfit as unfit:
                self._notes.add("", unfit.rule, f"{label} {unfit.message}")

    def _check(self, list_key: str, row: Item) -> Item:
        """The row; Unfit if the linter has a finding on it."""
        defect = self._defect_of_row(list_key, row)
        if defect:
            raise Unfit(PART_LEFT_OUT, f"cannot be in the feed: {defect}")
        return row

    def _playlist(self, playlist: Playlist, names: set[str], label: str) -> Item:
        """The playlist; Unfit if it is empty."""
        if playlist.name in names:
            raise Unfit(PART_LEFT_OUT, "is in the annex twice")
        found = [item_id for item_id in playlist.items if item_id in self._ids]
        for item_id in playlist.items:
            if item_id not in self._ids:
                message = (
                    f"{label} names {excerpt(item_id)}, which is not a movie, series, special or short of the feed"
                )
                self._notes.add("", PART_LEFT_OUT, message)
        item_ids = list(dict.fromkeys([*found, *self._ids_by_tag.get(playlist.tag or "", ())]))
        if not item_ids:
            raise Unfit(PART_LEFT_OUT, "has no item")
        return self._check("playlists", {"name": playlist.name, "itemIds": item_ids})

    def _category(self, category: Category, playlists: set[str], label: str) -> Item:
        """The category; Unfit if it would be empty."""
        row = {"name": category.name, "order": category.order}
        if category.query is None:
            if category.playlist not in playlists:
                raise Unfit(PART_LEFT_OUT, f"shows the playlist {excerpt(category.playlist)}, which is not in the feed")
            return self._check("categories", row | {"playlistName": category.playlist})
        row = self._check("categories", row | {"query": category.query})
        tags, operators = tags_and_operators(category.query)
        known = [tag for tag in tags if tag in self._tags]
        for tag in dict.fromkeys(tag for tag in tags if tag not in self._tags):
            self._notes.add("", PART_LEFT_OUT, f"{label} asks for the tag {excerpt(tag)}, which no item has")
        if not known or (known != tags and "OR" not in operators):
            raise Unfit(PART_LEFT_OUT, "has no item")
        return row if known == tags else row | {"query": " OR ".join(known)}


def _feed_item(list_key: str, row: Item) -> FeedItem:
    return FeedItem(list_key, row["name"], DIRECT_KINDS[list_key], orjson.dumps(row))
