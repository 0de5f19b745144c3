"""What arrived at the partners, counted from the sandbox's own book and not from our ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Arrivals:
    """How many titles the partners should have and have, how many they miss, and how many they took more than once."""

    titles: int
    completed: int
    lost: int
    duplicated: int


def arrivals_of(contents: Iterable[Mapping[str, Any]], expected: Mapping[str, int]) -> Arrivals:
    """Compares the book with how many titles each partner (by client_id, in the metadata) was to get.

    A content that was sent again under the same Idempotency-Key is one content: the book has it once.
    """
    taken: Counter[tuple[str, str]] = Counter()
    completed: dict[str, set[str]] = {partner: set() for partner in expected}
    for content in contents:
        partner = content["metadata"].get("id_cliente", "")
        taken[partner, content["external_id"]] += 1
        if content["status"] == "completed" and partner in completed:
            completed[partner].add(content["external_id"])
    done = {partner: len(names) for partner, names in completed.items()}
    return Arrivals(
        titles=sum(expected.values()),
        completed=sum(done.values()),
        lost=sum(max(0, count - done[partner]) for partner, count in expected.items()),
        duplicated=sum(count - 1 for count in taken.values()),
    )
