"""When the API's answers count as degraded, and when that is over: at the bounds, and beside plain Python."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from edye_delivery.annex.pull import Degradation as Bounds
from edye_delivery.catalog.degradation import CallSlice, Degradation, DegradationKind, Probe, Subject
from edye_delivery.pipeline.degradation_bounds import (
    Condition,
    condition_of,
    condition_of_probe,
    slice_s_of,
    watch_condition,
    watch_service,
)
from tests.unit.pull_calls import NOON

BOUNDS = Bounds()
NOON_S = int(NOON.timestamp())
GOOD, SLOW, DOWN = (30, 0, 0), (30, 10, 0), (30, 0, 30)
WARN, CRITICAL = DegradationKind.DEGRADED, DegradationKind.UNAVAILABLE


def slices_of(*minutes):
    """One slice for each minute from noon on; None where there are no calls."""
    return [CallSlice(NOON_S + 60 * number, *counts) for number, counts in enumerate(minutes) if counts]


def at(minutes):
    return NOON + timedelta(minutes=minutes)


def watched(*minutes, current=None, probe=None):
    return watch_service(BOUNDS, slices_of(*minutes), current, NOON, at(len(minutes)), probe)


@pytest.mark.parametrize(
    ("counts", "kind"),
    [
        ((100, 5, 0), None),
        ((100, 6, 0), WARN),
        ((100, 0, 2), None),
        ((100, 0, 3), WARN),
        ((20, 0, 20), CRITICAL),
    ],
    ids=["5 % slow", "6 % slow", "2 % failed", "3 % failed", "all failed"],
)
def test_a_bound_is_broken_beyond_its_figure_and_not_at_it(counts, kind):
    condition = condition_of(BOUNDS, slices_of(counts))
    assert condition is not None
    assert condition.kind == kind
    assert bool(condition.detail) == (kind is not None)


def test_available_is_every_slice_in_which_a_call_was_answered():
    minute_of_five_down = slices_of((10, 0, 10), *[(10, 0, 0)] * 4)
    assert condition_of(BOUNDS, minute_of_five_down).kind is CRITICAL
    assert "80.0 % of the time (99 % at least)" in condition_of(BOUNDS, minute_of_five_down).detail
    assert (
        condition_of(BOUNDS.model_copy(update={"availability_critical_percent": 80}), minute_of_five_down).kind is WARN
    )


def test_with_too_few_calls_nothing_is_known():
    assert condition_of(BOUNDS, slices_of((19, 19, 19))) is None
    assert watched((19, 19, 19)) == []


def test_an_hour_without_trouble_has_no_degradation():
    assert watched(*[GOOD] * 60) == []


def test_degraded_from_the_slice_that_breaks_the_bound():
    [found] = watched(*[GOOD] * 6, SLOW, SLOW)
    assert (found.subject, found.kind, found.ended_at) == (Subject.SERVICE, WARN, None)
    assert (found.began_at, found.broken_at) == (at(6), at(8))
    assert "% of calls took longer than 500 ms (5 % may)" in found.detail


def test_over_after_twice_the_time_without_a_broken_bound():
    minutes = [SLOW, *[GOOD] * 13]
    [found] = watched(*minutes)
    assert found.ended_at is None
    [found] = watched(*minutes, GOOD)
    assert found.broken_at == at(5)
    assert found.ended_at == at(5) + timedelta(seconds=2 * BOUNDS.over_s)


def test_trouble_that_comes_back_before_it_is_over_is_the_same_degradation():
    [found] = watched(SLOW, *[GOOD] * 12, SLOW)
    assert (found.began_at, found.broken_at) == (NOON, at(14))


def test_two_degradations_between_two_looks_are_both_found():
    first, second = watched(SLOW, *[GOOD] * 20, DOWN, *[GOOD] * 20)
    assert (first.kind, second.kind) == (WARN, CRITICAL)
    assert first.ended_at is not None
    assert second.began_at == at(21)
    assert second.ended_at is not None


def test_what_becomes_critical_stays_critical_to_its_end():
    [found] = watched(SLOW, SLOW, DOWN, *[SLOW] * 8)
    assert (found.kind, found.began_at) == (CRITICAL, NOON)
    assert "answered in" in found.detail


def test_a_degradation_of_the_last_look_goes_on_or_ends_in_this_one():
    [found] = watched(SLOW)
    [later] = watch_service(BOUNDS, slices_of(SLOW, SLOW), found, at(1), at(2), None)
    assert later == replace(found, broken_at=at(2), calls=60, detail=later.detail)
    minutes = slices_of(SLOW, SLOW, *[GOOD] * 20)
    [ended] = watch_service(BOUNDS, minutes, later, at(2), at(22), None)
    assert (ended.began_at, ended.ended_at) == (NOON, at(16))


def test_without_calls_nothing_ends_by_itself():
    [found] = watched(SLOW)
    assert watch_service(BOUNDS, [], found, at(1), at(120), None) == [found]


@pytest.mark.parametrize(
    ("probe", "kind"),
    [
        (Probe(NOON, True, 500), None),
        (Probe(NOON, True, 501), WARN),
        (Probe(NOON, True, 10_001), CRITICAL),
        (Probe(NOON, False, 3, "connection refused"), CRITICAL),
    ],
    ids=["good", "slow", "timed out", "no answer"],
)
def test_a_probe_decides_where_there_are_few_calls(probe, kind):
    assert condition_of_probe(BOUNDS, probe).kind == kind
    found = watched((3, 3, 3), probe=probe)
    assert [one.kind for one in found] == ([kind] if kind else [])


def test_a_probe_decides_nothing_where_there_are_enough_calls():
    assert watched(GOOD, probe=Probe(NOON, False, 1, "connection refused")) == []


def test_a_good_probe_ends_a_degradation_when_its_time_has_passed():
    [found] = watched(None, probe=Probe(NOON, False, 1, "connection refused"))
    good = Probe(at(60), True, 20)
    [ended] = watch_service(BOUNDS, [], found, at(1), at(61), good)
    assert ended.ended_at == at(61)
    [going_on] = watch_service(BOUNDS, [], found, at(1), at(5), good)
    assert going_on.ended_at is None


def test_a_condition_of_the_moment_begins_goes_on_and_ends():
    broken, good = Condition(DegradationKind.SILENT, "no call"), Condition(None)
    found = watch_condition(BOUNDS, Subject.SILENCE, "", None, broken, NOON)
    assert found == Degradation(Subject.SILENCE, "", NOON, DegradationKind.SILENT, NOON, 0, "no call")
    assert watch_condition(BOUNDS, Subject.SILENCE, "", found, broken, at(60)) == replace(found, broken_at=at(60))
    assert watch_condition(BOUNDS, Subject.SILENCE, "", found, good, at(9)) == found
    assert watch_condition(BOUNDS, Subject.SILENCE, "", found, good, at(10)) == replace(found, ended_at=at(10))
    assert watch_condition(BOUNDS, Subject.SILENCE, "", None, good, NOON) is None


@pytest.mark.parametrize(("over_s", "slice_s"), [(1, 1), (5, 1), (50, 10), (300, 60), (7200, 60)])
def test_a_slice_is_a_fifth_of_the_time_and_a_minute_at_most(over_s, slice_s):
    assert slice_s_of(Bounds(over_s=over_s)) == slice_s


@pytest.mark.parametrize("seed", range(20))
def test_looks_of_any_length_find_what_one_look_finds_and_what_plain_python_finds(seed):
    chance = random.Random(seed)
    minutes = [chance.choice([GOOD, GOOD, GOOD, SLOW, DOWN, (2, 0, 0), None]) for _ in range(chance.randrange(90, 150))]
    minutes[30:60] = [GOOD] * 30
    slices = slices_of(*minutes)
    whole = watch_service(BOUNDS, slices, None, NOON, at(len(minutes)), None)
    assert [(one.began_at, one.ended_at) for one in whole] == plain_streaks(minutes)
    ended, current, since = [], None, 0
    while since < len(minutes):
        until = min(len(minutes), since + chance.randrange(1, 40))
        seen = [one for one in slices if NOON_S + 60 * (since - 5) <= one.start_s < NOON_S + 60 * until]
        found = watch_service(BOUNDS, seen, current, at(since), at(until), None)
        ended += [one for one in found if one.ended_at is not None]
        current = next((one for one in found if one.ended_at is None), None)
        since = until
    assert [*ended, *([current] if current else [])] == whole


def plain_streaks(minutes):
    """The begins and ends, minute by minute, without any of the code under test."""
    found, began, broken = [], None, None
    for end in range(1, len(minutes) + 1):
        inside = [counts for counts in minutes[max(0, end - 5) : end] if counts]
        calls = sum(counts[0] for counts in inside)
        if calls < 20:
            continue
        down = any(counts[2] == counts[0] for counts in inside)
        bad = down or sum(c[1] for c in inside) / calls > 0.05 or sum(c[2] for c in inside) / calls > 0.02
        if bad:
            began, broken = (end - 1 if began is None else began), end
        elif began is not None and end - broken >= 10:
            found.append((at(began), at(end)))
            began = None
    return found if began is None else [*found, (at(began), None)]
