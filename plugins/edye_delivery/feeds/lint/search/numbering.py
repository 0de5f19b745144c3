"""The place of a season or an episode: its series and its numbers."""

from __future__ import annotations

from typing import Any

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.lint.keys import unknown_keys
from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.roku.sources import BEYOND, SEARCH_SCHEMA
from edye_delivery.feeds.rule import FeedRule, Hit, error

SEASON_INFO_MISSING = error(
    "FEED006", "season-info-missing", owner=Owner.DEVOPS,
    what="A season lacks seasonInfo, or its seriesId or seasonNumber.",
    why="Roku cannot attach the season to its series.",
    fix="Add seasonInfo with seriesId and seasonNumber.",
    source=f"{SEARCH_SCHEMA}, seasonInfo; roku-search-feed.md, SeasonInfo",
)  # fmt: skip
EPISODE_INFO_MISSING = error(
    "FEED007", "episode-info-missing", owner=Owner.DEVOPS,
    what="An episode lacks episodeInfo, or its seriesId or episodeNumber.",
    why="Roku cannot attach the episode to its series.",
    fix="Add episodeInfo with seriesId and episodeNumber.",
    source=f"{SEARCH_SCHEMA}, episodeInfo; roku-search-feed.md, EpisodeInfo",
)  # fmt: skip
NUMBER_NEGATIVE = error(
    "FEED140", "number-negative",
    what="A season or episode number is negative.",
    why="Roku cannot place the episode.",
    fix="Number from 1; 0 is for specials.",
    source=BEYOND,
)  # fmt: skip
REQUIRED: dict[str, dict[str, FeedRule]] = {
    "": {"seasonInfo": SEASON_INFO_MISSING},
    "episodeInfo": {"seriesId": EPISODE_INFO_MISSING, "episodeNumber": EPISODE_INFO_MISSING},
    "seasonInfo": {"seriesId": SEASON_INFO_MISSING, "seasonNumber": SEASON_INFO_MISSING},
}


def check_numbering(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of the series, season and episode numbers."""
    if kind == "episode" and "episodeInfo" not in asset:
        hits.append(EPISODE_INFO_MISSING.at("", "episodeInfo is missing", "episodeInfo"))
    for part, known in context.known.info.items():
        info = asset.get(part)
        if info is None:
            continue
        unknown_keys(info, known, f"/{part}", hits)
        for key in ("seasonNumber", "episodeNumber"):
            if info.get(key, 0) < 0:
                hits.append(NUMBER_NEGATIVE.at(f"/{part}/{key}", f"{info[key]} is negative"))
