"""Rules of both kinds of feed on every part: known keys, values of the right type."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.roku.schemas import Profile, search_schema
from edye_delivery.feeds.roku.sources import SEARCH_SCHEMA
from edye_delivery.feeds.rule import Hit, error, excerpt, pointer, warning

RESTRICTION_LISTS = ("restriction", "restrictions")
"""Roku's page has one of them, Roku's own sample the other."""
WRONG_TYPE = error(
    "FEED001", "wrong-type", owner=Owner.DEVOPS,
    what="A value does not have the JSON type that the schema requires.",
    why="Roku's parser drops the part, and the whole title if the part is required.",
    fix="Write the type that the message names: numbers without quotes, a list as a list even with one entry.",
    source=SEARCH_SCHEMA,
)  # fmt: skip
KEY_UNKNOWN = warning(
    "FEED131", "key-unknown", owner=Owner.DEVOPS,
    what="An object has a key that the specification does not know.",
    why="The schema allows it, so nobody notices that the value of a misspelled key is lost.",
    fix="Correct the key, or take it out.",
    source="decisions.md, Search feed: what we write",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """The keys that the specification has for each part of a Search feed, in one profile."""

    root: frozenset[str]
    asset: frozenset[str]
    text: frozenset[str]
    image: frozenset[str]
    rating: frozenset[str]
    credit: frozenset[str]
    external_id: frozenset[str]
    station_id: frozenset[str]
    content: frozenset[str]
    play_option: frozenset[str]
    availability: frozenset[str]
    info: dict[str, frozenset[str]]


def _keys_of(profile: Profile) -> KnownKeys:
    schema = search_schema(profile)
    asset = schema["properties"]["assets"]["items"]["properties"]
    of = {name: frozenset(part.get("properties", ())) for name, part in schema["definitions"].items()}
    return KnownKeys(
        root=frozenset(schema["properties"]) | {"defaultAvailabilityPlatforms"},
        asset=frozenset(asset),
        text=of["title"] | {"language"},
        image=of["image"] | {"language"},
        rating=of["advisory_rating"],
        credit=frozenset(asset["credits"]["items"]["properties"]),
        external_id=of["external_id"],
        station_id=of["external_id"] | {"channelName"},
        content=frozenset(asset["content"]["properties"]),
        play_option=of["play_option"],
        availability=of["availability_info"] | set(RESTRICTION_LISTS),
        info={key: frozenset(asset[key]["properties"]) for key in ("episodeInfo", "seasonInfo")},
    )


KNOWN_KEYS = {profile: _keys_of(profile) for profile in Profile}


def unknown_keys(part: dict[str, Any], known: frozenset[str], path: str, hits: list[Hit]) -> None:
    """Adds a defect for every key that the specification does not have."""
    if not part.keys() <= known:
        for key in sorted(part.keys() - known):
            hits.append(KEY_UNKNOWN.at(path + pointer(key), f"the key {excerpt(key)} is not in the specification"))


def moment_text(at_ms: float) -> str:
    """A moment in epoch milliseconds as people read it."""
    try:
        return f"{datetime.fromtimestamp(at_ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError, OSError):
        return "a moment outside the calendar"
