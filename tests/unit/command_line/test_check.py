"""`check` checks local files by a run's own rules: exit codes, formats, and what it is told by a catalogue item."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from PIL import Image as Pillow
from typer.testing import CliRunner

from edye_delivery.command_line.app import app
from tests.unit.command_line import feeds
from tests.unit.command_line.calls import as_json as linted
from tests.unit.qc.builders import ANNEX, a_movie, an_episode
from tests.unit.qc.clips import H264, Clips


def run_check(*arguments: object, annex: str = ANNEX.partner) -> Result:
    """`check` with these arguments; an exception of ours fails the test."""
    result = CliRunner().invoke(app, ["check", *map(str, arguments), "--annex", annex])
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def document(*arguments: object) -> dict[str, Any]:
    """The JSON document of a call."""
    return json.loads(run_check("--format", "json", *arguments).stdout)


def severities_of(*arguments: object) -> dict[str, str]:
    """Severities by code of all findings of a call."""
    return {finding["code"]: finding["severity"] for finding in document(*arguments)["findings"]}


@pytest.fixture(scope="module")
def film(clips: Clips) -> Path:
    return clips.clip("film.mp4")


@pytest.fixture(scope="module")
def locked(clips: Clips, film: Path) -> Path:
    """The film as DRM would leave it."""
    return clips.written("locked.mp4", film.read_bytes().replace(b"avc1\0\0\0\0", b"encv\0\0\0\0", 1))


def item_of(title: Any, **changes: Any) -> dict[str, Any]:
    """The catalogue's item of a title."""
    return title.model_dump(mode="json", exclude={"series", "custom_thumbnails"}) | changes


def write_json(path: Path, content: Any) -> Path:
    """A JSON file."""
    path.write_text(json.dumps(content))
    return path


def test_a_good_video_ends_with_0_and_says_what_it_is(film):
    result = run_check(film)

    assert (result.exit_code, result.stderr) == (0, "")
    assert "film.mp4: video, h264 in mp4, 1280x720, 1 s" in result.stdout
    assert result.stdout.splitlines()[-1] == f"good for {ANNEX.partner}"


def test_a_video_that_a_run_would_refuse_ends_with_1_and_says_what_to_do(locked):
    result = run_check(locked)

    assert result.exit_code == 1
    assert "VID019 media-encrypted  block, for Content Operations" in result.stdout
    assert "Fix: export the video again from the master, without DRM." in result.stdout
    assert result.stdout.splitlines()[-1] == f"blocked for {ANNEX.partner}: 1 defect"


@pytest.mark.parametrize("content", [b'{"error": "not found"}', b"\xff\xd8\xff\xe0 a picture"], ids=["JSON", "JPEG"])
def test_a_video_by_its_name_is_checked_as_one_whatever_stands_in_it(tmp_path, content):
    (tmp_path / "film.mp4").write_bytes(content)

    assert severities_of(tmp_path / "film.mp4") == {"VID004": "block"}


def test_what_the_annex_only_warns_of_does_not_block(clips):
    ten_bits = clips.clip("ten.mp4", codec=(*H264[:-1], "yuv420p10le"))

    assert severities_of(ten_bits) == {"VID021": "warn"}
    assert run_check(ten_bits).exit_code == 0


def test_findings_have_the_keys_of_lint_feeds(locked, tmp_path):
    wrong = tmp_path / "feed.json"
    wrong.write_bytes(feeds.as_bytes(feeds.a_feed(feeds.an_asset(type="film"))))
    ours, theirs = document(locked), linted(wrong)

    assert ours["findings"][0].keys() == theirs["findings"][0].keys()
    assert ours.keys() == theirs.keys()
    assert ours["summary"] == {"annex": ANNEX.partner, "block": 1, "warn": 0}


def test_sarif_says_block_as_error_and_warn_as_warning(clips, locked):
    ten_bits = clips.clip("ten.mp4", codec=(*H264[:-1], "yuv420p10le"))
    (run,) = json.loads(run_check("--format", "sarif", locked, ten_bits).stdout)["runs"]

    assert [(result["ruleId"], result["level"]) for result in run["results"]] == [
        ("VID019", "error"), ("VID021", "warning"),
    ]  # fmt: skip
    assert [rule["id"] for rule in run["tool"]["driver"]["rules"]] == ["VID019", "VID021"]
    assert run["invocations"][0]["exitCode"] == 1


def test_a_video_is_held_against_what_its_catalogue_item_says(film, tmp_path):
    size = film.stat().st_size
    source = {"file": "https://media.example/film.mp4", "type": "video/mp4"}
    right = write_json(tmp_path / "a.json", item_of(a_movie(), duration_ms=1000, sources=[source | {"filesize": size}]))
    wrong = write_json(tmp_path / "b.json", item_of(a_movie(), duration_ms=9000, sources=[source | {"filesize": 9}]))

    assert severities_of(film, "--metadata", right) == {}
    assert severities_of(film, "--metadata", wrong) == {"VID010": "block", "VID013": "warn"}


def test_a_titles_json_is_checked_by_the_rules_on_metadata(tmp_path):
    good = write_json(tmp_path / "good.json", item_of(a_movie()))
    bad = write_json(tmp_path / "bad.json", item_of(a_movie(), ratings=[], images=[]))
    malformed = write_json(tmp_path / "malformed.json", item_of(a_movie(), title_id=None))

    assert (severities_of(good), run_check(good).exit_code) == ({}, 0)
    assert {code[:3] for code in severities_of(bad)} == {"MET", "IMG"}
    assert severities_of(malformed) == {"META001": "block"}


def test_an_episode_has_from_its_series_what_it_lacks_itself(tmp_path):
    title = an_episode()
    episode = write_json(tmp_path / "episode.json", item_of(title))
    series = write_json(tmp_path / "series.json", item_of(title.series, kind="series"))

    assert severities_of(episode, series) == {}
    alone = run_check(episode)
    assert (alone.exit_code, "META014" in alone.stdout) == (0, False)
    assert "the series is not among the inputs: name its JSON too" in alone.stdout


def test_a_title_that_the_partner_is_not_offered_is_told(tmp_path):
    result = run_check(write_json(tmp_path / "hidden.json", item_of(a_movie(), visible=False)))

    assert "a run leaves it out for this partner: invisible" in result.stdout


def test_a_picture_is_checked_as_what_it_is_said_to_be_or_as_its_title_names_it(tmp_path):
    Pillow.new("RGB", (1000, 1500), "navy").save(tmp_path / "poster.png")
    Pillow.effect_noise((1000, 1500), 90).convert("RGB").save(tmp_path / "poster.png")
    item = write_json(tmp_path / "item.json", item_of(a_movie()))

    assert severities_of(tmp_path / "poster.png", "--kind", "poster") == {}
    assert severities_of(tmp_path / "poster.png", "--kind", "key_art") == {"IMG005": "block"}
    assert severities_of(tmp_path / "poster.png", "--metadata", item) == {}


UNUSABLE = {
    "nothing.mp4": (None, "does not exist"),
    "folder.mp4": ("folder", "is a folder"),
    "notes.txt": (b"some notes", "is neither a video nor a picture nor the JSON of a title"),
    "list.json": (b"[]", "holds no object"),
    "page.json": (b'{"items": []}', "is a page of the catalogue's list"),
    "broken.json": (b'{"id": ', "cannot be read as JSON"),
    "picture.png": (b"\x89PNG", "say its kind with --kind"),
    "series.json": (json.dumps(item_of(an_episode().series, kind="series")).encode(), "is a series"),
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_checked_ends_with_2_and_one_sentence(tmp_path, name):
    content, reason = UNUSABLE[name]
    if content == "folder":
        (tmp_path / name).mkdir()
    elif content is not None:
        (tmp_path / name).write_bytes(content)
    result = run_check(tmp_path / name)

    assert result.exit_code == 2
    (sentence,) = result.stderr.splitlines()
    assert name in sentence
    assert reason in sentence


def test_what_cannot_be_checked_does_not_keep_the_rest_from_being_checked(locked, tmp_path):
    result = run_check(locked, tmp_path / "nothing.mp4")

    assert result.exit_code == 2
    assert "VID019" in result.stdout


def test_an_item_that_describes_no_title_is_told(film, tmp_path):
    result = run_check(film, "--metadata", write_json(tmp_path / "item.json", {"id": "x"}))

    assert (result.exit_code, len(result.stderr.splitlines())) == (2, 1)
    assert "item.json is no item of the catalogue" in result.stderr


def test_an_annex_that_is_not_there_is_told_with_those_that_are(film):
    result = run_check(film, annex="roku_premium_mx")

    assert result.exit_code == 2
    assert f"there is no annex 'roku_premium_mx'; there are {ANNEX.partner}" in result.stderr


def test_neither_airflow_nor_a_database_is_loaded(film):
    code = (
        "import sys; from edye_delivery.command_line.app import app\n"
        f"try: app(['check', {str(film)!r}, '--annex', {ANNEX.partner!r}])\n"
        "except SystemExit: print(' '.join(sorted(sys.modules)))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    loaded = set(answer.stdout.splitlines()[-1].split(" "))

    assert "edye_delivery.qc.streams" in loaded
    assert not {"airflow", "sqlalchemy"} & loaded


def test_a_rule_is_explained_by_its_code_or_its_name():
    answers = [CliRunner().invoke(app, ["check", "--explain", name]) for name in ("VID005", "vid005")]
    assert {answer.exit_code for answer in answers} == {0}
    assert answers[0].stdout == answers[1].stdout
    assert answers[0].stdout.startswith("VID005 ")
    assert "\nWhy: " in answers[0].stdout


@pytest.mark.parametrize("name", ["SYNC007", "duration-differs"])
def test_a_rule_on_jw_player_is_explained_too_with_its_grace(name):
    answer = CliRunner().invoke(app, ["check", "--explain", name])
    assert answer.exit_code == 0
    assert "SYNC007 duration-differs" in answer.stdout
    assert "\nGrace: " in answer.stdout


def test_an_unknown_rule_is_told_with_those_that_were_probably_meant():
    answer = CliRunner().invoke(app, ["check", "--explain", "VIDO05"])
    assert answer.exit_code == 2
    assert "check: there is no rule 'VIDO05'; close to it are VID005" in answer.stderr


@pytest.mark.parametrize(("arguments", "told"), [((), "name at least one file"), (("film.mp4",), "name the partner")])
def test_what_is_missing_of_a_call_is_told(arguments, told):
    answer = CliRunner().invoke(app, ["check", *arguments])
    assert answer.exit_code == 2
    assert told in answer.stderr
