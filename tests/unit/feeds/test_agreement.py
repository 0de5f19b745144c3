"""Both JSON Schema validators agree with each other, and the linter with them."""

from __future__ import annotations

import re
from typing import Any

import jiter
import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edye_delivery.feeds.finding import FeedFinding
from edye_delivery.feeds.lint.page_parser import FeedUnusable
from edye_delivery.feeds.lint.search.texts import TEXT_MAX_UNITS
from edye_delivery.feeds.roku.schemas import Profile, search_asset, search_root, search_schema
from edye_delivery.feeds.rule import Family
from tests.builders import PROJECT
from tests.unit.feeds.search_feeds import a_live_feed, a_media_feed, a_movie_feed, a_search_feed, encoded, linted
from tests.unit.feeds.test_search_rules import CASES
from tests.unit.feeds.wild_values import VALUES, as_text, wild_feeds

WHOLE_PAGE = jsonschema_rs.Draft7Validator(search_schema(Profile.SCHEMA))
SAMPLES = [[path.read_bytes()] for path in sorted((PROJECT / "tests" / "fixtures" / "feeds").glob("search-*.json"))]
CLEAN = [a_search_feed(), a_movie_feed(), a_media_feed(), a_live_feed()]
FROM_CASES = [case.changed(change) for case in CASES for change in (case.broken, case.limit)]
FEEDS = [[encoded(page) for page in pages] for pages in (*SAMPLES, *CLEAN, *FROM_CASES)]
WILD = settings(derandomize=True, database=None, deadline=None, max_examples=300)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")


def disagreements(page: Any, profile: Profile) -> list[Any]:
    """The root and the assets on which the two validators differ."""
    assets = page.get("assets")
    root = {**page, "assets": []} if isinstance(assets, list) else page
    asked = [(search_root(profile), root)]
    asked += [(search_asset(profile), asset) for asset in (assets if isinstance(assets, list) else ())]
    return [value for part, value in asked if part.is_valid(value) is any(True for _ in part.defects(value))]


def resolved(page: Any, path: str) -> Any:
    for part in path.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        page = page[int(key) if isinstance(page, list) else key]
    return page


def goes_beyond_the_schema(finding: FeedFinding, page: Any) -> bool:
    """Whether a finding of FEED0xx is about something that the published schema lets pass."""
    code, path = finding.rule.code, finding.path.split("/")[1:]
    at = resolved(page, finding.path)
    match code:
        case "FEED004":
            return "titles" in at or at.get("type") == "season"
        case "FEED007":
            return path[-1] != "episodeInfo"
        case "FEED011":
            return path[-1] == "language" and path[2] in (*TEXT_MAX_UNITS, "images")
        case "FEED012":
            return path != ["defaultAvailabilityCountries", "0"]
        case "FEED020":
            return len(at) <= TEXT_MAX_UNITS[path[2]]
        case "FEED024":
            return DAY.match(at) is not None
        case "FEED030":
            return path[-1] == "playId"
    return code == "FEED039"


def against_the_schema(content: bytes) -> bool:
    """Whether the linter finds anything on the page that the published schema refuses."""
    page = jiter.from_json(content)
    findings = linted([content]).findings.kept
    ours = [finding for finding in findings if finding.rule.family is Family.SCHEMA]
    return any(not goes_beyond_the_schema(finding, page) for finding in ours)


@pytest.mark.proof
@pytest.mark.parametrize("profile", list(Profile))
def test_the_two_validators_agree_on_every_sample_and_case(profile: Profile) -> None:
    assert [wrong for pages in FEEDS for page in pages for wrong in disagreements(jiter.from_json(page), profile)] == []


@pytest.mark.parametrize("number", range(len(FEEDS)))
def test_the_linter_refuses_a_page_exactly_if_the_schema_does(number: int) -> None:
    for page in FEEDS[number]:
        assert against_the_schema(page) is not WHOLE_PAGE.is_valid(jiter.from_json(page))


@pytest.mark.proof
@WILD
@given(wild_feeds())
def test_wild_values_in_a_feed_end_in_the_schemas_own_result(pages: list[Any]) -> None:
    for content in map(as_text, pages):
        try:
            refused = against_the_schema(content)
        except FeedUnusable:
            continue
        assert refused is not WHOLE_PAGE.is_valid(jiter.from_json(content))


@pytest.mark.proof
@WILD
@given(wild_feeds(), st.sampled_from(Profile))
def test_the_two_validators_agree_on_wild_values(pages: list[Any], profile: Profile) -> None:
    for content in map(as_text, pages):
        assert disagreements(jiter.from_json(content), profile) == []


@pytest.mark.proof
@WILD
@given(wild_feeds())
def test_wild_values_in_a_feed_of_several_pages_end_in_findings_that_point_into_it(pages: list[Any]) -> None:
    contents = [as_text(page) for page in pages]
    try:
        findings = linted(contents, Profile.ROKU).findings.kept
    except FeedUnusable:
        return
    for finding in findings:
        resolved(jiter.from_json(contents[int(finding.file[5:-5]) - 1]), finding.path)
        assert finding.message


@pytest.mark.proof
@WILD
@given(st.dictionaries(st.sampled_from(["version", "assets", "defaultLanguage", "nextPageUrl", "x"]), VALUES))
def test_a_wild_page_ends_in_findings_or_in_a_sentence(page: dict[str, Any]) -> None:
    content = as_text(page)
    try:
        refused = against_the_schema(content)
    except FeedUnusable:
        return
    assert refused is not WHOLE_PAGE.is_valid(jiter.from_json(content))
