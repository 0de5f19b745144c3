"""What the prose asks of the ratings of an asset: spelling of descriptors, a rating for each country of the offer."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from edye_delivery.feeds.lint.parts import unknown_keys
from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.lint.value_rules import COUNTRY_RATING_MISSING, DESCRIPTOR_SPELLING
from edye_delivery.feeds.roku.schemas import Profile, descriptor_spellings
from edye_delivery.rules.feed_rule import Hit, shown

COUNTRY_OF = {
    "ACB": "au", "BBFC": "gb", "CLASSIND": "br", "CHVRS": "ca", "CPR": "ca", "FSF": "de", "FSK": "de", "MPAA": "us",
    "RTC": "mx", "USA_PR": "us",
}  # fmt: skip
COUNTRIES_OF = {Profile.SCHEMA: COUNTRY_OF, Profile.ROKU: COUNTRY_OF | {"ABMC": "at"}}
"""By profile the country of every authority; other countries have none in the prose."""


def check_ratings(asset: dict[str, Any], context: SearchContext, hits: list[Hit]) -> None:
    """Adds every defect of the ratings that the schema does not see."""
    ratings = asset.get("advisoryRatings", ())
    for index, rating in enumerate(ratings):
        unknown_keys(rating, context.known.rating, f"/advisoryRatings/{index}", hits)
        if context.profile is Profile.ROKU and "descriptors" in rating:
            _check_descriptors(rating["descriptors"], f"/advisoryRatings/{index}/descriptors", hits)
    if ratings and "content" in asset:
        _check_countries(ratings, asset["content"].get("playOptions", ()), context, hits)


def _check_descriptors(descriptors: list[Any], path: str, hits: list[Hit]) -> None:
    spellings = descriptor_spellings()
    for index, written in enumerate(descriptors):
        word = spellings.get(written) if isinstance(written, str) else None
        if word is not None:
            hits.append(DESCRIPTOR_SPELLING.at(f"{path}/{index}", f"{shown(written)}, in the schema {shown(word)}"))


def _check_countries(ratings: Any, options: Any, context: SearchContext, hits: list[Hit]) -> None:
    country_of, offered, takes_default = COUNTRIES_OF[context.profile], set[str](), False
    for option in options:
        available = option.get("availabilityInfo")
        named = available.get("country") if available else None
        takes_default = takes_default or not named
        offered.update(named or ())
    if takes_default:
        offered |= context.default_countries
    if context.profile is Profile.ROKU:
        offered = {country.lower() for country in offered}
    sources = frozenset(source for rating in ratings if (source := rating.get("source")) in country_of)
    told = _unrated(sources, frozenset(offered.intersection(country_of.values())), context.profile)
    if told:
        hits.append(COUNTRY_RATING_MISSING.at("/advisoryRatings", f"no rating for {told}"))


@lru_cache(maxsize=1024)
def _unrated(sources: frozenset[str], offered: frozenset[str], profile: Profile) -> str:
    """The countries of which none of the authorities is, each with its own; titles of a feed are much alike in this.

    Both are of COUNTRIES_OF, so that what is kept is small whatever the feed has.
    """
    country_of = COUNTRIES_OF[profile]
    missing = offered - {country_of[source] for source in sources}
    return ", ".join(
        f"{country} ({' or '.join(name for name, of in country_of.items() if of == country)})"
        for country in sorted(missing)
    )
