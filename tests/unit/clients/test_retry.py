"""Back-off, jitter, Retry-After: who is waited for, how long, and when it is given up."""

from datetime import UTC, datetime

import pytest

from edye_delivery.clients.retry import backoff_s, parse_retry_after, retry
from edye_delivery.errors import Terminal, Transient
from tests.unit.clients.transport import NOW, RETRY_POLICY, Slept


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        (" 0 ", 0.0),
        ("Mon, 02 Mar 2026 06:00:30 GMT", 30.0),
        ("Mon, 02 Mar 2026 05:00:00 GMT", 0.0),
        ("soon", None),
        ("-3", None),
        ("", None),
        (None, None),
        ("9" * 400, 999999999.0),
        ("1 " * 48_000, None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", (datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) - NOW).total_seconds()),
        ("Mon, 1 Jan 9999 00:00:00 -9999", None),
    ],
)
def test_retry_after_is_read_in_both_forms(value, seconds):
    assert parse_retry_after(value, NOW) == seconds


def test_pauses_double_with_full_jitter_up_to_the_cap():
    policy = RETRY_POLICY.model_copy(update={"attempts": 10, "cap_s": 10.0})
    assert [backoff_s(policy, attempt, None, 1.0) for attempt in (1, 2, 3, 4)] == [2.0, 4.0, 8.0, 10.0]
    assert backoff_s(policy, 3, None, 0.0) == 0.0


def test_the_other_side_s_wish_is_honoured_within_bounds():
    assert backoff_s(RETRY_POLICY, 1, 100.0, 0.5) == 101.0
    assert backoff_s(RETRY_POLICY, 1, 101.0, 0.5) is None


def test_a_transient_is_tried_again_until_policy_ends():
    calls, slept = [], Slept()

    def call():
        calls.append(1)
        raise Transient("down")

    with pytest.raises(Transient):
        retry(call, RETRY_POLICY, slept.clock())
    assert len(calls) == 3
    assert slept == [1.0, 2.0]


def test_a_terminal_is_not_tried_again():
    calls = []

    def call():
        calls.append(1)
        raise Terminal("no")

    with pytest.raises(Terminal):
        retry(call, RETRY_POLICY, Slept().clock())
    assert len(calls) == 1


def test_the_hook_between_attempts_hears_the_error_and_the_coming_pause():
    heard: list[tuple[str, float]] = []
    answers = iter([Transient("busy"), Transient("busy again"), "done"])

    def call():
        answer = next(answers)
        if isinstance(answer, Transient):
            raise answer
        return answer

    slept = Slept()
    told = retry(
        call, RETRY_POLICY, slept.clock(1.0), between=lambda error, pause_s: heard.append((str(error), pause_s))
    )
    assert (told, heard, list(slept)) == ("done", [("busy", 2.0), ("busy again", 4.0)], [2.0, 4.0])


def test_an_attempt_that_has_progressed_counts_as_the_first_one():
    calls: list[int] = []

    def call():
        calls.append(1)
        raise Transient("cut")

    with pytest.raises(Transient, match="cut"):
        retry(call, RETRY_POLICY, Slept().clock(), has_progressed=lambda error: len(calls) < 5)
    assert len(calls) == 4 + RETRY_POLICY.attempts - 1


def test_another_sleep_takes_the_place_of_the_clocks():
    naps: list[float] = []

    def call():
        if not naps:
            raise Transient("busy")
        return "done"

    slept = Slept()
    assert retry(call, RETRY_POLICY, slept.clock(1.0), sleep=naps.append) == "done"
    assert (naps, list(slept)) == ([2.0], [])
