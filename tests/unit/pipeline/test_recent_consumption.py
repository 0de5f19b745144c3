"""What a page says of a partner's latest calls is what plain Python counts, and it reads few lines for it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from edye_delivery.catalog.api_call import NAMES, CallLine
from edye_delivery.catalog.own_calls import is_own
from edye_delivery.catalog.window import rfc3339
from edye_delivery.ledger import failing_minutes
from edye_delivery.ledger.api_call_writer import ApiCallWriter
from edye_delivery.ledger.database import snapshot
from edye_delivery.pipeline import recent_consumption as recent
from edye_delivery.pipeline.recent_consumption import Span, agreed_polls, recent_consumption, window_of
from tests.unit.pull_calls import NOON, a_call, a_pull, calls_every, random_calls, the_pull_annex

NOW = NOON + timedelta(hours=3, minutes=20)


def write(engine, rows):
    ApiCallWriter(engine, lambda: NOW).write([CallLine(**{name: row[name] for name in NAMES}) for row in rows])


def ask(engine, span=Span.DAY, now=NOW):
    annex = the_pull_annex()
    with snapshot(engine) as connection:
        return recent_consumption(connection, annex, annex.pull, span, now)


@pytest.mark.parametrize(
    ("span", "slots", "starts"),
    [(Span.DAY, 24, "2026-03-01T16:00:00"), (Span.WEEK, 7, "2026-02-24"), (Span.MONTH, 30, "2026-02-01")],
)
def test_a_window_ends_with_the_present_hour_or_day(engine, span, slots, starts):
    write(engine, [a_call(NOW - timedelta(minutes=1))])
    report = ask(engine, span).report
    assert window_of(span, NOW).start_at.isoformat().startswith(starts)
    assert len(report.slots) == slots
    assert report.slots[-1].counts.calls == 1


@pytest.mark.parametrize("span", list(Span))
def test_the_counts_are_those_of_the_lines(engine, span):
    rows = random_calls(8, 400)
    write(engine, rows)
    report = ask(engine, span).report
    of_partner = [row for row in rows if not is_own(row["user_agent"])]
    assert report.totals.calls == len(of_partner)
    assert report.totals.failed == sum(row["status"] >= 500 for row in of_partner)
    assert report.totals.bytes == sum(row["bytes"] for row in of_partner)
    assert report.own_calls == len(rows) - len(of_partner)
    newest = sorted((row["at"] for row in of_partner if row["status"] >= 400), reverse=True)[:20]
    assert [one.at for one in report.errors] == [rfc3339(at) for at in newest]


def test_minutes_without_a_good_answer_lower_the_uptime(engine):
    write(engine, [*calls_every(20, NOON, 9, status=503), *calls_every(60, NOON + timedelta(minutes=3), 30)])
    found = ask(engine)
    assert found.is_uptime_known
    assert found.report.down_minutes == 3


def test_a_minute_of_timeouts_counts_as_down(engine):
    write(engine, [a_call(NOON, milliseconds=60_000)])
    assert ask(engine).report.down_minutes == 1


def test_the_uptime_is_unknown_where_calls_failed_in_too_many_minutes(engine, monkeypatch):
    monkeypatch.setattr(failing_minutes, "MINUTES_MAX", 2)
    write(engine, calls_every(60, NOON, 2, status=500))
    assert ask(engine).is_uptime_known
    write(engine, calls_every(60, NOON + timedelta(minutes=9), 1, status=500))
    assert not ask(engine).is_uptime_known


def test_the_uptime_is_unknown_where_calls_timed_out_among_too_many(engine, monkeypatch):
    monkeypatch.setattr(recent, "LINES_MAX", 5)
    write(engine, [*calls_every(60, NOON, 6), a_call(NOON, milliseconds=60_000)])
    assert not ask(engine).is_uptime_known


def test_polls_are_counted_over_the_last_hours_that_have_few_lines(engine, monkeypatch):
    monkeypatch.setattr(recent, "LINES_MAX", 5)
    write(engine, [*calls_every(60, NOON, 9), *calls_every(600, NOON + timedelta(hours=2), 4)])
    found = ask(engine)
    assert found.polls_since == NOON + timedelta(hours=1)
    assert [one.polls for one in found.report.polls] == [4]


def test_polls_are_not_counted_where_the_present_hour_has_too_many_lines(engine, monkeypatch):
    monkeypatch.setattr(recent, "LINES_MAX", 5)
    write(engine, calls_every(60, NOW - timedelta(minutes=15), 9))
    found = ask(engine)
    assert found.polls_since is None
    assert found.report.polls == ()


def test_a_partner_without_calls_has_an_empty_report(engine):
    report = ask(engine).report
    assert (report.totals.calls, report.latency, report.errors, report.uptime_percent) == (0, None, (), 100)


def test_agreed_polls_are_those_of_the_time_that_has_passed():
    assert agreed_polls(a_pull(polling_interval_s=300), NOON, NOON + timedelta(hours=1)) == 12
