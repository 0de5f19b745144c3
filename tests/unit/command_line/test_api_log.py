"""`api-log`: the calls that were asked for, newest first, harmless in a terminal and in a spreadsheet."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest

from edye_delivery.catalog.api_call import NAMES
from edye_delivery.catalog.api_call_csv import CSV_COLUMNS
from edye_delivery.ledger.api_call_writer import ApiCallWriter
from edye_delivery.ledger.database import open_engine
from tests.unit.command_line.pull_partners import called
from tests.unit.delivery_api.call_lines import a_line

SIX = datetime(2026, 3, 2, 6, tzinfo=UTC)
CALLS = [
    a_line(0, at=SIX, query="page_size=100&tag=kids"),
    a_line(1, at=SIX + timedelta(minutes=1), status=404, message="not-found: there is no show ñ", geo="mx"),
    a_line(2, at=SIX + timedelta(minutes=2), status=503, endpoint="feed", user="other"),
    a_line(3, at=SIX + timedelta(minutes=3), status=401, partner=None, user=None, items=None, generation=None),
    a_line(4, at=SIX + timedelta(minutes=4), partner="another"),
]


@pytest.fixture
def path(tmp_path):
    engine = open_engine(f"sqlite:///{tmp_path}/ledger.sqlite")
    ApiCallWriter(engine, lambda: SIX + timedelta(hours=1)).write(CALLS)
    engine.dispose()
    return tmp_path / "ledger.sqlite"


@pytest.fixture
def api_log(path):
    return lambda *arguments: called("api-log", *arguments, "--ledger", path)


def request_ids(result):
    """The calls of a table, by their number."""
    return [int(word.removeprefix("request-")) for word in result.stdout.split() if word.startswith("request-")]


def rows_of(result):
    return list(csv.DictReader(io.StringIO(result.stdout.removeprefix("\ufeff"))))


def test_the_table_has_date_level_user_code_and_message_newest_first(api_log):
    lines = api_log().stdout.splitlines()
    assert lines[0].split() == [
        "date", "level", "partner", "user", "geo", "code", "endpoint", "ms", "bytes", "items", "generation", "request",
        "id", "message",
    ]  # fmt: skip
    assert lines[4].split() == [
        "2026-03-02", "06:01:00.000Z", "warning", "some_partner", "reader", "mx", "404", "showList", "12.5", "20,000",
        "100", "7", "request-1", "not-found:", "there", "is", "no", "show", "ñ",
    ]  # fmt: skip
    assert lines[-1] == "5 calls"


@pytest.mark.parametrize(
    ("arguments", "numbers"),
    [
        ([], [4, 3, 2, 1, 0]),
        (["--partner", "some_partner"], [2, 1, 0]),
        (["--user", "other"], [2]),
        (["--endpoint", "feed"], [2]),
        (["--status", "404"], [1]),
        (["--status", "4xx"], [3, 1]),
        (["--errors"], [3, 2, 1]),
        (["--errors", "--status", "5xx"], [2]),
        (["--since", "2026-03-02T06:01:00Z", "--until", "2026-03-02T07:03:00+01:00"], [2, 1]),
        (["--limit", "2"], [4, 3]),
        (["--limit", "all"], [4, 3, 2, 1, 0]),
    ],
    ids=lambda value: " ".join(map(str, value)) or "none",
)
def test_options_select_calls_in_the_table_and_in_the_csv(api_log, arguments, numbers):
    result = api_log(*arguments)
    assert (result.exit_code, request_ids(result)) == (0, numbers)
    assert [int(row["id"][-1]) for row in rows_of(api_log(*arguments, "--csv"))] == numbers


def test_a_table_that_is_cut_says_how_many_calls_there_are(api_log):
    assert api_log("--limit", "2").stdout.splitlines()[-1] == "2 calls of 5, the newest ones (--limit all)"


def test_the_csv_begins_with_the_columns_of_edye_s_api_log_and_has_every_column(api_log):
    result = api_log("--csv")
    assert result.stdout.startswith("\ufeffid,date,level,user,message,geolocation,response_code,partner,")
    assert len(CSV_COLUMNS) == len(NAMES)
    row = rows_of(result)[3]
    assert (row["date"], row["level"], row["response_code"]) == ("2026-03-02T06:01:00Z", "warning", "404")
    assert (row["message"], row["geolocation"]) == ("not-found: there is no show ñ", "mx")
    assert rows_of(result)[1]["user"] == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@cmd", "=HYPERLINK('http://x')"])
def test_no_cell_of_the_csv_starts_a_formula(api_log, path, text):
    engine = open_engine(f"sqlite:///{path}")
    line = a_line(9, at=SIX + timedelta(minutes=9), user_agent=text, query=text, message=text, request_id=text)
    ApiCallWriter(engine, lambda: SIX).write([line])
    engine.dispose()
    row = rows_of(api_log("--csv"))[0]
    assert [row[name] for name in ("user_agent", "query", "message", "request_id")] == [f"'{text}"] * 4


def test_a_text_with_escapes_colours_no_terminal_and_begins_no_line(api_log, path):
    engine = open_engine(f"sqlite:///{path}")
    line = a_line(9, at=SIX + timedelta(minutes=9), user="\x1b[31mred\n", message="\u202eevil\r\n2026-03-02")
    ApiCallWriter(engine, lambda: SIX).write([line])
    engine.dispose()
    for result in (api_log("--limit", "1"), api_log("--limit", "1", "--csv")):
        assert not {"\x1b", "\u202e"} & set(result.stdout)
        assert len(result.stdout.replace("\r\n", "\n").splitlines()) in (4, 2)


def test_where_no_call_fits_the_partners_with_calls_are_named(api_log):
    assert api_log("--partner", "nobody").stdout == (
        "the API log has no such call; it has calls of another, some_partner\n"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--status", "7xx"], "neither a status such as 404 nor a class such as 4xx"),
        (["--since", "yesterday"], "--since is 'yesterday', not a moment"),
        (["--until", "2026-03-02T06:00:00"], "without a time zone"),
        (["--limit", "many"], "neither all nor a number"),
        (["--endpoint", "nothing"], "nothing"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_option_is_refused_with_a_sentence(api_log, arguments, sentence):
    result = api_log(*arguments)
    assert (result.exit_code, result.stdout) == (2, "")
    assert sentence in " ".join(result.stderr.replace("│", " ").split())


def test_a_ledger_that_is_not_there_is_no_answer(tmp_path):
    result = called("api-log", "--ledger", tmp_path / "no.sqlite")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("api-log: there is no ledger at")
