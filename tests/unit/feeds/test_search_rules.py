"""Every rule of the Search feed: found where it is broken, alone, and silent at its limit."""

from __future__ import annotations

import json
from collections import Counter
from types import SimpleNamespace
from typing import Any

import pytest

from edye_delivery.feeds.finding import FeedFinding
from edye_delivery.feeds.lint.keys import KNOWN_KEYS
from edye_delivery.feeds.lint.linter import FeedKind, LintResult
from edye_delivery.feeds.lint.search import feed as search_feed
from edye_delivery.feeds.lint.search import ratings as rating_checks
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.rule import MESSAGE_MAX_CHARS, RULES, Family
from tests.unit.feeds import search_chain_cases, search_prose_cases, search_schema_cases
from tests.unit.feeds.search_cases import Case, Pages, asset_of, padded, put
from tests.unit.feeds.search_feeds import (
    EPISODE_1,
    MOVIE,
    NOW_MS,
    SERIES,
    a_live_feed,
    a_media_feed,
    a_movie_feed,
    a_search_feed,
    codes,
    encoded,
    linted,
    page_name,
)

CASES = (*search_schema_cases.CASES, *search_prose_cases.CASES, *search_chain_cases.CASES)
FOUND_BY_THE_CHAIN_FOLLOWER = {"FEED409", "FEED410", "FEED411"}
ONLY_OF_A_LIVE_FEED = {"FEED207"}
FAMILIES = {Family.SCHEMA, Family.SEARCH, Family.LIVE, Family.CHAIN}
EVERY_CASE = pytest.mark.parametrize("case", CASES, ids=[case.id for case in CASES])


def told(result: LintResult) -> list[tuple[str, str, str]]:
    return [(finding.rule.code, finding.path, finding.message) for finding in result.findings.kept]


def resolved(pages: Pages, finding: FeedFinding) -> Any:
    """What a finding's JSON pointer points at; KeyError or IndexError where there is nothing."""
    page = pages[[page_name(number) for number in range(1, len(pages) + 1)].index(finding.file)]
    spot: Any = json.loads(encoded(page))
    for part in finding.path.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        spot = spot[int(key) if isinstance(spot, list) else key]
    return spot


@EVERY_CASE
def test_a_broken_rule_is_found_and_nothing_else_is(case: Case) -> None:
    result = linted(case.changed(case.broken), case.profile)

    assert codes(result) == {case.code}, told(result)


@EVERY_CASE
def test_nothing_is_found_at_a_rules_limit(case: Case) -> None:
    assert told(linted(case.changed(case.limit), case.profile)) == []


@EVERY_CASE
def test_a_finding_points_at_something_in_the_feed_and_reads_well(case: Case) -> None:
    pages = case.changed(case.broken)
    for finding in linted(pages, case.profile).findings.kept:
        resolved(pages, finding)
        assert 0 < len(finding.message) <= MESSAGE_MAX_CHARS
        assert finding.message.isprintable()
        assert not finding.message.endswith(".")


@EVERY_CASE
def test_a_finding_inside_an_asset_names_the_asset(case: Case) -> None:
    pages = case.changed(case.broken)
    for finding in linted(pages, case.profile).findings.kept:
        at = finding.path.split("/")
        if at[1:2] == ["assets"] and len(at) > 2:
            asset = json.loads(encoded(pages[int(finding.file[5:-5]) - 1]))["assets"][int(at[2])]
            name = asset.get("id") if isinstance(asset, dict) else None
            assert finding.asset_id == (name if isinstance(name, str) else None)


def test_every_rule_that_the_linter_can_find_in_a_search_feed_has_a_case() -> None:
    asked = {code for code, rule in RULES.items() if rule.family in FAMILIES} - FOUND_BY_THE_CHAIN_FOLLOWER
    asked -= ONLY_OF_A_LIVE_FEED

    assert asked == {case.code for case in CASES}


def test_no_two_cases_have_the_same_name() -> None:
    assert [name for name, count in Counter(case.id for case in CASES).items() if count > 1] == []


@pytest.mark.parametrize("profile", list(Profile))
@pytest.mark.parametrize("feed", [a_search_feed, a_movie_feed, a_media_feed], ids=lambda feed: feed.__name__)
def test_a_clean_feed_has_no_finding(feed: Any, profile: Profile) -> None:
    assert told(linted(feed(), profile)) == []


def test_a_clean_live_feed_has_no_finding_as_roku_takes_it() -> None:
    assert told(linted(a_live_feed(), Profile.ROKU)) == []


def test_a_live_feed_in_the_published_schemas_eyes_has_only_its_spellings_wrong() -> None:
    result = linted(a_live_feed(), Profile.SCHEMA)

    assert codes(result) == {"FEED002", "FEED009", "FEED012", "FEED029"}


def test_an_item_that_is_there_twice_is_told_once_and_with_its_first_place() -> None:
    pages = a_search_feed()
    pages.append(pages[1])
    result = linted(pages)

    assert codes(result) == {"FEED401"}
    assert result.findings.counts["FEED401"] == 5
    assert "at /assets/0 of page 2" in result.findings.kept[0].message


def test_an_asset_with_endless_defects_is_told_of_its_first_ones_only() -> None:
    pages = a_movie_feed()
    pages[0]["assets"][0]["genres"] = ["none"] * (2 * search_feed.DEFECTS_MAX)
    result = linted(pages)

    assert result.findings.counts == {"FEED013": search_feed.DEFECTS_MAX}


def test_an_asset_of_an_unknown_type_is_still_looked_at() -> None:
    pages = a_movie_feed()
    for change in (put(MOVIE, "type", "Movie"), put(MOVIE, "tags/0", "x" * 21), put(MOVIE, "genres", ["kids"])):
        change(pages)

    assert codes(linted(pages)) == {"FEED002", "FEED013", "FEED112"}


def test_a_list_that_is_no_part_of_a_search_feed_is_a_key_too_many_and_not_read() -> None:
    pages = a_movie_feed()
    pages[0] = {"movies": [1], **pages[0]}

    assert codes(linted(pages)) == {"FEED131"}


def test_two_lists_with_the_same_items_are_not_taken_for_each_other() -> None:
    pages = a_movie_feed()
    pages[0] = {"nothing": pages[0]["assets"], **pages[0], "movies": pages[0]["assets"]}
    result = linted(pages)

    assert told(result) == [
        ("FEED131", "/movies", 'the key "movies" is not in the specification'),
        ("FEED131", "/nothing", 'the key "nothing" is not in the specification'),
    ]


def test_the_types_are_counted() -> None:
    assert linted(a_search_feed()).types == {
        "series": 1, "season": 3, "episode": 3, "movie": 1, "tvspecial": 1, "shortform": 1, "externalIdOnly": 1,
    }  # fmt: skip


def test_episodes_of_a_series_whose_type_is_mistyped_are_not_blamed() -> None:
    pages = a_search_feed()
    pages[0]["assets"][0]["type"] = 3
    result = linted(pages)

    assert codes(result) == {"FEED001"}
    assert {SERIES, EPISODE_1} & {finding.asset_id for finding in result.findings.kept} == {SERIES}


def test_behind_an_entry_of_a_wrong_type_no_place_is_told_that_is_another_entrys() -> None:
    pages = a_movie_feed()
    put(MOVIE, "images/0/bogus", 1)(pages)
    put(MOVIE, "images", ["x", *asset_of(pages, MOVIE)["images"]])(pages)

    assert told(linted(pages)) == [("FEED001", "/assets/0/images/0", '"x" is not of type object')]


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, "null"),
        (True, "true"),
        ([None, 1], "null is not of type object"),
        ({"a": "ñ"}, '{"a": "ñ"}'),
        (1e400, "an infinite number"),
    ],
)
def test_a_value_is_told_as_json_writes_it(value: Any, told: str) -> None:
    pages = a_movie_feed()
    put(MOVIE, "titles", value)(pages)
    [finding, *_] = linted([encoded(pages[0]).replace(b"Infinity", b"1e400")]).findings.kept

    assert told in finding.message


@pytest.mark.parametrize(("feed", "codes_of_live"), [(a_live_feed, set()), (a_movie_feed, {"FEED207"})])
def test_a_live_feed_without_a_channel_is_no_clean_one(feed: Any, codes_of_live: set[str]) -> None:
    assert codes(linted(feed(), Profile.ROKU, kind=FeedKind.LIVE)) == codes_of_live


NEWER: dict[str, Any] = {
    "subType": "trailer", "relationships": [{"id": "EDYE_1", "source": "REF"}],
    "liveInfo": {"startTimeStamp": NOW_MS, "endTimeStamp": NOW_MS + 1},
}  # fmt: skip


def what_rokus_page_has_got_since() -> Pages:
    pages = a_movie_feed()
    movie = asset_of(pages, MOVIE)
    movie |= NEWER
    movie["credits"] = [{"name": "Ana", "role": role} for role in ("analyst", "guest", "judge", "self", "actor")]
    movie["images"][0]["type"] = "poster"
    movie["images"].append({"type": "logo", "url": "https://images.edye.com/logo.png"})
    sources = ("GSD", "REF", "ROKU", "roku")
    movie["externalIds"] = [{"id": f"x{number}", "source": source} for number, source in enumerate(sources)]
    movie["externalIds"][1]["providerId"] = "edye"
    movie["advisoryRatings"].append({"source": "ABMC", "value": "6"})
    movie["content"]["playOptions"][0] |= {
        "live": True, "promotionalStartTime": "2026-05-01T00:00:00Z", "promotionalEndTime": "2026-06-01T00:00:00Z"
    }  # fmt: skip
    return pages


def test_the_profile_roku_knows_what_rokus_page_has_got_since() -> None:
    assert told(linted(what_rokus_page_has_got_since(), Profile.ROKU)) == []


def test_the_published_schema_stays_without_what_rokus_page_has_got_since() -> None:
    assert codes(linted(what_rokus_page_has_got_since())) == {"FEED009", "FEED015", "FEED022", "FEED131", "FEED135"}


def test_a_promotion_has_a_form_and_an_order() -> None:
    pages = what_rokus_page_has_got_since()
    put(MOVIE, "content/playOptions/0/promotionalStartTime", "2026-06-01T00:00:00Z")(pages)
    assert codes(linted(pages, Profile.ROKU)) == {"FEED113"}

    put(MOVIE, "content/playOptions/0/promotionalStartTime", "soon")(pages)
    assert codes(linted(pages, Profile.ROKU)) == {"FEED116"}


def test_an_episode_needs_only_a_background_as_roku_takes_it() -> None:
    pages = a_search_feed()
    put(EPISODE_1, "images", [{"type": "background", "url": "https://images.edye.com/back.jpg"}])(pages)

    assert codes(linted(pages, Profile.ROKU)) == set()
    assert codes(linted(pages)) == {"FEED104"}


def test_one_page_is_large_as_roku_takes_it_only_from_250_mb() -> None:
    pages = a_movie_feed()
    padded(20_000_000)(pages)

    assert codes(linted(pages, Profile.ROKU)) == set()


def test_what_is_kept_of_the_offer_is_small_whatever_a_feed_has(monkeypatch) -> None:
    asked: list[tuple[frozenset[str], frozenset[str]]] = []
    monkeypatch.setattr(
        rating_checks, "_countries_without_rating", lambda sources, offered, _: asked.append((sources, offered)) or ""
    )
    context = SimpleNamespace(
        profile=Profile.ROKU,
        known=KNOWN_KEYS[Profile.ROKU],
        default_countries=frozenset({"mx", *map(str, range(10_000))}),
    )
    ratings = [{"source": "USA_PR"}, {"source": "x" * 1000}, {}]
    asset = {"advisoryRatings": ratings, "content": {"playOptions": [{} for _ in range(1000)]}}
    rating_checks.check_ratings(asset, "movie", context, [])
    assert asked == [(frozenset({"USA_PR"}), frozenset({"mx"}))]
