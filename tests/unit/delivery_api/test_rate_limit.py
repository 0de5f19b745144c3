"""Counts of calls over all workers: exact, and nothing is lost or held by a worker that dies."""

from __future__ import annotations

import multiprocessing
import os
import signal

import pytest

from edye_delivery.annex.pull import RateLimit
from edye_delivery.delivery_api import rate_limit
from edye_delivery.delivery_api.rate_limit import SYNC_IDLE_S, SharedCounters, make_counters
from edye_delivery.delivery_api.tokens import Identity

APP = Identity("shelf", "app")
LIMIT = RateLimit(calls=3, window_s=60, full_syncs_at_once=2)
MANY = RateLimit(calls=100_000, window_s=3600)


@pytest.fixture
def path(tmp_path):
    make_counters(tmp_path / "counters")
    return tmp_path / "counters"


@pytest.fixture
def counters(path):
    return SharedCounters(path)


def test_a_user_has_its_calls_and_then_waits_for_the_next_window(counters):
    allowances = [counters.take(APP, LIMIT, 100.0 + second) for second in range(4)]
    assert [(one.is_allowed, one.remaining) for one in allowances] == [(True, 2), (True, 1), (True, 0), (False, 0)]
    assert allowances[-1].reset_s == 57.0
    assert counters.take(APP, LIMIT, 160.0).is_allowed


def test_users_and_partners_are_counted_apart(counters):
    for _ in range(3):
        counters.take(APP, LIMIT, 1.0)
    assert not counters.take(APP, LIMIT, 1.0).is_allowed
    assert counters.take(Identity("shelf", "other"), LIMIT, 1.0).is_allowed
    assert counters.take(Identity("shel", "fapp"), LIMIT, 1.0).is_allowed


def test_a_clock_that_goes_back_begins_a_new_window(counters):
    counters.take(APP, LIMIT, 1000.0)
    assert counters.take(APP, LIMIT, 5.0).remaining == 2


def test_more_users_than_records_displace_the_idle_ones_only(counters, monkeypatch):
    monkeypatch.setattr(rate_limit, "USERS_MAX", 4)
    for number in range(4):
        counters.take(Identity("shelf", str(number)), LIMIT, float(number))
    counters.take(Identity("shelf", "new"), LIMIT, 10.0)
    assert counters.take(Identity("shelf", "3"), LIMIT, 11.0).remaining == 1
    assert counters.take(Identity("shelf", "0"), LIMIT, 12.0).remaining == 2


def count(path, calls, found):
    counters = SharedCounters(path)
    found.put(sum(counters.take(APP, RateLimit(calls=500), 1.0).is_allowed for _ in range(calls)))


def test_workers_count_together_and_exactly(path):
    context = multiprocessing.get_context("spawn")
    found = context.Queue()
    workers = [context.Process(target=count, args=(path, 400, found)) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert sum(found.get(timeout=10) for _ in workers) == 500


def count_on(path, ready):
    counters = SharedCounters(path)
    while True:
        counters.take(APP, MANY, 1.0)
        ready.set()


def test_a_killed_worker_holds_nothing(path):
    context = multiprocessing.get_context("spawn")
    for _ in range(3):
        ready = context.Event()
        worker = context.Process(target=count_on, args=(path, ready))
        worker.start()
        assert ready.wait(30)
        os.kill(worker.pid, signal.SIGKILL)
        worker.join(10)
        assert SharedCounters(path).take(APP, MANY, 1.0).remaining < MANY.calls


def test_as_many_whole_lists_are_open_as_the_annex_says(counters):
    assert counters.open_sync(APP, 1, LIMIT, 10.0) == 0
    assert counters.open_sync(APP, 2, LIMIT, 20.0) == 0
    assert counters.open_sync(APP, 1, LIMIT, 30.0) == 0
    assert counters.open_sync(APP, 3, LIMIT, 40.0) == 20.0 + SYNC_IDLE_S - 40.0
    counters.close_sync(APP, 2, LIMIT)
    assert counters.open_sync(APP, 3, LIMIT, 41.0) == 0
    assert counters.open_sync(Identity("shelf", "other"), 9, LIMIT, 41.0) == 0


def test_a_reading_that_stopped_is_over_after_a_minute(counters):
    counters.open_sync(APP, 1, RateLimit(), 0.0)
    assert counters.open_sync(APP, 2, RateLimit(), SYNC_IDLE_S - 1) == 1.0
    assert counters.open_sync(APP, 2, RateLimit(), SYNC_IDLE_S) == 0
