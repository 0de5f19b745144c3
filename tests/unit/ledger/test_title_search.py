"""The search finds a title by words of its name or by the beginning of an id, once, at allowed partners only."""

from __future__ import annotations

from functools import partial

import pytest

from edye_delivery.errors import InvalidRequest
from edye_delivery.ledger import title_search
from edye_delivery.ledger.title_search import search_titles
from tests.builders import a_movie, a_plan
from tests.unit.ledger.conftest import Clock

PARTNERS = ("one", "two")
NAMES = {
    "m-1": "El Niño y la Cigüeña",
    "m-2": "El Niño del Mar",
    "m-3": "Mar, Marea y Martes",
    "m-4": "La Ciguena",
    "m-5": "Ártico 2",
    "m-6": "Spider-Man",
}


@pytest.fixture
def search(ledger, engine):
    movie = a_plan(a_movie())
    for partner_name, ids in (("one", NAMES), ("two", ("m-2", "m-6")), ("three", ("m-1",))):
        for number, edye_id in enumerate(ids):
            key = f"{partner_name}-{edye_id}".ljust(64, "0")
            title = movie.title.model_copy(update={"id": edye_id, "lang": "es", "titles": {"es": NAMES[edye_id]}})
            changes = {"title": title, "external_id": f"EDYE_MOV_{edye_id}_{partner_name}", "delivery_key": key}
            ledger.plan(partner_name, "run", [movie.model_copy(update={**changes, "content_key": key})])
            ledger.begin_send(key, "run")
            ledger.mark_received(key, f"Trk%{partner_name}-{number}", 1, 1.0)
    with engine.connect() as connection:
        yield partial(search_titles, connection, partners=PARTNERS, now=Clock()())


def ids(page):
    return [row.edye_id for row in page.rows]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("nino", ["m-1", "m-2"]),
        ("NIÑO", ["m-1", "m-2"]),
        ("niño cigüeña", ["m-1"]),
        ("cig el", ["m-1"]),
        ("ciguena", ["m-1", "m-4"]),
        ("mar", ["m-2", "m-3"]),
        ("  mar   nin ", ["m-2"]),
        ("artico 2", ["m-5"]),
        ("spider-man", ["m-6"]),
        ("man spider", ["m-6"]),
        ("m-", ["m-1", "m-2", "m-3", "m-4", "m-5", "m-6"]),
        ("M-5", ["m-5"]),
        ("edye_mov_m-3", ["m-3"]),
        ("EDYE_MOV_m-2_two", ["m-2"]),
        ("Trk%one-4", ["m-5"]),
        ("Trk%two", ["m-2", "m-6"]),
        ("Trk_", []),
        ("_", []),
        ("%", []),
        ("", []),
        ("¡!", []),
        ("nothing", []),
        ("nino nothing", []),
        ("' OR 1=1 --", []),
        ("x" * 5000, []),
        ("\x00", []),
        ("\ud800", []),
        ("Trk%one-4\x00", ["m-5"]),
        ("nothing\ud800", []),
    ],
)
def test_a_query_finds_these_titles(search, query, found):
    assert sorted(ids(search(query))) == found


def test_a_title_of_two_partners_is_found_once_with_both(search):
    (row,) = search("spider").rows
    assert [status.partner for status in row.statuses] == ["one", "two"]


def test_a_title_at_another_partner_is_not_found(search):
    assert ids(search("cigüeña niño", partners=("two",))) == []
    assert ids(search("Trk%three", partners=PARTNERS)) == []
    assert ids(search("mar", partners=())) == []
    assert ids(search("mar", partners=("two",))) == ["m-2"]


@pytest.mark.parametrize("query", ["m-", "e", "el ni", "mar"])
@pytest.mark.parametrize("read", [1, 2, 500])
def test_the_pages_have_all_titles_each_once_whatever_one_read_looks_at(search, monkeypatch, query, read):
    monkeypatch.setattr(title_search, "WORDS_A_READ", read)
    monkeypatch.setattr(title_search, "WORDS_A_PAGE_MAX", 2 * read)
    found, cursor, pages = [], "", 0
    while cursor is not None and pages < 100:
        page = search(query, cursor=cursor, limit=1)
        found += ids(page)
        cursor, pages = page.next_cursor, pages + 1
    monkeypatch.undo()
    assert cursor is None
    assert sorted(found) == sorted(ids(search(query)))


def test_a_name_that_the_title_had_before_does_not_find_it(search, ledger):
    movie = a_plan(a_movie())
    title = movie.title.model_copy(update={"id": "m-4", "lang": "es", "titles": {"es": "La Garza"}})
    key = "renamed".ljust(64, "0")
    changes = {"title": title, "external_id": "EDYE_MOV_m-4_one", "delivery_key": key, "content_key": key}
    ledger.plan("one", "run-2", [movie.model_copy(update=changes)])
    ledger.begin_send(key, "run-2")
    assert (ids(search("ciguena")), ids(search("garza"))) == (["m-1"], ["m-4"])


def test_a_damaged_cursor_is_refused(search):
    with pytest.raises(InvalidRequest, match="the address of this page is damaged"):
        search("mar", cursor="W10")
