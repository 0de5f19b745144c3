"""What the live feed's prose asks of a channel."""

from __future__ import annotations

import re
from typing import Any

from edye_delivery.feeds.lint.parts import unknown_keys
from edye_delivery.feeds.lint.search import live_rules as rules
from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.lint.search.rules import CONTENT_MISSING
from edye_delivery.rules.feed_rule import Hit, shown

RESTRICTION_KEYS = frozenset({"allow", "type", "valueType", "values"})
VALUE_FORMS = {"postal_code": re.compile(r"[0-9A-Za-z][0-9A-Za-z -]{1,9}"), "dma": re.compile(r"[0-9]{3}")}
STATION_SOURCES = ("gracenote_station_id", "GRACENOTE_STATION_ID")


def check_channel(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of a live channel that is not one of its play options' windows or countries."""
    stations = [
        (index, entry)
        for index, entry in enumerate(asset.get("externalIds", ()))
        if entry.get("source") in STATION_SOURCES
    ]
    if not stations and "stationInfo" not in asset:
        message = "no external id has the source GRACENOTE_STATION_ID"
        hits.append(rules.STATION_ID_MISSING.at("", message, "externalIds"))
    for index, entry in stations:
        unknown_keys(entry, context.known.station_id, f"/externalIds/{index}", hits)
        if not entry.get("channelName"):
            hits.append(rules.CHANNEL_NAME_MISSING.at(f"/externalIds/{index}", "channelName is missing", "channelName"))
    options = asset.get("content", {}).get("playOptions", ())
    if not options:
        hits.append(CONTENT_MISSING.at("", "content has no play option", "content"))
    for index, option in enumerate(options):
        path = f"/content/playOptions/{index}"
        if "://" in option.get("playId", ""):
            hits.append(rules.PLAY_ID_URL.at(f"{path}/playId", f"{shown(option['playId'])} is a URL"))
        if option.get("license", "free") in ("rental", "purchase"):
            hits.append(rules.LICENSE_NOT_LIVE.at(f"{path}/license", f"{option['license']} is not for live channels"))


def check_restrictions(restrictions: Any, path: str, hits: list[Hit]) -> None:
    """Adds a defect for every restriction that Roku could not apply; the schema does not look at them."""
    if not isinstance(restrictions, list):
        hits.append(rules.RESTRICTION_MALFORMED.at(path, f"{shown(restrictions)} is no list"))
        return
    for index, restriction in enumerate(restrictions):
        reason = _defect_of(restriction)
        if reason:
            hits.append(rules.RESTRICTION_MALFORMED.at(f"{path}/{index}", reason))
        else:
            unknown_keys(restriction, RESTRICTION_KEYS, f"{path}/{index}", hits)


def _defect_of(restriction: Any) -> str:
    if not isinstance(restriction, dict):
        return f"{shown(restriction)} is no object"
    if not isinstance(restriction.get("allow"), bool):
        return f"allow is {shown(restriction.get('allow'))}, not true or false"
    if restriction.get("type") != "geo":
        return f"type is {shown(restriction.get('type'))}, not geo"
    form = VALUE_FORMS.get(str(restriction.get("valueType")))
    if form is None:
        return f"valueType is {shown(restriction.get('valueType'))}, not postal_code or dma"
    values = restriction.get("values")
    if not isinstance(values, list) or not values or not all(isinstance(value, str) for value in values):
        return "values is no list of texts"
    wrong = next((value for value in values if form.fullmatch(value) is None), None)
    return "" if wrong is None else f"{shown(wrong)} is no {restriction['valueType']}"
