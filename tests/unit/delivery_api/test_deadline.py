"""A deadline calls back once, at the moment that it was moved to last."""

from __future__ import annotations

import asyncio

import pytest
import uvloop

from edye_delivery.delivery_api.deadline import Deadline

CLOCK_S = 0.02
"""A loop reads its clock once a turn."""


@pytest.fixture(params=[asyncio.new_event_loop, uvloop.new_event_loop], ids=["asyncio", "uvloop"])
def loop(request):
    made = request.param()
    yield made
    made.close()


def passed_after(loop, act, seconds):
    """The names of the deadlines that pass within these seconds, in their order."""
    passed = []
    deadline = Deadline(loop)
    loop.call_soon(act, deadline, passed)
    loop.run_until_complete(asyncio.sleep(seconds))
    return passed


def test_it_passes_once(loop):
    assert passed_after(loop, lambda one, passed: one.set(0.02, lambda: passed.append("a")), 0.2) == ["a"]


@pytest.mark.parametrize(("first_s", "then_s"), [(0.05, 0.1), (30, 0.05)])
def test_the_last_moment_counts_whether_it_is_later_or_sooner(loop, first_s, then_s):
    def act(deadline, passed):
        begun_s = loop.time()
        deadline.set(first_s, lambda: passed.append("first"))
        deadline.set(then_s, lambda: passed.append(loop.time() - begun_s >= then_s - CLOCK_S))

    assert passed_after(loop, act, 0.3) == [True]


@pytest.mark.parametrize("end", [Deadline.clear, Deadline.stop])
def test_what_is_cleared_or_stopped_never_passes(loop, end):
    def act(deadline, passed):
        deadline.set(0.02, lambda: passed.append("a"))
        end(deadline)

    assert passed_after(loop, act, 0.1) == []


def test_it_can_be_set_again_after_it_was_cleared_and_by_what_it_calls(loop):
    def act(deadline, passed):
        deadline.set(0.01, lambda: passed.append("never"))
        deadline.clear()
        deadline.set(0.02, lambda: (passed.append("a"), deadline.set(0.02, lambda: passed.append("b"))))

    assert passed_after(loop, act, 0.2) == ["a", "b"]
