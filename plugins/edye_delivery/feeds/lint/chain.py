"""Rules on a feed as a whole, and on its pages."""

from __future__ import annotations

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.roku.sources import BEYOND, PAGINATION_SECTION
from edye_delivery.feeds.rule import error, warning

ID_TWICE = error(
    "FEED401", "id-twice",
    what="Two items of a feed have the same id, on one page or on two.",
    why="Roku keeps only one of them.",
    fix="Give each its own id, or remove one. An old page in a cache can be the cause too.",
    source="roku-search-feed.md, Asset, id",
)  # fmt: skip
SERIES_UNKNOWN = error(
    "FEED402", "series-unknown",
    what="The series that an episode or season names in seriesId is not in the feed.",
    why="Roku cannot show the episode.",
    fix="Add the series, on any page, or correct the seriesId.",
    source=BEYOND,
)  # fmt: skip
SEASON_UNKNOWN = warning(
    "FEED403", "season-unknown",
    what="An episode has a season number for which its series has no season.",
    why="Roku shows the season without title and picture.",
    fix="Add the season.",
    source=BEYOND,
)  # fmt: skip
SEASON_NUMBER_MISSING = warning(
    "FEED404", "season-number-missing",
    what="An episode has no season number although its series has seasons.",
    why="Roku cannot sort it into one of them.",
    fix="Add seasonNumber to the episodeInfo.",
    source=BEYOND,
)  # fmt: skip
EPISODE_TWICE = error(
    "FEED405", "episode-twice",
    what="Two episodes of a series have the same season and episode number.",
    why="Roku shows only one of them.",
    fix="Correct the numbers. In a Search feed, language versions are play options of one episode.",
    source=BEYOND,
)  # fmt: skip
SEASON_TWICE = error(
    "FEED406", "season-twice",
    what="A series has two seasons with the same number.",
    why="Roku keeps only one of them.",
    fix="Correct the number, or take one out.",
    source=BEYOND,
)  # fmt: skip
PLAY_ID_SHARED = warning(
    "FEED407", "play-id-shared",
    what="Two assets have the same playId.",
    why="Both open the same content. Roku's own samples have such assets.",
    fix="Give each title its own playId.",
    source="roku-search-feed.md, playOptions, playId",
)  # fmt: skip
FEED_NOT_PAGED = warning(
    "FEED408", "feed-not-paged", owner=Owner.DEVOPS,
    what="A feed of 20 MB or more (profile roku: 250 MB) has only one page.",
    why="Roku downloads only pages that have changed; it downloads a single large page every time.",
    fix="Split the feed into pages.",
    source=PAGINATION_SECTION,
)  # fmt: skip
CHAIN_LOOP = error(
    "FEED409", "chain-loop", owner=Owner.DEVOPS,
    what="A nextPageUrl leads to a page that was already read.",
    why="Roku would never reach the end of the feed.",
    fix="Leave nextPageUrl out of the last page.",
    source=PAGINATION_SECTION,
)  # fmt: skip
CHAIN_ENDLESS = error(
    "FEED410", "chain-endless", owner=Owner.DEVOPS,
    what="The feed has more pages than are read.",
    why="Roku stops reading such a feed, and so does lint-feed.",
    fix="Leave nextPageUrl out of the last page, or make the pages larger.",
    source=PAGINATION_SECTION,
)  # fmt: skip
PAGE_UNREADABLE = error(
    "FEED411", "page-unreadable", owner=Owner.DEVOPS,
    what="A later page cannot be read: no answer, an error or a redirect, not JSON, not a feed, too large.",
    why="Roku does not get this page and the pages after it.",
    fix="Publish a page before the page that links to it, and keep it as long as somebody may read it.",
    source=PAGINATION_SECTION,
)  # fmt: skip
HEADS_DIFFER = warning(
    "FEED412", "heads-differ", owner=Owner.DEVOPS,
    what="Pages of one feed differ in version, default language, countries or platforms.",
    why="The same title has another meaning on another page.",
    fix="Write the same root on every page.",
    source=PAGINATION_SECTION,
)  # fmt: skip
PAGE_EMPTY = warning(
    "FEED413", "page-empty", owner=Owner.DEVOPS,
    what="A page has no items.",
    why="An empty feed takes every title out of Roku Search.",
    fix="Find out why the feed is empty before you publish it.",
    source=PAGINATION_SECTION,
)  # fmt: skip
