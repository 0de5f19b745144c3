"""Calls to JW Player stay under its limit a minute, whatever it answers."""

import httpx
import pytest

from edye_delivery.clients.jw_player.limiter import WINDOW_S, RequestLimiter
from tests.unit.clients.jw_player.library import SleepingClock


@pytest.fixture
def time():
    return SleepingClock()


def call(limiter, time, count):
    sent = []
    for _ in range(count):
        limiter.wait()
        sent.append(time.seconds)
    return sent


def headers(**values):
    return httpx.Headers({f"jw-request-{name}": str(value) for name, value in values.items()})


def test_no_minute_has_more_calls_than_the_limit(time):
    sent = call(RequestLimiter(time.clock(), 60), time, 200)
    assert max(sum(at <= other < at + 60 for other in sent) for at in sent) == 60
    assert time.seconds == 1_000 + 3 * WINDOW_S


def test_a_lower_limit_that_jw_names_counts_and_a_higher_one_does_not(time):
    limiter = RequestLimiter(time.clock(), 60)
    limiter.read(headers(limit=10))
    assert len([at for at in call(limiter, time, 20) if at == 1_000]) == 10
    limiter.read(headers(limit=10_000))
    assert len([at for at in call(limiter, time, 100) if at == time.seconds]) <= 60


def test_where_no_call_is_left_the_minute_ends_first(time):
    limiter = RequestLimiter(time.clock(), 60)
    call(limiter, time, 1)
    time.seconds += 20
    limiter.read(headers(remaining=0))
    assert call(limiter, time, 1) == [1_000 + WINDOW_S]


def test_a_refusal_waits_for_the_end_of_the_minute(time):
    limiter = RequestLimiter(time.clock(), 60)
    call(limiter, time, 3)
    time.seconds += 21
    assert limiter.close_minute() == WINDOW_S - 21
    assert call(limiter, time, 1) == [1_000 + WINDOW_S]


def test_a_refusal_long_after_our_last_call_waits_a_whole_minute(time):
    limiter = RequestLimiter(time.clock(), 60)
    call(limiter, time, 1)
    time.seconds += WINDOW_S - 0.5
    assert limiter.close_minute() == WINDOW_S


@pytest.mark.parametrize("value", ["", "many", "-1", "9" * 50, "٣"])
def test_a_header_that_is_no_number_changes_nothing(time, value):
    limiter = RequestLimiter(time.clock(), 60)
    raw = value.encode()
    limiter.read(httpx.Headers([(b"jw-request-limit", raw), (b"jw-request-remaining", raw)]))
    assert call(limiter, time, 60) == [1_000] * 60
