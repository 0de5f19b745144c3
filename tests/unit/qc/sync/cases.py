"""Cases of each rule SYNC: a subject, and the findings that it must have."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from edye_delivery.qc.sync.limits import SyncLimits
from edye_delivery.qc.sync.rule import RULES
from edye_delivery.qc.sync.subjects import Offered
from tests.unit.qc.cases import Side
from tests.unit.qc.sync.builders import (
    LIMITS,
    NOW,
    a_media,
    a_pair,
    a_playlist,
    a_source,
    a_title,
    a_usage,
    ago,
    an_offer,
    limits,
)

LAG_S, READY_S = LIMITS.sync_lag_s, LIMITS.ready_grace_s
BLOCK, WARN = "block", "warn"


@dataclass(frozen=True)
class Case:
    """A subject of a rule and the severities of the findings that the rule must have on it, in order."""

    code: str
    side: Side
    what: str
    subject: Any
    expected: tuple[str, ...] = ()
    limits: SyncLimits = LIMITS

    @property
    def id(self) -> str:
        """The case for pytest's list."""
        return f"{self.code}-{self.side}-{self.what}"

    def findings(self) -> tuple[Any, ...]:
        """What the rule says, nothing where it is skipped."""
        rule = RULES[self.code]
        return () if rule.skip_reason(self.subject, self.limits) else rule.findings(self.subject, self.limits)


def passing(code: str, what: str, subject: Any, **more: Any) -> Case:
    return Case(code, Side.PASSING, what, subject, **more)


def failing(code: str, what: str, subject: Any, *expected: str, **more: Any) -> Case:
    return Case(code, Side.FAILING, what, subject, expected or (BLOCK,), **more)


def at_limit(code: str, what: str, subject: Any, *expected: str, **more: Any) -> Case:
    return Case(code, Side.AT_LIMIT, what, subject, expected, **more)


def status(word: str, age_s: float, **changes: Any) -> Any:
    return a_pair(media_of={"status": word, "last_modified_at": ago(age_s), **changes})


def orphan(age_s: float = LAG_S, tags: tuple[str, ...] = ("roku",), **changes: Any) -> Any:
    return a_usage(media=a_media(tags=tags, last_modified_at=ago(age_s), **changes))


def of_media(**changes: Any) -> Any:
    return a_pair(media_of=changes)


def of_params(**params: str) -> Any:
    return a_pair(media_of={"params": {name.replace("_", " "): value for name, value in params.items()}})


def episode(series: dict[str, Any], **changes: Any) -> Any:
    """A pair of an episode with what it inherits."""
    from tests.builders import an_episode

    return an_episode(jwp_id="aB3dE6gH", series=series, **changes)


MEDIA = (
    passing("SYNC001", "there", a_pair()),
    failing("SYNC001", "unknown-id", a_pair(media_of=None)),
    failing("SYNC001", "no-id", a_pair(a_title(jwp_id=None), media_of=None)),
    at_limit("SYNC001", "known-before-is-a-deletion", a_pair(media_of=None, was_known=True)),
    passing("SYNC002", "ready", a_pair()),
    passing("SYNC002", "failed-is-another-rule", status("failed", READY_S)),
    failing("SYNC002", "processing-for-long", status("processing", READY_S * 4)),
    failing("SYNC002", "unknown-word", status("paused", READY_S * 4)),
    failing("SYNC002", "no-date", status("created", READY_S, last_modified_at=None, created_at=None)),
    at_limit("SYNC002", "last-second-of-grace", status("processing", READY_S - 1), WARN),
    at_limit("SYNC002", "first-second-after", status("processing", READY_S), BLOCK),
    passing("SYNC003", "ready", a_pair()),
    failing("SYNC003", "failed", status("failed", 0, error_message="no video stream")),
    at_limit("SYNC003", "processing", status("processing", 0)),
    passing("SYNC004", "one-title", a_usage(("The Kite", "en"))),
    failing("SYNC004", "two-of-a-language", a_usage(("The Kite", "en"), ("The Boat", "en"))),
    failing(
        "SYNC004", "two-languages-doubled", a_usage(("A", "en"), ("B", "en"), ("C", "es"), ("D", "es")), BLOCK, BLOCK
    ),
    at_limit("SYNC004", "one-of-each-language", a_usage(("The Kite", "en"), ("La cometa", "es"))),
    at_limit("SYNC004", "the-second-is-hidden", a_usage(("The Kite", "en"), titles=2)),
    passing("SYNC005", "has-a-title", a_usage(("The Kite", "en"))),
    passing("SYNC005", "no-partner's-tag", orphan(tags=("internal",))),
    passing("SYNC005", "not-ready", orphan(status="processing")),
    failing("SYNC005", "nobody-names-it", orphan(LAG_S * 2)),
    at_limit("SYNC005", "hidden-title-names-it", a_usage(titles=1)),
    at_limit("SYNC005", "last-second-of-grace", orphan(LAG_S - 1), WARN),
    at_limit("SYNC005", "first-second-after", orphan(LAG_S), BLOCK),
    passing("SYNC006", "edye-is-newer", a_pair()),
    passing(
        "SYNC006",
        "the-sync-may-still-come",
        a_pair(a_title(updated_at="2025-03-01T00:00:00Z"), media_of={"last_modified_at": ago(LAG_S - 1)}),
    ),
    failing("SYNC006", "days-behind", a_pair(a_title(updated_at="2025-03-01T00:00:00Z")), WARN),
    at_limit(
        "SYNC006",
        "exactly-the-lag",
        a_pair(a_title(updated_at=ago(3 * LAG_S).isoformat()), media_of={"last_modified_at": ago(2 * LAG_S)}),
    ),
    at_limit(
        "SYNC006",
        "a-second-more",
        a_pair(a_title(updated_at=ago(3 * LAG_S + 1).isoformat()), media_of={"last_modified_at": ago(2 * LAG_S)}),
        WARN,
    ),
    passing("SYNC007", "the-same", a_pair()),
    passing("SYNC007", "unknown-in-edye", a_pair(a_title(duration_ms=None))),
    passing("SYNC007", "unknown-in-jw", of_media(duration_s=None)),
    failing("SYNC007", "a-minute-more", of_media(duration_s=4860.0)),
    at_limit("SYNC007", "five-seconds", of_media(duration_s=4805.0)),
    at_limit("SYNC007", "more-than-five-seconds", of_media(duration_s=4805.001), BLOCK),
    at_limit("SYNC007", "within-the-grace", of_media(duration_s=4860.0, last_modified_at=ago(LAG_S - 1)), WARN),
    passing("SYNC017", "there", a_pair(was_known=True)),
    failing("SYNC017", "gone", a_pair(media_of=None, was_known=True)),
    at_limit("SYNC017", "never-known-is-another-rule", a_pair(media_of=None)),
)

SOURCES = (
    passing("SYNC008", "the-same", an_offer()),
    passing("SYNC008", "nothing-known-of-it", an_offer(sources=(a_source(height=None, size_bytes=None),))),
    passing("SYNC008", "not-published-now", Offered(of_media(publish_end_at=NOW), None)),
    failing("SYNC008", "no-such-file", an_offer(sources=(a_source(file="https://cdn.example/other.mp4"),))),
    failing("SYNC008", "nothing-offered", Offered(a_pair(), None)),
    failing("SYNC008", "height-and-size", an_offer(sources=(a_source(height=720, size_bytes=1),)), BLOCK, BLOCK),
    at_limit("SYNC008", "a-byte-more", an_offer(sources=(a_source(size_bytes=901),)), BLOCK),
    at_limit("SYNC008", "more-files-than-edye", an_offer(sources=(a_source(), a_source(file="/2.mp4")))),
    at_limit("SYNC008", "within-the-grace", an_offer(of_media(last_modified_at=ago(LAG_S - 1)), sources=()), WARN),
    passing("SYNC009", "1080p", an_offer()),
    failing("SYNC009", "480p", an_offer(sources=(a_source(width=480, height=1080),))),
    failing("SYNC009", "hls-only", an_offer(sources=(a_source(type="application/vnd.apple.mpegurl"),))),
    failing("SYNC009", "no-figures", an_offer(sources=(a_source(width=None, height=None),))),
    at_limit("SYNC009", "720-upright", an_offer(sources=(a_source(width=720, height=1280),))),
    at_limit("SYNC009", "719", an_offer(sources=(a_source(width=1280, height=719),)), BLOCK),
    at_limit("SYNC009", "the-annex's-number", an_offer(), BLOCK, limits=limits(min_short_edge_px=1081)),
    passing("SYNC016", "a-poster", an_offer()),
    failing("SYNC016", "none", an_offer(images=())),
    at_limit("SYNC016", "media-not-offered", an_offer()),
)

METADATA = (
    passing("SYNC010", "another-order", a_pair()),
    failing("SYNC010", "missing-in-edye", a_pair(a_title(tags=["roku"]))),
    failing("SYNC010", "missing-in-jw", of_media(tags=("roku",))),
    failing("SYNC010", "another-case", of_media(tags=("Roku", "kidsdirected"))),
    at_limit(
        "SYNC010", "from-the-series", a_pair(episode({"tags": ["roku", "kidsdirected"]}, tags=[]), a_media(tags=()))
    ),
    at_limit("SYNC010", "within-the-grace", of_media(tags=(), last_modified_at=ago(LAG_S - 1)), WARN),
    at_limit("SYNC010", "first-second-after", of_media(tags=(), last_modified_at=ago(LAG_S)), BLOCK),
    passing("SYNC011", "another-order-and-case", a_pair()),
    passing("SYNC011", "everywhere-on-both", a_pair(a_title(geo=[]), a_media(params={"geoList": ""}))),
    failing("SYNC011", "one-country-more", of_params(geoList="us,mx,ar")),
    failing("SYNC011", "everywhere-in-jw", of_params(geoList="")),
    at_limit("SYNC011", "from-the-series", a_pair(episode({"geo": ["mx"]}), a_media(params={"geoList": ""}))),
    at_limit("SYNC011", "no-grace", of_media(last_modified_at=NOW, params={"geoList": "us"}), BLOCK),
    passing("SYNC012", "the-same", a_pair()),
    passing("SYNC012", "key-in-another-spelling", of_params(Acronym="", acronym="EDYE_MOV_000123")),
    failing("SYNC012", "another-name", of_params(Acronym="EDYE_MOV_000124")),
    at_limit("SYNC012", "another-case", of_params(Acronym="edye_mov_000123"), BLOCK),
    passing("SYNC013", "the-same", a_pair()),
    passing("SYNC013", "none-on-both", a_pair(a_title(external_ids={}), a_media(params={"TMS ID": ""}))),
    failing("SYNC013", "another-id", of_params(TMS_ID="MV999")),
    failing("SYNC013", "missing-in-edye", a_pair(a_title(external_ids={}))),
    at_limit("SYNC013", "nobody-asks", of_params(TMS_ID="MV999"), limits=limits(external_ids=frozenset())),
    passing("SYNC014", "no-dates", a_pair()),
    passing(
        "SYNC014",
        "not-available-in-edye",
        a_pair(a_title(availability={"end": ago(1).isoformat()}), a_media(publish_end_at=ago(1))),
    ),
    failing("SYNC014", "ended-in-jw", of_media(publish_end_at=ago(60))),
    failing("SYNC014", "not-begun-in-jw", of_media(publish_start_at=ago(-60))),
    at_limit("SYNC014", "begins-now", of_media(publish_start_at=NOW)),
    at_limit("SYNC014", "ends-now", of_media(publish_end_at=NOW), BLOCK),
    passing("SYNC015", "the-same", a_playlist()),
    failing("SYNC015", "lacks-one-and-has-a-stranger", a_playlist(("The Kite",), ("aaaa0000",)), BLOCK, BLOCK),
    at_limit("SYNC015", "lacks-one", a_playlist(("The Kite",)), BLOCK),
    passing("SYNC018", "the-same", a_pair()),
    passing("SYNC018", "in-another-language", of_media(title="La cometa")),
    failing("SYNC018", "another-name", of_media(title="The Boat"), WARN),
    at_limit(
        "SYNC018",
        "composed-otherwise-and-with-spaces",
        a_pair(a_title(titles={"es": "Ni\u00f1a"}), a_media(title=" Nin\u0303a ")),
    ),
    at_limit("SYNC018", "another-case", of_media(title="the kite"), WARN),
)

CASES = (*MEDIA, *SOURCES, *METADATA)
