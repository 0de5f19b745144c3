"""What the Direct Publisher feed's prose asks of one entry of a list; values already have the schema's types."""

from __future__ import annotations

from datetime import date
from typing import Any

from edye_delivery.feeds.lint.chain_rules import EPISODE_TWICE, SEASON_TWICE
from edye_delivery.feeds.lint.direct_publisher import rules
from edye_delivery.feeds.lint.direct_publisher.content_checks import check_content, check_period
from edye_delivery.feeds.lint.direct_publisher.parts import (
    KEYS,
    check_blank,
    check_filled,
    check_part,
    check_text,
    entries,
    is_blank,
)
from edye_delivery.feeds.lint.external_ids import check_external_id
from edye_delivery.feeds.lint.search.rules import NUMBER_NEGATIVE
from edye_delivery.feeds.lint.text_checks import check_title
from edye_delivery.feeds.lint.url_checks import check_image_name
from edye_delivery.feeds.roku.limits import (
    LONG_DESCRIPTION_MAX_UNITS,
    PLAYLIST_NAME_MAX_CHARS,
    SHORT_DESCRIPTION_MAX_UNITS,
    TAG_MAX_CHARS,
)
from edye_delivery.feeds.roku.query import tags_and_operators
from edye_delivery.rules.feed_rule import FeedRule, Hit, shown

DESCRIPTION_MAX_UNITS = {
    "shortDescription": SHORT_DESCRIPTION_MAX_UNITS,
    "longDescription": LONG_DESCRIPTION_MAX_UNITS,
}
OPTIONAL_LISTS = ("tags", "credits", "externalIds")
PARTS = {
    "movies": "movie", "series": "series", "shortFormVideos": "short_form_video", "tvSpecials": "tv_special",
    "liveFeeds": "live_feed",
}  # fmt: skip
GRACENOTE_TYPES = {"movies": "movie", "series": "series", "episodes": "episode", "tvSpecials": "tvspecial"}


def check_entry(list_key: str, entry: dict[str, Any], now_ms: int, hits: list[Hit]) -> None:
    """Adds every defect that the prose sees in an entry of a list of the root."""
    if list_key == "categories":
        _check_category(entry, hits)
    elif list_key == "playlists":
        _check_playlist(entry, hits)
    else:
        _check_item(entry, PARTS[list_key], "", list_key, now_ms, hits)
        if list_key == "shortFormVideos":
            check_filled(entry, ("genres",), "", hits)
        elif list_key == "liveFeeds":
            check_filled(entry, ("genres", "advisoryRatings"), "", hits)
            check_period(entry, "", now_ms, hits)
        elif list_key == "series":
            _check_seasons(entry, now_ms, hits)
            _check_episodes(entry, "", now_ms, hits)


def defect_of_row(list_key: str, row: dict[str, Any]) -> str:
    """The first thing that is wrong with a playlist or category; empty where nothing is."""
    hits: list[Hit] = []
    check_entry(list_key, row, 0, hits)
    return hits[0].message if hits else ""


def _check_item(item: dict[str, Any], name: str, path: str, list_key: str, now_ms: int, hits: list[Hit]) -> None:
    check_part(item, name, path, ("id", "title", *DESCRIPTION_MAX_UNITS), hits)
    if not item.keys() <= KEYS[name]:  # of an unknown key, such as an episode's tags, nothing is known to be sound
        item = {key: value for key, value in item.items() if key in KEYS[name]}
    check_filled(item, OPTIONAL_LISTS, path, hits)
    _check_descriptions(item, path, hits)
    _check_day(item, "releaseDate", path, hits)
    if "title" in item:
        check_title(item["title"], f"{path}/title", hits)
    for key in ("thumbnail", "brandedThumbnail"):
        if key in item:
            check_image_name(item[key], f"{path}/{key}", hits)
    for index, tag in entries(item, "tags"):
        check_text(tag, f"{path}/tags/{index}", hits)
        _check_length(tag, TAG_MAX_CHARS, rules.DIRECT_TAG_TOO_LONG, f"{path}/tags/{index}", hits)
    for index, credit in entries(item, "credits"):
        check_part(credit, "credit", f"{path}/credits/{index}", ("name",), hits)
        _check_day(credit, "birthDate", f"{path}/credits/{index}", hits)
    for index, external_id in entries(item, "externalIds"):
        check_part(external_id, "external_id", f"{path}/externalIds/{index}", ("id",), hits)
        kind = GRACENOTE_TYPES.get(list_key, "")
        check_external_id(
            external_id.get("idType"), external_id.get("id"), kind, f"{path}/externalIds/{index}/id", hits
        )
    if "rating" in item:
        check_part(item["rating"], "rating", f"{path}/rating", (), hits)
    if "content" in item:
        check_content(item["content"], f"{path}/content", list_key, now_ms, hits)


def _check_seasons(series: dict[str, Any], now_ms: int, hits: list[Hit]) -> None:
    numbers: dict[int, int] = {}
    for index, season in entries(series, "seasons"):
        path = f"/seasons/{index}"
        check_part(season, "season", path, (), hits)
        if "thumbnail" in season:
            check_image_name(season["thumbnail"], f"{path}/thumbnail", hits)
        _check_number(season, "seasonNumber", path, SEASON_TWICE, numbers, index, hits)
        _check_episodes(season, path, now_ms, hits)


def _check_episodes(parent: dict[str, Any], path: str, now_ms: int, hits: list[Hit]) -> None:
    numbers: dict[int, int] = {}
    for index, episode in entries(parent, "episodes"):
        below = f"{path}/episodes/{index}"
        _check_item(episode, "episode", below, "episodes", now_ms, hits)
        _check_number(episode, "episodeNumber", below, EPISODE_TWICE, numbers, index, hits)


def _check_number(
    part: dict[str, Any], key: str, path: str, twice: FeedRule, numbers: dict[int, int], index: int, hits: list[Hit]
) -> None:
    """Adds a defect for a number below 0 or one that an earlier entry of the list has; `numbers` remembers them."""
    number = part.get(key)
    if number is None:
        return
    if number < 0:
        hits.append(NUMBER_NEGATIVE.at(f"{path}/{key}", f"{shown(number)} is negative"))
    first = numbers.setdefault(number, index)
    if first != index:
        hits.append(twice.at(f"{path}/{key}", f"{key} {shown(number)} was given before, by entry {first}"))


def _check_descriptions(item: dict[str, Any], path: str, hits: list[Hit]) -> None:
    for key, most in DESCRIPTION_MAX_UNITS.items():
        text = item.get(key, "")
        if len(text) * 2 > most and (units := len(text.encode("utf-16-le")) // 2) > most:
            message = f"{units} UTF-16 units ({len(text)} characters), at most {most} are shown"
            hits.append(rules.DESCRIPTION_CLIPPED.at(f"{path}/{key}", message))
    short, long = item.get("shortDescription", ""), item.get("longDescription", "")
    if short.strip() == long.strip() and not is_blank(long):
        message = "it is equal to the shortDescription"
        hits.append(rules.DESCRIPTIONS_EQUAL.at(f"{path}/longDescription", message))


def _check_day(part: dict[str, Any], key: str, path: str, hits: list[Hit]) -> None:
    written = part.get(key)
    if written is None:
        return
    try:
        date.fromisoformat(written)
    except ValueError:
        hits.append(rules.DATE_MALFORMED.at(f"{path}/{key}", f"{shown(written)} is no day of the calendar"))


def _check_length(text: str, most: int, rule: FeedRule, path: str, hits: list[Hit]) -> None:
    if len(text) > most:
        message = f"{shown(text)} has {len(text)} characters, at most {most} are allowed"
        hits.append(rule.at(path, message))


def _check_category(category: dict[str, Any], hits: list[Hit]) -> None:
    check_part(category, "category", "", ("name", "playlistName", "query"), hits)
    query = category.get("query", "")
    if category.get("order") == "manual" and "query" in category and "playlistName" not in category:
        hits.append(rules.ORDER_NOT_FOR_QUERY.at("/order", "the order is manual, the items come from a query"))
    tags, operators = tags_and_operators(query)
    if len(operators) > 1:
        hits.append(rules.QUERY_OPERATORS_MIXED.at("/query", f"{shown(query)} has AND and OR"))
    if operators and "" in tags:
        hits.append(rules.QUERY_MALFORMED.at("/query", f"{shown(query)} has an operator without a tag beside it"))


def _check_playlist(playlist: dict[str, Any], hits: list[Hit]) -> None:
    check_part(playlist, "playlist", "", ("name",), hits)
    _check_length(playlist.get("name", ""), PLAYLIST_NAME_MAX_CHARS, rules.PLAYLIST_NAME_TOO_LONG, "/name", hits)
    places: dict[str, int] = {}
    for index, item_id in entries(playlist, "itemIds"):
        check_blank(item_id, f"/itemIds/{index}", hits)
        first = places.setdefault(item_id, index)
        if first != index:
            message = f"{shown(item_id)} is also entry {first}"
            hits.append(rules.PLAYLIST_ITEM_TWICE.at(f"/itemIds/{index}", message))
