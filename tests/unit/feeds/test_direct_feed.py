"""The Direct Publisher half of the feed linter: each rule alone, at its limit, and whatever else may come."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edye_delivery.feeds.finding import FeedFinding
from edye_delivery.feeds.lint.linter import FeedLint
from edye_delivery.feeds.lint.page_parser import FeedUnusable
from edye_delivery.feeds.roku.item import DIRECT_KINDS
from edye_delivery.feeds.roku.schemas import Profile, SchemaPart, direct_item, direct_root, direct_schema
from edye_delivery.feeds.rule import RULES, Family, FeedSeverity
from tests.unit.feeds.direct_cases import CASES, DirectCase
from tests.unit.feeds.direct_feeds import GONE, NOW_MS, a_content, a_direct_feed, a_feed, changed, described, linted

WHOLE = SchemaPart(direct_schema())
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 10**20) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5) | st.sampled_from(["2016-02-30", "kids AND", "TV-Y7", "00:99:00", "MP4", "movie"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)  # fmt: skip


def spots_of(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    yield path, value
    for key, inner in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from spots_of(inner, f"{path}/{key}")


KNOWN_KEYS = sorted({key for part in direct_schema()["definitions"].values() for key in part.get("properties", ())})
OBJECTS = [path for path, value in spots_of(a_feed()) if isinstance(value, dict)]
SPOTS = st.sampled_from([path for path, _ in spots_of(a_feed()) if path]) | st.builds(
    "{}/{}".format, st.sampled_from(OBJECTS), st.sampled_from(KNOWN_KEYS)
)


def findings_of(feed: Any, profile: Profile = Profile.SCHEMA) -> list[FeedFinding]:
    return linted(feed, profile).findings.kept


def codes_of(feed: Any) -> set[str]:
    return {finding.rule.code for finding in findings_of(feed)}


def validators_agree(feed: dict[str, Any]) -> bool:
    emptied = {key: [] if key in DIRECT_KINDS and isinstance(value, list) else value for key, value in feed.items()}
    parts = [(WHOLE, feed), (direct_root(), emptied)]
    for key in DIRECT_KINDS:
        items = feed.get(key)
        parts += [(direct_item(key), item) for item in (items if isinstance(items, list) else ())]
    return all(part.is_valid(value) is (next(part.defects(value), None) is None) for part, value in parts)


def case_ids(cases: tuple[DirectCase, ...]) -> list[str]:
    return [f"{case.code}-{next(iter(case.breaking))}" for case in cases]


@pytest.mark.parametrize("profile", Profile)
def test_the_clean_feed_has_no_finding(profile):
    assert findings_of(a_direct_feed(), profile) == []


def test_every_kind_of_item_is_counted():
    counts = {"movie": 1, "series": 2, "season": 2, "episode": 5, "shortFormVideo": 1, "tvSpecial": 1}

    assert linted(a_direct_feed()).types == Counter(counts | {"category": 2, "playlist": 1})


@pytest.mark.parametrize("case", CASES, ids=case_ids(CASES))
def test_a_defect_is_found_by_its_own_rule_alone_at_its_spot(case):
    findings = findings_of(changed(a_feed(), case.breaking))

    assert [(finding.rule.code, finding.path) for finding in findings] == [(case.code, case.path)]


@pytest.mark.parametrize("case", CASES, ids=case_ids(CASES))
def test_what_is_just_within_a_rule_has_no_finding(case):
    assert findings_of(changed(a_feed(), case.at_limit)) == []


@pytest.mark.parametrize("case", CASES, ids=case_ids(CASES))
def test_the_profile_makes_no_difference(case):
    feed = changed(a_feed(), case.breaking)

    assert findings_of(feed, Profile.ROKU) == findings_of(feed, Profile.SCHEMA)


@pytest.mark.parametrize("case", CASES, ids=case_ids(CASES))
def test_both_validators_agree_on_a_defect_and_at_its_limit(case):
    assert validators_agree(changed(a_feed(), case.breaking))
    assert validators_agree(changed(a_feed(), case.at_limit))


def test_both_validators_take_the_clean_feed():
    assert WHOLE.is_valid(a_feed())
    assert list(WHOLE.defects(a_feed())) == []


def test_every_rule_of_the_family_has_a_case():
    family = {code for code, rule in RULES.items() if rule.family is Family.DIRECT}

    assert family == {case.code for case in CASES if case.code.startswith("FEED3")}


@settings(deadline=None, max_examples=150)
@given(changes=st.dictionaries(SPOTS, JSON_VALUES, min_size=1, max_size=3))
def test_any_json_anywhere_is_answered_and_both_validators_agree(changes):
    feed = a_feed()
    for spot, value in changes.items():
        there = dict(spots_of(feed))
        if spot in there or isinstance(there.get(spot.rpartition("/")[0]), dict):
            feed = changed(feed, {spot: value})
    try:
        findings = findings_of(feed)
    except FeedUnusable:
        return

    assert validators_agree(feed)
    if not WHOLE.is_valid(feed):
        assert any(finding.rule.severity is FeedSeverity.ERROR for finding in findings)


@pytest.mark.parametrize(
    ("path", "changes", "named"),
    [
        ("/series/0/seasons/0/episodes/1/content/duration", {}, "s1e2"),
        ("/series/1/episodes/0/content/duration", {}, "e1"),
        ("/series/1/episodes/0/content/duration", {"/series/1/episodes/0/id": GONE}, "mini-series"),
        ("/series/0/seasons/0/seasonNumber", {}, "series"),
        ("/movies/0/content/duration", {}, "movie"),
    ],
)
def test_a_finding_names_the_innermost_item_that_has_an_id(path, changes, named):
    findings = findings_of(changed(a_feed(), {path: -1} | changes))

    assert [finding.asset_id for finding in findings if finding.path == path] == [named]


def test_entries_after_one_of_a_wrong_type_keep_their_place():
    feed = changed(a_feed(), {"/movies/0/tags": [5, "kids", "t" * 21, "reality shows"]})

    assert [(finding.rule.code, finding.path) for finding in findings_of(feed)] == [
        ("FEED001", "/movies/0/tags/0"),
        ("FEED342", "/movies/0/tags/2"),
    ]


def test_the_second_of_two_equal_ids_tells_where_the_first_is():
    feed = changed(a_feed(), {"/shortFormVideos/1": described("short", content=a_content(duration=300))})
    [finding] = findings_of(feed)

    assert (finding.asset_id, finding.path) == ("short", "/shortFormVideos/1")
    assert finding.message == 'the id "short" was given before, at /shortFormVideos/0'


def test_a_rating_of_the_search_feed_is_told_its_spelling_here():
    [finding] = findings_of(changed(a_feed(), {"/movies/0/rating/rating": "TV-MA"}))

    assert finding.message == '"TV-MA": here it is TVMA'


def test_a_value_in_another_case_is_told_the_right_one():
    [finding] = findings_of(changed(a_feed(), {"/movies/0/content/videos/0/videoType": "Hls"}))

    assert finding.message == '"Hls" is not in the list; did you mean HLS?'


def test_a_mention_of_an_id_that_an_episode_shares_is_not_blamed():
    feed = changed(a_feed(), {"/series/1/episodes/0/id": "short"})

    assert codes_of(feed) == {"FEED401"}


def test_a_direct_feed_has_one_page():
    lint = FeedLint(Profile.SCHEMA, NOW_MS)
    lint.add_page("first.json", json.dumps(a_feed()).encode())

    with pytest.raises(FeedUnusable, match="is not a page of this feed"):
        lint.add_page("second.json", b'{"version": "1", "assets": []}')
