"""The items of Roku's feeds: their lists, their kinds, and an item that can be written."""

from __future__ import annotations

from typing import NamedTuple

LIVE_TYPE = "liveStream"
SEARCH_LIST_KEYS = frozenset({"assets"})
DIRECT_KINDS = {
    "movies": "movie", "series": "series", "shortFormVideos": "shortFormVideo", "tvSpecials": "tvSpecial",
    "liveFeeds": "liveFeed", "categories": "category", "playlists": "playlist",
}  # fmt: skip
"""The lists of a Direct Publisher feed, and the kind of their entries."""
DIRECT_LIST_KEYS = frozenset(DIRECT_KINDS)
ROW_KINDS = ("category", "playlist")
"""Kinds that are not titles, but rows of titles."""
ROW_LIST_KEYS = frozenset({"categories", "playlists"})
PLAYABLE = frozenset({"movie", "tvspecial", "episode", "shortform"})
TITLE_TYPES = PLAYABLE | {"series", "season"}
SEARCH_TYPES = TITLE_TYPES | {"externalIdOnly", LIVE_TYPE}


class FeedItem(NamedTuple):
    """One item of a feed: the list that it belongs to, its id, its kind, its JSON."""

    list_key: str
    item_id: str
    kind: str
    content: bytes
