"""Live channels: assets of the type liveStream."""

from __future__ import annotations

from typing import Any

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.lint.keys import unknown_keys
from edye_delivery.feeds.lint.search.content import CONTENT_MISSING
from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.roku.sources import LIVE_SECTION
from edye_delivery.feeds.rule import FeedRule, Hit, error, excerpt, warning

STATION_SOURCES = ("gracenote_station_id", "GRACENOTE_STATION_ID")
STATION_ID_MISSING = error(
    "FEED201", "station-id-missing",
    what="A live channel has neither an external id with the source GRACENOTE_STATION_ID nor a stationInfo.",
    why="Roku does not support channels without a Gracenote station id: it takes their schedule from Gracenote.",
    fix="Ask Gracenote for the channel's station id and add it to externalIds.",
    source=f"{LIVE_SECTION}, Asset, externalIds",
)  # fmt: skip
CHANNEL_NAME_MISSING = warning(
    "FEED202", "channel-name-missing",
    what="A station id has no channelName.",
    why="The name helps Roku to find mistakes; Roku's own sample leaves it out.",
    fix="Add the name under which viewers know the channel.",
    source=f"{LIVE_SECTION}, ExternalId",
)  # fmt: skip
PLAY_ID_URL = warning(
    "FEED203", "play-id-url", owner=Owner.DEVOPS,
    what="A live channel's playId is a URL.",
    why="Roku's page forbids it without an agreement; Roku's own sample has URLs.",
    fix="Use an id that the app knows, or agree on URLs with the partner manager.",
    source=f"{LIVE_SECTION}, PlayOption, playId",
)  # fmt: skip
LICENSE_NOT_LIVE = error(
    "FEED204", "license-not-live",
    what="A live channel's license is neither free nor subscription.",
    why="A live channel cannot be rented or bought.",
    fix="Use free or subscription.",
    source=f"{LIVE_SECTION}, PlayOption, license",
)  # fmt: skip
PLATFORMS_MISSING = warning(
    "FEED206", "platforms-missing", owner=Owner.DEVOPS,
    what="A feed with live channels and other titles has no defaultAvailabilityPlatforms.",
    why="Roku's page asks for it in a combined feed.",
    fix='Add "defaultAvailabilityPlatforms": ["all"] at the root of every page.',
    source="roku-search-feed.md, Managing a feed that includes VOD content",
)  # fmt: skip
STATIONS_MISSING = error(
    "FEED207", "channels-missing", owner=Owner.DEVOPS,
    what="A feed that was checked as a live feed has no asset of the type liveStream.",
    why="Without live channels it is not a live feed, and no rule on live channels was checked.",
    fix="Correct the types, or check it as a Search feed.",
    source=f"{LIVE_SECTION}, Asset, type",
)  # fmt: skip
LIVE_INFO_INCOMPLETE = error(
    "FEED208", "live-info-incomplete", owner=Owner.DEVOPS,
    what="A stationInfo lacks its stationId, or a liveInfo its startTimeStamp or endTimeStamp.",
    why="Roku cannot tell which station it is, or when the event is.",
    fix="Add the key that the message names.",
    source="roku-vod-delivery.md, The Search feed since the seed text",
)  # fmt: skip
LIVE_INFO_KEYS: dict[str, FeedRule] = dict.fromkeys(
    ("stationId", "startTimeStamp", "endTimeStamp"), LIVE_INFO_INCOMPLETE
)
REQUIRED: dict[str, dict[str, FeedRule]] = {"stationInfo": LIVE_INFO_KEYS, "liveInfo": LIVE_INFO_KEYS}


def check_station(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of a live channel, except those of its play options' times and countries."""
    stations = [
        (index, entry)
        for index, entry in enumerate(asset.get("externalIds", ()))
        if entry.get("source") in STATION_SOURCES
    ]
    if not stations and "stationInfo" not in asset:
        message = "no external id has the source GRACENOTE_STATION_ID"
        hits.append(STATION_ID_MISSING.at("", message, "externalIds"))
    for index, entry in stations:
        unknown_keys(entry, context.known.station_id, f"/externalIds/{index}", hits)
        if not entry.get("channelName"):
            hits.append(CHANNEL_NAME_MISSING.at(f"/externalIds/{index}", "channelName is missing", "channelName"))
    options = asset.get("content", {}).get("playOptions", ())
    if not options:
        hits.append(CONTENT_MISSING.at("", "content has no play option", "content"))
    for index, option in enumerate(options):
        path = f"/content/playOptions/{index}"
        if "://" in option.get("playId", ""):
            hits.append(PLAY_ID_URL.at(f"{path}/playId", f"{excerpt(option['playId'])} is a URL"))
        if option.get("license", "free") in ("rental", "purchase"):
            hits.append(LICENSE_NOT_LIVE.at(f"{path}/license", f"{option['license']} is not for live channels"))
