"""The desk's API log: calls, errors with what to do, tokens; and nothing of partners that one may not see."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta

import pytest

from edye_delivery.catalog.api_call import NAMES, CallLine, level_of
from edye_delivery.ledger.api_call_writer import ApiCallWriter
from edye_delivery.ledger.api_tokens import ApiTokens, digest_of
from edye_delivery.ledger.database import open_engine
from edye_delivery.ledger.pull_tables import DEGRADATIONS
from tests.components.desk.conftest import OTHER_PARTNER, PARTNER
from tests.unit.pull_calls import a_call

DAG_ID = f"publish_pull__{OTHER_PARTNER}"
READER = {DAG_ID: ("GET",)}
HOSTILE = "<script>alert(1)</script>\u202egnp"
PAGES = ("api-log", "api-log/calls", "api-log/calls.csv")


@pytest.fixture
def ledger(ledger_file):
    engine = open_engine(f"sqlite:///{ledger_file}")
    yield engine
    engine.dispose()


@pytest.fixture
def now():
    return datetime.now(UTC)


def log_calls(engine, now, *changes):
    rows = [
        a_call(now - timedelta(minutes=5, seconds=number), partner=OTHER_PARTNER) | one
        for number, one in enumerate(changes)
    ]
    rows = [row | {"level": level_of(row["status"])} for row in rows]
    ApiCallWriter(engine, lambda: now).write([CallLine(**{name: row[name] for name in NAMES}) for row in rows])


def query(**more):
    return {"params": {"partner": OTHER_PARTNER, **more}}


def test_the_log_lists_the_partners_that_pull_and_no_other_ones(login):
    text = login("admin").get("/edye/api-log").text
    assert "Sample Pull" in text
    assert "ROKU" not in text.partition("<main")[2]
    assert (
        "You may see no partner" in login("stranger", {f"deliver_api__{PARTNER}": ("GET",)}).get("/edye/api-log").text
    )


def test_a_partner_shows_its_calls_and_errors_with_whose_turn_it_is(login, ledger, now):
    log_calls(
        ledger, now, {}, {"status": 304}, {"status": 503, "message": HOSTILE, "request_id": "r-503"}, {"status": 429}
    )
    answer = login("reader", READER).get("/edye/api-log", **query())
    assert answer.status_code == 200
    for words in ("<dd>4</dd>", "Look whether the delivery API runs", "The partner waits as Retry-After says", "r-503"):
        assert words in answer.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in answer.text
    assert "<script>alert" not in answer.text
    assert "\u202e" not in answer.text


@pytest.mark.parametrize("window", ["24h", "7d", "30d"])
def test_each_window_has_charts_whose_figures_are_in_tables_too(login, ledger, now, window):
    log_calls(ledger, now, *[{}] * 3, {"status": 500})
    text = login("reader", READER).get("/edye/api-log", **query(window=window)).text
    assert text.count('role="img"') == text.count("<details>") == 2
    assert "Calls over time: 4 in all" in text
    assert re.findall(r"\sstyle=|\son\w+=", text) == []


def test_an_open_degradation_stands_on_top(login, ledger, now):
    row = {"partner": OTHER_PARTNER, "subject": "silence", "user": "", "began_at": now - timedelta(hours=2)}
    row |= {"kind": "silent", "broken_at": now, "calls": 0, "detail": "no call for 2 h"}
    with ledger.begin() as connection:
        connection.execute(DEGRADATIONS.insert(), row)
    reader = login("reader", READER)
    text = reader.get("/edye/api-log", **query()).text
    assert "no call for 2 h" in text
    assert "ask the partner whether its job runs" in text
    assert "No call for 2 h" in reader.get("/edye/api-log").text


def test_tokens_are_shown_by_number_and_state_and_never_by_digest(login, ledger, now):
    user = next(iter(_users()))
    token = ApiTokens(ledger, lambda: now).add(OTHER_PARTNER, user)
    text = login("reader", READER).get("/edye/api-log", **query()).text
    assert ">valid</span>" in text
    assert token not in text
    assert digest_of(token) not in text


def test_a_user_without_a_token_is_told_how_to_get_one(login):
    text = login("reader", READER).get("/edye/api-log", **query()).text
    assert f"users add --partner {OTHER_PARTNER} --user {next(iter(_users()))}" in text


def _users():
    from edye_delivery.dag_support.annexes import annexes

    return annexes()[OTHER_PARTNER].pull.users


def test_filters_choose_calls_and_pages_lead_to_older_ones(login, ledger, now):
    log_calls(
        ledger,
        now,
        *({"status": 404, "request_id": f"lost-{number:03}"} for number in range(60)),
        {"request_id": "fine"},
    )
    reader = login("reader", READER)
    first = reader.get("/edye/api-log/calls", **query(status="4xx"))
    assert first.text.count("lost-") == 50
    assert "fine" not in first.text
    older = re.search(r'href="([^"]*cursor=[^"]*)"', first.text)[1].replace("&amp;", "&")
    second = reader.get(older).text
    assert second.count("lost-") == 10
    assert "Older calls" not in second


def test_the_csv_has_every_column_of_the_chosen_calls_and_no_formula(login, ledger, now):
    log_calls(ledger, now, {"status": 404, "message": "=HYPERLINK(1)"}, {})
    answer = login("reader", READER).get("/edye/api-log/calls.csv", **query(status="404"))
    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert [row["response_code"] for row in rows] == ["404"]
    assert not rows[0]["message"].startswith("=")
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize("page", PAGES)
def test_a_partner_that_one_may_not_see_or_that_pulls_nothing_is_not_found(login, page):
    stranger = login("stranger", {f"deliver_api__{PARTNER}": ("GET",)})
    assert stranger.get(f"/edye/{page}", **query()).status_code == 404
    for partner in (PARTNER, "nobody", "../x", HOSTILE[:60]):
        assert login("admin").get(f"/edye/{page}", params={"partner": partner}).status_code == 404


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("name", ["window", "user", "endpoint", "status", "since", "until", "cursor", "partner"])
def test_a_parameter_that_is_nonsense_gets_a_page_in_words(login, ledger, now, page, name):
    log_calls(ledger, now, {})
    client = login("admin")
    for value in (
        "\x00",
        "x" * 3000,
        "'; DROP TABLE api_calls",
        "0001-01-01T00:00",
        "9999-12-31T23:59",
        "٣xx",
        "💥",
        "",
    ):
        answer = client.get(f"/edye/{page}", params={"partner": OTHER_PARTNER, name: value})
        assert answer.status_code in (200, 404, 422), (value, answer.text)
