"""A search finds the calls that plain Python finds among the same ones, page after page, on both databases."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from edye_delivery.catalog.api_call import NAMES, CallLine
from edye_delivery.catalog.own_calls import is_own
from edye_delivery.errors import InvalidRequest
from edye_delivery.ledger import call_search
from edye_delivery.ledger.api_call_writer import ApiCallWriter
from edye_delivery.ledger.api_calls import CallSelection, StatusRange
from edye_delivery.ledger.call_search import CallSearch, place_of, place_text, search_calls
from edye_delivery.ledger.database import snapshot
from tests.unit.pull_calls import NOON, PARTNER, a_call, random_calls

EVERY = CallSelection(partner=PARTNER)
SEARCHES = {
    "all": CallSearch(EVERY),
    "errors of the partner": CallSearch(replace(EVERY, only_errors=True), is_with_own=False),
    "one user": CallSearch(replace(EVERY, user="other")),
    "one endpoint and class": CallSearch(replace(EVERY, endpoint="media", status=StatusRange.of("4xx"))),
    "a span": CallSearch(replace(EVERY, since=NOON + timedelta(minutes=50), until=NOON + timedelta(hours=40))),
    "a span of failures": CallSearch(
        replace(
            EVERY, status=StatusRange.of("5xx"), since=NOON + timedelta(minutes=50), until=NOON + timedelta(hours=1)
        )
    ),
    "nobody": CallSearch(replace(EVERY, user="nobody")),
    "another partner": CallSearch(replace(EVERY, partner="another", only_errors=True)),
}


@pytest.fixture
def lines(engine):
    """Calls of 60 days, many in some hours and none in most; one is exactly at the start of an hour."""
    chance = random.Random(3)
    rows = [*random_calls(1, 300), a_call(NOON + timedelta(hours=1), status=404, endpoint="media")]
    for _ in range(150):
        rows.append(a_call(NOON + timedelta(hours=chance.choice([5, 6, 900, 1440])), status=chance.choice([200, 404])))
    rows.append(a_call(partner="another", status=500))
    calls = [CallLine(**{name: row[name] for name in NAMES}) for row in rows]
    ApiCallWriter(engine, lambda: NOON).write(calls)
    return calls


def is_chosen(line: CallLine, search: CallSearch) -> bool:
    chosen = search.selection
    return (
        line.partner == chosen.partner
        and (chosen.user is None or line.user == chosen.user)
        and (chosen.endpoint is None or line.endpoint == chosen.endpoint)
        and (chosen.status is None or chosen.status.lowest <= line.status <= chosen.status.highest)
        and (not chosen.only_errors or line.status >= 400)
        and (chosen.since is None or line.at >= chosen.since)
        and (chosen.until is None or line.at < chosen.until)
        and (search.is_with_own or not is_own(line.user_agent))
    )


@pytest.mark.parametrize("lines_a_page", [1, 60, 60_000])
@pytest.mark.parametrize("name", SEARCHES)
def test_all_pages_together_have_each_call_once_newest_first(engine, lines, monkeypatch, name, lines_a_page):
    monkeypatch.setattr(call_search, "LINES_A_PAGE_MAX", lines_a_page)
    search, found, place, pages = SEARCHES[name], [], None, 0
    with snapshot(engine) as connection:
        while pages == 0 or place is not None:
            page = search_calls(connection, search, 23, place)
            place = place_of(place_text(page.next_place)) if page.next_place else None
            assert len(page.lines) <= 23
            found, pages = [*found, *(line.id for line in page.lines)], pages + 1
            assert pages < 100
    chosen = [line for line in lines if is_chosen(line, search)]
    assert found == [line.id for line in sorted(chosen, key=lambda line: (line.at, line.id), reverse=True)]


def test_a_page_passes_over_no_more_lines_than_it_may(engine, lines, monkeypatch):
    monkeypatch.setattr(call_search, "LINES_A_PAGE_MAX", 1)
    with snapshot(engine) as connection:
        page = search_calls(connection, CallSearch(replace(EVERY, user="other")), 1000)
    assert {line.at.hour for line in page.lines} == {14}
    assert page.next_place == (NOON + timedelta(hours=2), "")


@pytest.mark.parametrize("at", [datetime.min, datetime.max], ids=["first", "last"])
def test_a_place_outside_all_time_has_no_calls_or_all(engine, lines, at):
    with snapshot(engine) as connection:
        page = search_calls(connection, SEARCHES["one user"], 1000, (at.replace(tzinfo=UTC), "x"))
    assert bool(page.lines) is (at == datetime.max)


def test_a_place_that_no_calendar_has_is_refused():
    text = call_search.Cursor("calls", (datetime.fromisoformat("0001-01-01T00:00:00+14:00"), "x")).text()
    with pytest.raises(InvalidRequest, match="damaged"):
        place_of(text)
