"""The items of a Direct Publisher feed: rules on a movie, series, episode, short, special or live feed."""

from __future__ import annotations

from datetime import date
from typing import Any

from edye_delivery.catalog.text_length import utf16_units
from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.lint.direct_publisher.content import check_content
from edye_delivery.feeds.lint.direct_publisher.parts import (
    KEYS,
    check_filled,
    check_part,
    check_text,
    entries,
    is_blank,
)
from edye_delivery.feeds.lint.external_ids import check_external_id
from edye_delivery.feeds.lint.texts import check_title
from edye_delivery.feeds.lint.urls import check_image_name
from edye_delivery.feeds.roku.limits import LONG_DESCRIPTION_MAX_UNITS, SHORT_DESCRIPTION_MAX_UNITS, TAG_MAX_CHARS
from edye_delivery.feeds.roku.sources import DIRECT_PAGE, LOST
from edye_delivery.feeds.rule import FeedRule, Hit, error, excerpt, warning

DESCRIPTION_MAX_UNITS = {
    "shortDescription": SHORT_DESCRIPTION_MAX_UNITS,
    "longDescription": LONG_DESCRIPTION_MAX_UNITS,
}
OPTIONAL_LISTS = ("tags", "credits", "externalIds")
GRACENOTE_TYPES = {"movies": "movie", "series": "series", "episodes": "episode", "tvSpecials": "tvspecial"}
DIRECT_ID_MISSING = error(
    "FEED303", "direct-id-missing", owner=Owner.DEVOPS,
    what="A movie, series, episode, short-form video, TV special or live feed has no id.",
    why="Without an id Roku cannot recognise it on the next download.",
    fix="Give it the id that it had in every earlier feed; an id must never change.",
    source=f"{DIRECT_PAGE}, Movie, Series, Episode, ShortFormVideo, TV Special",
)  # fmt: skip
DIRECT_TITLE_MISSING = error(
    "FEED304", "direct-title-missing",
    what="A movie, series, episode, short-form video, TV special or live feed has no title.",
    why="Roku Search looks for the title; Roku refuses an item without one.",
    fix="Add the title in plain text, without a year or a version.",
    source=f"{DIRECT_PAGE}, Movie, Series, Episode, ShortFormVideo, TV Special",
)  # fmt: skip
DIRECT_CONTENT_MISSING = error(
    "FEED305", "direct-content-missing", owner=Owner.DEVOPS,
    what="A movie, episode, short-form video, TV special or live feed has no content.",
    why="There is nothing to play.",
    fix="Add content with dateAdded, videos and duration.",
    source=f"{DIRECT_PAGE}, Movie, Episode, ShortFormVideo, TV Special",
)  # fmt: skip
DIRECT_GENRES_MISSING = error(
    "FEED306", "direct-genres-missing",
    what="A movie, series or TV special has no genre.",
    why="At least one is required; Roku refuses the item.",
    fix="Add a genre of the page's list; map the catalogue's genres in the annex.",
    source=f"{DIRECT_PAGE}, Movie, Series, TV Special",
)  # fmt: skip
THUMBNAIL_MISSING = error(
    "FEED307", "thumbnail-missing", owner=Owner.DESIGN,
    what="A movie, series, episode, short-form video, TV special or live feed has no thumbnail.",
    why="Roku shows it in the channel and in search results; it refuses the item.",
    fix="Add the URL of a 16:9 picture of at least 800x450.",
    source=f"{DIRECT_PAGE}, Movie, Series, Episode, ShortFormVideo, TV Special",
)  # fmt: skip
DIRECT_RELEASE_MISSING = error(
    "FEED308", "direct-release-date-missing",
    what="A movie, series, episode, short-form video or TV special has no releaseDate.",
    why="Roku sorts and groups items by it; since 2016-08-11 it is required for short-form videos too.",
    fix="Add the day of the first release.",
    source=f"{DIRECT_PAGE}, Movie, Series, Episode, ShortFormVideo, TV Special; {LOST}",
)  # fmt: skip
DIRECT_DESCRIPTION_MISSING = error(
    "FEED309", "direct-short-description-missing",
    what="A movie, series, episode, short-form video, TV special or live feed has no shortDescription.",
    why="It is required; Roku refuses the item.",
    fix="Add a description of at most 200 characters.",
    source=f"{DIRECT_PAGE}, Movie, Series, Episode, ShortFormVideo, TV Special",
)  # fmt: skip
DIRECT_EXTERNAL_ID_INCOMPLETE = error(
    "FEED318", "direct-external-id-incomplete",
    what="An external id lacks its id or idType.",
    why="Roku drops the external id.",
    fix="Add both, or take the entry out.",
    source=f"{DIRECT_PAGE}, External ID",
)  # fmt: skip
DIRECT_CREDIT_INCOMPLETE = error(
    "FEED320", "direct-credit-incomplete",
    what="A credit lacks its name, role or birthDate.",
    why="All three are required; Roku drops the credit.",
    fix="Add the key that the message names, or take the entry out.",
    source=f"{DIRECT_PAGE}, Credit",
)  # fmt: skip
DIRECT_GENRE_UNKNOWN = error(
    "FEED324", "direct-genre-unknown",
    what="A genre is not in the page's list.",
    why="Roku refuses values outside its list.",
    fix="In the annex, map the catalogue's genre to one of the page's list (kids, for example, to children).",
    source=f"{DIRECT_PAGE}, Genres; decisions.md, Ratings and genres",
)  # fmt: skip
ID_TYPE_UNKNOWN = error(
    "FEED332", "id-type-unknown",
    what="An external id's idType is not in the list.",
    why="Roku drops the external id.",
    fix="Use TMS, ROVI, IMDB or EIDR.",
    source=f"{DIRECT_PAGE}, External ID; {LOST}",
)  # fmt: skip
ROLE_UNKNOWN = error(
    "FEED333", "direct-role-unknown",
    what="A credit's role is not in the list.",
    why="Roku drops the credit.",
    fix="Use actor, anchor, host, narrator, voice, director, producer or screenwriter; map roles in the annex.",
    source=f"{DIRECT_PAGE}, Credit; {LOST}",
)  # fmt: skip
DATE_MALFORMED = error(
    "FEED335", "date-malformed",
    what="A releaseDate or birthDate is not a calendar day in the form YYYY-MM-DD.",
    why="Roku drops the date, and the item or credit that requires it.",
    fix="Write the day as 2015-11-11, without a time and without a line break.",
    source=f"{DIRECT_PAGE}, releaseDate, birthDate",
)  # fmt: skip
DESCRIPTION_CLIPPED = warning(
    "FEED339", "description-clipped",
    what="A shortDescription has more than 200 characters, or a longDescription more than 500.",
    why="Roku cuts it off, often in the middle of a word.",
    fix="Shorten it, at the end of a word; an emoji counts as two characters.",
    source=f"{DIRECT_PAGE}, shortDescription, longDescription; {LOST}",
)  # fmt: skip
DESCRIPTIONS_EQUAL = error(
    "FEED340", "descriptions-equal",
    what="A longDescription says the same as the shortDescription.",
    why="Roku's page says that the two must be different.",
    fix="Write a longer text, or leave longDescription out.",
    source=f"{DIRECT_PAGE}, longDescription; {LOST}",
)  # fmt: skip
DIRECT_TAG_TOO_LONG = error(
    "FEED342", "direct-tag-too-long",
    what="A tag has more than 20 characters.",
    why="Roku drops the tag, and no category can find the item by it.",
    fix="Shorten the tag, also in the queries of the categories.",
    source=f"{DIRECT_PAGE}, tags",
)  # fmt: skip


def check_item(item: dict[str, Any], name: str, path: str, list_key: str, now_ms: int, hits: list[Hit]) -> None:
    """Adds every defect of an item and its content; `name` is the item's part of the schema."""
    check_part(item, name, path, ("id", "title", *DESCRIPTION_MAX_UNITS), hits)
    if not item.keys() <= KEYS[name]:  # nobody checked the value of an unknown key
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
        check_length(tag, TAG_MAX_CHARS, DIRECT_TAG_TOO_LONG, f"{path}/tags/{index}", hits)
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


def _check_descriptions(item: dict[str, Any], path: str, hits: list[Hit]) -> None:
    for key, max_units in DESCRIPTION_MAX_UNITS.items():
        text = item.get(key, "")
        if len(text) * 2 > max_units and (units := utf16_units(text)) > max_units:
            message = f"{units} UTF-16 units ({len(text)} characters), at most {max_units} are shown"
            hits.append(DESCRIPTION_CLIPPED.at(f"{path}/{key}", message))
    short, long = item.get("shortDescription", ""), item.get("longDescription", "")
    if short.strip() == long.strip() and not is_blank(long):
        message = "it is the same as the shortDescription"
        hits.append(DESCRIPTIONS_EQUAL.at(f"{path}/longDescription", message))


def _check_day(part: dict[str, Any], key: str, path: str, hits: list[Hit]) -> None:
    text = part.get(key)
    if text is None:
        return
    try:
        date.fromisoformat(text)
    except ValueError:
        hits.append(DATE_MALFORMED.at(f"{path}/{key}", f"{excerpt(text)} is not a calendar day"))


def check_length(text: str, max_chars: int, rule: FeedRule, path: str, hits: list[Hit]) -> None:
    """Adds a defect for a text with more than `most` characters."""
    if len(text) > max_chars:
        message = f"{excerpt(text)} has {len(text)} characters, at most {max_chars} are allowed"
        hits.append(rule.at(path, message))
