"""The charts of the consumption page as plain figures: bars of calls by class, lines of latency, marks of the axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from edye_delivery.reports.consumption.model import SlotUse
from edye_delivery.reports.wording import MONTHS

WIDTH_PX, HEIGHT_PX = 1000, 220
LEFT_PX, BOTTOM_PX, TOP_PX, RIGHT_PX = 74, 26, 10, 8
PLOT_WIDTH_PX, PLOT_HEIGHT_PX = WIDTH_PX - LEFT_PX - RIGHT_PX, HEIGHT_PX - TOP_PX - BOTTOM_PX
BAR_SHARE = 0.78
TIMES_MAX = 9
STEPS = (1, 2, 2.5, 5, 10)
CLASSES = ("ok", "not_modified", "other", "refused", "rate_limited", "failed")
PERCENTILES = ("p50_ms", "p95_ms", "p99_ms")
HOUR_S = 3600


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark of an axis: where, and what it says."""

    at_px: float
    text: str


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of a bar; `what` is its class."""

    x_px: float
    y_px: float
    width_px: float
    height_px: float
    what: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its parts as SVG paths' coordinates, and its single points; a slot without calls interrupts it."""

    what: str
    parts: tuple[str, ...]
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one slot, and the sentence that is shown over it."""

    x_px: float
    width_px: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart: marks on both axes, bars or lines, and the height of a bound where there is one."""

    marks_y: tuple[Mark, ...]
    marks_x: tuple[Mark, ...]
    slots: tuple[Slot, ...]
    bars: tuple[Bar, ...] = ()
    lines: tuple[Line, ...] = ()
    bound_px: float | None = None


def calls_chart(slots: Sequence[SlotUse], slot_s: int) -> Chart:
    """Calls of each slot, one part for each class."""
    top = _top(max((slot.counts.calls for slot in slots), default=0))
    bars: list[Bar] = []
    for place, slot in enumerate(slots):
        x_px, width_px = _place(place, len(slots))
        y_px = float(TOP_PX + PLOT_HEIGHT_PX)
        for name in CLASSES:
            height_px = getattr(slot.counts, name) / top * PLOT_HEIGHT_PX
            if height_px > 0:
                y_px -= height_px
                inset_px = width_px * (1 - BAR_SHARE) / 2
                bars.append(Bar(_px(x_px + inset_px), _px(y_px), _px(width_px * BAR_SHARE), _px(height_px), name))
    texts = [f"{slot.counts.calls:,} calls{_parts(slot)}" for slot in slots]
    return Chart(_marks_y(top), _marks_x(slots, slot_s), _slots(slots, slot_s, texts), bars=tuple(bars))


def latency_chart(slots: Sequence[SlotUse], slot_s: int, bound_ms: float) -> Chart:
    """The percentiles of each slot in milliseconds, and the annex's bound."""
    highest = max((slot.latency.p99_ms for slot in slots if slot.latency), default=0.0)
    top = _top(max(highest, bound_ms * 1.05))
    lines = tuple(_line(slots, name, top) for name in reversed(PERCENTILES))
    texts = [_latencies(slot) for slot in slots]
    bound_px = _y(bound_ms, top)
    return Chart(
        _marks_y(top, " ms"), _marks_x(slots, slot_s), _slots(slots, slot_s, texts), lines=lines, bound_px=bound_px
    )


def _line(slots: Sequence[SlotUse], name: str, top: float) -> Line:
    parts: list[list[tuple[float, float]]] = [[]]
    for place, slot in enumerate(slots):
        if slot.latency is None:
            parts.append([])
            continue
        x_px, width_px = _place(place, len(slots))
        parts[-1].append((_px(x_px + width_px / 2), _y(getattr(slot.latency, name), top)))
    paths = tuple(" ".join(f"{x},{y}" for x, y in part) for part in parts if len(part) > 1)
    return Line(name, paths, tuple(part[0] for part in parts if len(part) == 1))


def _top(value: float) -> float:
    """A round number at or above the value."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(power * step for step in STEPS if power * step >= value * 0.999999)


def _marks_y(top: float, unit: str = "") -> tuple[Mark, ...]:
    parts = 4 if (top / 4).is_integer() else 2 if (top / 2).is_integer() else 1
    values = [top * part / parts for part in range(parts + 1)]
    return tuple(Mark(_y(value, top), f"{value:,.0f}{unit}") for value in values)


def _marks_x(slots: Sequence[SlotUse], slot_s: int) -> tuple[Mark, ...]:
    every = max(1, math.ceil(len(slots) / TIMES_MAX))
    marks: list[Mark] = []
    for place in range(0, len(slots), every):
        x_px, width_px = _place(place, len(slots))
        marks.append(Mark(_px(x_px + width_px / 2), _moment(slots[place], slot_s, is_first=place == 0)))
    return tuple(marks)


def _slots(slots: Sequence[SlotUse], slot_s: int, texts: Sequence[str]) -> tuple[Slot, ...]:
    places = [_place(place, len(slots)) for place in range(len(slots))]
    return tuple(
        Slot(_px(x_px), _px(width_px), f"{_moment(slot, slot_s, is_first=True)}: {text}")
        for (x_px, width_px), slot, text in zip(places, slots, texts, strict=True)
    )


def _moment(slot: SlotUse, slot_s: int, *, is_first: bool) -> str:
    at = datetime.fromisoformat(slot.start_at).astimezone(UTC)
    day = f"{at.day} {MONTHS[at.month - 1]}"
    if slot_s > HOUR_S:
        return day
    return f"{day}, {at:%H:%M}" if is_first or at.hour == 0 else f"{at:%H:%M}"


def _parts(slot: SlotUse) -> str:
    named = {"failed": "5xx", "rate_limited": "429", "refused": "4xx", "not_modified": "304"}
    counts = [f"{getattr(slot.counts, name):,} {word}" for name, word in named.items() if getattr(slot.counts, name)]
    return f", of them {', '.join(counts)}" if counts else ""


def _latencies(slot: SlotUse) -> str:
    if slot.latency is None:
        return "no calls"
    return ", ".join(f"{name[:3]} {getattr(slot.latency, name):,.0f} ms" for name in PERCENTILES)


def _place(place: int, count: int) -> tuple[float, float]:
    width_px = PLOT_WIDTH_PX / max(1, count)
    return LEFT_PX + place * width_px, width_px


def _y(value: float, top: float) -> float:
    return _px(TOP_PX + PLOT_HEIGHT_PX * (1 - value / top))


def _px(value: float) -> float:
    return round(value, 1)
