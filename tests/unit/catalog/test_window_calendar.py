"""The calendar of windows: which run decides a window, and which windows somebody has to run."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from edye_delivery.catalog.request import RunFacts
from edye_delivery.catalog.window import Window
from edye_delivery.catalog.window_calendar import (
    WINDOWS_MAX,
    WindowRun,
    WindowState,
    calendar_of,
    month_windows,
    window_of_run,
)

DAILY = "0 6 * * *"
NOW = datetime(2026, 3, 20, 12, tzinfo=UTC)


def at(day, hour=6):
    return datetime(2026, 3, day, hour, tzinfo=UTC)


def a_run(start_at, end_at, started_at=NOW, *, has_ended=True, is_green=True, run_id="run"):
    return WindowRun(run_id, Window(start_at, end_at), started_at, has_ended, is_green)


def state_of(*runs, window=None, first_run_at=None):
    window = window or Window(at(4), at(5))
    ((found,),) = (day.windows for day in calendar_of([window], runs, NOW, first_run_at or at(1)))
    return found.state


def test_a_month_has_the_windows_that_start_in_it():
    windows = month_windows(DAILY, datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    assert len(windows) == 31
    assert windows[0] == Window(at(1), at(2))
    assert windows[-1] == Window(at(31), datetime(2026, 4, 1, 6, tzinfo=UTC))


def test_a_window_at_the_first_moment_of_the_month_belongs_to_it():
    first = datetime(2026, 3, 1, tzinfo=UTC)
    assert month_windows("0 */6 * * *", first, datetime(2026, 4, 1, tzinfo=UTC))[0].start_at == first


def test_a_schedule_of_every_minute_is_cut():
    windows = month_windows("* * * * *", datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 4, 1, tzinfo=UTC))
    assert len(windows) == WINDOWS_MAX


@pytest.mark.parametrize(
    ("run", "state"),
    [
        (a_run(at(4), at(5)), WindowState.GREEN),
        (a_run(at(4), at(5), is_green=False), WindowState.RED),
        (a_run(at(4), at(5), has_ended=False, is_green=False), WindowState.RUNNING),
        (a_run(at(3), at(7)), WindowState.GREEN),
        (a_run(at(4, 7), at(5)), WindowState.MISSING),
    ],
    ids=["green", "red", "running", "by hand, over several days", "a part of the window"],
)
def test_a_run_of_the_whole_window_gives_its_state(run, state):
    assert state_of(run) is state


def test_the_run_that_began_last_decides():
    red, green = (a_run(at(4), at(5), at(day), is_green=day == 9) for day in (8, 9))
    assert state_of(red, green) is state_of(green, red) is WindowState.GREEN


def test_a_window_that_has_not_ended_is_not_missing():
    assert state_of(window=Window(at(20), at(21))) is WindowState.DUE


def test_windows_before_the_first_run_of_the_dag_are_not_missing():
    assert state_of(first_run_at=at(6)) is WindowState.EARLIER
    assert state_of(first_run_at=at(5)) is WindowState.MISSING
    (day,) = calendar_of([Window(at(4), at(5))], (), NOW, None)
    assert day.windows[0].state is WindowState.EARLIER


def test_only_red_and_missing_windows_need_a_run():
    days = calendar_of([Window(at(4), at(5))], [a_run(at(4), at(5), is_green=False)], NOW, at(1))
    assert days[0].windows[0].needs_run
    days = calendar_of([Window(at(4), at(5))], [a_run(at(4), at(5))], NOW, at(1))
    assert not days[0].windows[0].needs_run


def test_a_day_has_all_windows_that_start_on_it():
    windows = month_windows("0 */6 * * *", datetime(2026, 3, 4, tzinfo=UTC), datetime(2026, 3, 6, tzinfo=UTC))
    days = calendar_of(windows, (), NOW, None)
    assert [(day.day, len(day.windows)) for day in days] == [(date(2026, 3, 4), 4), (date(2026, 3, 5), 4)]


WHOLE = {"window_start": "2026-03-01T06:00:00Z", "window_end": "2026-03-03T06:00:00Z"}


@pytest.mark.parametrize(
    ("conf", "interval", "window"),
    [
        ({}, (at(4), at(5)), Window(at(4), at(5))),
        ({}, (None, None), Window(at(19), at(20))),
        (WHOLE, (at(4), at(5)), Window(at(1), at(3))),
        (WHOLE | {"dry_run": True}, (None, None), None),
        (WHOLE | {"external_ids": ["A"]}, (None, None), None),
        ({"window_start": ["<script>"], "window_end": 7}, (None, None), None),
        ({"window_start": "2026-03-01T06:00:00Z"}, (None, None), None),
    ],
    ids=["scheduled", "by hand without params", "by hand", "dry run", "named titles", "no moments", "half a window"],
)
def test_the_window_of_a_run_is_the_one_that_its_first_step_takes(conf, interval, window):
    assert window_of_run(DAILY, conf, RunFacts("run", *interval, NOW, ())) == window
