"""Input that was never meant to be a feed, or was meant to hurt: it ends in one sentence or in findings, quickly."""

from __future__ import annotations

import gzip
import re
import time
from typing import Any

import pytest

from edye_delivery.catalog.feed_records import FEED_PAGE_MAX_BYTES
from edye_delivery.feeds.lint.linter import FeedLint, LintResult
from edye_delivery.feeds.lint.page_parser import ITEM_MAX_BYTES, FeedUnusable, split_page
from edye_delivery.feeds.roku.schemas import Profile
from tests.unit.feeds.search_feeds import NOW_MS, a_movie_feed, a_page, codes, encoded, linted

START = b'{"version": "1", "defaultLanguage": "es", "defaultAvailabilityCountries": ["mx"],\n "assets": ['
CLEAN = encoded(a_movie_feed()[0])
MILLION = 1_000_000
QUICK_S = 45
SENTENCE = re.compile(r"page-1\.json [^\n]{5,300}")
PLACE = re.compile(r"\(line (\d+), column (\d+)\)$")


def with_asset(asset: bytes) -> bytes:
    return START + asset + b"]}"


def with_movie(old: str, new: bytes) -> bytes:
    assert CLEAN.count(old.encode()) == 1
    return CLEAN.replace(old.encode(), new)


def sentence(content: bytes) -> str:
    """The one sentence with which the input is refused; it took bounded processor time."""
    started = time.process_time()
    with pytest.raises(FeedUnusable) as refused:
        linted([content])
    assert time.process_time() - started < QUICK_S
    told = str(refused.value)
    assert SENTENCE.fullmatch(told)
    assert told.isprintable()
    return told


def findings(content: bytes) -> LintResult:
    """What was found; it took bounded processor time."""
    started = time.process_time()
    result = linted([content])
    assert time.process_time() - started < QUICK_S
    return result


OTHER_FORMATS = {
    "nothing": (b"", "is empty"),
    "blanks": (b" \n\t" * 1000, "is empty"),
    "html": (b"<!doctype html><html>502 Bad Gateway</html>", "is HTML or XML, not JSON"),
    "html after blanks": (b"\n" * 2000 + b"<html>", "is HTML or XML, not JSON"),
    "gzip": (gzip.compress(CLEAN, mtime=0), "is gzip, not JSON"),
    "byte order mark": (b"\xef\xbb\xbf" + CLEAN, "begins with a byte order mark, which JSON does not allow"),
    "UTF-16 with mark": (CLEAN.decode().encode("utf-16"), "is UTF-16, UTF-32 or binary, not UTF-8"),
    "UTF-16": (CLEAN.decode().encode("utf-16-le"), "is UTF-16, UTF-32 or binary, not UTF-8"),
    "UTF-16 the other way": (CLEAN.decode().encode("utf-16-be"), "is UTF-16, UTF-32 or binary, not UTF-8"),
    "UTF-32": (CLEAN.decode().encode("utf-32"), "is UTF-16, UTF-32 or binary, not UTF-8"),
    "zeros": (bytes(1000), "is UTF-16, UTF-32 or binary, not UTF-8"),
    "null": (b"null", "is not a feed: its root is not an object"),
    "a list": (b"[]", "is not a feed: its root is not an object"),
    "a text": (b'"feed"', "is not a feed: its root is not an object"),
}


@pytest.mark.parametrize(("content", "why"), OTHER_FORMATS.values(), ids=list(OTHER_FORMATS))
def test_another_format_is_called_by_its_name(content: bytes, why: str) -> None:
    assert sentence(content) == f"page-1.json {why} (line 1, column 1)"


def test_an_object_that_is_no_feed_is_told_what_it_has_and_lacks() -> None:
    assert "its root has the keys a, b, but not assets, movies" in sentence(b'{"b": 1, "a": 2}')
    assert "its root has no keys" in sentence(b"{}")


BROKEN_JSON = {
    "escaped lone surrogate": (with_asset(b'{"id": "\\ud800"}'), "half a character (a lone surrogate)"),
    "escaped lone surrogate and text": (with_asset(b'{"id": "\\ud800 and"}'), "half a character (a lone surrogate)"),
    "escaped low surrogate": (with_asset(b'{"id": "\\udc00"}'), "half a character (a lone surrogate)"),
    "two leading surrogates": (with_asset(b'{"id": "\\ud800\\ud800"}'), "half a character (a lone surrogate)"),
    "raw surrogate": (with_asset(b'{"id": "\xed\xa0\x80"}'), "it is not UTF-8"),
    "Latin-1": (with_asset(b'{"id": "\xf1"}'), "it is not UTF-8"),
    "overlong": (with_asset(b'{"id": "\xc0\xaf"}'), "it is not UTF-8"),
    "Latin-1 in a key": (b'{"version": "1",\n "\xf1": 1, "assets": []}', "it is not UTF-8"),
    "NaN": (with_asset(b'{"durationInSeconds": NaN}'), "invalid character"),
    "Infinity": (with_asset(b'{"durationInSeconds": -Infinity}'), "invalid character"),
    "too many digits": (with_asset(b'{"durationInSeconds": 1%s}' % (b"0" * 5000)), "a number has too many digits"),
    "a million digits": (with_asset(b'{"id": %s}' % (b"9" * MILLION)), "a number has too many digits"),
    "nested in an asset": (with_asset(b"[" * 500 + b"]" * 500), "it is nested too deeply"),
    "trailing comma": (with_asset(b'{"id": "x",}'), "trailing comma in object"),
    "two pages in one": (b'{"version": "1",\n "assets": []}{}', "trailing characters"),
    "a line break in a text": (with_asset(b'{"id": "a\nb"}'), "invalid character"),
    "a number with a zero before it": (with_asset(b'{"durationInSeconds": 012}'), "invalid number"),
}


@pytest.mark.parametrize(("content", "why"), BROKEN_JSON.values(), ids=list(BROKEN_JSON))
def test_what_is_no_json_is_refused_with_line_and_column(content: bytes, why: str) -> None:
    told = sentence(content)
    place = PLACE.search(told)

    assert f"is not usable JSON: {why}" in told
    assert place is not None
    assert place[1] == "2"


def test_a_defect_of_the_root_behind_a_list_is_told_at_its_own_place() -> None:
    content = b'{"version": "1", "assets": [\n{},\n{}\n],\n "defaultLanguage": "\xf1"}'

    assert sentence(content).endswith("it is not UTF-8 (line 5, column 22)")


def test_a_defect_of_a_later_asset_is_told_at_its_own_place() -> None:
    content = START + b'{"id": "a"},\n{"id": "b"},\n  {"id": "\xf1"}]}'

    assert sentence(content).endswith("it is not UTF-8 (line 4, column 11)")


@pytest.mark.parametrize(
    "content",
    [b'{"assets": ' + b"[" * 5 * MILLION, START + b"[" * 5 * MILLION, b'{"a":' * 2 * MILLION,
     with_asset(b"[" * MILLION + b"]" * MILLION), with_asset(b'{"tags": ' + b"[" * MILLION + b"]" * MILLION + b"}")],
    ids=["assets", "an asset", "objects", "closed again", "in an asset"],
)  # fmt: skip
def test_megabytes_of_brackets_are_refused(content: bytes) -> None:
    assert sentence(content) == "page-1.json is nested too deeply to be a feed"


def test_what_a_parser_still_follows_is_a_finding() -> None:
    assert codes(findings(with_movie('"tags": ["kidsdirected"', b'"tags": [' + b"[" * 150 + b"]" * 150))) == {"FEED001"}


def test_a_small_feed_cut_off_anywhere_is_refused_as_cut_off() -> None:
    content = encoded(a_page({"id": "ñ", "type": "movie", "durationInSeconds": 12, "isOriginal": True}))
    for length in range(1, len(content)):
        told = sentence(content[:length])
        assert told == f"page-1.json is not usable JSON: it is cut off (line 1, column {length + 1})"


def test_a_page_of_one_byte_too_many_is_refused() -> None:
    told = sentence(bytes(FEED_PAGE_MAX_BYTES + 1))

    assert told == "page-1.json is larger than 250,000,000 bytes, the limit for a page"


REPEATED = b", ".join([b'"a": 1'] * MILLION)


@pytest.mark.parametrize(
    ("content", "expected"),
    [(b'{"version": "1", "assets": [], %s}' % REPEATED, {"FEED039", "FEED131", "FEED413"}),
     (with_movie('"id": "edye-movie"', b'%s, "id": "edye-movie"' % REPEATED), {"FEED039", "FEED131"}),
     (with_movie('"credits": [{', b'"credits": [{%s, ' % REPEATED), {"FEED039", "FEED131"})],
    ids=["root", "asset", "nested"],
)  # fmt: skip
def test_a_million_times_the_same_key_is_told_once(content: bytes, expected: set[str]) -> None:
    result = findings(content)

    assert codes(result) == expected
    assert result.findings.counts["FEED039"] == 1


def test_of_two_lists_of_assets_the_last_one_is_read() -> None:
    content = CLEAN.replace(b'"assets": [', b'"assets": [1, "]", {"assets": [2]}], "\\u0061ssets": [')

    assert codes(findings(content)) == {"FEED039"}


@pytest.mark.proof
def test_a_root_of_a_million_keys_has_a_million_keys_too_many() -> None:
    keys = b", ".join(b'"k%d": 1' % number for number in range(MILLION))
    result = findings(b'{"version": "1", "assets": [], %s}' % keys)

    assert result.findings.counts == {"FEED131": MILLION, "FEED413": 1}
    assert result.findings.left_out > 0


@pytest.mark.proof
def test_a_million_times_null_are_a_million_findings_of_which_the_first_are_kept() -> None:
    result = findings(with_asset(b",".join([b"null"] * MILLION)))

    assert result.findings.counts == {"FEED001": MILLION}
    assert len(result.findings.kept) < MILLION


def test_a_million_empty_play_options_are_told_of_the_first_ones_only() -> None:
    result = findings(with_movie('"playOptions": [{', b'"playOptions": [%s, {' % b",".join([b"{}"] * MILLION)))

    assert codes(result) == {"FEED026", "FEED028", "FEED030"}
    assert result.findings.counts.total() <= 1000


@pytest.mark.parametrize("name", [b"1", b'{"a": 1}', b"[1]", b"null", b"true", b"1.5", b"1" + b"0" * 400])
def test_an_id_that_is_no_text_is_a_finding(name: bytes) -> None:
    result = findings(with_movie('"id": "edye-movie"', b'"id": ' + name))

    assert codes(result) == {"FEED001"}
    assert result.findings.kept[0].asset_id is None


NUMBERS = pytest.mark.parametrize(
    "spot",
    ['"releaseYear": 2022', '"durationInSeconds": 5400', '"price": 1.99',
     '"availabilityEndTimeStamp": 1780401600000', '"availabilityStartTimeStamp": 1780228800000', '"streamStart": 1'],
)  # fmt: skip


@NUMBERS
@pytest.mark.parametrize("number", [b"1e400", b"-1e400"])
def test_a_number_that_no_parser_can_hold_is_of_a_wrong_type(spot: str, number: bytes) -> None:
    assert codes(findings(with_movie(spot, spot.split(":")[0].encode() + b": " + number))) == {"FEED001"}


HUGE = [b"1" + b"0" * 400, b"-1" + b"0" * 400, b"1" + b"0" * 4299, b"1." + b"0" * MILLION]


@NUMBERS
@pytest.mark.parametrize("number", HUGE, ids=["10^400", "-10^400", "10^4299", "a million zeros"])
def test_a_huge_number_ends_in_findings(spot: str, number: bytes) -> None:
    result = findings(with_movie(spot, spot.split(":")[0].encode() + b": " + number))

    assert "FEED001" not in result.findings.counts
    assert all(finding.message for finding in result.findings.kept)


LONG_TEXTS = ['"id": "edye-movie"', '"releaseDate": "2022-11-11"', '"currency": "usd"', '"role": "director"',
              '"quality": "fhd"', '"playId": "play-movie"']  # fmt: skip


@pytest.mark.parametrize("old", LONG_TEXTS, ids=lambda old: old.split('"')[1])
def test_a_text_of_megabytes_is_told_in_a_short_message(old: str) -> None:
    content = CLEAN.replace(old.encode(), old.split(":")[0].encode() + b': "' + "é".encode() * 7 * MILLION + b'"', 1)

    assert all(len(finding.message) <= 400 for finding in findings(content).findings.kept)


def test_an_asset_with_a_text_of_fifty_megabytes_is_not_read() -> None:
    told = sentence(with_asset(b'{"id": "a"},\n{"id": "%s"}' % (b"x" * 50 * MILLION)))

    assert told == (
        "page-1.json is not usable JSON: an item of assets has 50,000,010 bytes, "
        f"at most {ITEM_MAX_BYTES:,} are read (line 3, column 1)"
    )


def test_a_root_with_a_text_of_fifty_megabytes_is_not_read() -> None:
    told = sentence(b'{"version": "%s", "assets": []}' % (b"x" * 50 * MILLION))

    assert "without its lists the root has 50,000,029 bytes, at most 16,000,000 are read" in told


def test_texts_with_zeros_and_signs_of_all_kinds_are_only_texts() -> None:
    content = with_movie('"id": "edye-movie"', b'"id": "\\u0000\\u202e\\n\\"\\\\/~%s \'; DROP TABLE items"')
    lint = FeedLint(Profile.SCHEMA, NOW_MS)
    lint.add_page("page-1.json", content)
    lint.add_page("page-2.json", content)
    result = lint.finish()

    assert codes(result) == {"FEED401"}
    assert result.findings.kept[0].message.isprintable()


@pytest.mark.parametrize(
    "assets", [b"{}", b'"x"', b"null", b"7", b"true"], ids=["object", "text", "null", "number", "truth value"]
)
def test_assets_that_are_no_list_are_a_finding(assets: bytes) -> None:
    assert codes(findings(b'{"version": "1", "assets": ' + assets + b"}")) == {"FEED001"}


def test_a_page_knows_its_lists_wherever_they_stand() -> None:
    same = b'[{"id": 1}]'
    content = b'{"x": %s, "movies":%s,"y":"%s", "assets"\n:\t%s ,"z":{"assets":%s}}' % (
        same, same, same.replace(b'"', b'\\"'), same, same,
    )  # fmt: skip
    page = split_page("page-1.json", content, frozenset({"assets", "movies"}))
    kept: dict[str, Any] = {
        "x": [{"id": 1}],
        "movies": [],
        "y": '[{"id": 1}]',
        "assets": [],
        "z": {"assets": [{"id": 1}]},
    }

    assert page.head == kept
    assert {key: [item for _, item, _ in page.items(key)] for key in page.lists} == {
        "assets": [{"id": 1}], "movies": [{"id": 1}],
    }  # fmt: skip
