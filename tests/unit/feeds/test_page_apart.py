"""A page that is read apart from the others says the same of the feed; the order of pages is that of the feed."""

from __future__ import annotations

import pytest

from edye_delivery.feeds.finding import Findings
from edye_delivery.feeds.lint.linter import FeedKind, FeedLint
from edye_delivery.feeds.lint.page_apart import load, read_page_job
from edye_delivery.feeds.lint.page_parser import FeedUnusable
from edye_delivery.feeds.roku.schemas import Profile
from edye_delivery.feeds.rule import RULES
from tests.unit.feeds.direct_feeds import a_direct_feed
from tests.unit.feeds.search_feeds import (
    NOW_MS,
    a_movie,
    a_page,
    a_search_feed,
    encoded,
    linted,
    linted_apart,
)

OPTIONS = {"name": "page", "number": 0, "profile": "schema", "now_ms": NOW_MS, "kept_max": 3}


def test_what_only_two_pages_together_show_is_found_with_its_place_on_both():
    pages = [a_page(a_movie(), a_movie()), a_page(a_movie(), defaultLanguage="en"), a_page()]
    result = linted_apart(pages, Profile.SCHEMA)
    assert result == linted(pages)
    twice = [one for one in result.findings.kept if "was given before" in one.message and "the id" in one.message]
    assert [(one.file, one.path) for one in twice] == [("page-1.json", "/assets/1"), ("page-2.json", "/assets/0")]
    assert [one.file for one in result.findings.kept if "on the first page" in one.message] == ["page-2.json"]


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"a": 1}', b"\xff", b"<html>"])
def test_what_is_no_page_says_so_in_the_words_of_a_reader_that_reads_it_itself(content):
    with pytest.raises(FeedUnusable) as said:
        FeedLint(Profile.SCHEMA, NOW_MS).add_page("page", content)
    assert read_page_job(content, OPTIONS) == ({"unusable": str(said.value)}, [])


def test_a_direct_publisher_feed_is_not_read_apart():
    answer, _ = read_page_job(encoded(a_direct_feed()), OPTIONS)
    assert "is not a page of a Search feed" in answer["unusable"]
    read = load(read_page_job(encoded(a_page(a_movie())), OPTIONS)[1][0])
    with pytest.raises(FeedUnusable, match="is not a direct feed"):
        FeedLint(Profile.SCHEMA, NOW_MS, FeedKind.DIRECT).add(read)
    after_direct = FeedLint(Profile.SCHEMA, NOW_MS)
    after_direct.add_page("direct", encoded(a_direct_feed()))
    with pytest.raises(FeedUnusable, match="is not a page of this feed"):
        after_direct.add(read)


def test_numbers_that_json_has_no_word_for_come_through():
    pages = a_search_feed()
    pages[1]["assets"][0]["episodeInfo"]["episodeNumber"] = 10**30
    assert linted_apart(pages, Profile.SCHEMA) == linted(pages)


def test_of_a_rule_no_more_findings_are_kept_than_asked_and_all_are_counted():
    together, [rule, other, *_] = Findings(kept_max=3), RULES.values()
    for file, hits in (("a", [rule] * 2 + [other]), ("b", [rule] * 4), ("c", [other])):
        page = Findings(kept_max=3)
        for hit in hits:
            page.add(file, "", None, hit.at("", "it is wrong"))
        together.extend(page)
    assert dict(together.counts) == {rule.code: 6, other.code: 2}
    assert [(one.file, one.rule) for one in together.kept] == [
        ("a", rule), ("a", rule), ("a", other), ("b", rule), ("c", other),
    ]  # fmt: skip
    assert together.left_out == 3
