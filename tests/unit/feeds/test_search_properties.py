"""Any catalogue makes a feed without a finding, and whatever the feed can carry is in it."""

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edye_delivery.catalog.vocabulary import TitleKind
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.rule import FeedSeverity
from edye_delivery.feeds.write.texts import clip
from tests.unit.feeds.catalogues import catalogues, damaged
from tests.unit.feeds.made import Made

pytestmark = pytest.mark.proof
PROPERTY = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
LEFT_OUT = {"FEED604", "FEED605", "FEED606"}
TOLD_OF_THE_CATALOGUE = {"FEED141", "FEED145", "FEED147"}
"""What the catalogue lacks: an id of the title's own type, a rating of the country of the offer, a longer text."""
PAGED = {"page_max_bytes": 10_000}


def mixed_series(titles):
    """Series of which some episodes have a season and some have none: a defect of the catalogue."""
    seasons = defaultdict(set)
    for title in titles:
        if title.kind is TitleKind.EPISODE:
            seasons[title.title_id].add(title.season_number is None)
    return {name for name, kinds in seasons.items() if len(kinds) == 2}


@PROPERTY
@given(catalogues(), st.booleans())
def test_a_catalogue_gives_a_feed_without_a_finding_in_either_profile(titles, paged):
    made = Made(titles, **(PAGED if paged else {}))
    for profile in Profile:
        codes = set(made.linted(profile).findings.counts)
        assert codes <= TOLD_OF_THE_CATALOGUE | ({"FEED404"} if mixed_series(titles) else set()) | (
            {"FEED413"} if not made.assets else set()
        )


@PROPERTY
@given(catalogues())
def test_whatever_the_feed_can_carry_is_in_it(titles):
    made = Made(titles)
    options = {
        option["playId"]: (asset, option)
        for asset in made.assets.values()
        for option in asset.get("content", {}).get("playOptions", ())
    }
    lost = {external_id for external_id, code, _ in made.noted() if code in LEFT_OUT}
    assert set(made.external_ids) == options.keys() | lost
    assert not options.keys() & lost
    for external_id, title in zip(
        made.external_ids, sorted(titles, key=lambda title: titles.index(title)), strict=True
    ):
        if external_id in options:
            assert_carried(made, title, *options[external_id])


def assert_carried(made, title, asset, option):
    genres = made.annex.mappings[made.spec.genres]
    assert {genres[genre] for genre in title.genres if genre in genres} <= set(asset["genres"])
    assert {tag for tag in title.tags if len(tag) <= 20} <= set(asset.get("tags", ()))
    assert {(rating.source, rating.value) for rating in title.ratings} <= {
        (rating["source"], rating["value"]) for rating in asset["advisoryRatings"]
    } | {(rating.source, rating.value) for rating in title.ratings if rating.source in told_sources(asset)}
    roles = {"director", "voice", "actor"}
    told = {(credit["name"], credit["role"], credit.get("birthDate")) for credit in asset.get("credits", ())}
    for credit in title.credits:
        if credit.name and (credit.role or "").lower() in roles:
            born = credit.birth_date.isoformat() if credit.birth_date else None
            assert (credit.name, credit.role.lower(), born) in told
    if "tms" in title.external_ids:
        assert {"id": title.external_ids["tms"], "source": "tms"} in asset["externalIds"]
    urls = {image["url"] for image in asset["images"]}
    assert {image.url for image in title.images if image.kind in made.spec.images} <= urls
    spoken = title.text(title.titles)
    if spoken:
        value = clip(spoken, 200)
        assert any(text["value"] == value and title.lang in text["languages"] for text in asset["titles"])
    assert option.get("availabilityInfo", {}).get("country", []) == [country.lower() for country in title.geo]
    end = title.availability.end
    assert option.get("availabilityEndTimeStamp") == (int(end.timestamp() * 1000) if end else None)
    if title.season_number is not None:
        assert asset["episodeInfo"]["seasonNumber"] == title.season_number


def told_sources(asset):
    """Authorities of which the asset has a rating; it has one of each."""
    return {rating["source"] for rating in asset["advisoryRatings"]}


@PROPERTY
@given(catalogues().flatmap(damaged))
def test_a_damaged_title_costs_itself_and_never_makes_an_error_in_the_feed(titles):
    made = Made(titles, **PAGED)
    assert made.linted().findings.count(FeedSeverity.ERROR) == 0
    told = {
        option["playId"] for asset in made.assets.values() for option in asset.get("content", {}).get("playOptions", ())
    }
    lost = {external_id for external_id, code, _ in made.noted() if code in LEFT_OUT}
    assert set(made.external_ids) == told | lost
