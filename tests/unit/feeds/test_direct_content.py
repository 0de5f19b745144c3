"""Thumbnail and content of a Direct Publisher item: pictures, media files, captions, period."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.feeds.catalogues import MEDIA
from tests.unit.feeds.direct_written import MP4, Feed, content_of, movie_of, notes_of, the_movie


@pytest.mark.parametrize(
    ("width", "height", "taken"),
    [(800, 450, True), (799, 450, False), (800, 449, False), (1000, 571, True), (1000, 572, False), (None, None, True),
     (3840, 2160, True), (2000, 3000, False)],
)  # fmt: skip
def test_a_thumbnail_is_wide_and_large_where_its_size_is_known(width: int, height: int, taken: bool) -> None:
    image = {"kind": "key_art", "url": f"{MEDIA}/sized.jpg", "width": width, "height": height}
    feed = Feed([the_movie(images=[image])])
    assert [item["thumbnail"] for item in feed.items.values()] == [f"{MEDIA}/sized.jpg"] * taken
    assert [note[1] for note in feed.notes] == [] if taken else ["part-left-out", "title-without-picture"]


def test_the_first_kind_of_the_annex_gives_the_thumbnail_in_the_items_language() -> None:
    def image(kind: str, name: str, lang: str | None = None) -> dict[str, Any]:
        return {"kind": kind, "url": f"{MEDIA}/{name}", "lang": lang}

    art, english = image("key_art", "art"), image("still", "still-en", "en")
    assert movie_of(the_movie(images=[art, image("poster", "poster"), english]))["thumbnail"] == f"{MEDIA}/still-en"
    assert movie_of(the_movie(images=[art, english, image("still", "still")]))["thumbnail"] == f"{MEDIA}/still"
    own = [image("thumbnail", "by hand")]
    assert movie_of(the_movie(images=[art], custom_thumbnails=own))["thumbnail"] == f"{MEDIA}/art"
    assert [note[1] for note in notes_of(the_movie(images=[art], custom_thumbnails=own))] == ["part-left-out"]
    own = [image("thumbnail", "by-hand")]
    assert movie_of(the_movie(images=[art], custom_thumbnails=own))["thumbnail"] == f"{MEDIA}/by-hand"


@pytest.mark.parametrize(
    ("source", "video"),
    [
        ({"width": 640, "bitrate": 499_500}, {"quality": "SD", "bitrate": 500}),
        ({"width": 1280, "bitrate": 1}, {"quality": "HD", "bitrate": 1}),
        ({"width": 1920, "bitrate": 2_000_000}, {"quality": "FHD", "bitrate": 2000}),
        ({"width": 3840, "bitrate": 100_000_000}, {"quality": "UHD", "bitrate": 100_000}),
        ({"height": 720, "filesize": 600_000_000}, {"quality": "HD", "bitrate": 1000}),
        ({"width": -3, "bitrate": 0, "filesize": 1}, {"quality": "HD", "bitrate": 1}),
        ({"type": "video/quicktime", "width": 1920, "bitrate": 9000}, {"videoType": "MOV", "bitrate": 9}),
        ({"type": "application/dash+xml", "width": 1920}, {"quality": "FHD", "videoType": "DASH"}),
        ({"type": "application/dash+xml", "filesize": 900}, {"quality": "HD", "videoType": "DASH"}),
        ({"type": "application/vnd.apple.mpegurl", "width": 1280, "bitrate": 3_000_000},
         {"quality": "HD", "videoType": "HLS", "bitrate": 3000}),
    ],
)  # fmt: skip
def test_a_video_has_quality_and_bitrate(source: dict[str, Any], video: dict[str, Any]) -> None:
    content = content_of(the_movie(sources=[{"file": f"{MEDIA}/a", "type": "video/mp4", **source}]))
    expected = {"url": f"{MEDIA}/a", "quality": "FHD", "videoType": "MP4", **video}
    assert content["videos"] == [expected]


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ({"type": "audio/mp4"}, "value-unmapped"),
        ({"type": "video/x-odd"}, "value-unmapped"),
        ({"bitrate": None}, "part-left-out"),
        ({"bitrate": -1, "filesize": -1}, "part-left-out"),
        ({"bitrate": 100_001_000}, "part-left-out"),
        ({"file": "rtmp://media.example/a"}, "part-left-out"),
        ({"file": f"{MEDIA}/a b.mp4"}, "part-left-out"),
        ({"file": "", "type": "image/x-bif"}, "part-left-out"),
    ],
)
def test_a_media_file_that_does_not_fit_is_left_out_with_a_note(source: dict[str, Any], rule: str) -> None:
    other = MP4.model_dump() | {"file": f"{MEDIA}/other.mp4"} | source
    feed = Feed([the_movie(sources=[other, MP4.model_dump()])])
    assert [video["url"] for video in feed.root["movies"][0]["content"]["videos"]] == [MP4.file]
    assert [note[:2] for note in feed.notes] == [("EDYE_MOV_000123_EN", rule)]
    assert feed.lint().findings.kept == []


def test_an_adaptive_stream_loses_an_absurd_bitrate_only() -> None:
    feed = Feed([the_movie(sources=[{"file": f"{MEDIA}/a", "type": "application/dash+xml", "bitrate": 10**12}])])
    assert "bitrate" not in feed.root["movies"][0]["content"]["videos"][0]
    assert [note[1] for note in feed.notes] == ["part-left-out"]


def test_trick_play_files_are_hd_or_fhd() -> None:
    bif = [{"file": f"{MEDIA}/{width}", "type": "image/x-bif", "width": width} for width in (320, 1280, 1920, 3840)]
    content = content_of(the_movie(sources=[*bif, MP4.model_dump()]))
    assert [file["quality"] for file in content["trickPlayFiles"]] == ["HD", "HD", "FHD", "FHD"]


@pytest.mark.parametrize(
    ("caption", "rule"),
    [
        ({"url": None}, "part-left-out"),
        ({"url": "/es.vtt"}, "part-left-out"),
        ({"lang": None}, "value-unmapped"),
        ({"lang": "spanish"}, "value-unmapped"),
        ({"kind": None}, "value-unmapped"),
        ({"kind": "karaoke"}, "value-unmapped"),
    ],
)
def test_a_caption_that_does_not_fit_is_left_out_with_a_note(caption: dict[str, Any], rule: str) -> None:
    feed = Feed([the_movie(captions=[{"url": f"{MEDIA}/es.vtt", "lang": "es", "kind": "subtitle", **caption}])])
    assert "captions" not in feed.root["movies"][0]["content"]
    assert [note[1] for note in feed.notes] == [rule]


@pytest.mark.parametrize(("duration_ms", "duration_s"), [(500, 1), (1_200_499, 1200), (1_200_500, 1201)])
def test_durations_are_whole_seconds(duration_ms: int, duration_s: int) -> None:
    assert content_of(the_movie(duration_ms=duration_ms))["duration"] == duration_s


def test_a_period_is_never_shorter_than_the_catalogues() -> None:
    content = content_of(the_movie(availability={"start": "2026-01-01T00:00:00.9Z", "end": "2026-03-02T00:00:00.1Z"}))
    assert (content["validityPeriodStart"], content["validityPeriodEnd"]) == (
        "2026-01-01T00:00:00+00:00", "2026-03-02T00:00:01+00:00"
    )  # fmt: skip


def test_a_period_may_reach_the_ends_of_the_calendar() -> None:
    late = the_movie(availability={"start": "9999-12-31T23:59:58-12:00", "end": "9999-12-31T23:59:59.9-12:00"})
    feed = Feed([late, the_movie(title_id="OLD", availability={"start": "0001-01-01T00:00:00+14:00"})])
    assert feed.lint().findings.kept == []
    assert feed.items["OLD"]["content"]["dateAdded"] == "2024-10-18T00:00:00+00:00"


def test_a_language_that_is_no_code_is_noted() -> None:
    feed = Feed([the_movie(lang="klingon")])
    assert "language" not in feed.root["movies"][0]["content"]
    assert [note[1] for note in feed.notes] == ["value-unmapped"]


def test_what_the_catalogue_names_twice_is_once_in_the_feed() -> None:
    caption = {"url": f"{MEDIA}/es.vtt", "lang": "es", "kind": "subtitle"}
    content = content_of(the_movie(sources=[MP4.model_dump()] * 2, captions=[caption, caption]))
    assert (len(content["videos"]), len(content["captions"])) == (1, 1)
