"""The cases of FEED1xx."""

from __future__ import annotations

from functools import partial

from edye_delivery.feeds.schemas import Profile
from tests.unit.feeds.search_cases import Case, Change, both, drop, no_root, nothing, put, root
from tests.unit.feeds.search_feeds import (
    CHANNEL,
    DAY_MS,
    EPISODE_1,
    EXTERNAL,
    MOVIE,
    NOW_MS,
    SEASON_3,
    SERIES,
    SHORT,
    SPECIAL,
    a_live_feed,
    a_movie_feed,
)

OPTION = "content/playOptions/0"
SECOND = "content/playOptions/1"
START, END = f"{OPTION}/availabilityStartTimeStamp", f"{OPTION}/availabilityEndTimeStamp"
START_TEXT, END_TEXT = f"{SECOND}/availabilityStartTime", f"{SECOND}/availabilityEndTime"
DURATION = "durationInSeconds"
IN_1980_MS = 315_532_800_000
SPANISH = [{"value": "Hola", "languages": ["es"]}]
live = partial(Case, feed=a_live_feed, profile=Profile.ROKU)
alone = partial(Case, feed=a_movie_feed)


def closed(first_ms: int, second: str) -> Change:
    return both(put(MOVIE, END, first_ms), put(MOVIE, END_TEXT, second))


CASES = (
    Case("FEED101", drop(MOVIE, "shortDescriptions"), nothing, "no key"),
    Case("FEED101", put(MOVIE, "shortDescriptions", []), drop(MOVIE, "longDescriptions"), "an empty list"),
    Case("FEED102", put(SERIES, "genres", []), put(SERIES, "genres", ["children"])),
    Case("FEED103", drop(SEASON_3, "advisoryRatings"), drop(SEASON_3, "advisoryRatings/0")),
    Case("FEED104", drop(MOVIE, "images"), nothing, "no images"),
    Case("FEED104", put(MOVIE, "images/0/type", "background"), drop(MOVIE, "images/1"), "no main one"),
    Case("FEED105", drop(SHORT, "releaseDate"), both(drop(SHORT, "releaseDate"), put(SHORT, "releaseYear", 2022))),
    Case("FEED106", drop(SHORT, DURATION), both(drop(SHORT, DURATION), put(SHORT, "durationInMilliseconds", 98_000))),
    Case("FEED107", drop(SHORT, "content"), nothing, "no content"),
    Case("FEED107", put(SHORT, "content/playOptions", []), drop(EXTERNAL, "content"), "no play option"),
    live("FEED107", drop(CHANNEL, "content"), nothing, "no content of a channel"),
    Case("FEED108", drop(MOVIE, f"{OPTION}/currency"), nothing),
    Case("FEED109", put(MOVIE, f"{OPTION}/currency", "mxn"), put(MOVIE, f"{OPTION}/currency", "GBP")),
    Case("FEED110", put(MOVIE, f"{OPTION}/price", 0), put(MOVIE, f"{OPTION}/price", 0.01)),
    Case("FEED111", put(MOVIE, "id", "x" * 51), put(MOVIE, "id", "x" * 50), "too long"),
    Case("FEED111", put(MOVIE, "id", ""), put(MOVIE, "id", "x"), "empty"),
    Case("FEED112", put(MOVIE, "tags/0", "x" * 21), put(MOVIE, "tags/0", "x" * 20)),
    Case("FEED113", put(MOVIE, START, NOW_MS + DAY_MS), put(MOVIE, START, NOW_MS + DAY_MS - 1), "stamps"),
    Case("FEED113", put(MOVIE, START_TEXT, "2027-01-01T00:00:00Z"),
         put(MOVIE, START_TEXT, "2026-12-31T22:59:59.999Z"), "texts in different zones"),
    Case("FEED114", closed(NOW_MS, "2026-06-01T12:00:00Z"), closed(NOW_MS + 1, "2026-06-01T12:00:00.001Z"), "of two"),
    Case("FEED114", put(SHORT, END, NOW_MS - DAY_MS), put(SHORT, END, NOW_MS + 1), "of one"),
    Case("FEED115", put(MOVIE, END, NOW_MS), put(MOVIE, END, NOW_MS + 1)),
    Case("FEED116", put(MOVIE, END_TEXT, "2027-01-01T00:00:00"), put(MOVIE, END_TEXT, "2027-01-01T00:00:00-06:00"),
         "zone"),
    Case("FEED116", put(MOVIE, START_TEXT, "2026-13-01T00:00:00Z"), put(MOVIE, START_TEXT, "2026-12-01T00:00Z"),
         "month"),
    Case("FEED117", put(MOVIE, END, NOW_MS // 1000), nothing, "seconds"),
    Case("FEED117", put(MOVIE, START, IN_1980_MS - 1), put(MOVIE, START, IN_1980_MS), "before 1980"),
    Case("FEED117", put(MOVIE, START, -1), nothing, "negative"),
    Case("FEED118", put(MOVIE, f"{OPTION}/availabilityEndTime", "2026-06-02T12:00:00.001Z"),
         put(MOVIE, f"{OPTION}/availabilityEndTime", "2026-06-02T12:00:00Z")),
    Case("FEED119", put(SHORT, DURATION, 0), nothing, "zero"),
    Case("FEED119", put(EPISODE_1, "durationInMilliseconds", -0.5), nothing, "negative"),
    Case("FEED120", put(MOVIE, "durationInMilliseconds", 5_400_001), put(MOVIE, "durationInMilliseconds", 5_400_000.0)),
    Case("FEED121", put(SHORT, DURATION, 59), put(SHORT, DURATION, 60), "seconds"),
    Case("FEED121", put(EPISODE_1, "durationInMilliseconds", 59_999.9),
         put(EPISODE_1, "durationInMilliseconds", 60_000), "milliseconds"),
    Case("FEED122", put(SHORT, "releaseDate", "1899-12-31"), put(SHORT, "releaseDate", "1900-01-01"), "a day"),
    Case("FEED122", both(drop(MOVIE, "releaseDate"), put(MOVIE, "releaseYear", 1899)),
         both(drop(MOVIE, "releaseDate"), put(MOVIE, "releaseYear", 1900)), "a year"),
    Case("FEED123", put(MOVIE, "releaseYear", 2023), put(MOVIE, "releaseYear", 2022)),
    Case("FEED124", put(MOVIE, "shortDescriptions/0/languages", ["es"]), nothing, "one of two"),
    Case("FEED124", drop(MOVIE, "longDescriptions/1"), drop(MOVIE, "longDescriptions"), "a long one"),
    Case("FEED124", put(SPECIAL, "titles/0/languages", ["es", "en"]), put(SPECIAL, "titles/0/languages", ["es"]),
         "beside the default language"),
    Case("FEED125", put(MOVIE, "images/0/languages", ["es", "en"]), drop(MOVIE, "images/0/languages"), "one of three"),
    Case("FEED125", both(put(MOVIE, "images/1/languages", ["es-mx"]), put(MOVIE, "images/0/languages", ["es", "en"])),
         nothing, "only the background has it"),
    Case("FEED126", put(MOVIE, "images/1/languages", ["fr"]), put(MOVIE, "images/1/languages", ["es-mx"]), "an image"),
    Case("FEED126", put(MOVIE, "shortDescriptions/1/languages", ["en", "fr"]), nothing, "a description"),
    Case("FEED126", put(SPECIAL, "images/0/languages", ["es", "fr"]), put(SPECIAL, "images/0/languages", ["es"]),
         "an image beside the default language"),
    Case("FEED127", put(MOVIE, "titles/1/languages", ["en", "es"]), nothing, "titles"),
    Case("FEED127", put(SPECIAL, "shortDescriptions", [{"value": "Hola"}, *SPANISH]),
         put(SPECIAL, "shortDescriptions", SPANISH), "the default language by name"),
    Case("FEED128", no_root("defaultLanguage"), nothing),
    alone("FEED128", no_root("defaultLanguage"),
          both(no_root("defaultLanguage"), put(MOVIE, "images/1/languages", ["es", "es-mx", "en"])), "an image"),
    alone("FEED129", both(no_root("defaultAvailabilityCountries"), drop(MOVIE, f"{OPTION}/availabilityInfo")),
          no_root("defaultAvailabilityCountries"), "no availabilityInfo"),
    alone("FEED129",
          both(root("defaultAvailabilityCountries", []), put(MOVIE, f"{OPTION}/availabilityInfo/country", [])),
          put(MOVIE, f"{OPTION}/availabilityInfo/country", []), "no country"),
    Case("FEED130", put(SPECIAL, "titles/0/language", "es"), nothing, "a title"),
    Case("FEED130", put(SPECIAL, "images/0/language", "es"), put(SPECIAL, "images/0/languages", ["es"]), "an image"),
    Case("FEED131", put(MOVIE, "isOriginals", True), put(MOVIE, "isOriginal", True), "an asset"),
    Case("FEED131", root("defaultLanguages", []), root("defaultAvailabilityPlatforms", ["all"]), "a root"),
    Case("FEED131", root("a/b~c", None), nothing, "a slash and a tilde"),
    Case("FEED131", put(MOVIE, "credits/0/born", "1970"), nothing, "a credit"),
    Case("FEED131", put(MOVIE, "advisoryRatings/0/descriptor", "FV"), nothing, "a rating"),
    Case("FEED131", put(MOVIE, "externalIds/0/name", "x"), nothing, "an external id"),
    Case("FEED131", put(MOVIE, f"{OPTION}/availabilityInfo/region", []), nothing, "an availability"),
    Case("FEED131", put(EPISODE_1, "episodeInfo/season", 1), nothing, "an episode's place"),
    Case("FEED131", put(MOVIE, "content/options", []), nothing, "a content"),
    Case("FEED131", put(MOVIE, "titles/0/text", ""), nothing, "a title"),
    Case("FEED131", put(MOVIE, "images/0/width", 1), nothing, "an image"),
    Case("FEED131", put(MOVIE, f"{OPTION}/url", ""), nothing, "a play option"),
    live("FEED131", put(CHANNEL, "externalIds/0/name", "EDYE"), nothing, "a station"),
    Case("FEED132", root("version", "1.0"), root("version", "1")),
    Case("FEED133", put(MOVIE, "titles/0/value", ""), put(MOVIE, "titles/0/value", "x"), "empty"),
    Case("FEED133", put(MOVIE, "longDescriptions/0/value", " \t\N{NO-BREAK SPACE}"), nothing, "blanks"),
    Case("FEED134", drop(MOVIE, "credits/0/role"), put(MOVIE, "credits", []), "role"),
    Case("FEED134", put(MOVIE, "credits/0/name", ""), put(MOVIE, "credits/0/name", "x"), "name"),
    Case("FEED135", put(MOVIE, "credits/0/role", "Actor"), put(MOVIE, "credits/0/role", "screenwriter")),
    Case("FEED136", put(SHORT, DURATION, 901), put(SHORT, DURATION, 900), "seconds"),
    Case("FEED136", put(SHORT, DURATION, 10**400), nothing, "a huge number"),
    Case("FEED137", both(put(MOVIE, DURATION, 900), put(MOVIE, "durationInMilliseconds", 900_000)),
         both(put(MOVIE, DURATION, 901), put(MOVIE, "durationInMilliseconds", 901_000))),
    Case("FEED138", put(MOVIE, "externalIds/0/id", "MV12345678000"), put(MOVIE, "externalIds/0/id", "SH123456780000")),
    Case("FEED138", put(EXTERNAL, "id", "XX012345670000"), put(EXTERNAL, "id", "EP012345670000"), "the asset's own"),
    Case("FEED139", put(MOVIE, "externalIdSource", "tms"), nothing),
    Case("FEED140", put(EPISODE_1, "episodeInfo/episodeNumber", -1), put(EPISODE_1, "episodeInfo/episodeNumber", 0)),
    Case("FEED140", put(SEASON_3, "seasonInfo/seasonNumber", -(10**400)),
         put(SEASON_3, "seasonInfo/seasonNumber", 10**400),
         "a huge number"),
)  # fmt: skip
