"""FEED2xx: the live feed, whose channels are assets of the type liveStream."""

from __future__ import annotations

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.rules.feed_rule import error, warning

LIVE = "roku-search-feed.md, Live feed specification"

STATION_ID_MISSING = error(
    "FEED201", "station-id-missing",
    what="A live channel has neither an external id with the source GRACENOTE_STATION_ID nor a stationInfo.",
    why="Channels without a Gracenote station id are not supported: Roku takes their schedule from there.",
    fix="Ask Gracenote for the channel's station id and add it to externalIds.",
    source=f"{LIVE}, Asset, externalIds",
)  # fmt: skip
CHANNEL_NAME_MISSING = warning(
    "FEED202", "channel-name-missing",
    what="A station id has no channelName.",
    why="The name helps Roku to find mistakes; Roku's own sample leaves it out.",
    fix="Add the channel's name as people know it.",
    source=f"{LIVE}, ExternalId",
)  # fmt: skip
PLAY_ID_URL = warning(
    "FEED203", "play-id-url", owner=Owner.DEVOPS,
    what="A live channel's playId is a URL.",
    why="The prose forbids it without an agreement; Roku's own sample has URLs.",
    fix="Use an id that the app knows, or agree on URLs with the partner manager.",
    source=f"{LIVE}, PlayOption, playId",
)  # fmt: skip
LICENSE_NOT_LIVE = error(
    "FEED204", "license-not-live",
    what="A live channel's license is neither free nor subscription.",
    why="A live channel cannot be rented or bought.",
    fix="Use free or subscription.",
    source=f"{LIVE}, PlayOption, license",
)  # fmt: skip
RESTRICTION_MALFORMED = error(
    "FEED205", "restriction-malformed", owner=Owner.DEVOPS,
    what="A restriction is not allow (true or false), type geo, valueType postal_code or dma, and values (texts).",
    why="Roku cannot apply it, and would offer the channel where it may not be seen, or nowhere.",
    fix="Correct the restriction.",
    source=f"{LIVE}, Restriction",
)  # fmt: skip
PLATFORMS_MISSING = warning(
    "FEED206", "platforms-missing", owner=Owner.DEVOPS,
    what="A feed with live channels and other titles has no defaultAvailabilityPlatforms.",
    why="The prose asks for it in a combined feed.",
    fix='Add "defaultAvailabilityPlatforms": ["all"] at the root of every page.',
    source="roku-search-feed.md, Managing a feed that includes VOD content",
)  # fmt: skip
CHANNELS_MISSING = error(
    "FEED207", "channels-missing", owner=Owner.DEVOPS,
    what="A feed that was read as a live feed has no asset of the type liveStream.",
    why="Without channels it is no live feed, and nothing of the live feed's rules was looked at.",
    fix="Correct the types, or lint it as a Search feed.",
    source=f"{LIVE}, Asset, type",
)  # fmt: skip
LIVE_INFO_INCOMPLETE = error(
    "FEED208", "live-info-incomplete", owner=Owner.DEVOPS,
    what="A stationInfo lacks its stationId, or a liveInfo its startTimeStamp or endTimeStamp.",
    why="Roku cannot tell which station it is, or when the event is.",
    fix="Add the key that the message names.",
    source="roku-vod-delivery.md, The Search feed since the seed text",
)  # fmt: skip
