"""FEED3xx, second part: forms, and what the Direct Publisher feed's prose and our decisions ask for."""

from __future__ import annotations

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.rules.feed_rule import error, warning

PAGE = "roku-direct-publisher-feed.md"
LOST = "decisions.md, Direct Publisher feed: the lost lists"
BEYOND = "decisions.md, what the linter knows beyond the schema"

DATE_MALFORMED = error(
    "FEED335", "date-malformed",
    what="A releaseDate or birthDate is no day of the calendar in the form YYYY-MM-DD.",
    why="Roku drops the date, and what requires it.",
    fix="Write the day as 2015-11-11, without time and without a line break.",
    source=f"{PAGE}, releaseDate, birthDate",
)  # fmt: skip
TIMESTAMP_MALFORMED = error(
    "FEED336", "timestamp-malformed", owner=Owner.DEVOPS,
    what="lastUpdated, dateAdded, validityPeriodStart or validityPeriodEnd is no timestamp with a time zone.",
    why="Roku cannot tell the moment.",
    fix="Write 2015-11-11T22:21:37+00:00.",
    source=f"{PAGE}, Root, Content",
)  # fmt: skip
LANGUAGE_MALFORMED = error(
    "FEED337", "language-malformed",
    what="A language is no ISO 639 code of two or three letters, alone or with a region.",
    why="Roku cannot tell the language.",
    fix="Write es, spa or es-MX, with a hyphen.",
    source=f"{PAGE}, Root, Content, Caption File",
)  # fmt: skip
AD_BREAK_MALFORMED = error(
    "FEED338", "ad-break-malformed", owner=Owner.DEVOPS,
    what="An ad break has not the form hh:mm:ss.",
    why="Roku drops the ad break.",
    fix="Write the time from the video's beginning, such as 00:07:30.",
    source=f"{PAGE}, Content, adBreaks",
)  # fmt: skip
DESCRIPTION_CLIPPED = warning(
    "FEED339", "description-clipped",
    what="A shortDescription has more than 200 characters, or a longDescription more than 500.",
    why="Roku clips it, at a place that nobody chose.",
    fix="Shorten it, at a word's end; an emoji counts as two characters.",
    source=f"{PAGE}, shortDescription, longDescription; {LOST}",
)  # fmt: skip
DESCRIPTIONS_EQUAL = error(
    "FEED340", "descriptions-equal",
    what="A longDescription says the same as the shortDescription.",
    why="It must be different.",
    fix="Write a longer text, or leave longDescription out.",
    source=f"{PAGE}, longDescription; {LOST}",
)  # fmt: skip
DIRECT_TEXT_EMPTY = error(
    "FEED341", "direct-text-empty",
    what="A name, title, description, id, tag or query has no visible character.",
    why="Roku drops it, and what requires it.",
    fix="Write the text, or take the key or entry out where it is optional.",
    source=BEYOND,
)  # fmt: skip
DIRECT_TAG_TOO_LONG = error(
    "FEED342", "direct-tag-too-long",
    what="A tag has more than 20 characters.",
    why="Roku drops the tag, and no category finds the item by it.",
    fix="Shorten the tag, in the categories' queries too.",
    source=f"{PAGE}, tags",
)  # fmt: skip
PLAYLIST_NAME_TOO_LONG = error(
    "FEED343", "playlist-name-too-long",
    what="A playlist's name has more than 20 characters.",
    why="Roku drops the playlist, and the category that names it stays empty.",
    fix="Shorten the name, in the category too.",
    source=f"{PAGE}, Playlist, name",
)  # fmt: skip
BITRATE_MISSING = error(
    "FEED344", "bitrate-missing", owner=Owner.DEVOPS,
    what="A video that is a single file (MP4, MOV, M4V) has no bitrate.",
    why="The player chooses between files by bandwidth; for non-adaptive streams bitrate is required.",
    fix="Add the bitrate in kbps.",
    source=f"{PAGE}, Video, bitrate",
)  # fmt: skip
BITRATE_NOT_POSITIVE = error(
    "FEED345", "bitrate-not-positive", owner=Owner.DEVOPS,
    what="A bitrate is not above 0.",
    why="The player cannot choose by it.",
    fix="Write the bitrate of the media file in kbps; leave it out for an adaptive stream.",
    source=f"{PAGE}, Video, bitrate",
)  # fmt: skip
BITRATE_IN_BITS = warning(
    "FEED346", "bitrate-in-bits", owner=Owner.DEVOPS,
    what="A bitrate above 100000 kbps: it was written in bits per second.",
    why="The player takes the video for one that no connection can carry.",
    fix="Divide by 1000; EDYE's sources give bits per second.",
    source=f"{PAGE}, Video, bitrate; {LOST}",
)  # fmt: skip
QUALITY_SD = warning(
    "FEED347", "quality-sd",
    what="A video's quality is SD.",
    why="Roku's change log adds SD, no list of the page ever had it.",
    fix="Deliver at least 720p and write HD.",
    source=f"{PAGE}, change log; {LOST}",
)  # fmt: skip
ORDER_NOT_FOR_QUERY = error(
    "FEED348", "order-not-for-query",
    what="A category with a query has the order manual.",
    why="manual is the order of a playlist; a query has none.",
    fix="Use most_recent, chronological or most_popular, or a playlist.",
    source=f"{PAGE}, Category; {LOST}",
)  # fmt: skip
QUERY_OPERATORS_MIXED = error(
    "FEED349", "query-operators-mixed",
    what="A query has both AND and OR.",
    why="Several operators of one kind are allowed, never both in one query.",
    fix="Use one of them, or give the items a tag of their own for this category.",
    source=f"{PAGE}, Category; {LOST}",
)  # fmt: skip
QUERY_MALFORMED = error(
    "FEED350", "query-malformed",
    what="A query has an operator with no tag before or after it.",
    why="Roku cannot read it, and the row stays empty.",
    fix="Write tag AND tag, or tag OR tag.",
    source=f"{PAGE}, Category; {LOST}",
)  # fmt: skip
QUERY_TAG_UNKNOWN = warning(
    "FEED351", "query-tag-unknown",
    what="A query names a tag that no item of the feed has.",
    why="The tag finds nothing. Tags are case sensitive.",
    fix="Correct the tag, or tag the items.",
    source=f"{PAGE}, Category, query",
)  # fmt: skip
PLAYLIST_UNKNOWN = error(
    "FEED352", "playlist-unknown",
    what="A category's playlistName is no playlist of the feed.",
    why="Roku cannot fill the row.",
    fix="Add the playlist, or correct the name.",
    source=f"{PAGE}, Category, playlistName",
)  # fmt: skip
PLAYLIST_ITEM_UNKNOWN = error(
    "FEED353", "playlist-item-unknown",
    what="A playlist names an id that no item of the feed has.",
    why="Roku leaves the place out.",
    fix="Add the item, or take the id out of the playlist.",
    source=f"{PAGE}, Playlist, itemIds",
)  # fmt: skip
PLAYLIST_ITEM_EPISODE = error(
    "FEED354", "playlist-item-episode",
    what="A playlist names an episode.",
    why="Playlists have movies, series, short-form videos, TV specials, live feeds; episodes are out since 2016-07-28.",
    fix="Name the series, or take the id out of the playlist.",
    source=f"{PAGE}, Playlist, itemIds, change log",
)  # fmt: skip
PLAYLIST_TWICE = error(
    "FEED355", "playlist-twice",
    what="Two playlists have the same name.",
    why="Categories name their playlist; which of the two is shown is not told.",
    fix="Give each its own name.",
    source=f"{PAGE}, Category, playlistName",
)  # fmt: skip
VALIDITY_BACKWARDS = error(
    "FEED356", "validity-backwards",
    what="validityPeriodStart is not before validityPeriodEnd.",
    why="The content is never available.",
    fix="Correct the start or the end.",
    source=f"{PAGE}, Content; {BEYOND}",
)  # fmt: skip
VALIDITY_CLOSED = error(
    "FEED357", "validity-closed",
    what="validityPeriodEnd has passed.",
    why="The content is no longer available.",
    fix="Extend the period, or take the item out of the feed.",
    source=f"{PAGE}, Content",
)  # fmt: skip
AD_BREAK_LATE = warning(
    "FEED358", "ad-break-late", owner=Owner.DEVOPS,
    what="An ad break lies after the end of the video.",
    why="It is never shown.",
    fix="Correct the ad break or the duration.",
    source=f"{PAGE}, Content, adBreaks, duration",
)  # fmt: skip
RUNTIME_NOT_POSITIVE = error(
    "FEED359", "runtime-not-positive",
    what="A content's duration is not above 0.",
    why="It is the runtime in seconds; Roku refuses the item.",
    fix="Write the duration of the media file in whole seconds.",
    source=f"{PAGE}, Content, duration; {BEYOND}",
)  # fmt: skip
MOVIE_UNDER_20_MINUTES = warning(
    "FEED360", "movie-under-20-minutes",
    what="A movie has less than 20 minutes.",
    why="Short-form videos are what is usually less than 20 minutes long.",
    fix="Put it into shortFormVideos, or correct the duration.",
    source=f"{PAGE}, Root, shortFormVideos",
)  # fmt: skip
SHORT_FORM_OVER_20_MINUTES = warning(
    "FEED361", "short-form-over-20-minutes",
    what="A short-form video has more than 20 minutes.",
    why="Short-form videos are usually less than 20 minutes long.",
    fix="Put it into movies or tvSpecials, or correct the duration.",
    source=f"{PAGE}, Root, shortFormVideos",
)  # fmt: skip
LIST_EMPTY = warning(
    "FEED362", "list-empty", owner=Owner.DEVOPS,
    what="A list that may be left out has no entry.",
    why="The page asks for one or more wherever the list is there.",
    fix="Leave the key out.",
    source=f"{PAGE}, Root, Content, tags, credits, externalIds",
)  # fmt: skip
TIMESTAMP_FRACTION = warning(
    "FEED363", "timestamp-with-fraction", owner=Owner.DEVOPS,
    what="lastUpdated, dateAdded, validityPeriodStart or validityPeriodEnd has a fraction of a second.",
    why="The form that the page gives ends with seconds; a strict reader drops the moment.",
    fix="Write 2015-11-11T22:21:37+00:00.",
    source=f"{PAGE}, Root, Content",
)  # fmt: skip
QUERY_OPERATOR_LOWER_CASE = warning(
    "FEED364", "query-operator-lower-case",
    what="A query has and or or in lower case, and no item has the tag that this makes of the words around it.",
    why="Operators are AND and OR in capitals; in lower case they are a part of a tag, and the row stays empty.",
    fix="Write tag AND tag, or tag OR tag; where it is one tag, tag the items.",
    source=f"{PAGE}, Category, query",
)  # fmt: skip
TRICK_PLAY_NAME = warning(
    "FEED365", "trick-play-name", owner=Owner.DEVOPS,
    what="The URL of a trickplay file ends like another kind of file, not with .bif.",
    why="The file must be in Roku's BIF format; with another one nothing is shown while scrubbing.",
    fix="Name a BIF file; --check-urls looks at what the URL answers.",
    source=f"{PAGE}, Trickplay File",
)  # fmt: skip
PLAYLIST_ITEM_TWICE = warning(
    "FEED366", "playlist-item-twice",
    what="A playlist names the same item twice.",
    why="The row shows it twice.",
    fix="Take one of the two out.",
    source=f"{PAGE}, Playlist, itemIds",
)  # fmt: skip
FEED_EMPTY = error(
    "FEED367", "feed-empty", owner=Owner.DEVOPS,
    what="A Direct Publisher feed has no item: its lists of movies, series and so on have no entry.",
    why="Each of these lists is of one or more; Roku refuses the feed, or the channel is empty.",
    fix="Look why the feed is empty before it is published.",
    source=f"{PAGE}, Root",
)  # fmt: skip
