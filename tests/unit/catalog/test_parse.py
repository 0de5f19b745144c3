"""The edge of the catalogue: one bad item costs itself only."""

import json

import pytest

from edye_delivery.annex.planning import media_digest_of, plan_of, revision_of
from edye_delivery.annex.selection import exclusion_reason
from edye_delivery.catalog.parse import MalformedItem, add_series, parse_episode, parse_show
from edye_delivery.catalog.title import Series, Title
from tests.builders import a_movie, an_episode, episode_item, show_item, the_annex

NO_MOMENT = "9999-12-31T23:59:59-14:00"


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (episode_item(titles="text"), "titles"),
        (episode_item(season_number="first"), "season_number"),
        (episode_item(updated_at="2026-03-01T12:00:00"), "updated_at"),
        (episode_item(sources=[{"type": "video/mp4"}]), "sources.0.file"),
        (episode_item(show_id=None), "show_id"),
        ([1, 2], "item|dictionary"),
        (None, "item|dictionary"),
        (episode_item(titles={"es": "\ud800"}), "surrogates"),
        (episode_item(updated_at=NO_MOMENT), "updated_at: the moment is outside the calendar"),
    ],
    ids=lambda value: value if isinstance(value, str) else "item",
)
def test_an_item_of_the_wrong_shape_names_its_place(item, told):
    parsed = parse_episode(item)
    assert isinstance(parsed, MalformedItem)
    assert any(word in parsed.reason for word in told.split("|"))


def test_half_a_character_in_json_reaches_the_parser_of_its_item():
    from edye_delivery.clients.http import parse_json

    text = json.dumps([episode_item(), episode_item(id="bad", titles={"es": "\ud800"})])
    parsed = [parse_episode(item) for item in parse_json(text.encode())]
    assert [type(item) for item in parsed] == [Title, MalformedItem]


def test_a_show_is_a_series_or_a_title():
    assert isinstance(parse_show(show_item()), Series)
    assert isinstance(parse_show(show_item(kind="movie")), Title)
    assert isinstance(parse_show(show_item(kind="episode")), MalformedItem)
    assert isinstance(parse_show(show_item(kind="opera")), MalformedItem)


def test_an_episode_inherits_what_it_lacks_and_keeps_what_it_has():
    episode = an_episode(genres=["music"])
    assert episode.genres == ("music",)
    assert episode.ratings[0].value == "TV-Y7"
    assert "kidsdirected" in episode.tags
    assert [image.kind for image in episode.images] == ["still", "poster"]


def test_a_series_still_is_no_episode_s_still():
    series = parse_show(show_item(images=[{"kind": "still", "url": "http://media.example/s.png"}]))
    episode = parse_episode(episode_item(images=[]))
    assert add_series(episode, series).images == ()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"visible": False}, "invisible"),
        ({"series": {"visible": False}}, "invisible"),
        ({"series": {"tags": ["other"]}}, "tag"),
        ({"geo": ["br"]}, "geo"),
        ({"geo": ["MX", "us"]}, None),
        ({}, None),
    ],
)
def test_the_annex_s_filters_say_why_a_title_is_left_out(changes, reason):
    assert exclusion_reason(the_annex(), an_episode(**changes)) == reason


def test_the_delivery_key_changes_with_media_and_metadata_only():
    key = plan_of(the_annex(), an_episode()).delivery_key
    same = {
        "updated_at": "2026-03-01T18:00:00Z",
        "sources": [{"file": "http://media.example/ep-1.mp4?sig=b", "type": "video/mp4", "height": 720, "filesize": 9}],
        "images": [{"kind": "still", "url": "http://media.example/other.png"}],
    }
    assert plan_of(the_annex(), an_episode(**same)).delivery_key == key
    assert plan_of(the_annex(), an_episode(titles={"es": "Otro"})).delivery_key != key
    assert plan_of(the_annex(), an_episode(), resend="run-2").delivery_key != key
    bigger = [{"file": "http://media.example/ep-1.mp4", "type": "video/mp4", "height": 720, "filesize": 10}]
    assert plan_of(the_annex(), an_episode(sources=bigger)).delivery_key != key


def test_the_revision_changes_with_anything_that_the_catalogue_says():
    revision = revision_of(an_episode())
    assert revision_of(an_episode(updated_at="2026-03-01T18:00:00Z")) == revision
    assert revision_of(an_episode(series={"updated_at": "2026-02-02T00:00:00Z"})) == revision
    assert revision_of(an_episode(images=[{"kind": "still", "url": "http://media.example/other.png"}])) != revision
    assert revision_of(an_episode(series={"titles": {"es": "Otra serie"}})) != revision


def test_the_jwp_id_is_read_and_is_in_the_revision_but_in_no_delivery():
    before, named = an_episode(), an_episode(jwp_id="k2Xz9aQ1")
    assert (before.jwp_id, named.jwp_id) == (None, "k2Xz9aQ1")
    assert revision_of(named) != revision_of(before)
    assert plan_of(the_annex(), named).content_key == plan_of(the_annex(), before).content_key
    assert plan_of(the_annex(), named).metadata == plan_of(the_annex(), before).metadata


def test_the_revision_of_a_title_without_jwp_id_is_that_of_before_it_was_read():
    assert revision_of(an_episode()) == "f9dd060a26e5114daaed185c7cfb1fa925f834b39621d4ee748dc95a9033195b"


@pytest.mark.parametrize(
    ("value", "read"),
    [(12345678, "12345678"), ("  ", None), (["x"], None), (True, None), (float("inf"), None), ("x" * 5000, "x" * 64)],
    ids=["number", "blank", "list", "truth", "endless number", "endless text"],
)
def test_a_strange_jwp_id_stops_no_title(value, read):
    parsed = parse_episode(episode_item(jwp_id=value))
    assert isinstance(parsed, Title), parsed
    assert parsed.jwp_id == read


def test_the_largest_usable_source_is_taken_and_its_sha256_is_its_digest():
    sources = [
        {"file": "http://media.example/a.m3u8", "type": "application/vnd.apple.mpegurl", "height": 2160},
        {"file": "http://media.example/b.mp4", "type": "video/mp4", "height": 720},
        {"file": "http://media.example/c.mp4", "type": "video/mp4", "height": 1080, "sha256": "AB" * 32},
    ]
    plan = plan_of(the_annex(), a_movie(sources=sources))
    assert plan.media.file.endswith("c.mp4")
    assert plan.media_digest == "ab" * 32
    assert plan_of(the_annex(), a_movie(sources=sources[:1])).media is None
    assert media_digest_of(None) == media_digest_of(None)
