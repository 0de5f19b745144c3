"""The sample day as a feed: accepted titles through writer and linter, out of the sandbox's real catalogue."""

import json
import tempfile
from pathlib import Path

import pytest

from edye_delivery.feeds.lint.linter import FeedLint
from edye_delivery.feeds.publish.assemble import assemble
from edye_delivery.feeds.roku.schemas import Profile
from tests.builders import the_annex
from tests.flow.line import now
from tests.readme import FIRST
from tools.run import feed_line

DIRECT = {
    "name": "direct",
    "writer": "roku_direct_publisher",
    "prefix": "sample/direct",
    "provider_name": "EDYE",
    "images": {"key_art": "thumbnail", "background": "thumbnail", "still": "thumbnail"},
    "external_ids": {"tms": "TMS"},
    "media_types": {"video/mp4": "MP4", "application/vnd.apple.mpegurl": "HLS"},
    "genres": "direct_genres",
    "ratings": "direct_ratings",
    "playlists": [{"name": "For kids", "tag": "kidsdirected"}],
    "categories": [{"name": "For kids", "playlist": "For kids", "order": "manual"}],
}
TABLES = {
    "direct_genres": {
        "kids": "children",
        "education": "educational",
        "adventure": "adventure",
        "animation": "animated",
    },
    "direct_ratings": {f"USA_PR:{value}": f"USA_PR:{value.replace('-', '')}" for value in ("TV-Y", "TV-Y7", "TV-G")},
}


@pytest.fixture
def accepted(line):
    line.run()
    return list(line.ledger.accepted_titles(line.annex.partner))


def read(annex, accepted, profile=Profile.SCHEMA):
    """The feed's pages as JSON, its types, its notes and the linter's codes."""
    with tempfile.TemporaryDirectory() as folder:
        made = assemble(annex, annex.feeds[0], accepted, (), "https://feeds.example/", Path(folder), now())
        lint = FeedLint(profile, int(now().timestamp() * 1000))
        contents = [page.path.read_bytes() for page in made.pages]
    for content in contents:
        lint.add_page("feed", content)
    return [json.loads(content) for content in contents], made, dict(lint.finish().findings.counts)


def test_every_accepted_title_of_the_day_is_in_a_search_feed_that_lacks_only_ratings(line, accepted):
    (page,), made, codes = read(line.annex, accepted)
    played = [
        option["playId"] for asset in page["assets"] for option in asset.get("content", {}).get("playOptions", ())
    ]
    assert sorted(played) == sorted(entry.external_id for entry in accepted)
    assert len(played) == 25
    assert (codes, made.notes.counts) == ({"FEED145": 23}, {})  # rated by the USA alone, offered in Mexico
    kinds = dict(sorted(made.kinds.items()))
    assert (
        feed_line({"name": "search", "outcome": "published", "kinds": kinds, "errors": 0, "warnings": 23, "url": ""})
        in FIRST
    )
    versions = next(asset for asset in page["assets"] if asset["id"] == "EDYE_PLANETA_S01E01")
    assert len(versions["content"]["playOptions"]) == 2


def test_the_sample_day_is_a_direct_publisher_feed_without_errors(line, accepted):
    content = the_annex().model_dump(mode="json")
    base = {key: content["feeds"][0][key] for key in ("language", "countries", "offer")}
    annex = the_annex(feeds=[base | DIRECT], mappings=TABLES)
    (feed,), made, codes = read(annex, accepted)
    assert feed["providerName"] == "EDYE"
    assert made.kinds["movie"] + made.kinds["shortFormVideo"] + made.kinds["tvSpecial"] > 5
    assert feed["playlists"][0]["itemIds"]
    episodes = [
        episode["id"]
        for series in feed["series"]
        for season in series.get("seasons", [series])
        for episode in season["episodes"]
    ]
    assert "EDYE_PLANETA_S01E01" in episodes
    assert codes.keys() <= {"FEED360", "FEED347"}
