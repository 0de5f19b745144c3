"""The bounds of a call: a deadline that ends whatever trickles, a least rate that counts only the peer's time."""

import math

import pytest

from edye_delivery.clients.bounds import CallBounds, Deadline, Meter
from edye_delivery.errors import Transient

BOUNDS = CallBounds(answer_s=10, least_rate_bytes_s=100, span_s=5)


def moved(meter: Meter, start: float, *, reads: int, seconds: float, size_bytes: int, pause_s: float = 0.0) -> float:
    """That many reads of so many seconds, with the caller's own pauses between them; when it ended."""
    now = start
    for _ in range(reads):
        meter.begin_wait(now)
        now += seconds
        meter.end_wait(size_bytes, now)
        now += pause_s
    return now


def test_a_deadline_gives_what_is_left_and_ends():
    deadline = Deadline("the shop", 10, now=100.0)
    assert deadline.remaining_s(100.0) == 10.0
    assert deadline.remaining_s(109.5) == 0.5
    with pytest.raises(Transient, match=r"^the shop: no whole answer within 10 s$"):
        deadline.remaining_s(110.0)


def test_a_deadline_leaves_out_the_seconds_in_which_a_request_was_sent():
    deadline = Deadline("the shop", 10, now=0.0)
    deadline.extend(30)
    assert deadline.remaining_s(35.0) == 5.0


def test_a_byte_a_second_is_too_slow_after_one_span():
    with pytest.raises(Transient, match=r"^the shop: 5 bytes in 5 s, expected at least 100 bytes a second$"):
        moved(Meter("the shop", BOUNDS), 0.0, reads=5, seconds=1.0, size_bytes=1)


def test_the_least_rate_itself_is_kept_for_as_long_as_it_lasts():
    assert moved(Meter("the shop", BOUNDS), 0.0, reads=1000, seconds=1.0, size_bytes=100) == 1000.0


def test_a_fast_hour_buys_no_time_for_a_stall():
    meter = Meter("the shop", BOUNDS)
    now = moved(meter, 0.0, reads=3600, seconds=1.0, size_bytes=10**9)
    with pytest.raises(Transient):
        moved(meter, now, reads=10, seconds=1.0, size_bytes=1)


def test_time_that_the_caller_takes_between_two_reads_is_not_the_peer_s():
    assert moved(Meter("the shop", BOUNDS), 0.0, reads=10, seconds=0.1, size_bytes=60, pause_s=600.0) > 6000


def test_no_single_wait_is_longer_than_a_span():
    assert Meter("the shop", BOUNDS).begin_wait(7.0) == BOUNDS.span_s


def test_nothing_waits_beyond_the_time_of_its_batch_and_what_it_ends_is_not_tried_again():
    bounds = CallBounds(answer_s=10, least_rate_bytes_s=100, span_s=5, ends_at_s=103.0)
    meter, deadline = Meter("the shop", bounds), Deadline("the shop", 10, 100.0, bounds.ends_at_s)
    assert meter.begin_wait(100.0) == deadline.remaining_s(100.0) == 3.0
    for late in (lambda: meter.begin_wait(103.0), lambda: deadline.remaining_s(103.0)):
        with pytest.raises(Transient, match=r"^the shop: the time of its batch was over$") as raised:
            late()
        assert raised.value.retry_after_s == math.inf
