"""Reading the catalogue: pages, drift, repeats, and every answer with its right ending."""

from datetime import UTC, datetime, timedelta
from functools import reduce

import httpx
import pytest

from edye_delivery.catalog.parse import MalformedItem, parse_episode
from edye_delivery.catalog.window import Window, rfc3339
from edye_delivery.clients import catalogue_items
from edye_delivery.clients.catalogue_items import Items, ListBounds
from edye_delivery.clients.edye import EdyeApi
from edye_delivery.errors import AnswerMalformed, AuthRefused, CatalogueRefused, CatalogueTooLarge, Transient
from tests.unit.clients.transport import RETRY_POLICY, Slept, client_of

START = datetime(2026, 3, 1, 6, tzinfo=UTC)
DEEP = reduce(lambda inner, _: [inner], range(5_000), "x")
WINDOW = Window(START, START + timedelta(days=1))


def items(count, step_s=60):
    return [{"id": f"ep-{n}", "updated_at": rfc3339(START + timedelta(seconds=n * step_s))} for n in range(count)]


class Catalogue:
    """A list by the contract: sorted by (updated_at, id), filtered by the span; `after_call` may change it."""

    def __init__(self, content, after_call=lambda catalogue, calls: None, is_sorted=True):
        self.content, self.after_call, self.is_sorted, self.queries = list(content), after_call, is_sorted, []

    def __call__(self, request):
        query = dict(request.url.params)
        self.queries.append(query)
        since, before = query.get("updated_since", ""), query.get("updated_before", "9")
        held = [item for item in self.content if since <= item["updated_at"] < before]
        if self.is_sorted:
            held.sort(key=lambda item: (item["updated_at"], item["id"]))
        size, page = int(query["page_size"]), int(query["page"])
        answer = {"page": page, "page_size": size, "total": len(held), "items": held[(page - 1) * size : page * size]}
        self.after_call(self, len(self.queries))
        return httpx.Response(200, json=answer) if held else httpx.Response(204)


def read(catalogue, page_size=3, window=WINDOW):
    api = EdyeApi(client_of(catalogue), RETRY_POLICY, Slept().clock(), page_size)
    return sorted(item["id"] for item in api.episodes(window))


def names(count):
    return sorted(f"ep-{n}" for n in range(count))


@pytest.mark.parametrize("count", [0, 1, 3, 4, 10])
def test_every_item_of_the_span_comes_once(count):
    assert read(Catalogue(items(count))) == names(count)


def test_the_span_is_half_open_and_asked_of_the_api():
    catalogue = Catalogue(items(3, step_s=12 * 3600))
    assert read(catalogue) == ["ep-0", "ep-1"]
    assert catalogue.queries[0]["updated_since"] == "2026-03-01T06:00:00Z"
    assert catalogue.queries[0]["updated_before"] == "2026-03-02T06:00:00Z"


def test_many_items_of_one_moment_are_paged_through():
    assert read(Catalogue(items(10, step_s=0))) == names(10)


def test_an_item_that_leaves_the_span_between_pages_hides_no_other():
    def first_item_is_touched(catalogue, calls):
        if calls == 1:
            catalogue.content[0] = catalogue.content[0] | {"updated_at": "2026-03-05T00:00:00Z"}

    assert read(Catalogue(items(9), first_item_is_touched)) == names(9)


def test_an_item_that_moves_to_the_end_comes_once_in_its_latest_version():
    def first_item_is_touched(catalogue, calls):
        if calls == 1:
            catalogue.content[0] = {"id": "ep-0", "updated_at": "2026-03-01T20:00:00Z", "new": True}

    api = EdyeApi(client_of(Catalogue(items(9), first_item_is_touched)), RETRY_POLICY, Slept().clock(), 3)
    found = {item["id"]: item for item in api.episodes(WINDOW)}
    assert sorted(found) == names(9)
    assert found["ep-0"]["new"]


def test_one_leaves_while_another_comes_and_none_is_lost():
    def exchanged(catalogue, calls):
        if calls == 1:
            catalogue.content.pop(0)
            catalogue.content.append({"id": "ep-new", "updated_at": "2026-03-01T22:00:00Z"})

    assert read(Catalogue(items(9), exchanged)) == sorted([*names(9), "ep-new"])


def test_an_unsorted_list_is_read_whole_too():
    assert read(Catalogue(items(10)[::-1], is_sorted=False)) == names(10)


def test_a_list_that_promises_more_than_it_gives_is_a_transient():
    def lying(request):
        return httpx.Response(200, json={"page": 1, "page_size": 3, "total": 7, "items": items(2)})

    with pytest.raises(Transient, match="says it holds 7 items, 2 came"):
        read(lying)


@pytest.mark.parametrize(
    ("answer", "error", "told"),
    [
        (httpx.Response(400, json={"error": "bad tag"}), CatalogueRefused, "bad tag"),
        (httpx.Response(401), AuthRefused, "refused our token"),
        (httpx.Response(403), AuthRefused, "does not permit"),
        (httpx.Response(404), CatalogueRefused, "outside this partner's scope"),
        (httpx.Response(429, headers={"Retry-After": "5"}), Transient, "asks to wait 5 s"),
        (httpx.Response(500), Transient, "answered 500"),
        (httpx.Response(503), Transient, "answered 503"),
        (httpx.Response(200, content=b"<html>"), AnswerMalformed, "not JSON"),
        (httpx.Response(200, json={"page": 1}), AnswerMalformed, "without a list"),
        (httpx.Response(200, json=[]), AnswerMalformed, "without a list"),
        (httpx.Response(200, content=b"[" * 100_000), AnswerMalformed, "not JSON"),
        (httpx.Response(302, headers={"Location": "http://elsewhere.example"}), CatalogueRefused, "302"),
    ],
)
def test_every_answer_has_its_ending(answer, error, told):
    with pytest.raises(error, match=told):
        read(lambda request: httpx.Response(answer.status_code, headers=answer.headers, content=answer.content))


def test_a_time_out_is_a_transient_and_a_later_answer_is_taken():
    calls = []

    def slow_once(request):
        calls.append(1)
        if len(calls) == 1:
            raise httpx.ReadTimeout("slow", request=request)
        return Catalogue(items(2))(request)

    assert read(slow_once) == names(2)
    assert len(calls) == 2


def test_retry_after_is_waited_for():
    slept, answers = Slept(), [httpx.Response(429, headers={"Retry-After": "9"}), httpx.Response(204)]
    api = EdyeApi(client_of(lambda request: answers.pop(0)), RETRY_POLICY, slept.clock(), 3)
    assert list(api.shows(WINDOW)) == []
    assert slept == [10.0]


def test_items_without_id_are_kept_to_be_reported():
    content = [{"id": None, "updated_at": rfc3339(START)}, 7]

    def odd(request):
        return httpx.Response(200, json={"page": 1, "page_size": 3, "total": 2, "items": content})

    api = EdyeApi(client_of(odd), RETRY_POLICY, Slept().clock(), 3)
    assert len(api.episodes(WINDOW)) == 2


def test_an_item_is_found_by_its_id_and_one_that_the_list_lacks_is_none():
    api = EdyeApi(client_of(Catalogue(items(7))), RETRY_POLICY, Slept().clock(), 3)
    shows = api.shows(None)
    assert shows.get("ep-6")["id"] == "ep-6"
    assert shows.get("gone") is None


def test_a_moment_outside_the_calendar_costs_its_item_and_not_the_list():
    odd = {"id": "ep-odd", "updated_at": "9999-12-31T23:59:59-14:00"}

    def listing(request):
        page = int(request.url.params["page"])
        held = [odd, *items(5)]
        return httpx.Response(200, json={"page_size": 3, "total": 6, "items": held[(page - 1) * 3 : page * 3]})

    assert read(listing) == [*names(5), "ep-odd"]


BOUNDS = {"items_max": ListBounds(5, 10**6), "bytes_max": ListBounds(10**6, 200)}


@pytest.mark.parametrize("key", BOUNDS)
def test_a_list_beyond_a_bound_is_refused_with_what_to_do_and_never_cut(key):
    catalogue = Catalogue(items(6))
    api = EdyeApi(client_of(catalogue), RETRY_POLICY, Slept().clock(), 3, bounds=BOUNDS[key])
    with pytest.raises(CatalogueTooLarge, match=f"narrower window, or raise catalogue.{key} of the annex") as told:
        api.episodes(WINDOW)
    assert "/v1/episodes from 2026-03-01T06:00:00Z to 2026-03-02T06:00:00Z holds more than" in str(told.value)
    assert len(catalogue.queries) == {"items_max": 1, "bytes_max": 2}[key]


def test_a_list_that_says_less_than_it_gives_is_refused_at_the_bound():
    def lying(request):
        page = int(request.url.params["page"])
        some = [{"id": f"p{page}-{n}", "updated_at": rfc3339(START)} for n in range(3)]
        return httpx.Response(200, json={"page": page, "page_size": 1, "total": 5, "items": some})

    api = EdyeApi(client_of(lying), RETRY_POLICY, Slept().clock(), 3, bounds=ListBounds(10, 10**6))
    with pytest.raises(CatalogueTooLarge, match="holds more than 10 items"):
        api.episodes(WINDOW)


def test_a_page_with_far_more_items_than_were_asked_for_is_malformed():
    def listing(request):
        return httpx.Response(200, json={"page": 1, "page_size": 3, "total": 1, "items": [{}] * 2_001})

    with pytest.raises(AnswerMalformed, match="answered 200 with 2,001 items, 3 were asked for"):
        read(listing)


def test_a_page_of_large_items_is_taken_and_one_beyond_all_reason_is_not():
    large = [item | {"text": "x" * 16_000} for item in items(200)]
    assert read(Catalogue(large), page_size=100) == names(200)
    with pytest.raises(AnswerMalformed, match="answered 200 with more than 2,686,976 bytes"):
        read(Catalogue([items(1)[0] | {"text": "x" * 3_000_000}]), page_size=100)


def test_items_are_written_one_at_a_time_and_no_further_than_the_bound(monkeypatch):
    written = []
    write = catalogue_items._dump
    monkeypatch.setattr(catalogue_items, "_dump", lambda item: written.append(1) or write(item))
    with pytest.raises(CatalogueTooLarge):
        Items("the list", ListBounds(10, 10**6)).keep([{}] * 1_000)
    assert len(written) == 11


def test_a_list_at_its_bounds_is_taken_and_a_newer_version_counts_once():
    versions = [items(5), [item | {"new": True} for item in items(5)]]

    kept = Items("the list", ListBounds(5, 400))
    for version in versions:
        kept.keep(version)
    assert (len(kept), [item["new"] for item in kept]) == (5, [True] * 5)


@pytest.mark.parametrize(
    "odd",
    [{"id": "ep-\ud800"}, {"id": "ep", "n": 10**30}, {"id": "ep", "half": "\udc00"}, {"id": "ep", "deep": DEEP}],
    ids=["id", "number", "text", "nesting"],
)
def test_an_item_that_cannot_be_written_down_costs_itself_only(odd):
    kept = Items("the list", ListBounds(10, 10**6))
    kept.keep([odd, *items(2)])
    assert [item["id"] for item in kept] == [odd["id"], "ep-0", "ep-1"]
    assert isinstance(parse_episode(kept.get(odd["id"])), MalformedItem)


def test_a_list_in_the_place_of_an_item_that_is_nested_too_deeply_costs_itself_only():
    kept = Items("the list", ListBounds(10, 10**6))
    kept.keep([DEEP, *items(1)])
    assert [item.get("item", item["id"]) for item in kept] == ["nested too deeply", "ep-0"]
