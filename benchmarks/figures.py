"""A figure as the benchmarks print it: one JSON object on each line of standard output; all else on standard error."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tools.settings import PROJECT

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `ratio` is this figure divided by what `compared_to` names, in the same run.

    Where something that a figure needs is not installed, there is no value, and `missing` says what to do. `facts` are
    further numbers about it, by name.
    """

    name: str
    value: float | None
    unit: str
    ratio: float | None = None
    compared_to: str | None = None
    missing: str | None = None
    facts: Mapping[str, float] = field(default_factory=dict)

    def line(self) -> str:
        """The figure as JSON, without the comparison where there is none."""
        value = None if self.value is None else round(self.value, 3)
        told: dict[str, str | float | None] = {"name": self.name, "value": value, "unit": self.unit, **self.facts}
        if self.ratio is not None and self.compared_to is not None:
            told |= {"ratio": round(self.ratio, 4), "compared_to": self.compared_to}
        if self.missing is not None:
            told["missing"] = self.missing
        return json.dumps(told, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Sizes:
    """How much is measured, and of what; the defaults are the sizes of docs/BENCHMARKS.md."""

    upload_mib: int = 2048
    upload_rounds: int = 7
    ftp_mib: int = 1024
    ftp_rounds: int = 7
    probe_titles: int = 200
    probe_video_s: int = 420
    probe_rounds: int = 3
    lint_assets: int = 100_000
    lint_rounds: int = 3
    feed_titles: int = 1_000_000
    day_titles: int = 1500
    day_single_titles: int = 150
    parse_rounds: int = 7
    trail_events: int = 5_000
    trail_rounds: int = 3
    trail_days: int = 3
    log_lines: int = 100_000
    log_rounds: int = 3
    sweep_media: int = 200_000
    sweep_rounds: int = 3
    compare_media: int = 1_000_000
    publish_items: int = 1_000_000
    api_items: int = 1_000_000
    api_seconds: int = 10
    cold_repository: Path = PROJECT
    desk_titles: int = 20_000
    desk_events: int = 200_000
    desk_calls: int = 50_000
    desk_rounds: int = 9
    desk_requests: int = 2000
    desk_starts: int = 3
    desk_ledgers: Path | None = None


def median_ratio(values: list[float], others: list[float]) -> float:
    """The median of the rounds' ratios: what disturbs the machine during a round disturbs both of its sides."""
    return statistics.median(value / other for value, other in zip(values, others, strict=True))


def say(sentence: str) -> None:
    """Progress, for people."""
    print(sentence, file=sys.stderr, flush=True)
