"""For every rule of the Direct Publisher feed: a change that breaks it alone, and the nearest one that breaks none."""

from __future__ import annotations

from typing import Any, NamedTuple

from tests.unit.feeds.direct_feeds import CDN, GONE, a_content, a_live_feed, an_episode

CONTENT = "/movies/0/content"
EPISODE = "/series/0/seasons/0/episodes/1"
VIDEO = f"{CONTENT}/videos/0"
CREDIT = "/movies/0/credits/0"
LISTS = ("movies", "series", "shortFormVideos", "tvSpecials", "categories", "playlists")


class DirectCase(NamedTuple):
    """Changes by JSON pointer; `path` is where the finding is."""

    code: str
    breaking: dict[str, Any]
    at_limit: dict[str, Any]
    path: str = ""


def missing(code: str, part: str, key: str, least: Any) -> DirectCase:
    """Something that must be there: without it the parent is blamed, the least of it is enough."""
    return DirectCase(code, {f"{part}/{key}": GONE}, {f"{part}/{key}": least}, part)


def instead(code: str, path: str, broken: Any, sound: Any) -> DirectCase:
    """One spot with a value that breaks the rule, and with the nearest one that does not."""
    return DirectCase(code, {path: broken}, {path: sound}, path)


WITHOUT_CONTENT = {f"/{key}": GONE for key in LISTS}
SHORT_FORM_ONLY = {"/movies": GONE, "/series": GONE, "/tvSpecials": GONE, "/categories": GONE, "/playlists": GONE}
MANUAL_QUERY = {"/categories/1/order": "manual"}
PLAYLIST_NAME = {"/playlists/0/name": "p" * 21, "/categories/0/playlistName": "p" * 21}
PLAYLIST_NAME_AT_LIMIT = {path: "p" * 20 for path in PLAYLIST_NAME}
WINDOW = f"{CONTENT}/validityPeriodEnd"
PLAYLIST_ONLY = {"/categories/1/playlistName": "featured content", "/categories/1/query": GONE}
LIVE = {"/liveFeeds": [a_live_feed()]}
A_TMS = {"id": "MV012345670000", "idType": "TMS"}
SHAPES = {"/series/0/episodes": [an_episode("more", 1)]}

SCHEMA_CASES = (
    missing("FEED301", "", "providerName", "A"),
    missing("FEED301", "", "lastUpdated", "2015-11-11T22:21:37Z"),
    missing("FEED301", "", "language", "spa"),
    DirectCase("FEED302", WITHOUT_CONTENT, SHORT_FORM_ONLY),
    missing("FEED303", "/movies/0", "id", "m"),
    missing("FEED303", EPISODE, "id", "e"),
    missing("FEED304", "/series/0", "title", "S"),
    missing("FEED305", EPISODE, "content", a_content()),
    missing("FEED306", "/tvSpecials/0", "genres", ["news"]),
    DirectCase("FEED306", {"/series/0/genres": []}, {"/series/0/genres": ["anime"]}, "/series/0"),
    missing("FEED307", "/shortFormVideos/0", "thumbnail", "http://a"),
    missing("FEED308", "/shortFormVideos/0", "releaseDate", "2016-02-29"),
    missing("FEED309", EPISODE, "shortDescription", "."),
    missing("FEED310", EPISODE, "episodeNumber", 0),
    missing("FEED311", "/series/0", "seasons", [{"seasonNumber": 1, "episodes": [an_episode("only", 1)]}]),
    DirectCase("FEED311", SHAPES, SHAPES | {"/series/0/seasons": GONE}, "/series/0"),
    DirectCase("FEED311", {"/series/1/episodes": []}, {"/series/1/episodes/1": GONE}, "/series/1"),
    missing("FEED312", "/series/0/seasons/1", "seasonNumber", 2015),
    missing("FEED312", "/series/0/seasons/1", "episodes", [an_episode("only", 1)]),
    missing("FEED313", CONTENT, "dateAdded", "2015-11-11T22:21:37Z"),
    missing("FEED313", CONTENT, "duration", 1200),
    DirectCase("FEED314", {f"{CONTENT}/videos": []}, {f"{CONTENT}/videos/1": GONE}, CONTENT),
    missing("FEED315", VIDEO, "videoType", "SMOOTH"),
    missing("FEED316", f"{CONTENT}/captions/0", "language", "es-419"),
    missing("FEED317", f"{CONTENT}/trickPlayFiles/0", "quality", "HD"),
    missing("FEED318", "/movies/0/externalIds/0", "idType", "EIDR"),
    missing("FEED319", "/movies/0/rating", "ratingSource", "UK_CP"),
    missing("FEED320", CREDIT, "birthDate", "1952-12-31"),
    missing("FEED321", "/categories/1", "order", "chronological"),
    missing("FEED322", "/categories/1", "query", "kids"),
    DirectCase("FEED322", {"/categories/1/playlistName": "featured content"}, PLAYLIST_ONLY, "/categories/1"),
    missing("FEED323", "/playlists/0", "itemIds", ["movie"]),
    instead("FEED324", "/movies/0/genres/0", "kids", "fashion"),
    instead("FEED325", "/movies/0/rating/rating", "TV-99", "14+"),
    instead("FEED326", f"{EPISODE}/rating/rating", "TV-Y7", "TVY7"),
    instead("FEED327", "/movies/0/rating/ratingSource", "FSK", "BBFC"),
    instead("FEED328", f"{VIDEO}/quality", "hd", "HD"),
    instead("FEED329", f"{VIDEO}/videoType", "hls", "DASH"),
    instead("FEED330", f"{CONTENT}/captions/0/captionType", "subtitle", "SUBTITLE"),
    instead("FEED331", f"{CONTENT}/trickPlayFiles/0/quality", "UHD", "HD"),
    instead("FEED332", "/movies/0/externalIds/0/idType", "GRACENOTE", "EIDR"),
    instead("FEED333", f"{CREDIT}/role", "Actor", "actor"),
    instead("FEED334", "/categories/1/order", "random", "most_recent"),
    DirectCase("FEED303", LIVE | {"/liveFeeds/0/id": GONE}, LIVE, "/liveFeeds/0"),
    DirectCase("FEED314", LIVE | {"/liveFeeds/0/content/videos": GONE},
               LIVE | {"/liveFeeds/0/content": {"dateAdded": "2019-06-01", "schedule": [{"id": "movie"}]}},
               "/liveFeeds/0/content"),
)  # fmt: skip
PROSE_CASES = (
    instead("FEED335", "/movies/0/releaseDate", "2023-02-29", "2024-02-29"),
    instead("FEED335", "/movies/0/releaseDate", "2016-01-01\n", "2016-01-01"),
    instead("FEED335", f"{CREDIT}/birthDate", "1952-13-11", "1952-12-11"),
    instead("FEED336", f"{CONTENT}/dateAdded", "2015-11-11T22:21:37", "2015-11-11T22:21:37-00:00"),
    instead("FEED336", "/lastUpdated", "2015-02-29T22:21:37Z", "2016-02-29T23:59:59Z"),
    instead("FEED337", f"{CONTENT}/language", "english", "eng"),
    instead("FEED337", f"{CONTENT}/captions/0/language", "es_mx", "es-mx"),
    instead("FEED338", f"{CONTENT}/adBreaks/1", "15:00", "00:15:00"),
    instead("FEED339", "/movies/0/shortDescription", "s" * 201, "s" * 200),
    instead("FEED339", "/movies/0/longDescription", "\N{KITE}" * 251, "\N{KITE}" * 250),
    instead("FEED340", "/movies/0/longDescription", "All about the movie. ", "All about the movie!"),
    instead("FEED341", "/movies/0/title", " \n", "."),
    instead("FEED341", "/providerName", "", "."),
    instead("FEED341", "/categories/1/query", "", "kids"),
    instead("FEED341", "/playlists/0/itemIds/0", "", "movie"),
    instead("FEED342", "/movies/0/tags/2", "t" * 21, "t" * 20),
    DirectCase("FEED343", PLAYLIST_NAME, PLAYLIST_NAME_AT_LIMIT, "/playlists/0/name"),
    DirectCase("FEED344", {f"{CONTENT}/videos/1/bitrate": GONE}, {f"{VIDEO}/bitrate": 1}, f"{CONTENT}/videos/1"),
    instead("FEED345", f"{CONTENT}/videos/1/bitrate", 0, 1),
    instead("FEED346", f"{CONTENT}/videos/1/bitrate", 100_001, 100_000),
    instead("FEED347", f"{VIDEO}/quality", "SD", "HD"),
    DirectCase("FEED348", MANUAL_QUERY, {"/categories/0/order": "manual"}, "/categories/1/order"),
    instead("FEED349", "/categories/1/query", "kids AND reality shows OR clips", "kids AND reality shows AND clips"),
    instead("FEED350", "/categories/1/query", "kids OR", "kids OR clips OR reality shows"),
    instead("FEED351", "/categories/1/query", "kids OR Clips", "kids OR clips"),
    instead("FEED352", "/categories/0/playlistName", "Featured content", "featured content"),
    instead("FEED353", "/playlists/0/itemIds/3", "nobody", "movie"),
    DirectCase("FEED353", {"/playlists/0/itemIds/3": "live"}, LIVE | {"/playlists/0/itemIds/3": "live"},
               "/playlists/0/itemIds/3"),
    instead("FEED354", "/playlists/0/itemIds/3", "s1e1", "mini-series"),
    DirectCase(
        "FEED355", {"/playlists/1": {"name": "featured content", "itemIds": ["movie"]}},
        {"/playlists/1": {"name": "Featured content", "itemIds": ["movie"]}}, "/playlists/1",
    ),
    DirectCase(
        "FEED356", {f"{CONTENT}/validityPeriodStart": "2030-01-01T06:00:00Z"},
        {f"{CONTENT}/validityPeriodStart": "2030-01-01T05:59:59Z"}, CONTENT,
    ),
    instead("FEED357", WINDOW, "2026-03-02T00:00:00Z", "2026-03-02T00:00:01Z"),
    instead("FEED358", f"{CONTENT}/adBreaks/1", "00:30:01", "00:30:00"),
    instead("FEED359", f"{EPISODE}/content/duration", 0, 1),
    instead("FEED360", f"{CONTENT}/duration", 1199, 1200),
    instead("FEED361", "/shortFormVideos/0/content/duration", 1201, 1200),
    instead("FEED362", "/movies/0/credits", [], GONE),
    instead("FEED362", "/categories", [], GONE),
    DirectCase("FEED362", LIVE | {"/liveFeeds/0/genres": []}, LIVE, "/liveFeeds/0/genres"),
    instead("FEED363", f"{CONTENT}/dateAdded", "2015-11-11T22:21:37.5Z", "2015-11-11T22:21:37Z"),
    instead("FEED363", "/lastUpdated", "2015-11-11T22:21:37.123456+00:00", "2015-11-11T22:21:37+00:00"),
    instead("FEED364", "/categories/1/query", "kids and clips", "kids AND clips"),
    DirectCase("FEED364", {"/categories/1/query": "kids AND arts Or crafts"},
               {"/categories/1/query": "kids AND arts Or crafts", "/movies/0/tags/0": "arts Or crafts"},
               "/categories/1/query"),
    instead("FEED365", f"{CONTENT}/trickPlayFiles/0/url", f"{CDN}/a.jpg", f"{CDN}/trickplay/150942850295.2/1"),
    instead("FEED366", "/playlists/0/itemIds/3", "series", "movie"),
    DirectCase("FEED367", SHORT_FORM_ONLY | {"/shortFormVideos": []}, SHORT_FORM_ONLY),
    DirectCase("FEED367", SHORT_FORM_ONLY | {"/shortFormVideos": GONE, "/liveFeeds": []},
               SHORT_FORM_ONLY | LIVE | {"/shortFormVideos": GONE}),
)  # fmt: skip
REUSED_CASES = (
    instead("FEED001", f"{EPISODE}/content/duration", "1800", 1800),
    instead("FEED001", "/series/0/seasons/1/seasonNumber", 2.0, 2),
    instead("FEED001", f"{CONTENT}/videos/1/bitrate", "3500", 3500),
    instead("FEED001", "/shortFormVideos/0/tags", "clips", ["clips"]),
    instead("FEED001", "/language", 5, "en"),
    instead("FEED001", "/playlists/1", "more", {"name": "more", "itemIds": ["movie"]}),
    instead("FEED023", "/movies/0/thumbnail", f"//{CDN}", f"{CDN}/a"),
    DirectCase("FEED131", {f"{CONTENT}/Language": "en"}, {f"{CONTENT}/language": "en"}, f"{CONTENT}/Language"),
    DirectCase("FEED131", {"/nextPageUrl": f"{CDN}/next.json"}, {}, "/nextPageUrl"),
    DirectCase("FEED131", {"/series/0/rating": {"rating": "TVY"}}, {}, "/series/0/rating"),
    DirectCase("FEED131", {f"{EPISODE}/tags": [5]}, {}, f"{EPISODE}/tags"),
    instead("FEED140", "/series/0/seasons/0/seasonNumber", -1, 0),
    DirectCase("FEED401", {f"{EPISODE}/id": "s1e1"}, {f"{EPISODE}/id": "S1E1"}, EPISODE),
    instead("FEED405", f"{EPISODE}/episodeNumber", 1, 3),
    instead("FEED406", "/series/0/seasons/1/seasonNumber", 1, 3),
    DirectCase("FEED405", {"/series/1/episodes/1/episodeNumber": 1}, {}, "/series/1/episodes/1/episodeNumber"),
    instead("FEED138", "/movies/0/externalIds/0/id", "http://www.imdb.com/title/tt0371724", "tt0371724"),
    DirectCase(
        "FEED138",
        {"/movies/0/externalIds/0": A_TMS | {"id": "MV0123"}},
        {"/movies/0/externalIds/0": A_TMS},
        "/movies/0/externalIds/0/id",
    ),
    DirectCase(
        "FEED141",
        {f"{EPISODE}/externalIds": [A_TMS]},
        {f"{EPISODE}/externalIds": [A_TMS | {"id": "EP012345670000"}]},
        f"{EPISODE}/externalIds/0/id",
    ),
    instead("FEED142", f"{EPISODE}/title", "The Moon (dubbed)", "The Moon (dub it)"),
    instead("FEED143", "/series/0/seasons/0/thumbnail", f"{CDN}/a.webp", f"{CDN}/a.jpeg"),
    instead("FEED149", "/shortFormVideos/0/shortDescription", "<p>NASA&#8217;s search</p>", "NASA's search"),
    instead("FEED149", "/categories/0/name", "Kids &amp; co", "Kids & co"),
    instead("FEED150", f"{EPISODE}/title", "quÃ©", "qué"),
    instead("FEED150", "/providerName", "EducaciÃ³n", "Educación"),
    DirectCase("FEED131", LIVE | {"/liveFeeds/0/releaseDate": "2016-01-01"}, LIVE, "/liveFeeds/0/releaseDate"),
)
CASES = (*SCHEMA_CASES, *PROSE_CASES, *REUSED_CASES)
