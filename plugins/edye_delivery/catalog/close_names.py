"""Finds the known names that are most like a given one, quickly even among hundreds of thousands of them."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nlargest

NEAR_MAX, ALIKE_MIN = 4, 0.5


def close_names(given: str, known: Iterable[str]) -> list[str]:
    """The known names that share most pairs of letters with the given one, best first; empty where none is close."""
    pairs = _pairs(given)

    def likeness(name: str) -> float:
        own = _pairs(name)
        return len(pairs & own) / (len(pairs | own) or 1)

    close = nlargest(NEAR_MAX, ((likeness(name), name) for name in known))
    return [name for value, name in close if value >= ALIKE_MIN]


def _pairs(name: str) -> set[str]:
    lower = name.lower()
    return {lower[at : at + 2] for at in range(len(lower) - 1)}
