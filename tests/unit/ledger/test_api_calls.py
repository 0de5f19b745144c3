"""Calls of the delivery API in the ledger: each once with its hour's sums, whoever repeats or competes; queries."""

from __future__ import annotations

import shutil
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError
from sqlalchemy import String, func, select

from edye_delivery.catalog.api_call import NAMES, TEXT_MAX_CHARS, pack, unpack
from edye_delivery.catalog.own_calls import OWN_USER
from edye_delivery.errors import InvalidRequest
from edye_delivery.ledger.api_call_writer import KEPT_DAYS, ApiCallWriter, LedgerCalls
from edye_delivery.ledger.api_calls import CallReader, CallSelection, StatusRange
from edye_delivery.ledger.database import snapshot
from edye_delivery.ledger.pull_tables import API_CALL_HOURS, API_CALLS
from edye_delivery.ledger.read_only import NoLedger
from tests.unit.delivery_api.call_lines import a_line
from tests.unit.pull_calls import the_pull_annex

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
SIX = datetime(2026, 3, 2, 6, tzinfo=UTC)


@pytest.fixture
def writer(engine):
    return ApiCallWriter(engine, lambda: NOW)


class Reader:
    """Reads with a connection of its own each time: on SQLite an open one would keep writers away."""

    def __init__(self, engine):
        self._engine = engine

    def __getattr__(self, name):
        def read(*args, **more):
            with snapshot(self._engine) as connection:
                found = getattr(CallReader(connection), name)(*args, **more)
                return found if isinstance(found, int) else list(found)

        return read


@pytest.fixture
def reader(engine):
    return Reader(engine)


def test_the_line_has_the_columns_of_the_table_and_their_widths():
    assert {*NAMES, "shipped_at"} == {column.name for column in API_CALLS.columns}
    widths = {column.name: column.type.length for column in API_CALLS.columns if isinstance(column.type, String)}
    known = {name: TEXT_MAX_CHARS[name] for name, width in widths.items() if width is not None}
    assert known == {name: width for name, width in widths.items() if width is not None}
    assert widths.keys() == TEXT_MAX_CHARS.keys()


def test_lines_come_back_as_they_were_written(writer, reader):
    full = a_line(
        2,
        first_item="1:a",
        last_item="2:b",
        query="tag=ñ",
        message="m",
        geo="mx",
        user_agent="x",
        checkpoint_generation=3,
    )
    empty = a_line(1, partner=None, user=None, items=None, generation=None, status=401)
    assert writer.write([empty, full]) == 2
    assert reader.page() == [full, empty]


def test_a_repeated_batch_adds_nothing_to_lines_and_sums(writer, reader):
    lines = [a_line(number) for number in range(10)]
    assert writer.write(lines) == 10
    once = list(reader.hours())
    assert writer.write(lines) == 0
    assert writer.write([*lines[5:], a_line(99), a_line(99)]) == 1
    [hour] = reader.hours()
    assert [one.calls for one in once] == [10]
    assert hour.calls == 11 == reader.count()


def test_an_hour_has_sums_and_latencies_by_partner_user_endpoint_and_status(writer, reader):
    writer.write([a_line(1, milliseconds=3, bytes=10), a_line(2, milliseconds=400, bytes=20, items=None)])
    writer.write([a_line(3, milliseconds=20_000, bytes=30, items=1)])
    writer.write([a_line(4, status=503), a_line(5, user="other"), a_line(6, endpoint="feed"), a_line(7, partner=None)])
    writer.write([a_line(8, at=SIX + timedelta(hours=1))])
    hours = list(reader.hours())
    assert [hour.calls for hour in hours] == [1, 1, 1, 3, 1, 1]
    assert [(hour.partner, hour.user, hour.endpoint, hour.status, hour.hour) for hour in hours[3:5]] == [
        ("some_partner", "reader", "showList", 200, SIX),
        ("some_partner", "reader", "showList", 503, SIX),
    ]
    sums = hours[3]
    assert (sums.bytes, sums.items, sums.milliseconds) == (60, 101, 20_403)
    assert sums.latencies == (1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)
    assert [hour.calls for hour in reader.hours(CallSelection(since=SIX + timedelta(minutes=1)))] == [1]


def test_the_hours_tell_our_own_calls_from_those_of_the_user_whose_token_they_have(writer, reader):
    writer.write([a_line(1), a_line(2, user_agent="edye-delivery/2 (exposure check)"), a_line(3)])
    assert [(hour.user, hour.calls) for hour in reader.hours()] == [(OWN_USER, 1), ("reader", 2)]
    with pytest.raises(ValidationError):
        the_pull_annex(users={OWN_USER: {"endpoints": ["shows"]}}, check={"user": OWN_USER})


def test_two_workers_that_write_at_once_lose_and_double_nothing(ledger_url, reader):
    def write(worker: int) -> None:
        calls = LedgerCalls(ledger_url, lambda: NOW)
        barrier.wait()
        for start in range(0, 200, 20):
            shared = [a_line(number, user=f"user-{number % 3}") for number in range(start, start + 20)]
            own = [a_line(1000 * worker + number, user=f"user-{number % 3}") for number in range(start, start + 20)]
            calls.write([*own, *shared] if worker % 2 else [*shared, *own])
        calls.close()

    barrier = threading.Barrier(3, timeout=60)
    threads = [threading.Thread(target=write, args=(worker,)) for worker in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert reader.count() == 800
    assert sum(hour.calls for hour in reader.hours()) == 800
    assert {sum(hour.latencies) - hour.calls for hour in reader.hours()} == {0}


def test_a_line_that_the_database_refuses_is_left_out_and_its_neighbours_are_not(writer, reader, caplog):
    lines = [a_line(number) for number in range(7)]
    lines[3] = replace(lines[3], request_id=None)
    assert writer.write(lines) == 6
    assert reader.count() == 6 == sum(hour.calls for hour in reader.hours())
    assert f"the call {lines[3].id} is left out of the API log" in caplog.text


def test_hostile_texts_go_through_the_spool_into_the_database(writer, reader):
    hostile = "\x00\x1b[31m\ud800\u202e'; DROP TABLE api_calls; --" + "x" * 5000
    texts = dict.fromkeys(TEXT_MAX_CHARS.keys() - {"id", "level"}, hostile)
    line = unpack(pack(a_line(1, **texts, bytes=2**70)))
    assert writer.write([line]) == 1
    assert reader.page() == [line]


def test_lines_older_than_the_log_are_deleted_and_their_sums_stay(writer, reader, engine, monkeypatch):
    monkeypatch.setattr("edye_delivery.ledger.api_call_writer.ROWS_A_DELETION", 2)
    old = ApiCallWriter(engine, lambda: NOW - timedelta(days=KEPT_DAYS))
    old.write([a_line(number, at=NOW - timedelta(days=KEPT_DAYS, seconds=number)) for number in range(6)])
    writer.write([a_line(7)])
    assert writer.delete_old() == 5
    assert writer.delete_old() == 0
    assert reader.count() == 2
    assert sum(hour.calls for hour in reader.hours()) == 7


def test_a_line_whose_row_may_be_deleted_already_is_not_counted_again(writer, reader, engine, caplog):
    line = a_line(1, at=NOW - timedelta(days=KEPT_DAYS, hours=1))
    ApiCallWriter(engine, lambda: NOW - timedelta(days=KEPT_DAYS)).write([line])
    writer.delete_old()
    assert writer.write([line]) == 0
    assert sum(hour.calls for hour in reader.hours()) == 1
    assert "1 calls of the API log are older than 89 days: left out" in caplog.text


def test_a_ledger_that_is_not_there_is_not_made_and_later_takes_the_lines(tmp_path, ledger_file):
    path = tmp_path / "folder" / "ledger.sqlite"
    calls = LedgerCalls(f"sqlite:///{path}", lambda: NOW)
    for _ in range(2):
        with pytest.raises(NoLedger, match="no such file"):
            calls.write([a_line(1)])
        assert not path.exists()
        path.parent.mkdir()
        shutil.copy(ledger_file, path)
        assert calls.write([a_line(1)]) == 1
        shutil.rmtree(path.parent)
    calls.close()


ALL = [a_line(number, at=SIX + timedelta(minutes=number)) for number in range(6)]
ALL[1] = replace(ALL[1], status=404, level="warning")
ALL[2] = replace(ALL[2], status=429, level="warning", user="other")
ALL[3] = replace(ALL[3], status=503, level="error", endpoint="feed")
ALL[4] = replace(ALL[4], partner="other_partner", at=ALL[5].at)


@pytest.mark.parametrize(
    ("selection", "numbers"),
    [
        (CallSelection(), [5, 4, 3, 2, 1, 0]),
        (CallSelection(partner="some_partner"), [5, 3, 2, 1, 0]),
        (CallSelection(partner="nobody"), []),
        (CallSelection(user="other"), [2]),
        (CallSelection(endpoint="feed"), [3]),
        (CallSelection(status=StatusRange.of("404")), [1]),
        (CallSelection(status=StatusRange.of("4xx")), [2, 1]),
        (CallSelection(since=ALL[1].at, until=ALL[3].at), [2, 1]),
        (CallSelection(partner="some_partner", status=StatusRange.of("2XX"), since=ALL[1].at), [5]),
    ],
    ids=str,
)
@pytest.mark.parametrize("rows_a_page", [1000, 2, 1])
def test_calls_are_read_newest_first_as_they_are_selected(writer, reader, monkeypatch, selection, numbers, rows_a_page):
    monkeypatch.setattr("edye_delivery.ledger.api_calls.ROWS_A_PAGE", rows_a_page)
    writer.write(ALL)
    assert [int(line.id[-8:]) for line in reader.lines(selection)] == numbers
    assert reader.count(selection) == len(numbers)
    assert [int(line.id[-8:]) for line in reader.lines(selection, limit=2)] == numbers[:2]


def test_the_latest_errors_are_the_newest_of_status_400_and_more(writer, reader):
    writer.write(ALL)
    writer.write([a_line(100 + number, status=500, at=SIX - timedelta(minutes=number)) for number in range(30)])
    assert [line.status for line in reader.latest_errors()] == [503, 429, 404, *[500] * 17]
    assert [line.status for line in reader.latest_errors(CallSelection(user="other"))] == [429]


@pytest.mark.parametrize("text", ["", "4", "600", "099", "xxx", "6xx", "0xx", "4xx ", "٤٠٤", "404\n"])
def test_what_is_no_status_is_refused(text):
    with pytest.raises(InvalidRequest, match="neither a status such as 404 nor a class"):
        StatusRange.of(text)


def test_sums_are_kept_apart_from_lines(writer, engine):
    writer.write(ALL)
    with engine.connect() as connection:
        total = connection.execute(select(func.sum(API_CALL_HOURS.c.calls))).scalar_one()
    assert total == len(ALL)
