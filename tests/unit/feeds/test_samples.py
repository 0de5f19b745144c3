"""The five sample feeds of Roku's page: two fit the published schema, three fit only what Roku takes."""

from __future__ import annotations

from pathlib import Path

import pytest

from edye_delivery.feeds.finding import FeedFinding
from edye_delivery.feeds.lint.linter import FeedKind, LintResult
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.rule import RULES, FeedSeverity
from tests.builders import PROJECT
from tests.unit.feeds.search_feeds import linted

FOLDER = PROJECT / "tests" / "fixtures" / "feeds"
SPELLINGS = {"FEED002", "FEED009", "FEED012", "FEED029"}
"""What the samples spell otherwise than the published schema: types, sources, countries, qualities."""
HABITS = {"FEED202", "FEED203"}
"""What Roku's own live samples do against the prose: no channelName, a URL for a playId."""

EXPECTED: dict[tuple[str, Profile], tuple[set[str], set[str]]] = {
    ("search-simple", Profile.SCHEMA): (set(), {"FEED130"}),
    ("search-simple", Profile.ROKU): (set(), {"FEED130"}),
    ("search-advanced", Profile.SCHEMA): (set(), {"FEED147", "FEED404"}),
    ("search-advanced", Profile.ROKU): (set(), {"FEED147", "FEED404"}),
    ("search-tms", Profile.SCHEMA): ({"FEED009", "FEED012", "FEED029"}, {"FEED132", "FEED407"}),
    ("search-tms", Profile.ROKU): (set(), {"FEED132", "FEED407"}),
    ("search-live", Profile.SCHEMA): (SPELLINGS | {"FEED401"}, HABITS),
    ("search-live", Profile.ROKU): ({"FEED401"}, HABITS),
    ("search-live-plus-vod", Profile.SCHEMA): (
        (SPELLINGS - {"FEED012"}) | {"FEED114"}, HABITS | {"FEED126", "FEED130"},
    ),
    ("search-live-plus-vod", Profile.ROKU): ({"FEED114"}, HABITS | {"FEED126", "FEED130"}),
}  # fmt: skip
"""Errors and warnings of every sample as it is read."""


def read(name: str, profile: Profile) -> LintResult:
    return linted([(FOLDER / f"{name}.json").read_bytes()], profile)


def found(result: LintResult, severity: FeedSeverity) -> set[str]:
    return {code for code in result.findings.counts if RULES[code].severity is severity}


def finding(name: str, code: str) -> FeedFinding:
    return next(finding for finding in read(name, Profile.ROKU).findings.kept if finding.rule.code == code)


@pytest.mark.parametrize(("name", "profile"), EXPECTED, ids=[f"{name}-{profile}" for name, profile in EXPECTED])
def test_a_sample_has_exactly_these_errors_and_warnings(name: str, profile: Profile) -> None:
    result = read(name, profile)

    assert (found(result, FeedSeverity.ERROR), found(result, FeedSeverity.WARNING)) == EXPECTED[name, profile]
    assert result.kind is FeedKind.SEARCH


def test_every_sample_of_a_search_feed_is_asked_in_both_profiles() -> None:
    names = {Path(path).stem for path in FOLDER.glob("search-*.json")}

    assert {(name, profile) for name in names for profile in Profile} == set(EXPECTED)


def test_the_deprecated_language_of_the_simple_sample_is_a_warning_where_it_stands() -> None:
    assert finding("search-simple", "FEED130").path == "/assets/0/titles/0/language"


def test_the_advanced_samples_episode_without_a_season_number_is_a_warning() -> None:
    warning = finding("search-advanced", "FEED404")

    assert (warning.path, warning.asset_id) == ("/assets/2", "voice-control-demo-episode")
    assert "roku-demos-series" in warning.message


def test_the_live_samples_second_channel_has_the_id_of_the_first() -> None:
    error = finding("search-live", "FEED401")

    assert error.path == "/assets/1"
    assert "at /assets/0 of page 1" in error.message


def test_the_combined_samples_only_play_option_has_ended() -> None:
    error = finding("search-live-plus-vod", "FEED114")

    assert error.path == "/assets/0/content/playOptions"
    assert error.message == "it ended at 2020-07-01 10:00:00 UTC"


def test_the_combined_sample_has_what_a_combined_feed_needs_at_its_root() -> None:
    result = read("search-live-plus-vod", Profile.ROKU)

    assert result.types == {"shortform": 1, "liveStream": 1}
    assert "FEED206" not in result.findings.counts


def test_a_country_in_upper_case_is_told_what_was_meant() -> None:
    messages = [
        finding.message
        for finding in read("search-tms", Profile.SCHEMA).findings.kept
        if finding.path == "/defaultAvailabilityCountries/0"
    ]

    assert messages == ['"US" is not in the list; did you mean us?']
