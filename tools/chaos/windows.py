"""The small windows that rounds deliver: some titles of the sample day that lie next to each other in time."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from typing import Any

import yaml

from tools.expectations import SAMPLE, Expectation, expectations

TITLES_MIN, TITLES_MAX, GOOD_MIN = 4, 8, 2
NEED_EACH_OTHER = "META012"
"""Titles that are refused because of a neighbour: a window may hold one without the other."""


@dataclass(frozen=True, slots=True)
class SmallWindow:
    """[start, end) as the DAG's params take it, and what should become of its titles."""

    start: str
    end: str
    expected: dict[str, Expectation]

    @property
    def conf(self) -> dict[str, Any]:
        """The run's params."""
        return {"window_start": self.start, "window_end": self.end}


def window_of(seed: int, number: int) -> SmallWindow:
    """The window of a round."""
    chance = random.Random(f"{seed}:{number}:window")
    found = _windows()
    return found[chance.randrange(len(found))]


@cache
def _windows() -> list[SmallWindow]:
    content = yaml.safe_load(SAMPLE.read_text(encoding="utf-8"))
    updated = {item["id"]: item["updated_at"] for item in [*content["shows"], *content["episodes"]]}
    start, end = content["window"]["start"], content["window"]["end"]
    known = expectations()
    moments = [*sorted({at for at in updated.values() if start <= at < end}), end]
    windows = []
    for first, begin in enumerate(moments):
        for until in moments[first + 1 :]:
            inside = {name: known[name] for name in known if begin <= updated[name] < until}
            delivered = {name: one for name, one in inside.items() if one.state != "left_out"}
            good = [one for one in delivered.values() if one.state == "accepted"]
            if any(NEED_EACH_OTHER in one.rules for one in inside.values()):
                continue
            if TITLES_MIN <= len(delivered) <= TITLES_MAX and len(good) >= GOOD_MIN:
                windows.append(SmallWindow(begin, until, delivered))
    return windows
