"""The sample catalogue is what it says: good titles are good, and each planted one has its one defect."""

from __future__ import annotations

import io
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from sandbox.catalogue import SAMPLE_PATH, load_catalogue
from sandbox.media.shelf import Stored
from sandbox.probe import ffprobe, look_at

RAW = yaml.safe_load(SAMPLE_PATH.read_text("utf-8"))
ITEMS = {item["id"]: item for item in load_catalogue("sample").items()}
ACCEPTED = [key for key, item in ITEMS.items() if item.get("expect", {}).get("state") == "accepted"]
HEALED = {key: item["expect"]["fixed"] for key, item in ITEMS.items() if "fixed" in item.get("expect", {})}
REJECTED = {key: item["expect"]["rules"] for key, item in ITEMS.items() if "rules" in item.get("expect", {})}
PLANTED = REJECTED | HEALED
START, END = RAW["window"]["start"], RAW["window"]["end"]
VIDEO_RULES = {"VID003", "VID004", "VID005", "VID006", "VID007", "VID008", "VID009"}
GENRES = {"kids", "education", "adventure", "music", "animation"}
RATINGS = {"TV-Y", "TV-Y7", "TV-G"}
RULES = {
    *("VID003", "VID004", "VID005", "VID006", "VID007", "VID008", "VID009", "IMG001", "IMG004", "IMG005"),
    *("META002", "META003", "META006", "META008", "META009", "META011", "META012"),
}


@pytest.fixture(scope="module")
def served(sample) -> dict[str, dict[str, Any]]:
    return {item["id"]: item for item in sample.shows + sample.episodes}


def planted(rule: str) -> str:
    (key,) = [key for key, rules in PLANTED.items() if rules == [rule]]
    return key


def external_name(item: dict[str, Any]) -> tuple[Any, ...]:
    return item["title_id"], item.get("season_number"), item.get("episode_number"), item.get("lang")


def size_px(image: dict[str, Any], files: dict[str, Stored]) -> tuple[int, int]:
    with Image.open(files[image["url"]].path) as picture:
        picture.load()
        return picture.size


def test_it_has_the_promised_titles():
    states = Counter(item["expect"]["state"] for item in ITEMS.values() if "expect" in item)
    assert states["accepted"] >= 22
    assert states["accepted"] + states["rejected"] >= 40
    assert states["left_out"] == 7
    assert [item["id"] for item in ITEMS.values() if "expect" not in item] == ["sh-planeta", "sh-nube", "sh-faros"]
    kinds = Counter(ITEMS[key]["kind"] for key in ACCEPTED)
    assert kinds == {"movie": 7, "special": 1, "short": 3, "episode": 14}


def test_every_defect_is_told_and_every_rule_is_planted_once():
    assert {key for key, item in ITEMS.items() if "defect" in item} == set(PLANTED)
    assert all(len(rules) == 1 for rules in PLANTED.values())
    counts = Counter(rules[0] for rules in PLANTED.values())
    assert counts == {rule: 2 if rule == "META012" else 1 for rule in RULES}


def test_deliverable_titles_lie_in_the_window_and_others_do_not():
    for key in [*ACCEPTED, *REJECTED]:
        item = ITEMS[key]
        assert START <= item["updated_at"] < END
        assert item["visible"] is True
        assert {"roku", "kidsdirected"} <= set(item["tags"])
        assert not item["geo"] or "mx" in item["geo"]
    for key, item in ITEMS.items():
        if item.get("expect", {}).get("state") == "left_out":
            outside = not START <= item["updated_at"] < END
            closed = not item["visible"] or "roku" not in item["tags"] or item["geo"] == ["br"]
            assert outside != closed, key
    assert ITEMS["sh-nube"]["updated_at"] < START
    assert ITEMS["mv-manana"]["updated_at"] == END


def test_names_of_deliveries_are_unique_but_for_the_planted_pair():
    names = Counter(external_name(item) for item in ITEMS.values() if "expect" in item)
    twice = [name for name, count in names.items() if count > 1]
    assert twice == [("EDYE_NUBE", 2, 3, "es")]


@pytest.mark.parametrize("key", [*ACCEPTED, *REJECTED])
def test_metadata_are_good_but_for_the_planted_defect(key, served):
    item = served[key]
    rule = PLANTED.get(key, [""])[0]
    for text in ("titles", "synopsis_short", "synopsis_long"):
        assert (set(item[text]) == {"es", "en"}) == (not (rule == "META002" and text == "titles"))
        invisible = [
            char for line in item[text].values() for char in line if unicodedata.category(char) in ("Cf", "Cc")
        ]
        assert bool(invisible) == (rule == "META003" and text == "titles")
    assert item["synopsis_short"] != item["synopsis_long"]
    assert all(len(line) <= 200 for line in item["synopsis_short"].values())
    assert (set(item["genres"]) <= GENRES) == (rule != "META008")
    assert ({rating["value"] for rating in item["ratings"]} <= RATINGS) == (rule != "META006")
    assert (item.get("season_number", None) == 0) == (rule == "META009")
    window = item.get("availability") or {}
    backwards = bool(window.get("end")) and window["end"] < window["start"]
    assert backwards == (rule == "META011")
    assert item["release_date"] < START


@pytest.mark.parametrize("key", [*ACCEPTED, *REJECTED])
def test_images_are_good_but_for_the_planted_defect(key, served, sample):
    item = served[key]
    rule = PLANTED.get(key, [""])[0]
    kinds = [image["kind"] for image in item["images"]]
    wanted = ["still"] if "show_id" in item else ["key_art", "poster", "background"]
    assert (kinds == wanted) == (rule != "IMG001")
    for image in item["images"] + item.get("custom_thumbnails", []):
        if rule == "IMG004" and image["kind"] == "poster":
            continue
        width_px, height_px = size_px(image, sample.files)
        assert (width_px, height_px) == (image["width"], image["height"])
        ratio = 2 / 3 if image["kind"] == "poster" else 16 / 9
        is_off = abs(width_px / height_px - ratio) > 0.01
        assert is_off == (rule == "IMG005" and image["kind"] == "poster")


def test_series_have_their_art(served, sample):
    for key in ("sh-planeta", "sh-nube", "sh-faros"):
        assert {"key_art", "poster", "background"} <= {image["kind"] for image in served[key]["images"]}
        for image in served[key]["images"]:
            assert size_px(image, sample.files) == (image["width"], image["height"])


def test_the_broken_picture_is_broken(served, sample):
    poster = next(image for image in served[planted("IMG004")]["images"] if image["kind"] == "poster")
    raw = sample.files[poster["url"]].path.read_bytes()
    picture = Image.open(io.BytesIO(raw))
    assert (picture.format, picture.size) == ("PNG", (1000, 1500))
    with pytest.raises(OSError, match="truncated"):
        picture.load()


@pytest.mark.parametrize("key", [key for key in [*ACCEPTED, *REJECTED] if PLANTED.get(key, [""])[0] not in VIDEO_RULES])
def test_videos_are_good(key, served, sample):
    for source in served[key]["sources"]:
        if source["type"] != "video/mp4":
            continue
        stored = sample.files[source["file"]]
        assert look_at(stored.path).code == ""
        assert source["filesize"] == stored.size_bytes
        assert source.get("sha256", stored.sha256) == stored.sha256
        told = ffprobe(stored.path)
        assert {stream["codec_type"] for stream in told["streams"]} == {"video", "audio"}
        assert abs(float(told["format"]["duration"]) * 1000 - served[key]["duration_ms"]) < 100


BAD_VIDEOS = {
    "VID004": "no es video",
    "VID005": "matroska",
    "VID006": "hevc",
    "VID007": "resolución 854x480, mínimo 720p",
    "VID008": "duración 7260 s, máximo 7200 s",
    "VID009": "archivo truncado",
}


@pytest.mark.parametrize(("rule", "reason"), BAD_VIDEOS.items(), ids=BAD_VIDEOS)
def test_each_bad_video_has_its_defect(rule, reason, served, sample):
    (source,) = served[planted(rule)]["sources"]
    stored = sample.files[source["file"]]
    assert look_at(stored.path).message == f"formato no soportado: {reason}"
    assert (source["filesize"], source["sha256"]) == (stored.size_bytes, stored.sha256)


def test_the_mkv_is_good_but_for_its_container(served, sample):
    (source,) = served[planted("VID005")]["sources"]
    codecs = {stream["codec_name"] for stream in ffprobe(sample.files[source["file"]].path)["streams"]}
    assert codecs == {"h264", "aac"}


def test_the_missing_video_is_missing(served, sample):
    (source,) = served[planted("VID003")]["sources"]
    assert source["file"] not in sample.files
    assert source["filesize"] > 0


def test_every_title_has_its_own_bytes(served, sample):
    files = [served[key]["sources"][-1]["file"] for key in [*ACCEPTED, *REJECTED] if key != planted("VID003")]
    digests = Counter(sample.files[file].sha256 for file in files)
    assert max(digests.values()) == 1


def test_the_catalogue_leaves_some_facts_out_and_tells_some_more(served):
    good = [served[key] for key in ACCEPTED]
    assert 2 <= sum(any("sha256" not in one for one in item["sources"][-1:]) for item in good) <= 4
    assert sum("captions" in item for item in good) >= 3
    assert 2 <= sum("custom_thumbnails" in item for item in good) <= 3
    assert sum(len(item["sources"]) > 1 for item in good) >= 3


def test_some_files_have_their_index_at_the_end(sample):
    def moov_comes_first(path: Path) -> bool:
        raw = path.read_bytes()
        return raw.index(b"moov") < raw.index(b"mdat")

    orders = Counter(moov_comes_first(sample.files[served_path(key)].path) for key in ACCEPTED if key not in HEALED)
    assert orders[True] >= 10
    assert orders[False] >= 3


def served_path(key: str) -> str:
    return f"/media/{key}/video.mp4"
