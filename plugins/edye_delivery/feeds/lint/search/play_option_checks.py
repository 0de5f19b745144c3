"""What the prose asks of the play options of an asset: money, availability, countries."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from edye_delivery.feeds.lint.parts import RESTRICTION_LISTS, told_moment, unknown_keys
from edye_delivery.feeds.lint.search import rules
from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.lint.search.live_checks import check_restrictions
from edye_delivery.feeds.lint.search.schema_rules import COUNTRY_UNKNOWN, PLAY_ID_MISSING
from edye_delivery.feeds.roku.limits import EPOCH_FROM_MS
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.roku.vocabularies import COUNTRIES, CURRENCIES
from edye_delivery.rules.feed_rule import Hit, shown

PROMOTIONAL = ("promotionalStartTime", "promotionalEndTime")
PAID = frozenset({"rental", "purchase"})


def check_play_options(options: Sequence[dict[str, Any]], context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of the play options; where all have ended, one for the asset."""
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
            closed.append(rules.PLAY_OPTION_CLOSED.at(path, f"it ended at {told_moment(end_ms)}"))
    if closed and len(closed) == len(options):
        told = (
            closed[0].message if len(closed) == 1 else f"all {len(closed)} have ended; the first: {closed[0].message}"
        )
        hits.append(rules.WINDOW_CLOSED.at("/content/playOptions", told))
    else:
        hits += closed


def _check_money(option: dict[str, Any], path: str, hits: list[Hit]) -> None:
    currency, price = option.get("currency"), option.get("price")
    paid = option.get("license") in PAID
    if currency is not None and currency.lower() not in CURRENCIES:
        hits.append(rules.CURRENCY_UNKNOWN.at(f"{path}/currency", f"{shown(currency)} is not in the list"))
    elif currency is None and paid:
        hits.append(rules.CURRENCY_MISSING.at(path, "currency is missing", "currency"))
    if price is not None and paid and not price > 0:
        hits.append(rules.PRICE_NOT_POSITIVE.at(f"{path}/price", f"{price} is not above 0"))


def _check_countries(option: dict[str, Any], path: str, context: SearchContext, hits: list[Hit]) -> None:
    available = option.get("availabilityInfo")
    if available is None:
        if not context.has_default_countries:
            message = "no availabilityInfo.country here and no defaultAvailabilityCountries"
            hits.append(rules.COUNTRIES_MISSING.at(path, message, "availabilityInfo"))
        return
    unknown_keys(available, context.known.availability, f"{path}/availabilityInfo", hits)
    countries = available.get("country")
    if not countries and not context.has_default_countries:
        message = "no country here and no defaultAvailabilityCountries"
        hits.append(rules.COUNTRIES_MISSING.at(f"{path}/availabilityInfo", message, "country"))
    known = COUNTRIES[context.profile]
    for index, country in enumerate(countries or ()):
        if country not in known:
            message = f"{shown(country)} is not in the list"
            hits.append(COUNTRY_UNKNOWN.at(f"{path}/availabilityInfo/country/{index}", message))
    for key in RESTRICTION_LISTS:
        if key in available:
            check_restrictions(available[key], f"{path}/availabilityInfo/{key}", hits)


def _check_window(option: dict[str, Any], path: str, hits: list[Hit]) -> float | None:
    """The end in epoch milliseconds, with the window looked at; None where it is open."""
    start_ms = _moment(option, "availabilityStartTime", path, hits)
    end_ms = _moment(option, "availabilityEndTime", path, hits)
    if start_ms is not None and end_ms is not None and start_ms >= end_ms:
        message = f"it starts at {told_moment(start_ms)} and ends at {told_moment(end_ms)}"
        hits.append(rules.WINDOW_BACKWARDS.at(path, message))
        return None
    return end_ms


def _check_promotion(option: dict[str, Any], path: str, hits: list[Hit]) -> None:
    start_ms, end_ms = (_moment_of_text(option, key, path, hits) for key in PROMOTIONAL)
    if start_ms is not None and end_ms is not None and start_ms >= end_ms:
        message = f"its promotion starts at {told_moment(start_ms)} and ends at {told_moment(end_ms)}"
        hits.append(rules.WINDOW_BACKWARDS.at(path, message))


def _moment(option: dict[str, Any], key: str, path: str, hits: list[Hit]) -> float | None:
    stamp: float | None = option.get(f"{key}Stamp")
    text = option.get(key)
    if stamp is not None and stamp < EPOCH_FROM_MS:
        message = f"{stamp} ms is {told_moment(stamp)}"
        hits.append(rules.WINDOW_IN_SECONDS.at(f"{path}/{key}Stamp", message))
        stamp = None
    if text is None:
        return stamp
    told_ms = _moment_of_text(option, key, path, hits)
    if told_ms is not None and stamp is not None and stamp != told_ms:
        hits.append(rules.WINDOW_TOLD_TWICE.at(f"{path}/{key}", f"{text} is {told_ms:.0f} ms, the stamp says {stamp}"))
    return stamp if stamp is not None else told_ms


def _moment_of_text(option: dict[str, Any], key: str, path: str, hits: list[Hit]) -> float | None:
    """The moment in epoch milliseconds; None where there is none, with a defect where it is none."""
    text = option.get(key)
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
        told_ms = at.timestamp() * 1000 if at.tzinfo else None
    except (ValueError, OverflowError):
        told_ms = None
    if told_ms is None:
        hits.append(rules.WINDOW_MALFORMED.at(f"{path}/{key}", f"{shown(text)} is no timestamp with a time zone"))
    return told_ms
