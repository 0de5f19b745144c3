"""Parameters of a call: what is allowed is read, and every defect of the rest is named."""

from __future__ import annotations

import pytest

from edye_delivery.annex.pull import PageSize
from edye_delivery.catalog.api_call import Endpoint
from edye_delivery.delivery_api.generations.values import NO_FILTERS, Filters
from edye_delivery.delivery_api.parameters import known_texts, parse
from edye_delivery.delivery_api.problems import Problem

EPISODES = Endpoint.EPISODE_LIST
SIZES = PageSize()


def refused(endpoint, query, sizes=SIZES):
    with pytest.raises(Problem) as caught:
        parse(endpoint, query, sizes)
    assert caught.value.status == 400
    return {error.parameter: error.detail for error in caught.value.errors}


def test_every_parameter_of_a_list_is_read():
    query = b"page=2&page_size=50&tag=a%20b+c&geo=mx&lang=es-MX&show_id=S1&season_number=0"
    query += b"&updated_since=1970-01-01T00:00:01Z"
    found = parse(EPISODES, query, SIZES)
    assert found.filters == Filters("a b c", "mx", "es-MX", "S1", 0)
    assert (found.page, found.page_size, found.since_ms, found.cursor) == (2, 50, 1000, None)


def test_a_call_without_a_question_asks_for_everything():
    found = parse(Endpoint.SHOW_LIST, b"", SIZES)
    assert (found.filters, found.page, found.known) == (NO_FILTERS, None, "")


def test_what_the_log_gets_is_sorted_and_has_known_parameters_only():
    assert parse(Endpoint.SHOW_LIST, b"tag=caf%C3%A9&geo=mx", SIZES).known == "geo=mx&tag=caf%C3%A9"
    assert known_texts(Endpoint.SHOW_LIST, b"token=s3cret&page=x&geo=mx") == "geo=mx&page=x"
    assert known_texts(Endpoint.SHOW_LIST, b"page=%ff") == ""
    assert known_texts(Endpoint.OTHER, b"page=1") == ""


MOMENTS = {
    "2026-03-01T06:00:00Z": 1772344800000,
    "2026-03-01t06:00:00z": 1772344800000,
    "2026-03-01T06:00:00.1239Z": 1772344800123,
    "2026-03-01T06:00:00.5Z": 1772344800500,
    "2026-03-01T00:00:00-06:00": 1772344800000,
    "2026-03-01T07:00:00+01:00": 1772344800000,
    "2026-03-01T07:00:00%2B01:00": 1772344800000,
    "2016-12-31T23:59:60Z": 1483228800000,
    "1960-01-01T00:00:00Z": 0,
    "0001-01-01T00:00:00%2B23:59": 0,
}


@pytest.mark.parametrize("text", MOMENTS, ids=str)
def test_a_moment_is_read_to_the_millisecond(text):
    assert parse(Endpoint.FEED, f"updated_since={text}".encode(), SIZES).since_ms == MOMENTS[text]


BAD = {
    b"token=abc": "token",
    b"Page=1": "Page",
    b"&": "",
    b"page=1&page=1": "page",
    b"page=0": "page",
    b"page=-1": "page",
    b"page=1000001": "page",
    b"page=%D9%A1": "page",
    b"page=": "page",
    b"page=99999999999999999999999": "page",
    b"page_size=1001": "page_size",
    b"page_size=1.5": "page_size",
    b"cursor=": "cursor",
    b"cursor=a.b": "cursor",
    b"cursor=" + b"a" * 513: "cursor",
    b"cursor=abc&page=1": "page",
    b"cursor=abc&updated_since=2026-03-01T06:00:00Z": "updated_since",
    b"updated_since=yesterday": "updated_since",
    b"updated_since=2026-03-01T06:00:00": "updated_since",
    b"updated_since=2026-02-30T06:00:00Z": "updated_since",
    b"tag=" + b"x" * 101: "tag",
    b"tag=": "tag",
    b"tag=" + b"%C3%A9" * 100 + b"&lang=es": "tag",
    b"geo=MX": "geo",
    b"geo=mex": "geo",
    b"lang=" + b"x" * 36: "lang",
    b"show_id=" + b"x" * 65: "show_id",
    b"season_number=-1": "season_number",
    b"tag=%ff": "tag",
}


@pytest.mark.parametrize("query", BAD, ids=lambda query: query[:40].decode())
def test_a_parameter_that_is_not_valid_is_refused_by_name(query):
    assert BAD[query] in refused(EPISODES, query)


def test_every_defect_is_named_and_not_the_first_alone():
    assert refused(EPISODES, b"page=0&geo=MX&sort=asc").keys() == {"page", "geo", "sort"}


def test_an_annex_may_allow_smaller_pages_only():
    assert refused(EPISODES, b"page_size=51", PageSize(usual=10, most=50)).keys() == {"page_size"}
    assert parse(EPISODES, b"page_size=50", PageSize(usual=10, most=50)).page_size == 50


@pytest.mark.parametrize("endpoint", [Endpoint.SHOW, Endpoint.MEDIA, Endpoint.MEDIA_METADATA, Endpoint.HEALTH], ids=str)
def test_a_call_about_one_item_has_no_parameters(endpoint):
    assert refused(endpoint, b"page=1").keys() == {"page"}


def test_shows_and_feed_do_not_know_what_only_episodes_have():
    assert refused(Endpoint.SHOW_LIST, b"show_id=S1").keys() == {"show_id"}
    assert refused(Endpoint.FEED, b"tag=x").keys() == {"tag"}


def test_images_are_asked_for_by_a_size_of_the_contract():
    assert parse(Endpoint.MEDIA_IMAGES, b"size=large", SIZES).image_size == "large"
    assert refused(Endpoint.MEDIA_IMAGES, b"size=huge").keys() == {"size"}
