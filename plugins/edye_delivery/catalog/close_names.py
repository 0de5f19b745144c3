"""Names that somebody may have meant: by the pairs of letters in common, quick for hundreds of thousands of them."""

from __future__ import annotations

from collections.abc import Iterable
from heapq import nlargest

NEAR_MAX, ALIKE_MIN = 4, 0.5


def close_names(wanted: str, known: Iterable[str]) -> list[str]:
    """The known names most like the wanted one, best first; none where none is."""
    pairs = _pairs(wanted)

    def likeness(name: str) -> float:
        own = _pairs(name)
        return len(pairs & own) / (len(pairs | own) or 1)

    close = nlargest(NEAR_MAX, ((likeness(name), name) for name in known))
    return [name for value, name in close if value >= ALIKE_MIN]


def _pairs(name: str) -> set[str]:
    lower = name.lower()
    return {lower[at : at + 2] for at in range(len(lower) - 1)}
