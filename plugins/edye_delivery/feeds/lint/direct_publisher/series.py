"""The seasons and episodes of a series."""

from __future__ import annotations

from typing import Any

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.lint.chain import EPISODE_TWICE, SEASON_TWICE
from edye_delivery.feeds.lint.direct_publisher.items import check_item
from edye_delivery.feeds.lint.direct_publisher.parts import check_part, entries
from edye_delivery.feeds.lint.search.numbering import NUMBER_NEGATIVE
from edye_delivery.feeds.lint.urls import check_image_name
from edye_delivery.feeds.roku.sources import DIRECT_PAGE
from edye_delivery.feeds.rule import FeedRule, Hit, error, excerpt

EPISODE_NUMBER_MISSING = error(
    "FEED310", "direct-episode-number-missing",
    what="An episode has no episodeNumber.",
    why="Roku cannot place the episode.",
    fix="Add the number of the episode within its season or series.",
    source=f"{DIRECT_PAGE}, Episode",
)  # fmt: skip
SERIES_SHAPE = error(
    "FEED311", "series-shape", owner=Owner.DEVOPS,
    what="A series has neither seasons nor episodes, or both of them, or an empty list.",
    why="It must have exactly one of them; without an episode there is nothing to play.",
    fix="Use seasons if the episodes are grouped by season, else episodes.",
    source=f"{DIRECT_PAGE}, Series",
)  # fmt: skip
SEASON_INCOMPLETE = error(
    "FEED312", "direct-season-incomplete", owner=Owner.DEVOPS,
    what="A season lacks its seasonNumber, or has no episode.",
    why="Both are required; Roku drops the season.",
    fix="Add what the message names, or take the season out.",
    source=f"{DIRECT_PAGE}, Season",
)  # fmt: skip


def check_seasons(series: dict[str, Any], now_ms: int, hits: list[Hit]) -> None:
    """Adds every defect of the seasons of a series and of their episodes."""
    numbers: dict[int, int] = {}
    for index, season in entries(series, "seasons"):
        path = f"/seasons/{index}"
        check_part(season, "season", path, (), hits)
        if "thumbnail" in season:
            check_image_name(season["thumbnail"], f"{path}/thumbnail", hits)
        _check_number(season, "seasonNumber", path, SEASON_TWICE, numbers, index, hits)
        check_episodes(season, path, now_ms, hits)


def check_episodes(parent: dict[str, Any], path: str, now_ms: int, hits: list[Hit]) -> None:
    """Adds every defect of the episodes of a series or season."""
    numbers: dict[int, int] = {}
    for index, episode in entries(parent, "episodes"):
        below = f"{path}/episodes/{index}"
        check_item(episode, "episode", below, "episodes", now_ms, hits)
        _check_number(episode, "episodeNumber", below, EPISODE_TWICE, numbers, index, hits)


def _check_number(
    part: dict[str, Any], key: str, path: str, twice: FeedRule, numbers: dict[int, int], index: int, hits: list[Hit]
) -> None:
    """Adds a defect for a number below 0, and for one that an earlier entry has; `numbers` remembers the numbers."""
    number = part.get(key)
    if number is None:
        return
    if number < 0:
        hits.append(NUMBER_NEGATIVE.at(f"{path}/{key}", f"{excerpt(number)} is negative"))
    first = numbers.setdefault(number, index)
    if first != index:
        hits.append(twice.at(f"{path}/{key}", f"{key} {excerpt(number)} is also that of entry {first}"))
