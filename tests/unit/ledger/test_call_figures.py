"""The watch's sums over the log of calls are those that plain Python gives for the same calls, on both databases."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta

import pytest

from edye_delivery.catalog.degradation import CallSlice, Refusals
from edye_delivery.ledger.call_figures import call_slices, last_call_at, refusals_of
from tests.unit.pull_calls import NOON, PARTNER, a_call, add_calls, calls_every, random_calls

END = NOON + timedelta(hours=3)


@pytest.mark.parametrize("slice_s", [1, 60])
def test_slices_count_calls_slow_calls_and_failed_calls(engine, slice_s):
    rows = random_calls(1, 700)
    add_calls(engine, [*rows, a_call(partner="another"), a_call(partner=None)])
    expected = defaultdict(lambda: [0, 0, 0])
    for row in rows:
        counts = expected[int(row["at"].timestamp()) // slice_s * slice_s]
        counts[0] += 1
        counts[1] += row["milliseconds"] > 500
        counts[2] += row["status"] >= 500 or row["milliseconds"] > 2000
    with engine.connect() as connection:
        found = call_slices(connection, PARTNER, NOON, END, slice_s, 500, 2)
    assert found == [CallSlice(start, *counts) for start, counts in sorted(expected.items())]


def test_slices_are_those_of_the_half_open_span(engine):
    add_calls(engine, calls_every(60, NOON, 3))
    with engine.connect() as connection:
        found = call_slices(connection, PARTNER, NOON, NOON + timedelta(minutes=2), 60, 500, 10)
    assert [one.calls for one in found] == [1, 1]


@pytest.mark.parametrize("seed", [2, 3])
def test_refusals_in_a_row_are_the_latest_calls_of_each_user(engine, seed):
    rows = random_calls(seed, 60)
    add_calls(engine, rows)
    with engine.connect() as connection:
        found = {(one.user, one.status): one for one in refusals_of(connection, PARTNER, NOON, END)}
    ours = [row for row in rows if not (row["user_agent"] or "").startswith("edye-delivery/")]
    for user in {row["user"] for row in ours}:
        calls = sorted((row for row in ours if row["user"] == user), key=lambda row: row["at"])
        for status in (401, 429):
            refused = [row["at"] for row in calls if row["status"] == status]
            latest = []
            while calls and len(latest) < len(calls) and calls[-1 - len(latest)]["status"] == status:
                latest.append(calls[-1 - len(latest)]["at"])
            expected = Refusals(user or "", status, len(latest), min(latest, default=None), max(refused, default=None))
            assert found.pop((user or "", status)) == expected
    assert found == {}


def test_the_last_call_is_the_partners_and_not_our_own_checks(engine):
    add_calls(engine, [a_call(), a_call(NOON + timedelta(minutes=1), user_agent="edye-delivery/1 (exposure check)")])
    with engine.connect() as connection:
        assert last_call_at(connection, PARTNER, END) == NOON
        assert last_call_at(connection, PARTNER, NOON) is None
