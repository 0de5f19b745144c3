"""What several checks of a Search feed share: known keys, known values, how a moment is told."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from edye_delivery.feeds.registry import Hit, pointer, shown
from edye_delivery.feeds.schemas import Profile, search_schema, values_of
from edye_delivery.feeds.search_rules import KEY_UNKNOWN

_SCHEMA = search_schema(Profile.SCHEMA)
_ASSET = _SCHEMA["properties"]["assets"]["items"]["properties"]
_DEFINITIONS = _SCHEMA["definitions"]

ROOT_KEYS = frozenset(_SCHEMA["properties"]) | {"defaultAvailabilityPlatforms"}
ASSET_KEYS = frozenset(_ASSET)
TEXT_KEYS = frozenset(_DEFINITIONS["title"]["properties"]) | {"language"}
IMAGE_KEYS = frozenset(_DEFINITIONS["image"]["properties"]) | {"language"}
RATING_KEYS = frozenset(_DEFINITIONS["advisory_rating"]["properties"])
CREDIT_KEYS = frozenset(_ASSET["credits"]["items"]["properties"])
EXTERNAL_ID_KEYS = frozenset(_DEFINITIONS["external_id"]["properties"])
STATION_ID_KEYS = EXTERNAL_ID_KEYS | {"channelName"}
CONTENT_KEYS = frozenset(_ASSET["content"]["properties"])
PLAY_OPTION_KEYS = frozenset(_DEFINITIONS["play_option"]["properties"])
AVAILABILITY_KEYS = frozenset(_DEFINITIONS["availability_info"]["properties"]) | {"restrictions"}
INFO_KEYS = {key: frozenset(_ASSET[key]["properties"]) for key in ("episodeInfo", "seasonInfo")}
COUNTRIES = {profile: values_of("country_type", profile) for profile in Profile}
LANGUAGES = values_of("language_type")


def unknown_keys(part: dict[str, Any], known: frozenset[str], path: str, hits: list[Hit]) -> None:
    """Adds a defect for every key that the specification does not have."""
    if not part.keys() <= known:
        for key in sorted(part.keys() - known):
            hits.append(KEY_UNKNOWN.at(path + pointer(key), f"the key {shown(key)} is not in the specification"))


def told_moment(at_ms: float) -> str:
    """An epoch moment in milliseconds for people."""
    try:
        return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return "a moment outside the calendar"
