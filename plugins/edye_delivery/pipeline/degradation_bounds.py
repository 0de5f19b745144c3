"""When a delivery that a partner pulls is degraded, and when that is over: pure figures, by the annex's bounds.

The answers of the API are compared slice by slice since the last look, so that nothing between two looks is missed.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from edye_delivery.annex.pull import Degradation as Bounds
from edye_delivery.catalog.degradation import CallSlice, Degradation, DegradationKind, Probe, Subject
from edye_delivery.catalog.window import rfc3339

SLICES_OF_A_FIGURE = 5
SLICE_MAX_S = 60
SLOW_PERCENT = 5.0
"""Of calls that stay within a 95th percentile, so many percent may take longer."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Whether a bound is broken: the kind of degradation, or None; with the sentence that gives the figure."""

    kind: DegradationKind | None
    detail: str = ""
    calls: int = 0


def slice_s_of(bounds: Bounds) -> int:
    """How long a slice is, in seconds: a fifth of the time that a figure is of, a minute at most."""
    return max(1, min(SLICE_MAX_S, bounds.over_s // SLICES_OF_A_FIGURE))


def watch_service(
    bounds: Bounds,
    slices: Sequence[CallSlice],
    current: Degradation | None,
    since: datetime,
    until: datetime,
    probe: Probe | None,
) -> list[Degradation]:
    """The degradations of the API's answers between two moments, each as it is at the end; the last may go on.

    `slices` begin `over_s` before `since`. `current` is the degradation that went on at `since`; one that becomes
    critical has another kind then. Where a figure has less than `min_calls` calls it counts neither as broken nor as
    good, but at `until` the probe decides instead, if there is one.
    """
    found: list[Degradation] = []
    for at, condition in _conditions(bounds, slices, since, until, probe):
        if condition.kind is not None:
            current = _broken(current, condition, at, slice_s_of(bounds))
        elif current is not None and _is_over(bounds, current, at):
            found.append(replace(current, ended_at=at))
            current = None
    return found if current is None else [*found, current]


def _broken(current: Degradation | None, condition: Condition, at: datetime, slice_s: int) -> Degradation:
    kind = condition.kind or DegradationKind.DEGRADED
    if current is None:
        began_at = at - timedelta(seconds=slice_s)
        return Degradation(Subject.SERVICE, "", began_at, kind, at, condition.calls, condition.detail)
    if current.kind.is_critical and not kind.is_critical:  # it stays critical to its end
        return replace(current, broken_at=at)
    return replace(current, kind=kind, broken_at=at, calls=condition.calls, detail=condition.detail)


def _is_over(bounds: Bounds, current: Degradation, at: datetime) -> bool:
    return at - current.broken_at >= timedelta(seconds=2 * bounds.over_s)


def _conditions(
    bounds: Bounds, slices: Sequence[CallSlice], since: datetime, until: datetime, probe: Probe | None
) -> Iterator[tuple[datetime, Condition]]:
    """At the end of every slice, whether the figure of the last `over_s` seconds breaks a bound; unknown ones are not
    given."""
    slice_s, until_s = slice_s_of(bounds), int(until.timestamp())
    waiting, inside = deque(slices), deque[CallSlice]()
    end_s = int(since.timestamp()) // slice_s * slice_s + slice_s
    while end_s <= until_s:
        while waiting and waiting[0].start_s < end_s:
            inside.append(waiting.popleft())
        while inside and inside[0].start_s < end_s - bounds.over_s:
            inside.popleft()
        condition = condition_of(bounds, inside)
        if condition is None and probe is not None and end_s + slice_s > until_s:
            condition = condition_of_probe(bounds, probe)
        if condition is not None:
            yield datetime.fromtimestamp(end_s, UTC), condition
        end_s += slice_s


def condition_of(bounds: Bounds, slices: Sequence[CallSlice] | deque[CallSlice]) -> Condition | None:
    """The condition that the calls of `over_s` seconds show; None with less than `min_calls` calls.

    Available is every slice in which at least one call was answered.
    """
    calls = sum(one.calls for one in slices)
    if calls < bounds.min_calls:
        return None
    down = sum(one.failed == one.calls for one in slices)
    available = 100 * (len(slices) - down) / len(slices)
    if available < bounds.availability_critical_percent:
        detail = (
            f"the API answered in {available:.1f} % of the time ({bounds.availability_critical_percent:g} % at least)"
        )
        return Condition(DegradationKind.UNAVAILABLE, f"{detail}, {calls:,} calls in {bounds.over_s} s", calls)
    sentences: list[str] = []
    failed = 100 * sum(one.failed for one in slices) / calls
    if failed > bounds.error_rate_percent:
        sentences.append(f"{failed:.1f} % of calls failed or timed out ({bounds.error_rate_percent:g} % may)")
    slow = 100 * sum(one.slow for one in slices) / calls
    if slow > SLOW_PERCENT:
        sentences.append(f"{slow:.1f} % of calls took longer than {bounds.p95_ms:g} ms ({SLOW_PERCENT:g} % may)")
    if not sentences:
        return Condition(None, calls=calls)
    detail = f"{', and '.join(sentences)}, {calls:,} calls in {bounds.over_s} s"
    return Condition(DegradationKind.DEGRADED, detail, calls)


def condition_of_probe(bounds: Bounds, probe: Probe) -> Condition:
    """The condition that one probe shows: unavailable without an answer, degraded where it was slow."""
    took = f"the probe of {rfc3339(probe.at)} took {probe.milliseconds:,.0f} ms"
    if not probe.is_answered or probe.milliseconds > bounds.timeout_s * 1000:
        reason = probe.detail or f"{took}, longer than {bounds.timeout_s:g} s"
        return Condition(DegradationKind.UNAVAILABLE, f"the probe got no good answer: {reason}", 1)
    if probe.milliseconds > bounds.p95_ms:
        return Condition(DegradationKind.DEGRADED, f"{took} ({bounds.p95_ms:g} ms may)", 1)
    return Condition(None, calls=1)


def watch_condition(
    bounds: Bounds, subject: Subject, user: str, current: Degradation | None, condition: Condition, at: datetime
) -> Degradation | None:
    """What a condition that is known at one moment only does to the degradation: it begins, goes on, or ends."""
    if condition.kind is not None:
        if current is not None:
            return replace(current, broken_at=at, calls=condition.calls, detail=condition.detail)
        return Degradation(subject, user, at, condition.kind, at, condition.calls, condition.detail)
    if current is not None and _is_over(bounds, current, at):
        return replace(current, ended_at=at)
    return current
