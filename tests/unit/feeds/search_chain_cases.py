"""The cases of FEED2xx, and of those FEED4xx that the linter itself can find."""

from __future__ import annotations

import copy
from functools import partial

from edye_delivery.feeds.roku.schemas import Profile
from tests.unit.feeds.search_cases import (
    Case,
    Pages,
    both,
    drop,
    no_asset,
    no_root,
    nothing,
    padded,
    page_root,
    put,
    root,
)
from tests.unit.feeds.search_feeds import (
    CHANNEL,
    EPISODE_1,
    EPISODE_2,
    EPISODE_3,
    MOVIE,
    RESTRICTION,
    SEASON_1,
    SEASON_2,
    SEASON_3,
    SERIES,
    SPECIAL,
    a_live_feed,
    a_movie_feed,
)

OPTION = "content/playOptions/0"
BY_THE_PROSE = f"{OPTION}/availabilityInfo/restriction"
RESTRICTIONS = f"{OPTION}/availabilityInfo/restrictions"
SEASON_NUMBER, EPISODE_NUMBER = "episodeInfo/seasonNumber", "episodeInfo/episodeNumber"
live = partial(Case, feed=a_live_feed, profile=Profile.ROKU)
alone = partial(Case, feed=a_movie_feed)


def last_page_again(pages: Pages) -> None:
    pages.append(copy.deepcopy(pages[-1]))


def last_page_first(pages: Pages) -> None:
    pages.reverse()


NO_SEASONS = both(*(no_asset(name) for name in (SEASON_1, SEASON_2, SEASON_3)))
NO_SEASON_NUMBERS = both(*(drop(name, SEASON_NUMBER) for name in (EPISODE_1, EPISODE_2, EPISODE_3)))

CASES = (
    live("FEED201", put(CHANNEL, "externalIds", []), nothing, "an empty list"),
    live("FEED201", drop(CHANNEL, "externalIds"), nothing, "no key"),
    live("FEED201", put(CHANNEL, "externalIds/0/source", "tms"),
         put(CHANNEL, "externalIds/0/source", "gracenote_station_id"), "another source"),
    live("FEED202", drop(CHANNEL, "externalIds/0/channelName"), put(CHANNEL, "externalIds/0/channelName", "E"),
         "no key"),
    live("FEED202", put(CHANNEL, "externalIds/0/channelName", ""), nothing, "empty"),
    live("FEED203", put(CHANNEL, f"{OPTION}/playId", "app://1"), put(CHANNEL, f"{OPTION}/playId", "app:/1")),
    live("FEED204", both(put(CHANNEL, f"{OPTION}/license", "rental"), put(CHANNEL, f"{OPTION}/price", 1),
                         put(CHANNEL, f"{OPTION}/currency", "usd")),
         put(CHANNEL, f"{OPTION}/license", "subscription")),
    live("FEED205", put(CHANNEL, RESTRICTIONS, {}), put(CHANNEL, RESTRICTIONS, []), "no list"),
    live("FEED205", put(CHANNEL, RESTRICTIONS, ["geo"]), nothing, "no object"),
    live("FEED205", put(CHANNEL, f"{RESTRICTIONS}/0/allow", 1), put(CHANNEL, f"{RESTRICTIONS}/0/allow", False),
         "allow"),
    live("FEED205", put(CHANNEL, f"{RESTRICTIONS}/0/type", "GEO"), nothing, "type"),
    live("FEED205", put(CHANNEL, f"{RESTRICTIONS}/0/valueType", "zip"), nothing, "valueType"),
    live("FEED205", put(CHANNEL, f"{RESTRICTIONS}/0/values", []), put(CHANNEL, f"{RESTRICTIONS}/0/values", ["19468"]),
         "values"),
    live("FEED205", put(CHANNEL, f"{RESTRICTIONS}/0/values", [19468]), nothing, "numbers for values"),
    live("FEED205", put(CHANNEL, f"{RESTRICTIONS}/0/values", [""]), nothing, "a blank"),
    live("FEED205", put(CHANNEL, f"{RESTRICTIONS}/1/values", ["19468"]), nothing, "a postal code for a market"),
    live("FEED205", put(CHANNEL, BY_THE_PROSE, [{"allow": True}]), put(CHANNEL, BY_THE_PROSE, [RESTRICTION]),
         "as the prose calls it"),
    live("FEED131", put(CHANNEL, f"{RESTRICTIONS}/0/value", "19468"), nothing, "a restriction"),
    Case("FEED205", put(SPECIAL, f"{OPTION}/availabilityInfo/restrictions", 1),
         put(SPECIAL, f"{OPTION}/availabilityInfo/restrictions", [RESTRICTION]), "of a title"),
    live("FEED206", no_root("defaultAvailabilityPlatforms"),
         both(no_root("defaultAvailabilityPlatforms"), no_asset(MOVIE)), "no key"),
    live("FEED206", root("defaultAvailabilityPlatforms", []), nothing, "an empty list"),
    live("FEED208", put(CHANNEL, "stationInfo", {"callSign": "EDYE"}),
         both(put(CHANNEL, "stationInfo", {"stationId": "12345", "callSign": "EDYE", "dma": 501}),
              put(CHANNEL, "externalIds", [])), "a station"),
    live("FEED208", put(MOVIE, "liveInfo", {"startTimeStamp": 1}),
         put(MOVIE, "liveInfo", {"startTimeStamp": 1, "endTimeStamp": 2}), "an event"),
    Case("FEED401", put(SPECIAL, "id", MOVIE), put(SPECIAL, "id", MOVIE.upper()), "on two pages"),
    Case("FEED401", put(MOVIE, "id", SERIES), nothing, "of two types"),
    Case("FEED401", last_page_again, nothing, "a stale page"),
    Case("FEED402", put(EPISODE_1, "episodeInfo/seriesId", "nobody"), last_page_first, "of an episode"),
    Case("FEED402", put(SEASON_3, "seasonInfo/seriesId", SEASON_1), nothing, "of a season"),
    Case("FEED402", put(EPISODE_1, "episodeInfo/seriesId", SERIES.upper()), nothing, "in upper case"),
    Case("FEED403", put(EPISODE_2, SEASON_NUMBER, 4), put(EPISODE_2, SEASON_NUMBER, 3.0)),
    Case("FEED404", drop(EPISODE_2, SEASON_NUMBER),
         both(NO_SEASONS, NO_SEASON_NUMBERS, put(EPISODE_3, EPISODE_NUMBER, 3))),
    Case("FEED405", put(EPISODE_2, EPISODE_NUMBER, 1), put(EPISODE_2, EPISODE_NUMBER, 0), "of a season"),
    Case("FEED405", both(NO_SEASONS, NO_SEASON_NUMBERS), nothing, "without seasons"),
    Case("FEED405", put(EPISODE_2, EPISODE_NUMBER, 1.0), nothing, "as a decimal number"),
    Case("FEED406", put(SEASON_3, "seasonInfo/seasonNumber", 2), put(SEASON_3, "seasonInfo/seasonNumber", 4)),
    Case("FEED406", both(put(SEASON_3, "seasonInfo/seasonNumber", 2), drop(SEASON_3, "id")), nothing, "without an id"),
    Case("FEED406", put(SEASON_3, "seasonInfo", {"seriesId": SERIES, "seasonNumber": 1.0}), nothing, "decimal"),
    Case("FEED407", put(SPECIAL, f"{OPTION}/playId", "play-movie"), put(SPECIAL, f"{OPTION}/playId", "PLAY-MOVIE")),
    alone("FEED408", padded(20_000_000), padded(19_999_999)),
    Case("FEED412", page_root(2, "defaultLanguage", "en"), nothing, "language"),
    Case("FEED412", page_root(2, "defaultAvailabilityCountries", ["us"]),
         page_root(2, "defaultAvailabilityCountries", ["us", "mx"]), "countries, not their order"),
    Case("FEED412", page_root(2, "defaultAvailabilityPlatforms", ["all"]),
         root("defaultAvailabilityPlatforms", ["all"]),
         "platforms"),
    Case("FEED412", page_root(1, "defaultAvailabilityPlatforms", ["all"]), nothing, "missing on the second page"),
    alone("FEED413", page_root(1, "assets", []), nothing),
)  # fmt: skip
