"""Cases of each rule EXPO: a subject, and how many findings the rule must have on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from edye_delivery.annex.pull import PullScope
from edye_delivery.catalog.exposure import ExpectedItem, ExpectedThumbnail, RemovedItem
from edye_delivery.catalog.exposure_seen import Address, SeenItem, SeenThumbnail
from edye_delivery.catalog.vocabulary import ListName
from edye_delivery.qc.exposure.items import CLOCK_TOLERANCE
from edye_delivery.qc.exposure.rule import RULES
from edye_delivery.qc.exposure.subjects import (
    AskedAddress,
    Belonging,
    Body,
    CatalogueSum,
    Conditional,
    DeltaEntry,
    DownloadedThumbnail,
    Pictures,
    Presence,
    Refusal,
    Served,
    Shown,
    Walks,
)
from edye_delivery.qc.exposure.terms import ExposureTerms
from tests.unit.qc.cases import Side

NOW = datetime(2026, 3, 2, 6, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TERMS = ExposureTerms(tags=frozenset({"kids"}), geo=frozenset({"mx"}))
EPISODES, SHOWS, ENTRIES = ListName.EPISODES, ListName.SHOWS, ListName.ENTRIES
WIDE = ExpectedThumbnail("wide", 640, 360, "mark")
WIDE_JPEG = Address("https://m.example/wide.jpg", "thumbnail wide", "image/jpeg", None, 640, 360)
SEEN_WIDE = SeenThumbnail("wide", 640, 360, "mark")
EXPECTED = ExpectedItem(
    EPISODES, "ep-1", "EDYE_1", "aa", "show-1", 1, 3, tags=("kids",), geo=("mx",), thumbnails=(WIDE,)
)
SERIES = ExpectedItem(SHOWS, "show-1")
GONE = RemovedItem(EPISODES, "ep-1", "withdrawn", "EDYE_1")
KEYS = frozenset({"id", "titles", "tags", "geo", "updated_at"})
ITEM = SeenItem(
    EPISODES, "ep-1", "aa", kind="episode", external_id="EDYE_1", show_id="show-1", season_number=1, episode_number=3,
    tags=("kids", "new"), geo=("mx", "ar"), thumbnails=(SEEN_WIDE,), keys=KEYS,
)  # fmt: skip
SHOWN_SERIES = SeenItem(SHOWS, "show-1", kind="series", tags=("other",), geo=("de",), keys=KEYS)
MP4 = Address("https://m.example/a.mp4", "source 720p", "video/mp4", 900)
MP4_ANSWER = AskedAddress(MP4, True, "", "video/mp4", 900)
WITHOUT_METADATA = replace(TERMS, scope=PullScope(metadata=False))
WITHOUT_PICTURES = replace(TERMS, scope=PullScope(images=False, sources=False))
WITH_TMS = replace(TERMS, scope=PullScope(external_ids=("tms",)))


@dataclass(frozen=True)
class Case:
    """A subject of a rule and the number of findings that the rule must have on it."""

    code: str
    side: Side
    what: str
    subject: Any
    expected: int = 0
    terms: ExposureTerms = TERMS

    @property
    def id(self) -> str:
        """The case for pytest's list."""
        return f"{self.code}-{self.side}-{self.what}"

    def findings(self) -> tuple[Any, ...]:
        """What the rule says."""
        return RULES[self.code].findings(self.subject, self.terms)


def passing(code: str, what: str, subject: Any, terms: ExposureTerms = TERMS) -> Case:
    return Case(code, Side.PASSING, what, subject, terms=terms)


def failing(code: str, what: str, subject: Any, expected: int = 1, terms: ExposureTerms = TERMS) -> Case:
    return Case(code, Side.FAILING, what, subject, expected, terms)


def at_limit(code: str, what: str, subject: Any, expected: int = 0, terms: ExposureTerms = TERMS) -> Case:
    return Case(code, Side.AT_LIMIT, what, subject, expected, terms)


def shown(expected: Any = EXPECTED, **changes: Any) -> Shown:
    return Shown(replace(ITEM, **changes), expected, NOW)


def body(item: SeenItem = ITEM, defect: str = "", keys: frozenset[str] | None = None) -> Body:
    return Body("EDYE_1", defect, item if keys is None else replace(item, keys=keys))


def pictures(*thumbnails: SeenThumbnail) -> Pictures:
    return Pictures(replace(ITEM, thumbnails=thumbnails), EXPECTED)


def asked(told: str, answered: str) -> AskedAddress:
    return AskedAddress(replace(MP4, media_type=told, size_bytes=None), True, "", answered, 900)


def belonging(show_kind: str | None = "series", expected: Any = EXPECTED, **changes: Any) -> Belonging:
    return Belonging(replace(ITEM, **changes), expected, show_kind)


CASES = (
    passing("EXPO001", "the generation that was published", Served(EPISODES, 7, 7)),
    failing("EXPO001", "no page", Served(EPISODES, 7, None, "the delivery API answered 503")),
    failing("EXPO001", "a page without generation", Served(EPISODES, 7, None)),
    at_limit("EXPO001", "the generation before", Served(EPISODES, 7, 6), 1),
    passing("EXPO002", "once, as published", Presence(EXPECTED, 1, "aa")),
    failing("EXPO002", "not there", Presence(EXPECTED, 0)),
    failing("EXPO002", "other content", Presence(EXPECTED, 1, "bb")),
    at_limit("EXPO002", "twice", Presence(EXPECTED, 2, "aa"), 1),
    at_limit("EXPO002", "content that nobody compares", Presence(replace(EXPECTED, digest=""), 1, "bb")),
    passing("EXPO003", "in scope", shown()),
    failing("EXPO003", "withdrawn", shown(GONE)),
    failing("EXPO003", "unknown to the ledger", shown(None)),
    failing("EXPO003", "another partner's tag", shown(tags=("other",))),
    failing("EXPO003", "no tags", shown(tags=())),
    failing("EXPO003", "in another country", shown(geo=("de",))),
    failing("EXPO003", "ended by the item alone", shown(closes_at=NOW - CLOCK_TOLERANCE - SECOND)),
    failing("EXPO003", "ended by the ledger alone", shown(replace(EXPECTED, closes_at=NOW - timedelta(days=1)))),
    failing("EXPO003", "not begun", shown(opens_at=NOW + CLOCK_TOLERANCE + SECOND)),
    at_limit("EXPO003", "ended within the clocks' tolerance", shown(closes_at=NOW - CLOCK_TOLERANCE)),
    at_limit("EXPO003", "begins within the clocks' tolerance", shown(opens_at=NOW + CLOCK_TOLERANCE)),
    at_limit("EXPO003", "everywhere", shown(geo=())),
    at_limit("EXPO003", "without the key tags, by the ledger's", shown(tags=(), keys=frozenset({"id"}))),
    at_limit("EXPO003", "a series whose episodes have the tag", Shown(SHOWN_SERIES, SERIES, NOW)),
    at_limit("EXPO003", "a partner without tags and countries", shown(tags=(), geo=("de",)), terms=ExposureTerms()),
    passing("EXPO004", "a change in the delta", DeltaEntry(EXPECTED, False)),
    passing("EXPO004", "a tombstone in the delta", DeltaEntry(GONE, True)),
    failing("EXPO004", "a change that is missing", DeltaEntry(EXPECTED)),
    failing("EXPO004", "a tombstone that is missing", DeltaEntry(GONE)),
    at_limit("EXPO004", "a withdrawn title as if it was there", DeltaEntry(GONE, False), 1),
    at_limit("EXPO004", "an exposed title as deleted", DeltaEntry(EXPECTED, True), 1),
    passing("EXPO005", "the same either way", Walks(EPISODES, 25, 25)),
    failing("EXPO005", "fewer than total", Walks(EPISODES, 25, 24)),
    failing("EXPO005", "out of order", Walks(EPISODES, 25, 25, "ep-3")),
    failing("EXPO005", "another page by number", Walks(EPISODES, 25, 25, "", (2, 3))),
    failing("EXPO005", "all of it", Walks(EPISODES, 25, 26, "ep-3", tuple(range(9))), 3),
    at_limit("EXPO005", "an empty list without total", Walks(EPISODES, None, 0), 1),
    at_limit("EXPO005", "an empty list", Walks(EPISODES, 0, 0)),
    passing("EXPO006", "a whole item", body()),
    passing("EXPO006", "the page", Body("page 1", "")),
    failing("EXPO006", "a defect", body(defect="kind: is missing")),
    failing("EXPO006", "a page with a defect", Body("page 1", "generation: is missing")),
    failing("EXPO006", "no titles", body(keys=KEYS - {"titles"})),
    failing("EXPO006", "metadata that the annex leaves out", body(), terms=WITHOUT_METADATA),
    failing("EXPO006", "pictures and sources that the annex leaves out",
            body(keys=KEYS | {"images", "sources", "custom_thumbnails"}), terms=WITHOUT_PICTURES),
    failing("EXPO006", "an external id that the annex leaves out", body(replace(ITEM, id_sources=("tms", "imdb"))),
            terms=WITH_TMS),
    at_limit("EXPO006", "the external id that it gives", body(replace(ITEM, id_sources=("tms",))), terms=WITH_TMS),
    at_limit("EXPO006", "a tombstone", body(replace(ITEM, is_deleted=True), keys=frozenset({"id"}))),
    at_limit("EXPO006", "an entry without titles", body(replace(ITEM, external_id=""), keys=frozenset({"id"}))),
    passing("EXPO007", "as configured", pictures(SEEN_WIDE)),
    failing("EXPO007", "missing", pictures()),
    failing("EXPO007", "one too many", pictures(SEEN_WIDE, SeenThumbnail("tall", 1, 1))),
    failing("EXPO007", "without its watermark", pictures(replace(SEEN_WIDE, watermark=None))),
    failing("EXPO007", "with a size that is not agreed", pictures(replace(SEEN_WIDE, size="small"))),
    at_limit("EXPO007", "a pixel too low", pictures(replace(SEEN_WIDE, height_px=359)), 1),
    at_limit("EXPO007", "none where none is configured", Pictures(replace(ITEM, thumbnails=None), SERIES)),
    passing("EXPO008", "as the item says", MP4_ANSWER),
    passing("EXPO008", "a picture of any type", asked("image/*", "image/webp; q=1")),
    failing("EXPO008", "no file", AskedAddress(MP4, True, "the media host answered 404")),
    failing("EXPO008", "another type", asked("video/mp4", "text/html")),
    failing("EXPO008", "a page instead of a picture", asked("image/*", "text/html")),
    failing("EXPO008", "over plain http", replace(MP4_ANSWER, address=replace(MP4, url="http://m.example/a.mp4"))),
    at_limit("EXPO008", "a byte less", replace(MP4_ANSWER, size_bytes=899), 1),
    at_limit("EXPO008", "another name of it", asked("application/x-mpegURL", "application/vnd.apple.mpegurl")),
    at_limit("EXPO008", "plain http where the API has it too",
             AskedAddress(replace(MP4, url="http://m.example/a.mp4"), False, "", "video/mp4", 900)),
    passing("EXPO009", "304 without a body", Conditional("/v1/shows", '"a"', 304)),
    failing("EXPO009", "the page again", Conditional("/v1/shows", '"a"', 200, 900)),
    failing("EXPO009", "no ETag", Conditional("/v1/shows", "", 0)),
    at_limit("EXPO009", "304 with a byte", Conditional("/v1/shows", '"a"', 304, 1), 1),
    passing("EXPO010", "no token", Refusal("/v1/shows without a token", 401, 401)),
    failing("EXPO010", "another partner's title", Refusal("/v1/episodes/x", 404, 200)),
    at_limit("EXPO010", "403 instead of 404, which tells that it is there", Refusal("/v1/episodes/x", 404, 403), 1),
    passing("EXPO011", "an episode of its series", belonging()),
    passing("EXPO011", "a list of shows that nobody may read", belonging(None)),
    failing("EXPO011", "a show that is not there", belonging("")),
    failing("EXPO011", "a show that is a movie", belonging("movie")),
    failing("EXPO011", "another season", belonging(season_number=2)),
    failing("EXPO011", "a movie among the episodes", belonging(kind="movie")),
    failing("EXPO011", "an episode among the shows", belonging(list=SHOWS)),
    at_limit("EXPO011", "no season, as in the ledger",
             belonging(expected=replace(EXPECTED, season_number=None), season_number=None)),
    at_limit("EXPO011", "season 0 instead of none",
             belonging(expected=replace(EXPECTED, season_number=None), season_number=0), 1),
    at_limit("EXPO011", "an entry, which has no show", belonging("", list=ENTRIES, show_id="", kind="")),
    passing("EXPO013", "as the item says", DownloadedThumbnail(WIDE_JPEG, "", "JPEG", 640, 360)),
    failing("EXPO013", "no picture", DownloadedThumbnail(WIDE_JPEG, "it has none of the formats JPEG, PNG")),
    failing("EXPO013", "another format", DownloadedThumbnail(WIDE_JPEG, "", "PNG", 640, 360)),
    failing("EXPO013", "pixels of another one", DownloadedThumbnail(WIDE_JPEG, "", "JPEG", 360, 640)),
    at_limit("EXPO013", "a pixel too wide", DownloadedThumbnail(WIDE_JPEG, "", "JPEG", 641, 360), 1),
    at_limit("EXPO013", "any type of picture",
             DownloadedThumbnail(replace(WIDE_JPEG, media_type="image/*"), "", "PNG", 640, 360)),
    passing("EXPO012", "the same", CatalogueSum(EPISODES, 25, 25, 9, 9)),
    passing("EXPO012", "the same number, not read whole", CatalogueSum(EPISODES, 25, 25)),
    failing("EXPO012", "another sum", CatalogueSum(EPISODES, 25, 25, 9, 8)),
    failing("EXPO012", "no number", CatalogueSum(EPISODES, 25, None)),
    at_limit("EXPO012", "one item less", CatalogueSum(EPISODES, 25, 24), 1),
)  # fmt: skip
