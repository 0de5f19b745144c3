"""A run's params and window: what is asked, found or refused with a sentence."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from edye_delivery.catalog.request import EPOCH, RunFacts, last_interval, request_of
from edye_delivery.catalog.vocabulary import Channel, Mode
from edye_delivery.catalog.window import Window
from edye_delivery.errors import InvalidRequest

DAILY = "0 6 * * *"
NOON = datetime(2026, 3, 2, 12, 30, 15, 7, tzinfo=UTC)


def at(day, hour=6):
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def facts(start=None, end=None, keys=(), run_after=NOON):
    return RunFacts("manual__1", start, end, run_after, tuple(keys))


def asked(params=None, schedule=DAILY, **facts_changes):
    return request_of("roku", schedule, params or {}, facts(**facts_changes))


def test_given_ends_win_over_the_interval():
    given = {"window_start": "2026-02-01T00:00:00Z", "window_end": "2026-02-02T01:00:00+01:00"}
    request = asked(given, start=at(1), end=at(2))
    assert request.start_at == datetime(2026, 2, 1, tzinfo=UTC)
    assert request.end_at == datetime(2026, 2, 2, tzinfo=UTC)


def test_a_scheduled_run_answers_for_its_interval():
    request = asked(start=at(1), end=at(2))
    assert (request.start_at, request.end_at) == (at(1), at(2))


def test_a_hand_run_without_window_answers_for_the_last_whole_interval():
    request = asked()
    assert (request.start_at, request.end_at) == (at(1), at(2))
    same_start_and_end = asked(start=at(2, 12), end=at(2, 12))
    assert (same_start_and_end.start_at, same_start_and_end.end_at) == (at(1), at(2))


@pytest.mark.parametrize(
    ("after", "end"),
    [
        (timedelta(0), 2),
        (timedelta(microseconds=1), 2),
        (timedelta(seconds=30), 2),
        (timedelta(seconds=59, microseconds=999_999), 2),
        (timedelta(minutes=1), 2),
        (timedelta(microseconds=-1), 1),
        (timedelta(seconds=-1), 1),
    ],
    ids=str,
)
def test_a_hand_run_around_the_schedules_own_minute_gets_the_last_whole_interval(after, end):
    assert last_interval(DAILY, at(2) + after) == Window(at(end) - timedelta(days=1), at(end))


def test_titles_by_hand_are_looked_for_in_the_whole_catalogue():
    request = asked({"external_ids": [" A ", "B", "A"]})
    assert request.whole_catalogue
    assert request.external_ids == ("A", "B")
    assert (request.start_at, request.end_at) == (EPOCH, NOON)
    assert not asked({"external_ids": ["A"]}, start=at(1), end=at(2)).whole_catalogue


@pytest.mark.parametrize(
    ("params", "told"),
    [
        ({"window_start": "2026-03-01T00:00:00Z"}, "belong together"),
        ({"window_start": "yesterday", "window_end": "2026-03-01T00:00:00Z"}, "window_start is 'yesterday'"),
        ({"window_start": "2026-03-01T00:00:00", "window_end": "2026-03-02T00:00:00Z"}, "without a time zone"),
        (
            {"window_start": "0001-01-01T00:00:00+14:00", "window_end": "2026-03-02T00:00:00Z"},
            "window_start .* calendar",
        ),
        ({"window_start": "2026-03-01T00:00:00Z", "window_end": "9999-12-31T23:59:59-14:00"}, "window_end .* calendar"),
        ({"window_start": "2026-03-02T00:00:00Z", "window_end": "2026-03-01T00:00:00Z"}, "has to end after its start"),
        ({"window_start": "2026-03-01T00:00:00Z", "window_end": "2026-03-01T00:00:00Z"}, "has to end after its start"),
        ({"external_ids": "A"}, "list of texts"),
        ({"external_ids": ["", "A"]}, "list of texts"),
        ({"external_ids": ["A"] * 5001}, "at most 5000"),
        ({"mode": "everything"}, "changed, failed, all"),
        ({"dry_run": "yes"}, "true or false"),
    ],
)
def test_what_cannot_be_done_is_refused_with_a_sentence(params, told):
    with pytest.raises(InvalidRequest, match=told):
        asked(params)


def test_a_window_outside_the_calendar_is_refused_with_a_sentence():
    last = datetime.max.replace(tzinfo=timezone(timedelta(hours=-14)))
    with pytest.raises(InvalidRequest, match=r"the window has 9999-12-31 .* outside the calendar"):
        Window(at(1), last)


def test_unknown_keys_are_refused_by_name():
    with pytest.raises(InvalidRequest, match=r"'windw_start'.*it takes dry_run"):
        asked({}, keys=["windw_start", "dry_run"])


def test_no_schedule_and_no_window_is_a_sentence():
    with pytest.raises(InvalidRequest, match="give window_start"):
        asked(schedule=None)


def test_defaults_are_the_harmless_ones():
    request = asked({"external_ids": None})
    assert (request.mode, request.dry_run, request.force_resend, request.external_ids) == (
        Mode.CHANGED,
        False,
        False,
        (),
    )


def test_a_run_over_ftp_keeps_its_reason_on_one_line():
    params = {"reason": "  the API answers 503,\nagreed with the partner "}
    request = request_of("roku", DAILY, params, facts(keys=["reason"]), Channel.FTP)
    assert (request.channel, request.reason) == (Channel.FTP, "the API answers 503, agreed with the partner")


@pytest.mark.parametrize("reason", [None, "", "because", "x" * 40, "a b c", 7, ["a reason in a list"], "word " * 200])
def test_ftp_without_a_sentence_as_reason_is_refused(reason):
    with pytest.raises(InvalidRequest, match="reason is a sentence"):
        request_of("roku", DAILY, {"reason": reason}, facts(), Channel.FTP)


def test_a_run_by_the_api_takes_no_reason():
    with pytest.raises(InvalidRequest, match="no param 'reason'"):
        asked({"reason": "the API answers 503"}, keys=["reason"])
