"""What is given to the command: files, URLs, standard input; what is none of a feed; which pages belong together."""

from __future__ import annotations

import os

import pytest

from tests.unit.clients.local_web import local_web
from tests.unit.command_line.calls import as_json, called, codes
from tests.unit.command_line.feeds import a_feed, a_page, an_asset, as_bytes


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def put(folder, name, content):
    file = folder / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(content)
    return name


def feeds_of(document):
    """Names of the pages, feed by feed."""
    feeds = {}
    for file in document["files"]:
        feeds.setdefault(file["feed"], []).append(file["name"])
    return list(feeds.values())


def test_a_clean_feed_and_one_with_warnings_end_with_0_and_one_with_errors_with_1(folder):
    clean = put(folder, "clean.json", a_page(1))
    warned = put(folder, "warned.json", as_bytes(a_feed(version="2")))
    wrong = put(folder, "wrong.json", as_bytes(a_feed(an_asset(type="film"))))
    assert [called(name).exit_code for name in (clean, warned, wrong)] == [0, 0, 1]
    assert called(clean, warned, wrong).exit_code == 1


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "feed.json is empty (line 1, column 1)"),
        (b"<html>", "feed.json is HTML or XML, not JSON (line 1, column 1)"),
        (b'{"assets": [\n1,]}', "(line 2, column 3)"),
        (b'{"assets": [', "cut off (line 1, column 13)"),
        (b"[]", "its root is not an object (line 1, column 1)"),
        (b'{"a": 1}', "feed.json is not a feed"),
        (b'{"assets": ["\xff"]}', "it is not UTF-8"),
    ],
)
@pytest.mark.parametrize("output_format", ["text", "json", "sarif", "roku"])
def test_what_is_no_feed_ends_with_2_and_one_sentence_in_every_format(folder, content, sentence, output_format):
    result = called("--format", output_format, put(folder, "feed.json", content))
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_files_that_cannot_be_read_are_told_and_do_not_keep_others_from_being_looked_at(folder):
    put(folder, "good.json", a_page(1))
    put(folder, "wrong.json", as_bytes(a_feed(an_asset(type="film"))))
    result = called("none.json", "good.json", ".", "wrong.json", "x" * 300)
    assert result.exit_code == 2
    assert result.stderr.splitlines()[:2] == [
        "lint-feed: none.json does not exist", "lint-feed: . is a folder, not a feed",
    ]  # fmt: skip
    assert "cannot be read: File name too long" in result.stderr
    assert "good.json: Search feed" in result.stdout
    assert "FEED002" in result.stdout
    assert "3 unusable inputs" in result.stdout


def test_a_file_without_permission_is_told(folder, monkeypatch):
    put(folder, "secret.json", a_page(1))

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("pathlib.Path.open", refuse)
    result = called("secret.json")
    assert (result.exit_code, result.stderr) == (2, "lint-feed: secret.json may not be read: no permission\n")


def test_a_page_that_is_too_large_is_not_read_into_memory(folder):
    with (folder / "large.json").open("wb") as file:
        file.truncate(250_000_001)
    assert "larger than 250,000,000 bytes" in called("large.json").stderr


def test_a_dash_is_standard_input(folder):
    document = as_json("-", stdin=a_page(1))
    assert [file["name"] for file in document["files"]] == ["standard input"]
    again = as_json("-", put(folder, "other.json", a_page(2)), stdin=a_page(1))
    assert feeds_of(again) == [["standard input"], ["other.json"]]


def test_a_url_is_downloaded():
    with local_web() as web:
        url = web.put("/feed.json", a_page(1))
        document = as_json(url)
        assert [file["name"] for file in document["files"]] == [url]
        assert document["summary"]["errors"] == 0
        result = called(web.put("/moved", status=302, Location=url), web.origin + "/none", url)
    assert result.exit_code == 2
    assert "redirects (302)" in result.stderr
    assert "answered 404 instead of 200" in result.stderr


def test_inputs_that_name_each_other_are_one_feed_in_the_order_of_the_chain(folder):
    put(folder, "p3.json", a_page(3))
    put(folder, "p1.json", a_page(1, "https://feeds.example/x/p2.json?a=b"))
    put(folder, "p2.json", a_page(2, "https://feeds.example/x/p3.json"))
    put(folder, "other.json", a_page(1))
    document = as_json("p3.json", "other.json", "p2.json", "p1.json")
    assert feeds_of(document) == [["other.json"], ["p1.json", "p2.json", "p3.json"]]
    assert document["summary"]["pages_not_read"] == []


def test_pages_of_one_name_are_told_apart_by_their_folders(folder):
    put(folder, "1/feed.json", a_page(1, "https://feeds.example/2/feed.json"))
    put(folder, "2/feed.json", a_page(2, "https://feeds.example/3/feed.json"))
    document = as_json("2/feed.json", "1/feed.json")
    assert feeds_of(document) == [["1/feed.json", "2/feed.json"]]
    assert document["findings"] == []
    assert document["summary"]["pages_not_read"] == ["https://feeds.example/3/feed.json"]


def test_a_page_saved_with_its_query_is_found(folder):
    put(folder, "feed", a_page(1, "https://feeds.example/feed?page=2"))
    put(folder, "feed?page=2", a_page(2))
    assert feeds_of(as_json("feed?page=2", "feed")) == [["feed", "feed?page=2"]]


def test_urls_are_pages_of_one_feed_and_are_downloaded_once():
    with local_web() as web:
        second = web.put("/b", a_page(2))
        first = web.put("/a", a_page(1, f"{second}#top"))
        assert feeds_of(as_json(second, first)) == [[first, second]]
        assert web.asked == ["/b", "/a"]


def test_ids_are_compared_over_the_pages_of_a_feed_but_not_between_feeds(folder):
    put(folder, "p1.json", a_page(1, "https://feeds.example/p2.json"))
    put(folder, "p2.json", a_page(1))
    assert codes("p1.json", "p2.json") == ["FEED401"]
    put(folder, "p1.json", a_page(1))
    assert codes("p1.json", "p2.json") == []


def test_given_pages_that_lead_in_a_ring_are_a_loop(folder):
    put(folder, "p1.json", a_page(1, "https://feeds.example/p2.json"))
    put(folder, "p2.json", a_page(2, "https://feeds.example/p1.json"))
    document = as_json("p2.json", "p1.json")
    assert feeds_of(document) == [["p2.json", "p1.json"]]
    assert [(one["code"], one["file"], one["path"]) for one in document["findings"]] == [
        ("FEED409", "p1.json", "/nextPageUrl")
    ]


def test_what_lies_behind_an_unusable_page_is_looked_at_all_the_same(folder):
    put(folder, "p1.json", a_page(1, "https://feeds.example/p2.json"))
    broken = a_page(2, "https://feeds.example/p3.json").replace(b"A movie", b"A \xff movie")
    put(folder, "p2.json", broken)
    put(folder, "p3.json", as_bytes(a_feed(an_asset(3, type="film"))))
    document = as_json("p1.json", "p2.json", "p3.json")
    assert [one["file"] for one in document["unusable"]] == ["p2.json"]
    assert [one["file"] for one in document["findings"]] == ["p3.json"]


def test_a_page_of_another_kind_is_unusable(folder):
    direct = {"providerName": "A", "lastUpdated": "2015-11-11T22:21:37Z", "language": "en", "movies": []}
    put(folder, "direct.json", as_bytes(direct))
    put(folder, "search.json", a_page(1))
    assert "is not a direct feed" in called("--kind", "direct", "search.json").stderr
    assert "is not a live feed" in called("--kind", "live", "direct.json").stderr
    kinds = {file["name"]: file["kind"] for file in as_json("direct.json", "search.json")["files"]}
    assert kinds == {"direct.json": "direct", "search.json": "search"}


def test_the_profile_decides_what_is_taken(folder):
    upper = put(folder, "upper.json", as_bytes(a_feed(an_asset(), defaultAvailabilityCountries=["MX"])))
    assert called(upper).exit_code == 1
    assert called("--profile", "roku", upper).exit_code == 0


@pytest.mark.parametrize(
    "arguments",
    [[], ["--kind", "x", "a"], ["--format", "x", "a"], ["--show", "few", "a"], ["--nope"], ["--max-urls", "0", "a"]],
    ids=str,
)
def test_wrong_options_end_with_2(arguments):
    assert called(*arguments).exit_code == 2


def test_an_input_that_can_be_read_only_once_is_kept_while_pages_are_put_in_order(folder):
    put(folder, "p2.json", a_page(2))
    first, second = os.pipe()
    os.write(second, a_page(1, "https://feeds.example/p2.json"))
    os.close(second)
    document = as_json("p2.json", f"/dev/fd/{first}")
    os.close(first)
    assert feeds_of(document) == [[f"/dev/fd/{first}", "p2.json"]]
