"""Pages of the largest size that there may be, read in a process that may have only so much memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from tests.builders import PROJECT

pytestmark = pytest.mark.proof
MEMORY_BYTES = 2 * 2**30
GIVE_UP_S = 900

LINT = """
import json, resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({memory}, {memory}))
from edye_delivery.feeds.lint.linter import FeedLint
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.catalog.feed_records import FEED_PAGE_MAX_BYTES as PAGE_BYTES
from edye_delivery.feeds.lint.page_parser import FeedUnusable
from tests.peak_memory import peak_bytes
from tests.unit.feeds.search_feeds import NOW_MS, MOVIE, a_movie, a_movie_feed, encoded

START, END = encoded({{**a_movie_feed()[0], "assets": []}})[:-2], b"]}}"
ROOM = PAGE_BYTES - len(START) - len(END)

def filled(item):
    most = (ROOM + 1) // (len(item) + 1)
    return START + (item + b",") * (most - 1) + item + END

def titles(**changes):
    movie = encoded({{**a_movie(), **changes}})
    name = MOVIE.encode()

    def numbered(number):
        return movie.replace(name, b"%s-%06d" % (name, number)).replace(b"play-movie", b"play-%06d" % number)

    return START + b",".join(numbered(number) for number in range(ROOM // (len(numbered(0)) + 1))) + END

content = {content}
lint = FeedLint(Profile.SCHEMA, NOW_MS, findings_kept_max=1000)
try:
    lint.add_page("page-1.json", content)
    result = lint.finish()
except FeedUnusable as unusable:
    print(json.dumps({{"told": str(unusable)}}))
else:
    print(json.dumps({{"size": len(content), "items": result.pages[0].items, "counts": result.findings.counts,
                      "peak_bytes": peak_bytes()}}))
"""


def linted(content: str) -> Any:
    """What the linter says of this page; the process has ended by itself, with nothing on its error output."""
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(PROJECT), str(PROJECT / "plugins")])}
    code = LINT.format(memory=MEMORY_BYTES, content=content)
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, capture_output=True, text=True, timeout=GIVE_UP_S, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return json.loads(done.stdout)


def test_a_full_page_of_sound_titles_is_read_in_bounded_memory() -> None:
    result = linted("titles()")

    assert result["size"] > 249_000_000
    assert result["items"] > 100_000
    assert result["counts"] == {"FEED408": 1}
    assert result["peak_bytes"] < 2**30


def test_a_full_page_of_titles_with_defects_is_read_in_bounded_memory() -> None:
    result = linted("titles(releaseYear=2021, tags=['x' * 21])")

    assert result["counts"] == {"FEED112": result["items"], "FEED123": result["items"], "FEED408": 1}
    assert result["peak_bytes"] < 2**30


@pytest.mark.parametrize("item", [b"0", b"{}", b"null", b'""'])
def test_a_full_page_of_nothing_is_refused_in_a_sentence_when_memory_ends(item: bytes) -> None:
    result = linted(f"filled({item!r})")

    assert result == {"told": "page-1.json has more items than fit into memory"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('b"[" * PAGE_BYTES', "is not a feed: its root is not an object (line 1, column 1)"),
        ('START + b"[" * ROOM', "is nested too deeply to be a feed"),
        ('START + b"{\\"a\\":" * (ROOM // 5)', "is nested too deeply to be a feed"),
        ('b"{" + b"\\"a\\":1," * (PAGE_BYTES // 6 - 9) + b"\\"version\\":1}"', "without its lists the root has"),
        ('filled(b"\\"%s\\"" % (b"x" * 200_000_000))', "an item of assets has 200,000,002 bytes"),
        ('filled(b"{" + b"\\"a\\":1," * 20_000_000 + b"\\"b\\":1}")', "an item of assets has 120,000,007 bytes"),
        ('b"<" * PAGE_BYTES', "is HTML or XML, not JSON"),
        ('b" " * PAGE_BYTES', "is empty"),
        ('bytes(PAGE_BYTES)', "is UTF-16, UTF-32 or binary, not UTF-8"),
        ('START + b"{" * 9 + b"\\xf1" * (ROOM - 9)', "is not usable JSON"),
        ('filled(b"{}")[:-1]', "it is cut off"),
        ('b"x" * (PAGE_BYTES + 1)', "is larger than 250,000,000 bytes"),
    ],
)  # fmt: skip
def test_a_page_of_the_largest_size_that_is_no_feed_is_refused_in_a_sentence(content: str, told: str) -> None:
    result = linted(content)

    assert told in result["told"]
    assert "\n" not in result["told"]
    assert len(result["told"]) < 300


def test_an_item_of_the_largest_size_that_is_read_is_told_of_its_first_defects() -> None:
    result = linted('filled(b"{\\"genres\\":[" + b"[],[]," * 2_600_000 + b"[]]}")')

    assert result["counts"]["FEED001"] > 0
