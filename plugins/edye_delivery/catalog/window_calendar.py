"""The windows of a schedule in one month, and which of them a run has delivered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Any

from croniter import croniter

from edye_delivery.catalog.request import RunFacts, window_of
from edye_delivery.catalog.window import Window
from edye_delivery.errors import InvalidRequest

WINDOWS_MAX = 800
"""As many windows as an hourly schedule has in a month; a more frequent one is cut here."""


class WindowState(StrEnum):
    """How far the runs of a window came."""

    GREEN = "green"
    RED = "red"
    RUNNING = "running"
    MISSING = "missing"
    DUE = "not yet due"
    EARLIER = "before the first run"


@dataclass(frozen=True, slots=True)
class WindowRun:
    """A run and the window that it delivers; `has_ended` and `is_green` say how it stands."""

    run_id: str
    window: Window
    started_at: datetime
    has_ended: bool
    is_green: bool


@dataclass(frozen=True, slots=True)
class CalendarWindow:
    """A window of the schedule: its state, and the run that decides it; None where no run has delivered it."""

    window: Window
    state: WindowState
    run: WindowRun | None

    @property
    def needs_run(self) -> bool:
        """Whether somebody has to run it: it is red, or no run has delivered it."""
        return self.state in (WindowState.RED, WindowState.MISSING)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """The windows that start on one day in UTC."""

    day: date
    windows: tuple[CalendarWindow, ...]


def month_windows(schedule: str, first: datetime, end: datetime) -> tuple[Window, ...]:
    """The windows of a cron schedule (UTC) that start in [first, end), at most WINDOWS_MAX of them."""
    times = croniter(schedule, first.astimezone(UTC) - timedelta(seconds=1), ret_type=datetime)
    windows: list[Window] = []
    start_at: datetime = times.get_next()
    while start_at < end and len(windows) < WINDOWS_MAX:
        end_at: datetime = times.get_next()
        windows.append(Window(start_at, end_at))
        start_at = end_at
    return tuple(windows)


def window_of_run(schedule: str, conf: Mapping[str, Any], facts: RunFacts) -> Window | None:
    """The window that a run delivers whole, by the rule of its first step.

    None for a dry run, for a run of named titles, and for params that the first step refuses.
    """
    if conf.get("dry_run") or conf.get("external_ids"):
        return None
    try:
        return window_of(schedule, (conf.get("window_start"), conf.get("window_end")), facts)
    except InvalidRequest:
        return None


def calendar_of(
    windows: Iterable[Window], runs: Iterable[WindowRun], now: datetime, first_run_at: datetime | None
) -> tuple[CalendarDay, ...]:
    """The days of these windows. The run that began last decides, among those that deliver the whole window.

    Windows that ended before the DAG's first run (`first_run_at`) are no fault: they are not called missing.
    """
    latest = sorted(runs, key=lambda run: run.started_at, reverse=True)
    found = (_window_in(one, latest, now, first_run_at) for one in windows)
    days = groupby(found, lambda one: one.window.start_at.date())
    return tuple(CalendarDay(day, tuple(of_day)) for day, of_day in days)


def _window_in(window: Window, latest: list[WindowRun], now: datetime, first_run_at: datetime | None) -> CalendarWindow:
    whole = (run for run in latest if run.window.start_at <= window.start_at and window.end_at <= run.window.end_at)
    run = next(whole, None)
    if run is not None:
        ended = WindowState.GREEN if run.is_green else WindowState.RED
        return CalendarWindow(window, ended if run.has_ended else WindowState.RUNNING, run)
    if window.end_at > now:
        return CalendarWindow(window, WindowState.DUE, None)
    is_earlier = first_run_at is None or window.end_at < first_run_at
    return CalendarWindow(window, WindowState.EARLIER if is_earlier else WindowState.MISSING, None)
