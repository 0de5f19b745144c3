"""The desk's table of titles by partners: filters, orders, pages, CSV, and a selection."""

from __future__ import annotations

import csv
import html
import io
import re

import pytest

from tests.components.desk.conftest import OTHER_PARTNER, PARTNER
from tests.components.desk.titles import EVIL, accept, episode, movie, open_ledger, reject

READER = {f"deliver_api__{PARTNER}": ("GET",)}
ADDRESS = "/edye/distribution"


@pytest.fixture
def ledger(ledger_file):
    with open_ledger(ledger_file) as opened:
        yield opened


def at_the_other_partner(plan):
    return plan.model_copy(update={"delivery_key": "f" * 64, "content_key": "f" * 64})


def rows_of(text):
    return [html.unescape(one) for one in re.findall(r'<th scope="row"><a [^>]*><bdi>(.*?)</bdi>', text)]


def link_of(text, name):
    found = re.search(rf'href="([^"]*)">{name}<', text)
    return html.unescape(found[1]) if found else None


def test_a_title_has_its_state_at_each_partner_that_the_user_sees(login, ledger):
    accept(ledger, movie())
    reject(ledger, at_the_other_partner(movie()), OTHER_PARTNER)
    text = login("admin").get(ADDRESS).text
    assert f"/edye/titles/{PARTNER}/" in text
    assert f"/edye/titles/{OTHER_PARTNER}/" in text
    text = login("reader", READER).get(ADDRESS).text
    assert f"/edye/titles/{PARTNER}/" in text
    assert OTHER_PARTNER not in text


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, {"Uno", "Dos", "The Kite"}),
        ({"state": "rejected"}, {"Dos"}),
        ({"cause": "images", "owner": "Design"}, {"Dos"}),
        ({"kind": "movie"}, {"The Kite"}),
        ({"lang": "es", "state": "", "cause": ""}, {"Uno", "Dos"}),
        ({"window_start": "2026-03-02", "window_end": "2026-03-03T00:00:00Z"}, {"Uno", "Dos", "The Kite"}),
        ({"window_end": "2026-03-02"}, set()),
        ({"partner": PARTNER}, {"Uno", "Dos", "The Kite"}),
        ({"waits": "nobody", "state": "rejected"}, set()),
    ],
    ids=lambda value: ",".join(value) if isinstance(value, dict) else None,
)
def test_a_filter_lists_the_titles_that_fit_all_of_it(login, ledger, query, names):
    accept(ledger, episode(1, "Uno"))
    reject(ledger, episode(2, "Dos"))
    accept(ledger, movie())
    assert set(rows_of(login("admin").get(ADDRESS, params=query).text)) == names


def test_a_heading_sorts_and_turns_the_order_round(login, ledger):
    for number, name in enumerate(("Beta", "Alfa", "Gama"), start=1):
        accept(ledger, episode(number, name))
    client = login("admin")
    text = client.get(ADDRESS).text
    assert rows_of(text) == ["Gama", "Alfa", "Beta"]
    assert 'aria-sort="descending"' in text
    text = client.get(link_of(text, "Title")).text
    assert rows_of(text) == ["Alfa", "Beta", "Gama"]
    assert 'aria-sort="ascending"' in text
    assert rows_of(client.get(link_of(text, "Title")).text) == ["Gama", "Beta", "Alfa"]


def test_pages_lead_forth_and_back_with_the_same_filter(login, ledger):
    for number in range(1, 251):
        reject(ledger, episode(number, f"Cuento {number}"))
    client = login("admin")
    address, found, texts = f"{ADDRESS}?state=rejected&sort=title", [], []
    while address:
        texts.append(client.get(address).text)
        found += rows_of(texts[-1])
        address = link_of(texts[-1], "Next page")
    assert (len(texts), len(found), len(set(found))) == (3, 250, 250)
    assert "state=rejected" in link_of(texts[1], "Next page")
    assert rows_of(client.get(link_of(texts[2], "Previous page")).text) == rows_of(texts[1])


def test_a_selection_of_titles_of_one_partner_leads_to_the_actions(login, ledger):
    accept(ledger, movie())
    text = login("admin").get(ADDRESS, params={"partner": PARTNER}).text
    assert f'name="external_id" value="{movie().external_id}"' in text
    assert f'<input type="hidden" name="partner" value="{PARTNER}">' in text
    assert 'name="action" value="withdraw"' in text
    assert 'name="external_id"' not in login("admin").get(ADDRESS).text


def test_the_csv_has_every_title_of_the_filter_and_no_formula(login, ledger):
    for number in range(1, 121):
        accept(ledger, episode(number, f"=HYPERLINK({number})"))
    reject(ledger, movie())
    answer = login("admin").get("/edye/distribution.csv", params={"state": "accepted", "sort": "title"})
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert len(rows) == 120
    assert all(row["title"].startswith("'=HYPERLINK") for row in rows)
    assert rows[0][f"state at {PARTNER}"] == "accepted"


def test_the_csv_has_nothing_of_a_partner_that_the_user_does_not_see(login, ledger):
    accept(ledger, movie(), OTHER_PARTNER)
    client = login("reader", READER)
    answer = client.get("/edye/distribution.csv")
    assert OTHER_PARTNER not in answer.text
    assert len(answer.text.splitlines()) == 1
    assert client.get("/edye/distribution.csv", params={"partner": OTHER_PARTNER}).status_code == 404
    assert client.get(ADDRESS, params={"partner": OTHER_PARTNER}).status_code == 404


def test_a_ledger_that_is_away_is_a_page_in_words_also_for_the_csv(login, ledger_file):
    ledger_file.unlink()
    for address in (ADDRESS, "/edye/distribution.csv", "/edye/titles?q=x", f"/edye/titles/{PARTNER}/x"):
        answer = login("admin").get(address)
        assert (answer.status_code, "<h1>" in answer.text) == (503, True), address


@pytest.mark.parametrize(
    "query",
    [
        {"state": "no"},
        {"cause": "\x00"},
        {"owner": "x" * 50},
        {"kind": "[]"},
        {"sort": "--title"},
        {"sort": "-"},
        {"cursor": "x"},
        {"window_start": "yesterday"},
        {"window_start": "2026-03-02", "window_end": "2026-03-01"},
        {"window_start": "0001-01-01T00:00:00+14:00"},
        {"lang": "\x00"},
        {"lang": "\u202e"},
        {"waits": "<script>"},
    ],
    ids=str,
)
def test_garbage_in_the_address_of_the_table_is_answered_in_words(login, ledger, query):
    accept(ledger, movie())
    for address in (ADDRESS, "/edye/distribution.csv"):
        answer = login("admin").get(address, params=query)
        assert answer.status_code in (200, 422)
        assert "<script>" not in answer.text


def test_hostile_names_are_escaped_in_the_table(login, ledger):
    reject(ledger, episode(1, EVIL))
    for query in ({}, {"partner": PARTNER}, {"sort": "title"}):
        text = login("admin").get(ADDRESS, params=query).text
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text
        assert "\u202e" not in text
