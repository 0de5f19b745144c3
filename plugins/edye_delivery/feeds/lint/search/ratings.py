"""Ratings of an asset: sources, values, descriptors, and one for each country in which it is offered."""

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
"""For each profile the country of every authority; Roku's page names none for other countries."""
RATING_SOURCE_MISSING = error(
    "FEED014", "rating-source-missing",
    what="A rating does not say which authority gave it.",
    why="The same value stands for different ages with different authorities.",
    fix="Add source. A validator of the schema reports the Australian list of values instead.",
    source=f"{SEARCH_SCHEMA}, advisory_rating; {TRAPS}",
)  # fmt: skip
RATING_SOURCE_UNKNOWN = error(
    "FEED015", "rating-source-unknown",
    what="A rating's authority is not in the list.",
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
    what="A rating's value is not in its authority's list.",
    why="Roku drops the rating, and kids' content needs one.",
    fix="Use the authority's own values, such as TV-Y7 of USA_PR; map the catalogue's values in the annex.",
    source=f"{SEARCH_SCHEMA}, *_values",
)  # fmt: skip
RATING_DESCRIPTOR_UNKNOWN = error(
    "FEED018", "rating-descriptor-unknown",
    what="A rating's descriptor is not in its authority's list.",
    why="Roku drops the descriptor.",
    fix="Use the schema's spelling: Roku's page has capital letters where the schema has small ones.",
    source=f"{SEARCH_SCHEMA}, *_descriptors; {TRAPS}",
)  # fmt: skip
RATINGS_MISSING = error(
    "FEED103", "ratings-missing",
    what="An asset has no advisoryRatings.",
    why="Roku's page requires them; kids' content without a rating is refused.",
    fix="Add the rating of an authority of every country in which the title is offered.",
    source=f"{SEARCH_PAGE}, Asset",
)  # fmt: skip
COUNTRY_RATING_MISSING = warning(
    "FEED145", "country-rating-missing",
    what="A title is offered in a country, but has no rating of that country's authorities.",
    why="Roku does not show unrated titles in that country, above all those for children.",
    fix="Add the rating of an authority of that country, or map another rating to it in the annex.",
    source=f"{SEARCH_PAGE}, Asset, advisoryRatings; Ratings",
)  # fmt: skip
DESCRIPTOR_SPELLING = warning(
    "FEED146", "descriptor-spelling",
    what="A rating's descriptor is spelled as on Roku's page, not as in the published schema.",
    why="Roku's page and schema differ; Roku's validator uses the schema.",
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
    """Adds every defect of the ratings that the schema does not find."""
    ratings = asset.get("advisoryRatings", ())
    for index, rating in enumerate(ratings):
        unknown_keys(rating, context.known.rating, f"/advisoryRatings/{index}", hits)
        if context.profile is Profile.ROKU and "descriptors" in rating:
            _check_descriptors(rating["descriptors"], f"/advisoryRatings/{index}/descriptors", hits)
    if ratings and "content" in asset:
        _check_countries(ratings, asset["content"].get("playOptions", ()), context, hits)


def _check_descriptors(descriptors: list[Any], path: str, hits: list[Hit]) -> None:
    spellings = descriptor_spellings()
    for index, spelling in enumerate(descriptors):
        word = spellings.get(spelling) if isinstance(spelling, str) else None
        if word is not None:
            hits.append(
                DESCRIPTOR_SPELLING.at(f"{path}/{index}", f"{excerpt(spelling)}, in the schema {excerpt(word)}")
            )


def _check_countries(ratings: Any, options: Any, context: SearchContext, hits: list[Hit]) -> None:
    country_of, countries, uses_default = COUNTRIES_OF[context.profile], set[str](), False
    for option in options:
        available = option.get("availabilityInfo")
        names = available.get("country") if available else None
        uses_default = uses_default or not names
        countries.update(names or ())
    if uses_default:
        countries |= context.default_countries
    if context.profile is Profile.ROKU:
        countries = {country.lower() for country in countries}
    sources = frozenset(source for rating in ratings if (source := rating.get("source")) in country_of)
    missing = _countries_without_rating(
        sources, frozenset(countries.intersection(country_of.values())), context.profile
    )
    if missing:
        hits.append(COUNTRY_RATING_MISSING.at("/advisoryRatings", f"no rating for {missing}"))


@lru_cache(maxsize=1024)
def _countries_without_rating(sources: frozenset[str], countries: frozenset[str], profile: Profile) -> str:
    """The countries that none of the sources belongs to, each with its authorities; cached, as many titles are alike.

    Both arguments hold only names of COUNTRIES_OF, so that the cache stays small.
    """
    country_of = COUNTRIES_OF[profile]
    missing = countries - {country_of[source] for source in sources}
    return ", ".join(
        f"{country} ({' or '.join(name for name, of in country_of.items() if of == country)})"
        for country in sorted(missing)
    )
