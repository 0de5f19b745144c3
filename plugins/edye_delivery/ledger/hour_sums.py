"""What the sums of the hours say about a partner's calls in a window; a month of them is read at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import add, attrgetter
from typing import Any

import orjson
from sqlalchemy import Connection, Select, Text, cast, func, select

from edye_delivery.catalog.api_call import LATENCY_BOUNDS_MS
from edye_delivery.catalog.consumption import CallSums, Percentiles, StatusSum
from edye_delivery.catalog.own_calls import OWN_USER
from edye_delivery.catalog.window import Window
from edye_delivery.ledger.call_figures import unix_seconds
from edye_delivery.ledger.pull_tables import API_CALL_HOURS

PERCENTS = (50, 95, 99)
STEPS = len(LATENCY_BOUNDS_MS) + 1
KEY = ("endpoint", "user", "status", "start_s")
DIGITS_OF_SLOT = {3600: len("2026-03-01 06"), 86400: len("2026-03-01")}
HOURS = API_CALL_HOURS.c


@dataclass(frozen=True, slots=True)
class HourSums:
    """The sums of the whole hours of a window.

    `timeout_slots` are the starts, in Unix seconds, of the slots in which calls surely took longer than the timeout.
    """

    sums: CallSums
    timeout_slots: frozenset[int]


def hour_sums(connection: Connection, partner: str, window: Window, timeout_s: float, slot_s: int) -> HourSums:
    """The sums by slots of so many seconds; a percentile is the upper bound of the step in which it lies.

    The database joins the histograms of a group as text: a month has some ten thousand of them.
    """
    sums: list[StatusSum] = []
    histograms: dict[tuple[tuple[str, str], int], list[int]] = {}
    slots_with_timeouts: set[int] = set()
    own_calls = 0
    rows = connection.execute(_groups(connection, partner, window, slot_s))
    for endpoint, user, status, hour, calls, size, items, texts in rows:
        start_s = int(hour.timestamp()) // slot_s * slot_s
        latencies = _summed(texts)
        timeouts = timeouts_of(latencies, timeout_s)
        if timeouts:
            slots_with_timeouts.add(start_s)
        if user == OWN_USER:
            own_calls += int(calls)
            continue
        sums.append(StatusSum(endpoint, user, status, start_s, int(calls), int(size), int(items), timeouts))
        histogram = histograms.setdefault(((endpoint, user), start_s), [0] * STEPS)
        histogram[:] = map(add, histogram, latencies)
    by_endpoint, by_slot, everywhere = _percentiles(histograms)
    found = CallSums(
        is_exact=False,
        slot_s=slot_s,
        sums=tuple(sorted(sums, key=attrgetter(*KEY))),
        all_calls=everywhere,
        by_endpoint=by_endpoint,
        by_slot=by_slot,
        own_calls=own_calls,
    )
    return HourSums(found, frozenset(slots_with_timeouts))


def _groups(connection: Connection, partner: str, window: Window, slot_s: int) -> Select[Any]:
    group = (HOURS.endpoint, HOURS.user, HOURS.status)
    slot, hour = _slot(connection, slot_s), func.min(HOURS.hour, type_=HOURS.hour.type)
    sums = (func.sum(HOURS[name]) for name in ("calls", "bytes", "items"))
    texts = func.aggregate_strings(cast(HOURS.latencies, Text), ",")
    return select(*group, hour, *sums, texts).where(whole_hours(partner, window)).group_by(*group, slot)


def _slot(connection: Connection, slot_s: int) -> Any:
    """What is the same for all hours of a slot; SQLite reads the beginning of a text much faster than a time."""
    if connection.dialect.name == "sqlite" and slot_s in DIGITS_OF_SLOT:
        return func.substr(cast(HOURS.hour, Text), 1, DIGITS_OF_SLOT[slot_s])
    second = unix_seconds(connection, HOURS.hour)
    return second - second % slot_s


def _summed(texts: str) -> list[int]:
    """The sum of histograms, which are written as JSON one after the other; an empty one counts nothing."""
    histograms = [one for one in orjson.loads(f"[{texts}]") if one]
    return [sum(counts) for counts in zip(*histograms, strict=True)] or [0] * STEPS


def calls_by_hour(connection: Connection, partner: str, window: Window) -> dict[datetime, int]:
    """The calls of each hour that has some, those of our own checks too."""
    query = select(HOURS.hour, func.sum(HOURS.calls)).where(whole_hours(partner, window)).group_by(HOURS.hour)
    return {hour: int(calls) for hour, calls in connection.execute(query)}


def whole_hours(partner: str, window: Window) -> Any:
    """The hours that lie in the window from their first to their last minute."""
    begins = HOURS.hour >= window.start_at
    return (HOURS.partner == partner) & begins & (HOURS.hour <= window.end_at - timedelta(hours=1))


def timeouts_of(latencies: Sequence[int], timeout_s: float) -> int:
    """How many calls of a histogram surely took longer than the timeout."""
    return sum(
        count
        for lower, count in zip((0, *LATENCY_BOUNDS_MS), latencies, strict=True)
        if count and lower >= timeout_s * 1000
    )


def percentiles_of(latencies: Sequence[int]) -> Percentiles | None:
    """The upper bounds of the steps in which the ranks lie; for the last step its lower one. None without calls."""
    calls = sum(latencies)
    if not calls:
        return None
    bounds = (*LATENCY_BOUNDS_MS, LATENCY_BOUNDS_MS[-1])
    found: list[float] = []
    for percent in PERCENTS:
        rank, seen = (calls * percent + 99) // 100, 0
        for bound, count in zip(bounds, latencies, strict=True):
            seen += count
            if seen >= rank:
                found.append(float(bound))
                break
    return Percentiles(*found)


def _percentiles(
    histograms: dict[tuple[tuple[str, str], int], list[int]],
) -> tuple[dict[tuple[str, str], Percentiles], dict[int, Percentiles], Percentiles | None]:
    """By endpoint and user, by slot, and over all."""
    by_endpoint: defaultdict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * STEPS)
    by_slot: defaultdict[int, list[int]] = defaultdict(lambda: [0] * STEPS)
    everywhere = [0] * STEPS
    for (endpoint, start_s), histogram in histograms.items():
        for total in (by_endpoint[endpoint], by_slot[start_s], everywhere):
            total[:] = map(add, total, histogram)
    return (
        {key: found for key, total in by_endpoint.items() if (found := percentiles_of(total)) is not None},
        {key: found for key, total in by_slot.items() if (found := percentiles_of(total)) is not None},
        percentiles_of(everywhere),
    )
