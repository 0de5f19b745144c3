"""The feed schemas, and the two profiles in which they are applied (decisions, Search feed: what the linter knows).

`schema` is the published schema as it is. `roku` also takes what Roku's own samples have: qualities, sources and
countries in upper case, `liveStream`, `shortForm`, `tvSpecial`, and media videos with the right lists of values. It
takes the spelling of descriptors on Roku's page, and what was added to that page later (roku-vod-delivery.md).
"""

from __future__ import annotations

import copy
import json
import math
import re
from collections.abc import Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs

from edye_delivery.feeds.roku.item import LIVE_TYPE

FOLDER = Path(__file__).parents[2] / "include" / "schemas"
SEARCH_FILE = "roku-search-feed.schema.json"
DIRECT_FILE = "roku-direct-publisher-feed.schema.json"
LOST_LETTER = "onteúdo impactante"
"""A descriptor of CLASSIND as the published schema spells it."""
SUB_TYPES = (
    "teaser", "trailer", "highlight", "making_of", "behind_scenes", "interview", "related", "recap", "extra", "short",
    "ancillary",
)  # fmt: skip
SPELLINGS = {"shortForm": "shortform", "tvSpecial": "tvspecial"}
"""Asset types: the spelling of Roku's samples and its official schema, then that of Roku's page."""


class Profile(StrEnum):
    """How strictly a feed is checked."""

    SCHEMA = "schema"
    ROKU = "roku"


class SchemaPart:
    """One schema: a fast answer, and slower reasons if a value fails; both treat patterns as ECMA 262 does."""

    def __init__(self, schema: dict[str, Any]) -> None:
        self._fast = jsonschema_rs.validator_for(schema)
        base = jsonschema.validators.validator_for(schema)
        types = base.TYPE_CHECKER.redefine("number", _is_number)
        self._slow = jsonschema.validators.extend(base, {"pattern": _pattern}, type_checker=types)(schema)
        self.is_valid = self._fast.is_valid

    def defects(self, value: Any) -> Iterator[jsonschema.ValidationError]:
        """Every reason why the value fails; if a reason has several causes, the deepest comes first."""
        yield from self._slow.iter_errors(value)


def _is_number(_: Any, value: Any) -> bool:
    """1e400 is read as infinity, which does not count as a number here."""
    if isinstance(value, float):
        return math.isfinite(value)
    return isinstance(value, int) and not isinstance(value, bool)


def _pattern(validator: Any, pattern: str, value: Any, _: Any) -> Iterator[jsonschema.ValidationError]:
    """Here `$` is the end of the text; in Python it is also the place before a last newline."""

    if isinstance(value, str) and not re.search(pattern.replace("$", r"\Z"), value):
        yield jsonschema.ValidationError(f"{value!r:.100} does not match {pattern!r}")


@cache
def search_schema(profile: Profile) -> dict[str, Any]:
    """The schema of the Search feed in this profile."""
    schema: dict[str, Any] = json.loads((FOLDER / SEARCH_FILE).read_text(encoding="utf-8"))
    return _widen(schema) if profile is Profile.ROKU else schema


@cache
def search_root(profile: Profile) -> SchemaPart:
    """The schema of a page whose `assets` are empty."""
    return SchemaPart(search_schema(profile))


@cache
def search_asset(profile: Profile) -> SchemaPart:
    """The schema of one asset."""
    schema = search_schema(profile)
    asset = schema["properties"]["assets"]["items"]
    return SchemaPart({"$schema": schema["$schema"], **asset, "definitions": schema["definitions"]})


@cache
def direct_schema() -> dict[str, Any]:
    """The Direct Publisher feed's schema, which is the same in both profiles."""
    schema: dict[str, Any] = json.loads((FOLDER / DIRECT_FILE).read_text(encoding="utf-8"))
    return schema


@cache
def direct_root() -> SchemaPart:
    """The schema of a Direct Publisher feed whose lists are empty."""
    return SchemaPart(direct_schema())


@cache
def direct_item(list_key: str) -> SchemaPart:
    """The schema of one entry of a list of the root, such as movies."""
    schema = direct_schema()
    name = schema["properties"][list_key]["items"]["$ref"].rpartition("/")[2]
    definitions = schema["definitions"]
    return SchemaPart({"$schema": schema["$schema"], **definitions[name], "definitions": definitions})


def values_of(definition: str, profile: Profile = Profile.SCHEMA) -> frozenset[str]:
    """The allowed values of a list of the Search feed's schema, such as genre_type."""
    return frozenset(search_schema(profile)["definitions"][definition]["enum"])


@cache
def descriptor_spellings() -> dict[str, str]:
    """The descriptors of ratings: the spelling on Roku's page, then that of the published schema."""
    lists = [part["enum"] for name, part in search_schema(Profile.SCHEMA)["definitions"].items() if _is_worded(name)]
    spelled = {word.title(): word for words in lists for word in words}
    return spelled | dict.fromkeys(("Conteúdo Impactante", "conteúdo impactante", "onteúdo Impactante"), LOST_LETTER)


def _is_worded(name: str) -> bool:
    """Whether a list of descriptors has words; the other lists have codes such as FV."""
    return name.removesuffix("_descriptors") in ("BBFC", "CHVRS", "CLASSIND", "RTC")


def _widen(schema: dict[str, Any]) -> dict[str, Any]:
    wide = copy.deepcopy(schema)
    lists = wide["definitions"]
    lists["asset_type"]["enum"] += [LIVE_TYPE, *SPELLINGS]
    _add_newer(wide["properties"]["assets"]["items"]["properties"], lists)
    for name in lists:
        if _is_worded(name):
            spellings = descriptor_spellings().items()
            lists[name]["enum"] += [prose for prose, word in spellings if word in lists[name]["enum"]]
    for name in ("video_quality_type", "external_id_source_type", "country_type"):
        lists[name]["enum"] += [value.upper() for value in lists[name]["enum"]]
    asset = wide["properties"]["assets"]["items"]["else"]
    live = {"properties": {"type": {"const": LIVE_TYPE}}, "required": ["type"]}
    asset["else"] = {"if": live, "then": {"required": ["id", "type"]}, "else": asset["else"]}
    video = lists["media"]["properties"]["videos"]["items"]["properties"]
    either = {"anyOf": [video["quality"], video["videoType"]]}
    video["quality"] = video["videoType"] = either
    return wide


def _add_newer(asset: dict[str, Any], lists: dict[str, Any]) -> None:
    """Adds what is on Roku's page but not in the published schema; without a table there, only the type is checked."""
    text, number = {"type": "string"}, {"type": "number"}
    asset["subType"] = {"type": "string", "enum": list(SUB_TYPES)}
    asset["relationships"] = {"type": "array", "items": {"type": "object"}}
    asset["stationInfo"] = {"type": "object", "properties": {"stationId": text}, "required": ["stationId"]}
    moments = {"startTimeStamp": number, "endTimeStamp": number}
    asset["liveInfo"] = {"type": "object", "properties": moments, "required": list(moments)}
    lists["play_option"]["properties"] |= {
        "live": {"type": "boolean"}, "promotionalStartTime": text, "promotionalEndTime": text
    }  # fmt: skip
    lists["external_id"]["properties"]["providerId"] = text
    lists["external_id_source_type"]["enum"] += ["imdb", "roku"]
    lists["image_type"]["enum"].append("poster")
    lists["advisory_ratings_source_type"]["enum"].append("ABMC")
    lists["ABMC_values"] = {"type": "string", "enum": ["NR", "0", "6", "8", "10", "12", "14", "16", "18"]}
    source = {"properties": {"source": {"const": "ABMC"}}}
    values = {"properties": {"value": {"$ref": "#/definitions/ABMC_values"}}}
    lists["advisory_rating"]["allOf"].append({"if": source, "then": values})
