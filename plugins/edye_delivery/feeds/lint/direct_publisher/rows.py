"""The rows of a Direct Publisher channel: categories and playlists, and the items that they name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edye_delivery.feeds.lint.direct_publisher.items import check_length
from edye_delivery.feeds.lint.direct_publisher.parts import check_blank, check_part, entries
from edye_delivery.feeds.roku.limits import PLAYLIST_NAME_MAX_CHARS
from edye_delivery.feeds.roku.query import tags_and_operators
from edye_delivery.feeds.roku.sources import DIRECT_PAGE, LOST
from edye_delivery.feeds.rule import Hit, error, excerpt, warning

CATEGORY_INCOMPLETE = error(
    "FEED321", "category-incomplete",
    what="A category lacks its name or order.",
    why="Roku cannot show the row.",
    fix="Add the key that the message names.",
    source=f"{DIRECT_PAGE}, Category",
)  # fmt: skip
CATEGORY_SHAPE = error(
    "FEED322", "category-shape",
    what="A category has neither playlistName nor query, or both.",
    why="It must have exactly one of them; Roku cannot fill the row.",
    fix="Use playlistName for a fixed order, query for tags.",
    source=f"{DIRECT_PAGE}, Category",
)  # fmt: skip
PLAYLIST_INCOMPLETE = error(
    "FEED323", "playlist-incomplete",
    what="A playlist lacks its name, or names no item.",
    why="Roku drops the playlist.",
    fix="Add what the message names, or take the playlist out.",
    source=f"{DIRECT_PAGE}, Playlist",
)  # fmt: skip
ORDER_UNKNOWN = error(
    "FEED334", "order-unknown",
    what="A category's order is not in the list.",
    why="Roku cannot sort the row.",
    fix="Use manual, most_recent, chronological or most_popular.",
    source=f"{DIRECT_PAGE}, Category; {LOST}",
)  # fmt: skip
PLAYLIST_NAME_TOO_LONG = error(
    "FEED343", "playlist-name-too-long",
    what="A playlist's name has more than 20 characters.",
    why="Roku drops the playlist, and the category that names it stays empty.",
    fix="Shorten the name, also in the category.",
    source=f"{DIRECT_PAGE}, Playlist, name",
)  # fmt: skip
ORDER_NOT_FOR_QUERY = error(
    "FEED348", "order-not-for-query",
    what="A category with a query has the order manual.",
    why="manual is the order of a playlist; a query has none.",
    fix="Use most_recent, chronological or most_popular, or a playlist.",
    source=f"{DIRECT_PAGE}, Category; {LOST}",
)  # fmt: skip
QUERY_OPERATORS_MIXED = error(
    "FEED349", "query-operators-mixed",
    what="A query has both AND and OR.",
    why="A query may have several operators of one kind, but not both kinds.",
    fix="Use one of them, or give the items a special tag for this category.",
    source=f"{DIRECT_PAGE}, Category; {LOST}",
)  # fmt: skip
QUERY_MALFORMED = error(
    "FEED350", "query-malformed",
    what="A query has an operator with no tag before or after it.",
    why="Roku cannot read it, and the row stays empty.",
    fix="Write tag AND tag, or tag OR tag.",
    source=f"{DIRECT_PAGE}, Category; {LOST}",
)  # fmt: skip
QUERY_TAG_UNKNOWN = warning(
    "FEED351", "query-tag-unknown",
    what="A query names a tag that no item of the feed has.",
    why="The tag finds nothing. Tags are case sensitive.",
    fix="Correct the tag, or give it to the items.",
    source=f"{DIRECT_PAGE}, Category, query",
)  # fmt: skip
PLAYLIST_UNKNOWN = error(
    "FEED352", "playlist-unknown",
    what="The playlist that a category names in playlistName is not in the feed.",
    why="Roku cannot fill the row.",
    fix="Add the playlist, or correct the name.",
    source=f"{DIRECT_PAGE}, Category, playlistName",
)  # fmt: skip
PLAYLIST_ITEM_UNKNOWN = error(
    "FEED353", "playlist-item-unknown",
    what="A playlist names an id that no item of the feed has.",
    why="Roku leaves the item out.",
    fix="Add the item, or take the id out of the playlist.",
    source=f"{DIRECT_PAGE}, Playlist, itemIds",
)  # fmt: skip
PLAYLIST_ITEM_EPISODE = error(
    "FEED354", "playlist-item-episode",
    what="A playlist names an episode.",
    why="A playlist has movies, series, short-form videos, TV specials, live feeds; since 2016-07-28 no episodes.",
    fix="Name the series, or take the id out of the playlist.",
    source=f"{DIRECT_PAGE}, Playlist, itemIds, change log",
)  # fmt: skip
PLAYLIST_TWICE = error(
    "FEED355", "playlist-twice",
    what="Two playlists have the same name.",
    why="A category names its playlist; Roku does not say which of the two it shows.",
    fix="Give each its own name.",
    source=f"{DIRECT_PAGE}, Category, playlistName",
)  # fmt: skip
QUERY_OPERATOR_LOWER_CASE = warning(
    "FEED364", "query-operator-lower-case",
    what='A query has "and" or "or" in lower case; this makes one long tag, and no item has that tag.',
    why="Operators are AND and OR in capitals; in lower case they are part of a tag, and the row stays empty.",
    fix="Write tag AND tag, or tag OR tag; if it is one tag, give it to the items.",
    source=f"{DIRECT_PAGE}, Category, query",
)  # fmt: skip
PLAYLIST_ITEM_TWICE = warning(
    "FEED366", "playlist-item-twice",
    what="A playlist names the same item twice.",
    why="The row shows it twice.",
    fix="Take one of the two out.",
    source=f"{DIRECT_PAGE}, Playlist, itemIds",
)  # fmt: skip


def check_category(category: dict[str, Any], hits: list[Hit]) -> None:
    """Adds every defect of a category."""
    check_part(category, "category", "", ("name", "playlistName", "query"), hits)
    query = category.get("query", "")
    if category.get("order") == "manual" and "query" in category and "playlistName" not in category:
        hits.append(ORDER_NOT_FOR_QUERY.at("/order", "the order is manual, the items come from a query"))
    tags, operators = tags_and_operators(query)
    if len(operators) > 1:
        hits.append(QUERY_OPERATORS_MIXED.at("/query", f"{excerpt(query)} has AND and OR"))
    if operators and "" in tags:
        hits.append(QUERY_MALFORMED.at("/query", f"{excerpt(query)} has an operator without a tag beside it"))


def check_playlist(playlist: dict[str, Any], hits: list[Hit]) -> None:
    """Adds every defect of a playlist."""
    check_part(playlist, "playlist", "", ("name",), hits)
    check_length(playlist.get("name", ""), PLAYLIST_NAME_MAX_CHARS, PLAYLIST_NAME_TOO_LONG, "/name", hits)
    places: dict[str, int] = {}
    for index, item_id in entries(playlist, "itemIds"):
        check_blank(item_id, f"/itemIds/{index}", hits)
        first = places.setdefault(item_id, index)
        if first != index:
            message = f"{excerpt(item_id)} is also entry {first}"
            hits.append(PLAYLIST_ITEM_TWICE.at(f"/itemIds/{index}", message))


ROW_CHECKS: dict[str, Callable[[dict[str, Any], list[Hit]], None]] = {
    "categories": check_category,
    "playlists": check_playlist,
}


def defect_of_row(list_key: str, row: dict[str, Any]) -> str:
    """The first defect of a playlist or category; empty if it has none."""
    hits: list[Hit] = []
    ROW_CHECKS[list_key](row, hits)
    return hits[0].message if hits else ""
