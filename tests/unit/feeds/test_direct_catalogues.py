"""What holds of the Direct Publisher feed of any catalogue, sound or spoilt: it is whole, it passes the linter."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from edye_delivery.catalog.order import place_of
from edye_delivery.catalog.text_length import utf16_units
from edye_delivery.catalog.title import Title
from edye_delivery.catalog.vocabulary import TitleKind
from tests.unit.feeds.catalogues import DAMAGES, NOW, catalogues, damaged
from tests.unit.feeds.direct_written import GENRES, Feed, only_sd, the_episode, the_movie

SLOW = settings(max_examples=60, deadline=None, database=None, suppress_health_check=[*HealthCheck])
SINGLE_FILES = ("video/mp4", "video/quicktime")


def id_of(title: Title) -> str:
    if title.kind is not TitleKind.EPISODE:
        return title.title_id
    if title.season_number is None:
        return f"{title.title_id}_{title.episode_number:06}"
    return f"{title.title_id}_S{title.season_number:02}E{title.episode_number:02}"


def versions_of(titles: list[Title]) -> dict[str, list[Title]]:
    """All language versions by the id of their item."""
    found: dict[str, list[Title]] = defaultdict(list)
    for title in titles:
        found[id_of(title)].append(title)
    return found


def expected_of(titles: list[Title]) -> dict[str, Title]:
    """What has to be in the feed, each in the version to be shown; of a mixed series only what has a season."""
    found: dict[str, Title] = {}
    for item_id, versions in versions_of(titles).items():
        live = [title for title in versions if title.availability.end is None or title.availability.end > NOW]
        if live:
            found[item_id] = min(live, key=lambda title: title.lang != "es")
    seasoned = {title.title_id for title in found.values() if title.season_number is not None}
    return {
        item_id: title
        for item_id, title in found.items()
        if title.season_number is not None or title.title_id not in seasoned
    }


def text_of(versions: list[Title], key: str, language: str) -> str:
    """The version that is spoken in the language says it, else the first that has it."""
    spoken_first = sorted(versions, key=lambda title: title.lang != language)
    return next((text.strip() for title in spoken_first if (text := getattr(title, key).get(language))), "")


def says(written: str, known: str, max_units: int) -> bool:
    """Whether a text is the known one, or its beginning where that is too long."""
    if utf16_units(known) <= max_units:
        return written == known
    return utf16_units(written) <= max_units and known.startswith(written.removesuffix("…"))


def check_texts(item: dict[str, Any], versions: list[Title]) -> None:
    language = "es" if text_of(versions, "titles", "es") else "en"
    short, long = (text_of(versions, key, language) for key in ("synopsis_short", "synopsis_long"))
    assert item["title"] == text_of(versions, "titles", language)
    assert says(item["shortDescription"], short or long, 200)
    if "longDescription" in item:
        assert says(item["longDescription"], long, 500)
    else:
        assert long in ("", item["shortDescription"])


def check_content(content: dict[str, Any], title: Title) -> None:
    assert content["language"] == title.lang
    assert content["duration"] * 1000 == title.duration_ms
    files = [*content["videos"], *content.get("trickPlayFiles", ())]
    assert {file["url"] for file in files} == {
        source.file
        for source in title.sources
        if source.type != "audio/mp4" and (source.type not in SINGLE_FILES or source.bitrate or source.filesize)
    }
    assert [(caption["url"], caption["language"]) for caption in content.get("captions", ())] == [
        (caption.url, caption.lang)
        for caption in title.captions
        if caption.url and caption.lang in ("es", "en", "es-MX") and caption.kind in ("subtitle", "closed_caption")
    ]
    start, end = title.availability.start, title.availability.end
    assert ("validityPeriodStart" in content, "validityPeriodEnd" in content) == (start is not None, end is not None)


@pytest.mark.proof
@SLOW
@given(catalogues())
def test_any_catalogue_is_in_the_feed_whole(titles: list[Title]) -> None:
    expected, versions = expected_of(titles), versions_of(titles)
    assume(expected)
    feed = Feed(titles)
    assert only_sd(feed)
    assert feed.items.keys() == expected.keys()
    assert feed.series.keys() == {title.title_id for title in expected.values() if title.series}
    for item_id, title in expected.items():
        item = feed.items[item_id]
        check_texts(item, versions[item_id])
        check_content(item["content"], title)
        if title.kind is not TitleKind.EPISODE:
            assert item["genres"] == [GENRES[genre] for genre in title.genres if genre in GENRES]
            assert item.get("tags", []) == [tag for tag in title.tags if len(tag) <= 20]
        assert [one["id"] for one in item.get("externalIds", ())] == [*title.external_ids.values()]
        assert {one["name"] for one in item.get("credits", ())} == {
            one.name for one in title.credits if one.name and one.birth_date and one.role not in ("gaffer", None)
        }


@pytest.mark.proof
@SLOW
@given(catalogues())
def test_every_title_that_is_not_shown_is_noted(titles: list[Title]) -> None:
    feed = Feed(titles)
    shown = {place_of(title) for title in expected_of(titles).values()}
    noted = {note[0] for note in feed.notes}
    assert {entry.external_id for entry in feed.accepted if place_of(entry.title) not in shown} <= noted


@pytest.mark.proof
@SLOW
@given(st.data())
def test_spoilt_titles_never_cost_the_feed(data: st.DataObject) -> None:
    titles = data.draw(catalogues())
    feed = Feed([the_movie(title_id="SOUND"), *data.draw(damaged(titles))])
    assert "SOUND" in feed.items
    assert only_sd(feed)


@pytest.mark.parametrize("damage", DAMAGES, ids=str)
def test_every_damage_costs_its_title_at_most(damage: dict[str, Any]) -> None:
    spoilt = [title.model_copy(update=damage) for title in (the_movie(), the_episode())]
    feed = Feed([*spoilt, the_movie(title_id="SOUND"), the_episode(episode_number=9)])
    assert {"SOUND", "EDYE_PLANETA_S01E09"} <= feed.items.keys()
    assert only_sd(feed)
