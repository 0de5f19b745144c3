"""Loops of their own for partners: the work's answer, its end, its cancellation, its context; nobody else's time."""

import asyncio
import contextvars
import threading
import time

import pytest

from edye_delivery.triggers.partner_loop import run_apart
from tests.components.event_loop import longest_lag_s
from tests.waiting import until

WHOSE = contextvars.ContextVar("WHOSE", default="nobody's")


def threads_of(name):
    return [thread for thread in threading.enumerate() if thread.name.startswith(name)]


def wait_for_end(name):
    return until(lambda: not threads_of(name), f"the end of the threads of {name}")


def test_work_of_one_name_shares_a_loop_that_ends_with_the_last():
    together = threading.Barrier(3, timeout=60)  # else the first may end, and its loop, before the second begins

    async def work():
        await asyncio.to_thread(together.wait, 5)
        return threading.current_thread().name, id(asyncio.get_running_loop())

    async def both():
        return await asyncio.gather(run_apart("one", 2, work), run_apart("one", 2, work), run_apart("two", 1, work))

    first, second, other = asyncio.run(both())
    assert first == second
    assert (first[0], other[0]) == ("one", "two")
    assert wait_for_end("one")
    assert wait_for_end("two")


def test_what_the_work_raises_is_raised_and_ends_the_loop():
    async def work():
        raise LookupError("nothing there")

    with pytest.raises(LookupError, match="nothing there"):
        asyncio.run(run_apart("raises", 1, work))
    assert wait_for_end("raises")


def test_a_cancelled_call_cancels_the_work_and_ends_the_loop():
    begun, cancelled = threading.Event(), threading.Event()

    async def work():
        try:
            begun.set()
            await asyncio.sleep(3600)
        except asyncio.CancelledError:
            cancelled.set()
            raise

    async def cancel():
        call = asyncio.ensure_future(run_apart("cancelled", 1, work))
        await asyncio.to_thread(begun.wait, 5)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    asyncio.run(cancel())
    assert cancelled.wait(5)
    assert wait_for_end("cancelled")


def test_the_work_has_the_context_of_its_caller():
    async def work():
        return WHOSE.get(), await asyncio.to_thread(WHOSE.get)

    async def call():
        WHOSE.set("the trigger's")
        return await run_apart("context", 1, work)

    assert asyncio.run(call()) == ("the trigger's", "the trigger's")


def test_blocking_calls_of_a_partner_use_its_own_threads_and_no_more_than_given():
    async def work():
        await asyncio.gather(*(asyncio.to_thread(time.sleep, 0.01) for _ in range(10)))
        return len(threads_of("bounded-call")), set(threads_of("asyncio_")) - earlier

    earlier = set(threads_of("asyncio_"))  # another test's loop may still end its own
    assert asyncio.run(run_apart("bounded", 2, work)) == (2, set())


def test_work_that_never_lets_go_of_its_loop_does_not_hold_the_caller_s():
    async def work():
        end = time.monotonic() + 0.5
        while time.monotonic() < end:
            sum(range(1000))

    assert min(asyncio.run(longest_lag_s(run_apart("greedy", 1, work))) for _ in range(3)) < 0.1
