"""The root of a Direct Publisher feed and its lists."""

from __future__ import annotations

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.roku.sources import DIRECT_PAGE
from edye_delivery.feeds.rule import error

ROOT_INCOMPLETE = error(
    "FEED301", "direct-root-incomplete", owner=Owner.DEVOPS,
    what="The root lacks providerName, lastUpdated or language.",
    why="All three are required; Roku refuses the feed.",
    fix="Add the key that the message names.",
    source=f"{DIRECT_PAGE}, Root",
)  # fmt: skip
CONTENT_LISTS_MISSING = error(
    "FEED302", "content-lists-missing", owner=Owner.DEVOPS,
    what="The root has none of movies, series, shortFormVideos, tvSpecials, liveFeeds.",
    why="At least one of these content types is required; Roku refuses the feed.",
    fix="Add the list.",
    source=f"{DIRECT_PAGE}, Root",
)  # fmt: skip
LANGUAGE_MALFORMED = error(
    "FEED337", "language-malformed",
    what="A language is not an ISO 639 code of two or three letters, alone or with a region.",
    why="Roku does not know the language.",
    fix="Write es, spa or es-MX, with a hyphen.",
    source=f"{DIRECT_PAGE}, Root, Content, Caption File",
)  # fmt: skip
FEED_EMPTY = error(
    "FEED367", "feed-empty", owner=Owner.DEVOPS,
    what="A Direct Publisher feed has no item: its lists of movies, series and so on have no entry.",
    why="Each of these lists must have at least one entry; Roku refuses the feed, or the channel is empty.",
    fix="Find out why the feed is empty before you publish it.",
    source=f"{DIRECT_PAGE}, Root",
)  # fmt: skip
