"""The play options of an asset: money, availability, countries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from edye_delivery.catalog.vocabulary import Owner
from edye_delivery.feeds.lint.keys import RESTRICTION_LISTS, moment_text, unknown_keys
from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.lint.search.restrictions import check_restrictions
from edye_delivery.feeds.roku.limits import EPOCH_FROM_MS
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.roku.sources import BEYOND, PRACTICE, SEARCH_PAGE, SEARCH_SCHEMA, TRAPS
from edye_delivery.feeds.roku.vocabularies import COUNTRIES, CURRENCIES
from edye_delivery.feeds.rule import FeedRule, Hit, error, excerpt, warning

PROMOTIONAL = ("promotionalStartTime", "promotionalEndTime")
PAID = frozenset({"rental", "purchase"})
LICENSE_MISSING = error(
    "FEED026", "license-missing", owner=Owner.DEVOPS,
    what="A play option has no license.",
    why="Roku removes the play option. A validator of the schema reports a missing price instead.",
    fix="Add free, subscription, rental or purchase.",
    source=f"{SEARCH_SCHEMA}, play_option; {TRAPS}",
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
LICENSE_UNKNOWN = error(
    "FEED027", "license-unknown", owner=Owner.DEVOPS,
    what="A play option's license is not in the list.",
    why="Roku removes the play option.",
    fix="Use free, subscription, rental or purchase, in lower case.",
    source=f"{SEARCH_SCHEMA}, license_type",
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
QUALITY_MISSING = error(
    "FEED028", "quality-missing", owner=Owner.DEVOPS,
    what="A play option has no quality.",
    why="Roku removes the play option.",
    fix="Add sd, hd, hd+, fhd or uhd, according to the picture's width.",
    source=f"{SEARCH_SCHEMA}, play_option",
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
QUALITY_UNKNOWN = error(
    "FEED029", "quality-unknown", owner=Owner.DEVOPS,
    what="A quality is not in the list.",
    why="Roku removes the play option.",
    fix="Use sd, hd, hd+, fhd or uhd; the published schema knows lower case only.",
    source=f"{SEARCH_SCHEMA}, video_quality_type",
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
PLAY_ID_MISSING = error(
    "FEED030", "play-id-missing", owner=Owner.DEVOPS,
    what="A play option has no playId, or an empty one.",
    why="The playId is the deep link into the app; without it nothing can be played.",
    fix="Add the id under which the app plays the title; it must never change.",
    source=f"{SEARCH_SCHEMA}, play_option",
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
PRICE_MISSING = error(
    "FEED031", "price-missing",
    what="A play option for rental or purchase has no price.",
    why="Roku removes the play option.",
    fix="Add the price as a decimal number above 0, or another license.",
    source=f"{SEARCH_SCHEMA}, play_option",
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
PRICE_NOT_ALLOWED = error(
    "FEED032", "price-not-allowed",
    what="A play option that is free or by subscription has a price.",
    why="The schema refuses it.",
    fix="Take the price out, or make the license rental or purchase.",
    source=f"{SEARCH_SCHEMA}, play_option",
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
COUNTRY_UNKNOWN = error(
    "FEED012", "country-unknown",
    what="The feed names a country in which Roku Search is not supported.",
    why="Roku drops the country; the schema itself checks only the first default country.",
    fix="Use lowercase ISO 3166-1 alpha-2 codes of the schema's list, such as mx.",
    source=f"{SEARCH_SCHEMA}, country_type; {TRAPS}",
)  # fmt: skip
CURRENCY_MISSING = error(
    "FEED108", "currency-missing",
    what="A play option for rental or purchase has no currency.",
    why="Roku's page requires it.",
    fix="Add usd, gbp, cad or eur.",
    source=f"{SEARCH_PAGE}, playOptions",
)  # fmt: skip
CURRENCY_UNKNOWN = error(
    "FEED109", "currency-unknown",
    what="A currency is not in the list.",
    why="Roku removes the play option.",
    fix="Use usd, gbp, cad or eur.",
    source=f"{SEARCH_PAGE}, playOptions",
)  # fmt: skip
PRICE_NOT_POSITIVE = error(
    "FEED110", "price-not-positive",
    what="A price is not above 0.",
    why="With a price of 0 the license must be free or subscription.",
    fix="Set the price, or make the license free or subscription and leave the price out.",
    source=f"{SEARCH_PAGE}, playOptions",
)  # fmt: skip
WINDOW_BACKWARDS = error(
    "FEED113", "window-backwards",
    what="A play option's availability or promotion ends before it starts, or at the same moment.",
    why="The title is never available, or never promoted.",
    fix="Correct the start or the end.",
    source=BEYOND,
)  # fmt: skip
WINDOW_CLOSED = error(
    "FEED114", "window-closed",
    what="Every play option of an asset has ended.",
    why="Roku removes ended play options, and the title with the last of them.",
    fix="Extend the availability, or take the title out of the feed.",
    source=PRACTICE,
    partner_code="CONTENT_ALL_PLAY_OPTIONS_REMOVED",
)  # fmt: skip
PLAY_OPTION_CLOSED = error(
    "FEED115", "play-option-closed",
    what="A play option has ended while another of the asset has not.",
    why="Roku removes the play option.",
    fix="Take the play option out of the feed, or extend its availability.",
    source=PRACTICE,
)  # fmt: skip
WINDOW_MALFORMED = error(
    "FEED116", "window-malformed", owner=Owner.DEVOPS,
    what="A time of a play option's availability or promotion is not an ISO 8601 timestamp with a time zone.",
    why="Roku cannot tell when the title is available.",
    fix="Write 2026-03-01T06:00:00Z, or the moment in epoch milliseconds in the ...TimeStamp key.",
    source=f"{SEARCH_PAGE}, playOptions",
    partner_code="PLAY_OPTION_AVAILABILITY_TIME_MISSING",
)  # fmt: skip
WINDOW_IN_SECONDS = error(
    "FEED117", "window-in-seconds", owner=Owner.DEVOPS,
    what="An availability timestamp is before 1980 or negative: it is in seconds, not in milliseconds.",
    why="Roku reads milliseconds, so the title would have ended in January 1970.",
    fix="Multiply by 1000.",
    source=f"{SEARCH_PAGE}, playOptions: epoch milliseconds",
)  # fmt: skip
WINDOW_GIVEN_TWICE = warning(
    "FEED118", "window-told-twice", owner=Owner.DEVOPS,
    what="A play option gives the same moment as timestamp and as text, and the two differ.",
    why="Roku does not say which of them counts.",
    fix="Write one of the two.",
    source=f"{SEARCH_PAGE}, playOptions",
)  # fmt: skip
COUNTRIES_MISSING = error(
    "FEED129", "countries-missing", owner=Owner.DEVOPS,
    what="A play option names no countries, and the page has no defaultAvailabilityCountries.",
    why="The title is not available in any country.",
    fix="Add availabilityInfo.country, or defaultAvailabilityCountries at the root.",
    source=f"{SEARCH_PAGE}, Root, playOptions",
)  # fmt: skip
REQUIRED: dict[str, dict[str, FeedRule]] = {
    "content/playOptions": {
        "license": LICENSE_MISSING, "quality": QUALITY_MISSING, "playId": PLAY_ID_MISSING, "price": PRICE_MISSING,
    },
}  # fmt: skip
LISTED: dict[str, FeedRule] = {
    "content/playOptions/license": LICENSE_UNKNOWN,
    "content/playOptions/quality": QUALITY_UNKNOWN,
    "defaultAvailabilityCountries": COUNTRY_UNKNOWN,
}


def check_play_options(options: Sequence[dict[str, Any]], context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of the play options; if all of them have ended, only one for the asset."""
    closed: list[Hit] = []
    for index, option in enumerate(options):
        path = f"/content/playOptions/{index}"
        unknown_keys(option, context.known.play_option, path, hits)
        if option.get("playId") == "":
            hits.append(PLAY_ID_MISSING.at(f"{path}/playId", "the playId is empty"))
        if option.get("license") in PAID or "currency" in option or "price" in option:
            _check_money(option, path, hits)
        _check_countries(option, path, context, hits)
        end_ms = _check_window(option, path, hits)
        if context.profile is Profile.ROKU:
            _check_promotion(option, path, hits)
        if end_ms is not None and end_ms <= context.now_ms:
            closed.append(PLAY_OPTION_CLOSED.at(path, f"it ended at {moment_text(end_ms)}"))
    if closed and len(closed) == len(options):
        message = (
            closed[0].message if len(closed) == 1 else f"all {len(closed)} have ended; the first: {closed[0].message}"
        )
        hits.append(WINDOW_CLOSED.at("/content/playOptions", message))
    else:
        hits += closed


def _check_money(option: dict[str, Any], path: str, hits: list[Hit]) -> None:
    currency, price = option.get("currency"), option.get("price")
    is_paid = option.get("license") in PAID
    if currency is not None and currency.lower() not in CURRENCIES:
        hits.append(CURRENCY_UNKNOWN.at(f"{path}/currency", f"{excerpt(currency)} is not in the list"))
    elif currency is None and is_paid:
        hits.append(CURRENCY_MISSING.at(path, "currency is missing", "currency"))
    if price is not None and is_paid and not price > 0:
        hits.append(PRICE_NOT_POSITIVE.at(f"{path}/price", f"{price} is not above 0"))


def _check_countries(option: dict[str, Any], path: str, context: SearchContext, hits: list[Hit]) -> None:
    available = option.get("availabilityInfo")
    if available is None:
        if not context.has_default_countries:
            message = "availabilityInfo.country is missing here, and the page has no defaultAvailabilityCountries"
            hits.append(COUNTRIES_MISSING.at(path, message, "availabilityInfo"))
        return
    unknown_keys(available, context.known.availability, f"{path}/availabilityInfo", hits)
    countries = available.get("country")
    if not countries and not context.has_default_countries:
        message = "country is missing here, and the page has no defaultAvailabilityCountries"
        hits.append(COUNTRIES_MISSING.at(f"{path}/availabilityInfo", message, "country"))
    known = COUNTRIES[context.profile]
    for index, country in enumerate(countries or ()):
        if country not in known:
            message = f"{excerpt(country)} is not in the list"
            hits.append(COUNTRY_UNKNOWN.at(f"{path}/availabilityInfo/country/{index}", message))
    for key in RESTRICTION_LISTS:
        if key in available:
            check_restrictions(available[key], f"{path}/availabilityInfo/{key}", hits)


def _check_window(option: dict[str, Any], path: str, hits: list[Hit]) -> float | None:
    """Checks the window; gives its end in epoch milliseconds, None if it has no end."""
    start_ms = _moment(option, "availabilityStartTime", path, hits)
    end_ms = _moment(option, "availabilityEndTime", path, hits)
    if start_ms is not None and end_ms is not None and start_ms >= end_ms:
        message = f"it starts at {moment_text(start_ms)} and ends at {moment_text(end_ms)}"
        hits.append(WINDOW_BACKWARDS.at(path, message))
        return None
    return end_ms


def _check_promotion(option: dict[str, Any], path: str, hits: list[Hit]) -> None:
    start_ms, end_ms = (_moment_of_text(option, key, path, hits) for key in PROMOTIONAL)
    if start_ms is not None and end_ms is not None and start_ms >= end_ms:
        message = f"its promotion starts at {moment_text(start_ms)} and ends at {moment_text(end_ms)}"
        hits.append(WINDOW_BACKWARDS.at(path, message))


def _moment(option: dict[str, Any], key: str, path: str, hits: list[Hit]) -> float | None:
    stamp: float | None = option.get(f"{key}Stamp")
    text = option.get(key)
    if stamp is not None and stamp < EPOCH_FROM_MS:
        message = f"{stamp} ms is {moment_text(stamp)}"
        hits.append(WINDOW_IN_SECONDS.at(f"{path}/{key}Stamp", message))
        stamp = None
    if text is None:
        return stamp
    text_ms = _moment_of_text(option, key, path, hits)
    if text_ms is not None and stamp is not None and stamp != text_ms:
        hits.append(WINDOW_GIVEN_TWICE.at(f"{path}/{key}", f"{text} is {text_ms:.0f} ms, the timestamp is {stamp}"))
    return stamp if stamp is not None else text_ms


def _moment_of_text(option: dict[str, Any], key: str, path: str, hits: list[Hit]) -> float | None:
    """The moment in epoch milliseconds; None if there is no text, and None with a defect if it is not a moment."""
    text = option.get(key)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        at_ms = at.timestamp() * 1000 if at.tzinfo else None
    except (ValueError, OverflowError):
        at_ms = None
    if at_ms is None:
        hits.append(WINDOW_MALFORMED.at(f"{path}/{key}", f"{excerpt(text)} is not a timestamp with a time zone"))
    return at_ms
