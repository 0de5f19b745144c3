"""Ratings of an asset: sources, values, descriptors, and one for each country of the offer."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from edye_delivery.feeds.lint.keys import unknown_keys
from edye_delivery.feeds.lint.search.context import SearchContext
from edye_delivery.feeds.roku.schemas import Profile, descriptor_spellings
from edye_delivery.feeds.roku.sources import SEARCH_PAGE, SEARCH_SCHEMA, TRAPS
from edye_delivery.feeds.rule import FeedRule, Hit, error, excerpt, warning

COUNTRY_OF = {
    "ACB": "au", "BBFC": "gb", "CLASSIND": "br", "CHVRS": "ca", "CPR": "ca", "FSF": "de", "FSK": "de", "MPAA": "us",
    "RTC": "mx", "USA_PR": "us",
}  # fmt: skip
COUNTRIES_OF = {Profile.SCHEMA: COUNTRY_OF, Profile.ROKU: COUNTRY_OF | {"ABMC": "at"}}
"""By profile the country of every authority; other countries have none in the prose."""
RATING_SOURCE_MISSING = error(
    "FEED014", "rating-source-missing",
    what="A rating does not say which authority gave it.",
    why="The same value means different ages with different authorities.",
    fix="Add source; a validator of the schema blames the Australian list of values here.",
    source=f"{SEARCH_SCHEMA}, advisory_rating; {TRAPS}",
)  # fmt: skip
RATING_SOURCE_UNKNOWN = error(
    "FEED015", "rating-source-unknown",
    what="A rating's authority is none of the list.",
    why="Roku drops the rating.",
    fix="Use ACB, BBFC, CLASSIND, CHVRS, CPR, FSF, FSK, MPAA, RTC or USA_PR.",
    source=f"{SEARCH_SCHEMA}, advisory_ratings_source_type",
)  # fmt: skip
RATING_VALUE_MISSING = error(
    "FEED016", "rating-value-missing",
    what="A rating has no value.",
    why="Roku drops the rating.",
    fix="Add the value that the authority gave.",
    source=f"{SEARCH_SCHEMA}, advisory_rating",
)  # fmt: skip
RATING_VALUE_UNKNOWN = error(
    "FEED017", "rating-value-unknown",
    what="A rating's value is none of its authority's list.",
    why="Roku drops the rating, and kids' content needs one.",
    fix="Use the authority's own values, such as TV-Y7 of USA_PR; map the catalogue's in the annex.",
    source=f"{SEARCH_SCHEMA}, *_values",
)  # fmt: skip
RATING_DESCRIPTOR_UNKNOWN = error(
    "FEED018", "rating-descriptor-unknown",
    what="A rating's descriptor is none of its authority's list.",
    why="Roku drops the descriptor.",
    fix="Use the schema's spelling: the prose capitalises what the schema writes in lower case.",
    source=f"{SEARCH_SCHEMA}, *_descriptors; {TRAPS}",
)  # fmt: skip
RATINGS_MISSING = error(
    "FEED103", "ratings-missing",
    what="An asset has no advisoryRatings.",
    why="The prose requires them; unrated kids' content is refused.",
    fix="Add the rating of an authority of every country in which the title is offered.",
    source=f"{SEARCH_PAGE}, Asset",
)  # fmt: skip
COUNTRY_RATING_MISSING = warning(
    "FEED145", "country-rating-missing",
    what="A title is offered in a country of whose authorities it has no rating.",
    why="Roku leaves unrated titles out in that country, those for children above all.",
    fix="Add the rating of an authority of that country, or map another one to it in the annex.",
    source=f"{SEARCH_PAGE}, Asset, advisoryRatings; Ratings",
)  # fmt: skip
DESCRIPTOR_SPELLING = warning(
    "FEED146", "descriptor-spelling",
    what="A rating's descriptor is written as the prose does, not as the published schema does.",
    why="Roku's two texts differ; its validator reads the schema.",
    fix="Write the descriptor in lower case, as the message has it.",
    source=f"{SEARCH_PAGE}, Ratings; decisions.md, The schema's own traps",
)  # fmt: skip
REQUIRED: dict[str, dict[str, FeedRule]] = {
    "advisoryRatings": {"source": RATING_SOURCE_MISSING, "value": RATING_VALUE_MISSING}
}
LISTED: dict[str, FeedRule] = {
    "advisoryRatings/source": RATING_SOURCE_UNKNOWN,
    "advisoryRatings/value": RATING_VALUE_UNKNOWN,
    "advisoryRatings/descriptors": RATING_DESCRIPTOR_UNKNOWN,
}


def check_ratings(asset: dict[str, Any], kind: str, context: SearchContext, hits: list[Hit]) -> None:
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
            hits.append(DESCRIPTOR_SPELLING.at(f"{path}/{index}", f"{excerpt(written)}, in the schema {excerpt(word)}"))


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
    told = _countries_without_rating(sources, frozenset(offered.intersection(country_of.values())), context.profile)
    if told:
        hits.append(COUNTRY_RATING_MISSING.at("/advisoryRatings", f"no rating for {told}"))


@lru_cache(maxsize=1024)
def _countries_without_rating(sources: frozenset[str], offered: frozenset[str], profile: Profile) -> str:
    """The countries of which none of the authorities is, each with its own; titles of a feed are much alike in this.

    Both are of COUNTRIES_OF, so that what is kept is small whatever the feed has.
    """
    country_of = COUNTRIES_OF[profile]
    missing = offered - {country_of[source] for source in sources}
    return ", ".join(
        f"{country} ({' or '.join(name for name, of in country_of.items() if of == country)})"
        for country in sorted(missing)
    )
