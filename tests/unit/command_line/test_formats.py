"""What is printed: every format in its shape, everything in it that is foreign made harmless."""

from __future__ import annotations

import json

import jsonschema
import pytest

from edye_delivery.catalog.printable import json_text, printable
from edye_delivery.command_line.printing import print_lines
from edye_delivery.rules.sarif import artifact_uri
from tests.unit.command_line.calls import as_json, called
from tests.unit.command_line.feeds import a_feed, a_page, an_asset, as_bytes

WRONG = a_feed(
    an_asset(1, type="film"),
    *(an_asset(number, durationInMilliseconds=1000, genres=["x"]) for number in range(2, 8)),
    version="2",
)
STRICT = ("--profile", "schema")
ESSENTIAL_SARIF = {
    "type": "object",
    "required": ["version", "runs", "$schema"],
    "properties": {
        "version": {"const": "2.1.0"},
        "runs": {
            "minItems": 1,
            "items": {
                "required": ["tool", "results", "invocations"],
                "properties": {
                    "tool": {
                        "required": ["driver"],
                        "properties": {
                            "driver": {
                                "required": ["name", "rules"],
                                "properties": {
                                    "rules": {
                                        "items": {
                                            "required": [
                                                "id", "name", "shortDescription", "fullDescription", "help",
                                                "defaultConfiguration",
                                            ],
                                            "properties": {
                                                "name": {"pattern": "^[A-Z][A-Za-z0-9]+$"},
                                                "shortDescription": {"$ref": "#/definitions/message"},
                                                "fullDescription": {"$ref": "#/definitions/message"},
                                                "help": {"$ref": "#/definitions/message"},
                                                "defaultConfiguration": {
                                                    "properties": {"level": {"enum": ["error", "warning"]}},
                                                },
                                            },
                                        },
                                    },
                                },
                            },
                        },
                    },
                    "invocations": {
                        "items": {
                            "required": ["executionSuccessful"],
                            "properties": {"toolExecutionNotifications": {"items": {"required": ["message"]}}},
                        },
                    },
                    "results": {
                        "items": {
                            "required": ["ruleId", "ruleIndex", "level", "message", "locations"],
                            "properties": {
                                "message": {"$ref": "#/definitions/message"},
                                "locations": {"minItems": 1, "items": {"$ref": "#/definitions/location"}},
                            },
                        },
                    },
                },
            },
        },
    },
    "definitions": {
        "message": {
            "type": "object",
            "required": ["text"],
            "properties": {"text": {"type": "string", "minLength": 1}},
        },
        "location": {
            "required": ["physicalLocation", "logicalLocations"],
            "properties": {
                "physicalLocation": {
                    "properties": {
                        "artifactLocation": {
                            "required": ["uri"],
                            "properties": {"uri": {"type": "string", "pattern": "^[!-~]+$"}},
                        },
                    },
                },
                "logicalLocations": {"minItems": 1, "items": {"required": ["fullyQualifiedName"]}},
            },
        },
    },
}  # fmt: skip


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "wrong.json").write_bytes(as_bytes(WRONG))
    (tmp_path / "clean.json").write_bytes(a_page(1, "https://feeds.example/p2"))
    (tmp_path / "broken.json").write_bytes(b"[]")
    return tmp_path


def test_json_has_files_summary_and_findings(folder):
    document = as_json("wrong.json", "clean.json")
    assert document.keys() == {"files", "summary", "unusable", "findings"}
    assert document["files"][1] == {
        "name": "clean.json", "feed": 2, "kind": "search", "size_bytes": (folder / "clean.json").stat().st_size,
        "items": 1, "next_page_url": "https://feeds.example/p2",
    }  # fmt: skip
    summary = document["summary"]
    assert summary["by_rule"] == {"FEED013": 6, "FEED121": 6, "FEED002": 1, "FEED132": 1}
    assert (summary["errors"], summary["warnings"], summary["left_out"]) == (13, 1, 0)
    assert (summary["items"], summary["profile"]) == ({"film": 1, "movie": 7}, "schema")
    assert summary["pages_not_read"] == ["https://feeds.example/p2"]
    assert len(document["findings"]) == 14
    assert document["findings"][0].keys() == {
        "file", "code", "name", "severity", "path", "asset_id", "message", "fix", "owner", "source",
    }  # fmt: skip


def test_unusable_input_leaves_every_document_valid(folder):
    unusable = {"file": "broken.json", "sentence": as_json("broken.json")["unusable"][0]["sentence"]}
    assert "not an object" in unusable["sentence"]
    document = as_json("broken.json", "clean.json")
    assert (document["unusable"], len(document["files"]), document["findings"]) == ([unusable], 1, [])
    sarif = json.loads(called("--format", "sarif", "broken.json").stdout)
    jsonschema.validate(sarif, ESSENTIAL_SARIF)
    (invocation,) = sarif["runs"][0]["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 2)
    assert invocation["toolExecutionNotifications"][0]["message"]["text"] == unusable["sentence"]
    partner = json.loads(called("--format", "roku", "broken.json").stdout)
    assert partner == {"errors": [], "warnings": [], "unusable": [unusable]}


def test_sarif_has_the_rules_and_results_of_version_2_1_0(folder):
    sarif = json.loads(called("--format", "sarif", "wrong.json").stdout)
    jsonschema.validate(sarif, ESSENTIAL_SARIF)
    (run,) = sarif["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == ["FEED013", "FEED121", "FEED002", "FEED132"]
    assert rules[1]["name"] == "DurationShort"
    result = run["results"][0]
    assert all(rules[one["ruleIndex"]]["id"] == one["ruleId"] for one in run["results"])
    assert result["locations"] == [
        {
            "physicalLocation": {"artifactLocation": {"uri": "wrong.json"}},
            "logicalLocations": [{"fullyQualifiedName": "/version", "kind": "member"}],
        }
    ]


@pytest.mark.parametrize(
    ("name", "uri"),
    [
        ("a b/ñ?.json", "a%20b/%C3%B1%3F.json"),
        ("a:b.json", "a%3Ab.json"),
        ("/x/y#1.json", "file:///x/y%231.json"),
        ("https://a.example/x?page=2", "https://a.example/x?page=2"),
        ("https://a.example/ñ", "https://a.example/%C3%B1"),
    ],
)
def test_a_name_is_a_uri_in_sarif(name, uri):
    assert artifact_uri(name) == uri


def test_the_partners_form_has_codes_and_titles(folder):
    document = json.loads(called("--format", "roku", "wrong.json").stdout)
    assert document.keys() == {"errors", "warnings"}
    by_id = {entry["id"]: entry["issues"] for entry in document["errors"]}
    assert by_id.keys() == {"GENRE_UNKNOWN", "ASSET_DURATION_SHORT", "ASSET_TYPE_UNKNOWN"}
    assert by_id["ASSET_DURATION_SHORT"].keys() == {f"movie-{number}" for number in range(2, 8)}
    assert all(isinstance(message, str) for messages in by_id["ASSET_TYPE_UNKNOWN"].values() for message in messages)
    (warning,) = document["warnings"]
    assert (warning["id"], list(warning["issues"])) == ("VERSION_UNKNOWN", ["feed"])


def test_the_text_has_feeds_then_rules_worst_first_then_the_result(folder):
    lines = called("wrong.json", "clean.json").stdout.splitlines()
    assert lines[0].startswith('wrong.json: Search feed, 1 page, 7 items (6 movies, 1 of type "film"), ')
    assert lines[1].startswith("clean.json: Search feed, 1 page, 1 item (1 movie), ")
    heads = [line for line in lines if line.startswith("FEED")]
    assert heads[0] == "FEED013 genre-unknown  6 errors, for Content Operations"
    assert [line[:7] for line in heads] == ["FEED013", "FEED121", "FEED002", "FEED132"]
    start = lines.index("FEED121 duration-short  6 errors, for Content Operations")
    assert lines[start + 1] == "  A playable asset is shorter than 60 seconds."
    assert lines[start + 2].startswith("  Fix: ")
    assert lines[start + 3].startswith("    wrong.json /assets/1/durationInMilliseconds (movie-2): ")
    assert lines[start + 6] == "    and 3 more (--show all)"
    assert lines[-1] == "13 errors, 1 warning. What a rule means: lint-feed --explain FEED013"


@pytest.mark.parametrize(("show", "examples"), [("0", 0), ("1", 3 + 1), ("5", 5 + 5 + 1 + 1), ("all", 14)])
def test_so_many_examples_are_shown(folder, show, examples):
    text = called("--show", show, "wrong.json").stdout
    assert sum(line.startswith("    wrong.json ") for line in text.splitlines()) == min(examples, 14)
    assert ("    and " in text) == (" more (--show all)" in text) == (show != "all")
    assert "13 errors, 1 warning" in text


@pytest.mark.parametrize(
    ("names", "last_line"),
    [
        (["clean.json"], "clean"),
        (["broken.json"], "1 unusable input"),
        (["clean.json", "x"], "clean; 1 unusable input"),
    ],
    ids=str,
)
def test_the_result_of_a_clean_and_of_an_unusable_input(folder, names, last_line):
    assert called(*names).stdout.splitlines()[-1] == last_line


HOSTILE = "\x1b]0;a\x07\x9b31m\u202e\x7f[bold]"


def hostile_feed(folder):
    name = f"{HOSTILE}.json"
    feed = a_feed(an_asset(1, id=HOSTILE, type=HOSTILE, **{HOSTILE: 1}), next_page_url=f"https://a.example/{HOSTILE}")
    (folder / name).write_bytes(as_bytes(feed))
    return name


@pytest.mark.parametrize("output_format", ["text", "json", "sarif", "roku"])
def test_no_control_character_of_foreign_text_reaches_the_terminal(folder, output_format):
    result = called("--format", output_format, hostile_feed(folder), f"none{HOSTILE}")
    for line in (result.stdout + result.stderr).splitlines():
        assert line.isprintable(), line
    assert "[bold]" in result.stdout


def test_json_keeps_what_it_escapes(folder):
    document = as_json(hostile_feed(folder))
    assert {one["asset_id"] for one in document["findings"]} == {HOSTILE, None} - {None}
    assert document["files"][0]["next_page_url"] == f"https://a.example/{HOSTILE}"


@pytest.mark.parametrize("text", ["plain", "ñ", "\x7f", "\u202e", "\U000e0001", "\ud800", 'a"\\\n'])
def test_json_text_is_printable_json_of_the_same_value(text):
    made = json_text({"a": text})
    assert made.isprintable()
    assert json.loads(made) == {"a": text}


def test_long_text_is_cut():
    assert printable("a" * 300) == "a" * 199 + "…"


def test_a_terminal_gets_colours_and_no_markup_of_foreign_text(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.delenv("NO_COLOR", raising=False)
    print_lines([[("FEED001", "bold red"), (" [bold]x[/bold] :smile:", "")], []])
    out = capsys.readouterr().out
    assert "\x1b[1;31mFEED001\x1b[0m [bold]x[/bold] :smile:\n\n" in out


@pytest.mark.parametrize("name", ["FEED101", "feed101", "short-descriptions-missing"])
def test_explain_tells_everything_of_a_rule(name):
    result = called("--explain", name)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == "FEED101 short-descriptions-missing  error"
    assert [line.partition(":")[0] for line in lines[2:]] == ["Why", "Fix", "Owner", "Source"]


def test_explain_takes_the_partners_code_too():
    text = called("--explain", "ASSET_DURATION_SHORT").stdout
    assert "FEED119" in text
    assert "FEED121" in text
    assert "Roku's code: ASSET_DURATION_SHORT" in text


@pytest.mark.parametrize(("name", "close"), [("FEED1O1", "FEED101"), ("duration-shrt", "duration-short")])
def test_explain_of_an_unknown_code_names_close_ones(name, close):
    result = called("--explain", name)
    assert result.exit_code == 2
    assert close in result.stderr


def test_explain_of_nonsense_says_so():
    result = called("--explain", "\x1bqqq")
    assert (result.exit_code, result.stderr) == (2, "lint-feed: there is no rule '⟨U+001B⟩qqq'\n")


@pytest.mark.parametrize(
    ("option", "names"),
    [("--format", "text, json, sarif, roku"), ("--kind", "auto, search, live, direct"), ("--profile", "schema, roku")],
)
def test_a_value_that_an_option_has_not_is_told_which_there_are(folder, option, names):
    result = called(option, "xml", "clean.json")
    assert result.exit_code == 2
    assert f"'xml' is none of {names}" in result.stderr


def test_a_live_feed_is_read_as_roku_takes_it_unless_another_profile_is_asked_for(folder):
    (first, *_), strict = (called("--kind", "live", *more, "wrong.json").stdout.splitlines() for more in ([], STRICT))
    assert "live feed" in first
    assert first.endswith("profile roku (the default of a live feed)")
    assert strict[0].endswith("profile schema (the published schema has no live channels)")
    assert as_json("--kind", "live", "clean.json")["summary"]["by_rule"] == {"FEED207": 1}


def test_the_first_line_counts_items_and_rows_apart(folder):
    series = {"id": "s", "episodes": [{"id": "e1"}, {"id": "e2"}]}
    rows = {"categories": [{"name": "a"}], "playlists": [{"name": "p"}, {"name": "q"}]}
    (folder / "direct.json").write_bytes(as_bytes({"movies": [{"id": "m"}], "series": [series], **rows}))
    line = called("direct.json").stdout.splitlines()[0]
    assert line.startswith(
        "direct.json: Direct Publisher feed, 1 page, 4 items (2 episodes, 1 movie, 1 series), 1 category, 2 playlists, "
    )
    assert as_json("direct.json")["files"][0]["items"] == 4
